"""Reads one definition as a whole: its nodes, its start, its kind."""

from __future__ import annotations

from syncline_server.engine import values
from syncline_server.engine.process import Limits, Node, Process, ReadProcess
from syncline_server.engine.reading.declarations import read_declarations
from syncline_server.engine.reading.fields import Fields, Reading
from syncline_server.engine.reading.nodes import START, read_node

_KINDS = ("process", "state")


def read_process(source_text: str, *, process_id: int, version: int, limits: Limits) -> ReadProcess:
    """Return the process that an export object defines, or all its faults; raise `JsonFault` when it is no object."""
    content = values.loads_object(source_text)
    items = _node_items(content)
    reading = Reading(
        limits, content.get("conv_type") == "state", frozenset(_node_id(item) for item in items or ()) - {""}
    )
    whole = Fields(reading, "", "", content)
    if content.get("conv_type") not in (None, "", *_KINDS):
        whole.fault("conv_type", f"The kind of a process is one of {', '.join(_KINDS)}.")
    if items is None:
        whole.fault("scheme.nodes", "This has to be a list of objects.")
        items = []
    nodes, start = _nodes(reading, items)
    if items and start is None and not any(fault.field == "obj_type" for fault in reading.faults):
        whole.fault("scheme.nodes", "The process has no start node.")
    elif not items:
        whole.fault("scheme.nodes", "The process has no nodes.")
    parameters = read_declarations(whole)
    faults, notes = tuple(reading.faults), tuple(reading.notes)
    if faults or start is None:
        return ReadProcess(None, faults, notes)
    conv_type = "state" if reading.is_state else "process"
    process = Process(
        process_id=process_id,
        version=version,
        conv_type=conv_type,
        start_node_id=start,
        nodes=nodes,
        limits=limits,
        alerts={node_id: node.alert for node_id, node in nodes.items() if node.alert is not None},
        parameters=parameters,
    )
    return ReadProcess(process, (), notes)


def _node_items(content: dict[str, object]) -> list[dict[str, object]] | None:
    scheme = content.get("scheme")
    items = scheme.get("nodes") if isinstance(scheme, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return None
    return items


def _node_id(item: dict[str, object]) -> str:
    found = item.get("id")
    if isinstance(found, str):
        return found
    return values.dumps(found) if values.is_number(found) else ""


def _nodes(reading: Reading, items: list[dict[str, object]]) -> tuple[dict[str, Node], str | None]:
    """Read every node; return those that can run and the id of the start node."""
    nodes: dict[str, Node] = {}
    seen: set[str] = set()
    start: str | None = None
    for index, item in enumerate(items):
        node_id, title = _node_id(item), item.get("title")
        fields = Fields(reading, node_id, title if isinstance(title, str) else "", item)
        if not node_id:
            fields.fault("id", f"Node {index + 1} of the scheme has no id.")
        elif node_id in seen:
            fields.fault("id", "Another node has the same id.")
        seen.add(node_id)
        kind, node = read_node(fields)
        if kind == START and start is not None:
            fields.fault("obj_type", "The process has more than one start node.")
        elif kind == START:
            start = node_id
        if node is not None:
            nodes[node_id] = node
    return nodes, start
