"""How values stand in JSON text.

Within a string literal a value is escaped, so that quotes, newlines and any character arrive unchanged. Outside of one,
everything but a string stands as JSON (null as `null`), and a string as it is: it may be JSON text itself.

A conversion (`$.to_object(…)` and its kin) is a JSON value wherever it stands; when it is all that a string literal
holds, it takes the literal's place, since an editor that insists on JSON takes no bare function. Without a value it is
the empty string.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from syncline_server.engine import values
from syncline_server.engine.expressions.scope import MISSING, PART_EFFORT, Lookup, Scope, text

_LITERAL_TURN = re.compile(r'\\.|"', re.DOTALL)

JsonPart = str | tuple[Lookup, Callable[[object], str]]


class Conversion:
    """A lookup whose value has a type of its own in JSON text."""

    __slots__ = ("look",)

    def __init__(self, look: Lookup) -> None:
        self.look = look

    def __call__(self, scope: Scope) -> object:
        return self.look(scope)


def as_json(parts: Sequence[str | Lookup]) -> tuple[tuple[JsonPart, ...], object]:
    """Return the parts with how each stands in JSON text, and the value with something put in (None for no JSON)."""
    json_parts: list[JsonPart] = []
    skeleton: list[str] = []
    quoted = False
    left = list(parts)
    for index, part in enumerate(left):
        if isinstance(part, str):
            json_parts.append(part)
            skeleton.append(part)
            quoted ^= sum(turn == '"' for turn in _LITERAL_TURN.findall(part)) % 2 == 1
        elif isinstance(part, Conversion) and (not quoted or _is_whole_literal(left, index)):
            if quoted:
                skeleton[-1] = json_parts[-1] = skeleton[-1][:-1]
                left[index + 1] = str(left[index + 1])[1:]
                quoted = False
            json_parts.append((part, _json_value))
            skeleton.append("0")
        else:
            json_parts.append((part, _escaped if quoted else _outside))
            skeleton.append("" if quoted else "0")
    return tuple(part for part in json_parts if part != ""), _container("".join(skeleton))


def render_json(parts: Sequence[JsonPart], scope: Scope) -> str:
    """Put JSON text together; nothing when there is no room for it."""
    pieces: list[str] = []
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
        elif scope.room < 0:
            return ""
        else:
            scope.effort -= PART_EFFORT
            piece = part[1](part[0](scope))
            if not scope.spend(len(piece)):
                return ""
            pieces.append(piece)
    return "".join(pieces)


def is_sound(part: JsonPart) -> bool:
    """Tell whether a part leaves JSON text what it is, whatever its value."""
    return isinstance(part, str) or part[1] is not _outside


def _is_whole_literal(parts: Sequence[str | Lookup], index: int) -> bool:
    before = parts[index - 1] if index else ""
    after = parts[index + 1] if index + 1 < len(parts) else ""
    return (
        isinstance(before, str)
        and isinstance(after, str)
        and before.endswith('"')
        and not before.endswith('\\"')
        and after.startswith('"')
    )


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


def _json_value(value: object) -> str:
    return values.dumps("" if value is MISSING else value)
