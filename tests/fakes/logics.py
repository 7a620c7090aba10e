"""Logics that work with other tasks, and processes around them, written down in as few words as a test needs."""

from __future__ import annotations

from typing import Any

from fakes import exports
from fakes.exports import ESCALATION, FINAL, START, go, node, node_id

Json = dict[str, Any]


def process(*logics: Json, title: str = "a", semaphors: list[Json] | None = None, **more: Any) -> str:
    """Return a process whose node 2 has the logics and leads to 3; an error leads to 4."""
    return exports.export(
        node(1, [go(2)], kind=START),
        node(2, [*logics, go(3)], semaphors),
        node(3, kind=FINAL),
        node(4, [go(5)], kind=ESCALATION),
        node(5, kind=FINAL),
        title=title,
        **more,
    )


def rpc(target: str = "@callee", extra: dict[str, str] | None = None, **more: Any) -> Json:
    types = dict.fromkeys(extra or {}, "string")
    return {
        "type": "api_rpc",
        "conv_id": target,
        "extra": extra or {},
        "extra_type": types,
        "err_node_id": node_id(4),
        **more,
    }


def reply(data: dict[str, str], **more: Any) -> Json:
    types = dict.fromkeys(data, "string")
    return {"type": "api_rpc_reply", "mode": "key_value", "res_data": data, "res_data_type": types, **more}


def late(data: dict[str, str]) -> str:
    """Return a process that waits to be modified, then replies."""
    return exports.export(
        node(1, [go(2)], kind=START),
        node(2, [wait(), go(3)]),
        node(3, [reply(data), go(4)]),
        node(4, kind=FINAL),
        title="late",
    )


def copy(target: str = "@callee", data: dict[str, str] | None = None, **more: Any) -> Json:
    types = dict.fromkeys(data or {}, "string")
    return {
        "type": "api_copy",
        "mode": "create",
        "conv_id": target,
        "data": data or {},
        "data_type": types,
        "err_node_id": node_id(4),
        **more,
    }


def queue() -> Json:
    return {"type": "api_queue", "data": {}, "data_type": {}}


def take(target: str = "@queue", order: str = "ASC") -> Json:
    return {
        "type": "api_get_task",
        "conv_id": target,
        "node_id": node_id(2),
        "order_by": order,
        "err_node_id": node_id(4),
    }


def wait() -> Json:
    return {"type": "api_callback", "is_sync": True, "obj_id_path": ""}
