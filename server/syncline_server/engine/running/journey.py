"""How a token travels: into a node, through its logics in order, and on, until it waits or its branch ends.

The loop guard stops what the vendor's page on it shows: more than fifty rounds of two nodes, or of three of which one
is a Code node. Processes that do something for each of many items go in larger circles and come to an end by
themselves; those are only held to what no other task has to wait long for.

A logic says where to go, nothing (`""`) when the token waits or the task has failed, or None when the next one is up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine.decision import Count
from syncline_server.engine.effects import TurnCall
from syncline_server.engine.expressions.scope import MAX_EFFORT
from syncline_server.engine.running.errors import stop
from syncline_server.engine.running.steps import Visit
from syncline_server.engine.running.timers import park
from syncline_server.engine.task import Token, Waiting

if TYPE_CHECKING:
    from syncline_server.engine.process import Node
    from syncline_server.engine.running.run import Run

MAX_VISITS = 50
"""How often a task may come to one node in small circles without a pause: the documented limit."""
MAX_ROUNDS = 1_000
"""How often it may come to one node in circles of any size before it waits for anything at all."""
MAX_MOVES = 100_000
"""How often it may come to any node before that: about a second's work."""
_ALL = ""
"""The name under which the moves to all nodes are counted."""
TOO_LARGE = "The node would write more than a task may hold."
TOO_MUCH = "The node would do more than a task may at once."


MOVE_EFFORT = 100
"""What a visit takes beside what is read and written: see `Scope.effort`."""


def enter(run: Run, number: int, node_id: str, previous_node_id: str, *, begun: Token | None = None) -> None:
    """Let a token go on from a node's beginning, where it may have waited for its turn."""
    while True:
        node = run.process.nodes.get(node_id)
        if node is None:
            run.fail("NODE_NOT_FOUND", "The process has no such node.", node_id)
            return
        run.node_id, run.previous_node_id = node_id, previous_node_id
        if run.effort < 0 and not node.is_final:
            _pause(run, number, node_id, previous_node_id)
            return
        if begun is None:
            run.sequence += 1
            visit = Visit(number, node, previous_node_id, run.sequence, run.now)
        else:
            visit = Visit(number, node, previous_node_id, begun.step, begun.entered_at)
            begun = None
        run.effort -= MOVE_EFFORT
        if node.is_final:
            visit.result = "ended"
            run.close(visit)
            run.counts.append(Count(node_id, "", 1))
            return
        most = _too_often(run, node)
        if most:
            where = "nodes" if most == MAX_MOVES else "the node"
            stop(run, visit, "LOOP_LIMIT", f"The task came to {where} more than {most} times without a pause.")
            return
        to = _leave(run, visit, follow(run, visit, 0))
        if not to:
            return
        previous_node_id, node_id = node_id, to


def _too_often(run: Run, node: Node) -> int:
    """Count that a token comes to a node; return the limit when it is over one, else 0."""
    third, second, last = run.path
    run.path = (second, last, node)
    rounds = run.rounds[node.id] = run.rounds.get(node.id, 0) + 1
    if rounds > MAX_ROUNDS:
        return MAX_ROUNDS
    moves = run.rounds[_ALL] = run.rounds.get(_ALL, 0) + 1
    if moves > MAX_MOVES:
        return MAX_MOVES
    if node is last or node is second or (node is third and _run_script(node, second, last)):
        visits = run.visits[node.id] = run.visits.get(node.id, 1) + 1
        return MAX_VISITS if visits > MAX_VISITS else 0
    return 0


def _run_script(*nodes: Node | None) -> bool:
    return any(node is not None and node.runs_script for node in nodes)


def _pause(run: Run, number: int, node_id: str, previous_node_id: str) -> None:
    """Let a token wait before a node until others have had their turn."""
    run.sequence += 1
    call = TurnCall(step=run.sequence, node_id=node_id, rounds=dict(run.rounds))
    run.tokens.append(
        Token(
            number=number,
            node_id=node_id,
            previous_node_id=previous_node_id,
            step=run.sequence,
            entered_at=run.now,
            waiting=Waiting.TURN,
            call=call,
            visits=dict(run.visits),
        )
    )
    run.effects.append(call)


def go_on(run: Run, visit: Visit, to: str | None) -> None:
    """Let a token that waited leave its node for another, or wait for the node's timer when there is nowhere to go."""
    to = _leave(run, visit, to)
    if to:
        enter(run, visit.number, to, visit.node.id)


def follow(run: Run, visit: Visit, first: int) -> str | None:
    """Do the node's logics from one on; return what the action that ends the row returned, None when none did."""
    run.room = run.process.limits.max_task_bytes
    logics = visit.node.logics
    for logic in logics[first:] if first else logics:
        to = logic.run(run, visit)
        if run.asked:
            return ""
        if run.room < 0 and run.failure is None:
            return stop(run, visit, "TASK_TOO_LARGE", TOO_LARGE if run.effort > -MAX_EFFORT else TOO_MUCH)
        if to is not None:
            return to
    return None


def _leave(run: Run, visit: Visit, to: str | None) -> str:
    if to:
        run.close(visit)
        return to
    if to is None:
        if visit.node.time_limit is None:
            stop(run, visit, "NODE_NOT_FOUND", "The node leads nowhere.")
        else:
            park(run, visit, Waiting.TIMER)
    return ""
