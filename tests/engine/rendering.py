"""Templates rendered against one task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.definitions import T0, Json, final, new_task, process, start
from syncline_server.engine import Limits
from syncline_server.engine.expressions.scope import Scope
from syncline_server.engine.expressions.template import compile_template

if TYPE_CHECKING:
    from syncline_server.engine import FactKey


def scope(data: Json | None = None, facts: dict[FactKey, object] | None = None, room: int = 100_000) -> Scope:
    """Return a task in its final node at `T0`, which is 2023-11-14 22:13:20 UTC, a Tuesday."""
    task = new_task(data, node_id="end", previous_node_id="start", callback_secret="secret", sequence=3)
    return Scope(task, process(start("end"), final(), limits=Limits(max_task_bytes=room)), facts or {}, T0)


def value(source: str, data: Json | None = None) -> object:
    """Return what a template gives, as a value."""
    return compile_template(source).value(scope(data))


def text(source: str, data: Json | None = None) -> str:
    """Return what a template gives, as text."""
    return compile_template(source).text(scope(data))
