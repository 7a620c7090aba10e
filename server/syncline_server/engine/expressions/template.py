r"""Texts with `{{references}}`, compiled once and rendered many times.

How a value stands in the text:
- A template that is one reference and nothing else keeps the value's type where a typed value is wanted.
- Inside text a value becomes text: a string as it is, a number with its own digits, `true`, objects and arrays as JSON
  text, null and what is missing as nothing.
- Inside JSON text a value within a string literal is escaped, so that quotes, newlines and any character arrive
  unchanged. Outside of one, everything but a string stands as JSON (null as `null`), and a string as it is: it may be
  JSON text itself. A template is JSON text when it has to become an object or array, or when it would be one with
  something put in for each reference.

Rendering never raises. What it writes is taken from the scope's room; a scope without room renders as nothing.
`$.functions(…)` are refused when the template is compiled.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from syncline_server.engine import values
from syncline_server.engine.expressions.lookups import Lookup, compile_path, join
from syncline_server.engine.expressions.references import BadReference, Path, parse_text
from syncline_server.engine.expressions.scope import MISSING, Scope, text

_FUNCTION = re.compile(
    r"\$\.(?:math|random|date|unixtime|sha(?:1|224|256|384|512)(?:_hex)?|md5(?:_hex)?|base64_encode"
    r"|to_(?:object|number|array|string)|map|filter)\("
)
_LITERAL_TURN = re.compile(r'\\.|"', re.DOTALL)

Part = str | Lookup
JsonPart = str | tuple[Lookup, Callable[[object], str]]


class Template:
    """One compiled text."""

    __slots__ = ("json_parts", "lone", "parts", "skeleton", "source", "static")

    def __init__(self, source: str, parts: tuple[Part, ...]) -> None:
        self.source = source
        self.parts = parts
        self.static: str | None = (
            source if not parts else parts[0] if len(parts) == 1 and isinstance(parts[0], str) else None
        )
        """The text when no reference is in it."""
        self.lone: Lookup | None = None
        """The reference when it is all there is."""
        if len(parts) == 1 and not isinstance(parts[0], str):
            self.lone = parts[0]
        self.json_parts, self.skeleton = _as_json(parts)

    def text(self, scope: Scope) -> str:
        """Render as plain text."""
        return self.static if self.static is not None else join(self.parts, scope)

    def json_text(self, scope: Scope) -> str:
        """Render as JSON text, which need not be valid: see `is_json` and `always_json`."""
        if self.static is not None:
            return self.static
        pieces = []
        for part in self.json_parts:
            if isinstance(part, str):
                pieces.append(part)
            else:
                piece = part[1](part[0](scope))
                if not scope.spend(len(piece)):
                    return ""
                pieces.append(piece)
        return "".join(pieces)

    def value(self, scope: Scope) -> object:
        """Render as a value: a lone reference's own, `MISSING` included; else text, escaped where it is JSON text."""
        if self.lone is not None:
            return self.lone(scope)
        return self.json_text(scope) if self.is_json else self.text(scope)

    @property
    def is_json(self) -> bool:
        """Tell whether it is JSON text of an object or array, whatever is put in."""
        return self.skeleton is not None

    def always_json(self, kind: type) -> bool:
        """Tell whether it renders as JSON text of the kind whatever the data: each reference is in a string literal."""
        return type(self.skeleton) is kind and all(
            isinstance(part, str) or part[1] is _escaped for part in self.json_parts
        )


def compile_template(source: str, adapt: Callable[[Path], Path] | None = None) -> Template:
    """Compile a text, its paths adapted first; raise `BadReference` for what can't be read or can't run here."""
    refuse_functions(source)
    parts = parse_text(source)
    if adapt is not None:
        parts = tuple(part if isinstance(part, str) else adapt(part) for part in parts)
    return Template(source, tuple(part if isinstance(part, str) else compile_path(part) for part in parts))


def refuse_functions(source: str) -> None:
    """Raise `BadReference` when a text calls a function."""
    found = _FUNCTION.search(source)
    if found is not None:
        raise BadReference(f"the function {found[0]}…) cannot run here yet")


def _as_json(parts: tuple[Part, ...]) -> tuple[tuple[JsonPart, ...], object]:
    """Return the parts with how each stands in JSON text, and the value with something put in (None for no JSON)."""
    json_parts: list[JsonPart] = []
    skeleton = []
    quoted = False
    for part in parts:
        if isinstance(part, str):
            json_parts.append(part)
            skeleton.append(part)
            quoted ^= sum(turn == '"' for turn in _LITERAL_TURN.findall(part)) % 2 == 1
        else:
            json_parts.append((part, _escaped if quoted else _outside))
            skeleton.append("" if quoted else "0")
    return tuple(json_parts), _container("".join(skeleton))


def _container(source: str) -> object:
    if source.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return values.loads(source, values.MAX_DEPTH - 1)
    except values.JsonFault:
        return None


def _escaped(value: object) -> str:
    return values.dumps(text(value))[1:-1]


def _outside(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is MISSING else values.dumps(value)
