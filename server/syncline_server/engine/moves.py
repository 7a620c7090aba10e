"""Every move that a task can make, in one table, and the function that makes it.

Rule 1: what an event does to a task is in `MOVES`; what is not there is an illegal move, and nothing changes.
Rule 2: nothing here knows who is asking, nor what time it is but for what it is told.
Rule 3: a move is only made from a node where what the token waits for was found (`Run.take_up`), so it casts.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from syncline_server.engine import values
from syncline_server.engine.decision import Decision, IllegalMove, Needs, TooMuchData
from syncline_server.engine.events import Answered, CallReturned, Cancelled, Event, Modified, Started, Taken, TimerFired
from syncline_server.engine.running.journey import enter, follow, go_on
from syncline_server.engine.running.run import Run, TooDeep, TooLarge
from syncline_server.engine.task import LIVE, MOST_REMEMBERED, OutcomeKind, Waiting

if TYPE_CHECKING:
    from syncline_server.engine.decision import Facts
    from syncline_server.engine.effects import TurnCall
    from syncline_server.engine.kinds.logic import Waits
    from syncline_server.engine.process import Process, TimeLimit
    from syncline_server.engine.task import Task, Token


class Place(StrEnum):
    """Where an event finds what it is about: the task, or for an event of a step the token that stands in it."""

    NEW = "new"
    LIVE = "live"
    FINISHED = "finished"
    CALL = "call"
    REPLY = "reply"
    QUEUE = "queue"
    CALLBACK = "callback"
    TIMER = "timer"
    TURN = "turn"
    TIMED_CALL = "timed call"
    """A call beside a time semaphor; so for the others."""
    TIMED_REPLY = "timed reply"
    TIMED_QUEUE = "timed queue"
    TIMED_CALLBACK = "timed callback"
    GONE = "gone"
    """No token stands in the step any more."""


def decide(task: Task, event: Event, process: Process, facts: Facts, now: int) -> Decision | Needs:
    """Return the task after an event and what the world must do about it, or what else has to be known first.

    Raises:
        IllegalMove: the event does not fit the task's state; nothing changes.
    """
    if isinstance(event, (CallReturned, TimerFired, Taken)):
        token = _token(task, event.step)
        place = Place.GONE if token is None else _WAITING.get((token.waiting, token.due_at is not None), Place.GONE)
    else:
        token = None
        place = _place(task)
    move = MOVES.get((event.__class__, place))
    if move is None:
        raise IllegalMove(f"{event.__class__.__name__} meets a task where it has no meaning: {place}")
    run = Run(task, process, facts, now)
    move(run, event, token)
    return Needs(frozenset(run.asked)) if run.asked else run.decision()


def _token(task: Task, step: int) -> Token | None:
    for token in task.tokens:
        if token.step == step:
            return token
    return None


def _place(task: Task) -> Place:
    if task.state not in LIVE:
        return Place.FINISHED
    return Place.LIVE if task.tokens else Place.NEW


_WAITING = {
    (Waiting.CALL, False): Place.CALL,
    (Waiting.CALL, True): Place.TIMED_CALL,
    (Waiting.REPLY, False): Place.REPLY,
    (Waiting.REPLY, True): Place.TIMED_REPLY,
    (Waiting.QUEUE, False): Place.QUEUE,
    (Waiting.QUEUE, True): Place.TIMED_QUEUE,
    (Waiting.CALLBACK, False): Place.CALLBACK,
    (Waiting.CALLBACK, True): Place.TIMED_CALLBACK,
    (Waiting.TIMER, True): Place.TIMER,
    (Waiting.TURN, False): Place.TURN,
}


def _start(run: Run, event: Started, _: None) -> None:
    enter(run, 1, event.node_id or run.process.start_node_id, "")


def _modify(run: Run, event: Modified, _: None) -> None:
    """Set members of the data, then let every token go on that waits for that."""
    text = values.dumps(event.data)
    try:
        run.put(event.data, text)
    except TooLarge as error:
        limit = run.process.limits.max_task_bytes
        message = f"the task's data would have {error.size} bytes, over {limit}"
        raise TooMuchData(message, error.size, limit) from None
    except TooDeep:
        raise TooMuchData(f"the task's data would be nested deeper than {values.MAX_DEPTH} levels") from None
    if event.request_id:
        run.modified_by = (*run.modified_by, event.request_id)[-MOST_REMEMBERED:]
    for token in [token for token in run.tokens if token.waiting is Waiting.CALLBACK]:
        if token in run.tokens:  # a failure of another branch takes it away
            _wake(run, token, text if event.data else "")


def _wake(run: Run, token: Token, output: str) -> None:
    place = run.tokens.index(token)
    visit = run.take_up(token)
    if visit is None:
        return
    visit.output = output
    node = visit.node
    to = follow(run, visit, node.after_waiting)
    if cast("Waits", node.waiting_logic).stays and to in (None, node.id):
        run.tokens.insert(place, token)
    else:
        go_on(run, visit, to)


def _answer(run: Run, event: Answered, _: None) -> None:
    if run.outcome is not None and run.outcome.kind is OutcomeKind.ANSWERED:
        raise IllegalMove("the task is answered; the first answer stands")
    run.conclude(OutcomeKind.ANSWERED, event.text)


def _return_call(run: Run, event: CallReturned, token: Token) -> None:
    visit = run.take_up(token)
    if visit is None:
        return
    node = visit.node
    to = cast("Waits", node.waiting_logic).resume(run, visit, event.reply)
    go_on(run, visit, follow(run, visit, node.after_waiting) if to is None else to)


def _take_turn(run: Run, _: CallReturned, token: Token) -> None:
    if run.take_up(token) is not None:
        run.path = (None, None, run.process.nodes.get(token.previous_node_id))
        run.rounds = dict(cast("TurnCall", token.call).rounds)
        enter(run, token.number, token.node_id, token.previous_node_id, begun=token)


def _take(run: Run, _: Taken, token: Token) -> None:
    visit = run.take_up(token)
    if visit is not None:
        go_on(run, visit, follow(run, visit, visit.node.after_waiting))


def _fire(run: Run, _: TimerFired, token: Token) -> None:
    visit = run.take_up(token)
    if visit is None:
        return
    if token.waiting is not Waiting.TIMER:
        visit.result = "timed_out"
    go_on(run, visit, cast("TimeLimit", visit.node.time_limit).to)


def _cancel(run: Run, _: Cancelled, __: None) -> None:
    run.cancelled = True
    run.give_up()


Move = Callable[[Run, Any, Any], None]

MOVES: dict[tuple[type, Place], Move] = {
    (Started, Place.NEW): _start,
    (Modified, Place.LIVE): _modify,
    (Answered, Place.LIVE): _answer,
    (Answered, Place.FINISHED): _answer,
    (Cancelled, Place.LIVE): _cancel,
    (CallReturned, Place.CALL): _return_call,
    (CallReturned, Place.TIMED_CALL): _return_call,
    (CallReturned, Place.REPLY): _return_call,
    (CallReturned, Place.TIMED_REPLY): _return_call,
    (CallReturned, Place.TURN): _take_turn,
    (Taken, Place.QUEUE): _take,
    (Taken, Place.TIMED_QUEUE): _take,
    (TimerFired, Place.TIMER): _fire,
    (TimerFired, Place.TIMED_CALL): _fire,
    (TimerFired, Place.TIMED_REPLY): _fire,
    (TimerFired, Place.TIMED_QUEUE): _fire,
    (TimerFired, Place.TIMED_CALLBACK): _fire,
}
"""Every legal move."""
