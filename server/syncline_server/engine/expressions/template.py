r"""Texts with `{{references}}` and `$.functions(…)`, compiled once and rendered many times.

How a value stands in the text:
- A template that is one reference or function and nothing else keeps the value's type where a typed value is wanted.
- Inside text a value becomes text: a string as it is, a number with its own digits, `true`, objects and arrays as JSON
  text, null, what is missing and what cannot be computed as nothing.
- Inside JSON text it stands as `json_text` says. A template is JSON text when it has to become an object or array, or
  when it would be one with something put in for each reference and function.

Rendering never raises. What it writes is taken from the scope's room; a scope without room renders as nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncline_server.engine.expressions.json_text import as_json, is_sound, render_json
from syncline_server.engine.expressions.lookups import compile_part
from syncline_server.engine.expressions.references import Part, Path, parse_text
from syncline_server.engine.expressions.scope import Lookup, Scope, join

if TYPE_CHECKING:
    from collections.abc import Callable


class Template:
    """One compiled text."""

    __slots__ = ("json_parts", "lone", "parts", "skeleton", "source", "static")

    def __init__(self, source: str, parts: tuple[str | Lookup, ...]) -> None:
        self.source = source
        self.parts = parts
        self.static: str | None = (
            source if not parts else parts[0] if len(parts) == 1 and isinstance(parts[0], str) else None
        )
        """The text when no reference or function is in it."""
        self.lone: Lookup | None = None
        """The reference or function when it is all there is."""
        if len(parts) == 1 and not isinstance(parts[0], str):
            self.lone = parts[0]
        self.json_parts, self.skeleton = as_json(parts)

    def text(self, scope: Scope) -> str:
        """Render as plain text."""
        return self.static if self.static is not None else join(self.parts, scope)

    def json_text(self, scope: Scope) -> str:
        """Render as JSON text, which need not be valid: see `is_json` and `always_json`."""
        return self.static if self.static is not None else render_json(self.json_parts, scope)

    def value(self, scope: Scope) -> object:
        """Render as a value: what is alone has its own, or `MISSING`; else text, escaped where it is JSON text."""
        if self.lone is not None:
            return self.lone(scope)
        return self.json_text(scope) if self.is_json else self.text(scope)

    @property
    def is_json(self) -> bool:
        """Tell whether it is JSON text of an object or array, whatever is put in."""
        return self.skeleton is not None

    def always_json(self, kind: type) -> bool:
        """Tell whether it renders as JSON text of the kind whatever the data: nothing is put in that could break it."""
        return type(self.skeleton) is kind and all(map(is_sound, self.json_parts))


def compile_template(source: str, adapt: Callable[[Path], Path] | None = None) -> Template:
    """Compile a text, its paths adapted first; raise `BadReference` for what can't be read or can't run here."""
    parts = parse_text(source)
    if adapt is not None:
        parts = tuple(_adapted(part, adapt) for part in parts)
    return Template(source, tuple(map(compile_part, parts)))


def _adapted(part: Part, adapt: Callable[[Path], Path]) -> Part:
    if isinstance(part, Path):
        return adapt(part)
    if isinstance(part, str):
        return part
    return replace(part, argument=tuple(adapt(inner) if isinstance(inner, Path) else inner for inner in part.argument))
