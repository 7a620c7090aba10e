"""Reads one node: what kind it is, its logics in order, its time semaphor, and whether they add up."""

from __future__ import annotations

from syncline_server.engine.expressions.scope import text
from syncline_server.engine.process import ApiCall, AwaitModification, Node
from syncline_server.engine.reading.fields import Fields
from syncline_server.engine.reading.logics import WAITING_TYPES, read_logic
from syncline_server.engine.reading.timers import read_time_limit

NORMAL, START, FINAL, ESCALATION, STUB = range(5)
NO_GO = "Each node in the condition.logics array must always have a logic with type go at the end."
"""The documented words."""
_WAITING = (ApiCall, AwaitModification)


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
    time_limit = read_time_limit(semaphors)
    _check_shape(inside, [item.content.get("type") for item in raw], has_timer=bool(semaphors))
    after_waiting = next((i for i, logic in enumerate(logics, 1) if isinstance(logic, _WAITING)), 0)
    node = Node(
        id=fields.node_id,
        title=fields.node_title,
        is_final=False,
        logics=logics,
        time_limit=time_limit,
        waiting_logic=logics[after_waiting - 1] if after_waiting else None,
        after_waiting=after_waiting,
    )
    return kind, node


def _kind(fields: Fields) -> int | None:
    kind = text(fields.content.get("obj_type"))
    if kind == str(STUB):
        fields.fault("obj_type", "A stub of a called process cannot run here yet.")
        return None
    if kind not in map(str, (NORMAL, START, FINAL, ESCALATION)):
        fields.fault("obj_type", "The kind of a node is 0 (normal), 1 (start), 2 (final) or 3 (escalation).")
        return None
    return int(kind)


def _check_shape(inside: Fields, types: list[object], *, has_timer: bool) -> None:
    """Note when a task could not get on in the node."""
    waiting = [kind for kind in types if kind in WAITING_TYPES]
    if len(waiting) > 1:
        inside.fault("logics", f"Only one logic of a node can wait: {', '.join(map(str, waiting))}.")
    if types and types[-1] == "go":
        return
    if inside.reading.is_state and "api_callback" in types:
        return
    only_conditions = all(kind == "go_if_const" for kind in types)
    if not types and not has_timer:
        inside.fault("logics", "The node has neither logics nor a time semaphor: a task would stay in it for ever.")
    elif not (only_conditions and has_timer):
        inside.fault("logics", NO_GO)
