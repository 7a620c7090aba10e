"""Every type of logic that a definition can have, by its word in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine.kinds import (
    api_callback,
    api_code,
    api_copy,
    api_get_task,
    api_queue,
    api_rpc,
    api_rpc_reply,
    api_sum,
    db_call,
    go,
    go_if_const,
    refused,
    set_param,
)
from syncline_server.engine.kinds.api import reading as api

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline_server.engine.kinds.logic import Logic, Reader
    from syncline_server.engine.reading.fields import Fields

KINDS: Mapping[str, Reader] = {
    "go": go.read,
    "go_if_const": go_if_const.read,
    "set_param": set_param.read,
    "api": api.read,
    "api_callback": api_callback.read,
    "api_code": api_code.read,
    "api_copy": api_copy.read,
    "api_rpc": api_rpc.read,
    "api_rpc_reply": api_rpc_reply.read,
    "api_queue": api_queue.read,
    "api_get_task": api_get_task.read,
    "api_sum": api_sum.read,
    "db_call": db_call.read,
    "git_call": refused.read_git_call,
    "api_git": refused.read_git_call,
    "api_form": refused.read_form,
}

IN_STATES = frozenset(
    ("go", "go_if_const", "set_param", "api_callback", "api_code", "api_copy", "api_queue", "api_get_task")
)
"""What a state diagram may have: it keeps states and never works with the outside."""


def read_logic(fields: Fields) -> Logic | None:
    """Return a logic, or None when it can't run, with a fault noted."""
    kind = fields.text("type")
    reader = KINDS.get(kind)
    if reader is None:
        fields.fault("type", f"{kind!r} is no type of logic.")
        return None
    if fields.reading.is_state and kind not in IN_STATES:
        fields.fault("type", f"A state diagram has no {kind}: that belongs into a process, which modifies the state.")
        return None
    return reader(fields)
