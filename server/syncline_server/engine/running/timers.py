"""When a time semaphor fires.

A fixed one fires so long after the node was entered. One from a template fires at an epoch second, at once when that is
past. What the template gives has to be a number or a number's text, up to the year 9999 (milliseconds are beyond it);
anything else fails the task rather than let it pass early or wait for ever.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.effects import DequeueCall, HttpCall, QueryCall
from syncline_server.engine.expressions.casts import EXCERPT, WrongType, cast
from syncline_server.engine.expressions.scope import text
from syncline_server.engine.masking import hide, secrets_of
from syncline_server.engine.records import builder
from syncline_server.engine.running.errors import stop
from syncline_server.engine.task import Token, Waiting

if TYPE_CHECKING:
    from syncline_server.engine.effects import Call
    from syncline_server.engine.process import TimeLimit
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit

_new_token = builder(Token)
PAUSES = (HttpCall, QueryCall, DequeueCall)
"""Calls that end the loop guard's count: two leave the program, and a loop that empties a queue comes to an end."""
LAST_SECOND = 253_402_300_799
"""The end of the year 9999."""


def park(run: Run, visit: Visit, waiting: Waiting, call: Call | None = None) -> bool:
    """Let the token wait in the node; tell whether it does, for a timer that can't be read ends the task."""
    limit = visit.node.time_limit
    due_at = None if limit is None else _due_at(run, visit, limit)
    if limit is not None and due_at is None:
        return False
    run.tokens.append(
        _new_token(
            number=visit.number,
            node_id=visit.node.id,
            previous_node_id=visit.previous_node_id,
            step=visit.step,
            entered_at=visit.entered_at,
            waiting=waiting,
            due_at=due_at,
            call=call,
            visits=None if call is None or isinstance(call, PAUSES) else dict(run.visits),
        )
    )
    return True


def park_again(run: Run, visit: Visit, call: Call) -> None:
    """Let a token that was taken up wait on: what it asked for is done, what it waits for is still to come."""
    assert visit.token is not None  # noqa: S101  # it waited
    run.tokens.append(replace(visit.token, call=call))


def _due_at(run: Run, visit: Visit, limit: TimeLimit) -> int | None:
    if limit.until is None:
        return visit.entered_at + limit.milliseconds
    value = limit.until.value(run)
    instant = _instant(value)
    if run.asked:
        return None
    if instant is None:
        shown = hide(text(value), secrets_of(run))[:EXCERPT]
        stop(run, visit, "ERROR_NOT_HANDLED", f"The timer's value {shown!r} is no epoch second.")
    return instant


def _instant(value: object) -> int | None:
    try:
        seconds = cast(value, "number")
    except WrongType:
        return None
    if values.compare(seconds, LAST_SECOND) > 0:
        return None
    return 0 if values.compare(seconds, 0) < 0 else int(Decimal(text(seconds)) * 1000)
