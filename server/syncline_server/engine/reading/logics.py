"""Reads the logics of a node, each by its type. What has no reader here is refused by name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from syncline_server.engine.expressions.conditions import Condition, compile_condition
from syncline_server.engine.expressions.targets import Target
from syncline_server.engine.process import Assignment, AwaitModification, Branch, Go, Logic, SetParameters
from syncline_server.engine.reading.api import read_api
from syncline_server.engine.reading.parameters import read_parameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.reading.fields import Fields

WAITING_TYPES = frozenset({"api", "api_callback"})
"""Logics that wait for the world."""
NOT_YET = frozenset(
    (
        *("api_code", "api_copy", "api_rpc", "api_rpc_reply", "api_queue", "api_get_task"),
        *("api_sum", "db_call", "git_call", "api_git", "api_form"),
    )
)
"""Documented logics that this engine does not run."""


def read_logic(fields: Fields) -> Logic | None:
    """Return a logic, or None when it can't run, with a fault noted."""
    kind = fields.text("type")
    reader = _READERS.get(kind)
    if reader is None:
        known = f"The logic {kind} cannot run here yet." if kind in NOT_YET else f"{kind!r} is no type of logic."
        fields.fault("type", known)
        return None
    return reader(fields)


def _read_go(fields: Fields) -> Go:
    return Go(fields.link("to_node_id"))


def _read_branch(fields: Fields) -> Branch:
    items = list(fields.items("conditions"))
    if not items and "param" in fields.content:
        items = [fields]
    elif not items:
        fields.fault("conditions", "A condition names at least one parameter to compare.")
    conditions = tuple(condition for item in items if (condition := _read_condition(item)) is not None)
    return Branch(conditions, fields.link("to_node_id"))


def _read_condition(item: Fields) -> Condition | None:
    param, function, cast_name = item.text("param"), item.text("fun"), item.text("cast")
    constant = item.content.get("const", "")
    constant = "" if constant is None else constant
    return item.compiled("", partial(compile_condition, param, function, constant, cast_name))


def _read_set_param(fields: Fields) -> SetParameters:
    types = fields.mapping("extra_type")
    assignments = []
    for key, raw in fields.mapping("extra").items():
        target = fields.compiled(f"extra.{key}", partial(Target, key))
        parameter = read_parameter(fields, key, raw, types.get(key))
        if target is not None and parameter is not None:
            assignments.append(Assignment(target, parameter.value))
    return SetParameters(tuple(assignments), fields.link("err_node_id", required=False))


def _read_callback(fields: Fields) -> AwaitModification:
    return AwaitModification(stays=fields.reading.is_state)


_READERS: dict[str, Callable[[Fields], Logic | None]] = {
    "go": _read_go,
    "go_if_const": _read_branch,
    "set_param": _read_set_param,
    "api": read_api,
    "api_callback": _read_callback,
}
