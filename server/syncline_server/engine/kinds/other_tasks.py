"""What the kinds that work with other tasks have in common: naming a process, and putting data together for a task.

A process is named by its number, `@alias`, or a template that renders as one. `project_id` and `stage_id` narrow down
in which of the vendor's stages an alias is looked for; here an alias is unique in its company, so they change nothing.
`group: "all"` takes all parameters of the task along, as the vendor's interface says, and so does `send_parent_data`;
what `data` names is set over them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.expressions.casts import WrongType
from syncline_server.engine.expressions.template import Template, compile_template
from syncline_server.engine.masking import secrets_of
from syncline_server.engine.reading.parameters import read_parameter
from syncline_server.engine.running.errors import SOFTWARE, NodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.expressions.scope import Scope
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run

_PROCESS = re.compile(r"[1-9][0-9]{0,9}|@[^\s@]{1,255}")
_FIXED = "The process is named by its number, by @alias, or by a reference to either."


@dataclass(frozen=True, slots=True)
class DataToSend:
    """Data for another task, to be put together from this one's."""

    takes_all: bool
    members: tuple[tuple[Template, Callable[[Scope], object]], ...]

    def render(self, run: Run, tag: str) -> dict[str, object]:
        """Return the data; raise `NodeError` with the tag for a value that has the wrong type."""
        data = dict(run.data) if self.takes_all else {}
        for name, value in self.members:
            try:
                data[name.text(run)] = value(run)
            except WrongType as wrong:
                raise NodeError(SOFTWARE, tag, wrong.describe(name.text(run), secrets_of(run))) from None
        return data


def read_data(fields: Fields, name: str, types_name: str) -> DataToSend:
    """Read the members of data with their types, and whether all parameters go along."""
    group = fields.text("group")
    if group not in ("", "all"):
        fields.fault("group", "This has to be all, or empty.")
    types = fields.mapping(types_name)
    members = []
    for key, raw in fields.mapping(name).items():
        key_template = fields.compiled(f"{name}.{key}", partial(compile_template, key))
        parameter = read_parameter(fields, key, raw, types.get(key), name=name, types_name=types_name)
        if key_template is not None and parameter is not None:
            members.append((key_template, parameter.value))
    return DataToSend(group == "all" or fields.flag("send_parent_data"), tuple(members))


def read_process(fields: Fields) -> Template:
    """Read `conv_id`, or the `obj_alias` that stands for it."""
    alias = fields.text("obj_alias")
    if alias and fields.content.get("conv_id") in (None, ""):
        return Template(f"@{alias}", (f"@{alias}",))
    template = fields.template("conv_id")
    if template.static is not None and not _PROCESS.fullmatch(template.static.strip()):
        fields.fault("conv_id", _FIXED)
    return template


def process_name(template: Template, run: Run, tag: str) -> str:
    """Return the process that a template names; raise `NodeError` with the tag when it names none."""
    name = template.text(run).strip()
    if not _PROCESS.fullmatch(name):
        raise NodeError(SOFTWARE, tag, WrongType(name, "number").describe("conv_id", secrets_of(run)))
    return name


def as_text(run: Run, data: dict[str, object], tag: str) -> str:
    """Return data as JSON text; raise `NodeError` with the tag when no task may have as much, or nested so deep."""
    text = values.dumps(data)
    if text.count("{") + text.count("[") > values.MAX_DEPTH and not values.fits(data):
        raise NodeError(SOFTWARE, tag, f"Nested deeper than {values.MAX_DEPTH} levels")
    size, limit = values.byte_size(text), run.process.limits.max_task_bytes
    if size > limit or run.room < 0:
        raise NodeError(SOFTWARE, tag, too_much(max(size, limit - run.room), limit))
    return text


def too_much(size: int, limit: int) -> str:
    """Return the documented description of data that is too large."""
    return (
        f"Your task size: {size} bytes, Max available task size: {limit} bytes, "
        "Try to change your data or try to split your task"
    )
