"""Reads one node: what kind it is, its logics in order, its time semaphor, and whether they add up."""

from __future__ import annotations

from syncline_server.engine.expressions.scope import text
from syncline_server.engine.kinds.api_code import RunScript
from syncline_server.engine.kinds.logic import Waits
from syncline_server.engine.kinds.stub import with_stub
from syncline_server.engine.kinds.table import read_logic
from syncline_server.engine.process import Node
from syncline_server.engine.reading.fields import Fields
from syncline_server.engine.reading.timers import read_semaphors

NORMAL, START, FINAL, ESCALATION, STUB = range(5)
NO_GO = "Each node in the condition.logics array must always have a logic with type go at the end."
"""The documented words."""


def read_node(fields: Fields) -> tuple[int | None, Node | None]:
    """Return a node's kind and the node, each None when it can't be read; faults are noted."""
    kind = _kind(fields)
    condition = fields.content.get("condition")
    if not isinstance(condition, dict):
        if condition is not None or kind != FINAL:
            fields.fault("condition", "This has to be an object.")
            return kind, None
        condition = {}
    inside = Fields(fields.reading, fields.node_id, fields.node_title, condition)
    raw = list(inside.items("logics"))
    semaphors = list(inside.items("semaphors", "semaphores"))
    if kind == FINAL:
        if raw:
            inside.fault("logics", "A final node has no logics.")
        if semaphors:
            inside.fault("semaphors", "A final node has no semaphors.")
        return kind, Node(id=fields.node_id, title=fields.node_title, is_final=True)
    logics = tuple(logic for item in raw if (logic := read_logic(item)) is not None)
    if kind == STUB:
        logics = with_stub(inside, logics)
    time_limit, alert = read_semaphors(semaphors)
    waiting = [(number, logic) for number, logic in enumerate(logics, 1) if isinstance(logic, Waits)]
    if len(waiting) > 1:
        inside.fault("logics", f"Only one logic of a node can wait for the world: {len(waiting)} do.")
    _check_shape(inside, [item.content.get("type") for item in raw], has_timer=time_limit is not None)
    after_waiting, waiting_logic = waiting[0] if waiting else (0, None)
    node = Node(
        id=fields.node_id,
        title=fields.node_title,
        is_final=False,
        logics=logics,
        time_limit=time_limit,
        alert=alert,
        waiting_logic=waiting_logic,
        after_waiting=after_waiting,
        runs_script=isinstance(waiting_logic, RunScript),
    )
    return kind, node


def _kind(fields: Fields) -> int | None:
    kind = text(fields.content.get("obj_type"))
    if kind not in map(str, (NORMAL, START, FINAL, ESCALATION, STUB)):
        fields.fault("obj_type", "The kind of a node is 0 (normal), 1 (start), 2 (final), 3 (escalation) or 4 (stub).")
        return None
    return int(kind)


def _check_shape(inside: Fields, types: list[object], *, has_timer: bool) -> None:
    """Note when a task could not get on in the node."""
    if types and types[-1] == "go":
        return
    if inside.reading.is_state and "api_callback" in types:
        return
    only_conditions = all(kind == "go_if_const" for kind in types)
    if not types and not has_timer:
        inside.fault("logics", "The node has neither logics nor a time semaphor: a task would stay in it for ever.")
    elif not (only_conditions and has_timer):
        inside.fault("logics", NO_GO)
