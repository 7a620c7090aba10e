"""A stub: a node of kind 4 that calls no process, but takes one of the replies that its author has written down.

The branches of `condition.stub.logics` are looked at from the top: `[go_if_const, api_rpc_reply]` replies when its
conditions are met, `[api_rpc_reply]` always. The task's data gets `__logic_stub_mode__: true`. Without a branch that
fits it is the error of a call that could not be made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine.kinds.api_rpc import CallProcess
from syncline_server.engine.kinds.api_rpc_reply import ReplyToCaller
from syncline_server.engine.kinds.api_rpc_reply import read as read_reply
from syncline_server.engine.kinds.go_if_const import read_conditions
from syncline_server.engine.kinds.logic import Logic
from syncline_server.engine.running.errors import HARDWARE, NodeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.engine.expressions.conditions import Condition
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit

Branch = tuple[tuple["Condition", ...], ReplyToCaller]


@dataclass(frozen=True, slots=True)
class StubbedCall(Logic):
    """Takes the place of a call."""

    call: CallProcess
    branches: tuple[Branch, ...]

    def run(self, run: Run, visit: Visit) -> str | None:
        for conditions, reply in self.branches:
            if all(condition(run) for condition in conditions):
                return "" if run.asked else self._take(run, visit, reply)
        error = NodeError(HARDWARE, "rpc_task_fatal_error", "No reply of the stub fits the task")
        return "" if run.asked else self.call.fail(run, visit, error)

    def _take(self, run: Run, visit: Visit, reply: ReplyToCaller) -> str | None:
        try:
            made = reply.make(run, __logic_stub_mode__=True)
        except NodeError as error:
            return "" if run.asked else self.call.fail(run, visit, error)
        return "" if run.asked else self.call.take(run, visit, made)


def with_stub(condition: Fields, logics: Sequence[Logic]) -> tuple[Logic, ...]:
    """Return a node's logics with the stub in the place of its call."""
    stub = condition.content.get("stub")
    fields = condition.at("stub", stub if isinstance(stub, dict) else {})
    branches = _read_branches(fields)
    if not branches:
        fields.fault("logics", "A stub has at least one reply.")
    if not any(isinstance(logic, CallProcess) for logic in logics):
        condition.fault("logics", "A stub stands in for a call of a process, and the node has none.")
    return tuple(StubbedCall(logic, branches) if isinstance(logic, CallProcess) else logic for logic in logics)


def _read_branches(fields: Fields) -> tuple[Branch, ...]:
    found: list[Branch] = []
    rows = fields.content.get("logics")
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        place = f"logics[{index}]"
        items = [fields.at(f"{place}[{number}]", item) for number, item in enumerate(row)] if _is_row(row) else []
        kinds = [item.text("type") for item in items]
        if kinds == ["api_rpc_reply"]:
            found.append(((), read_reply(items[0])))
        elif kinds == ["go_if_const", "api_rpc_reply"]:
            found.append((read_conditions(items[0]), read_reply(items[1])))
        else:
            fields.fault(place, "A branch of a stub is a reply, or a condition and a reply.")
    return tuple(found)


def _is_row(row: object) -> bool:
    return isinstance(row, list) and all(isinstance(item, dict) for item in row)
