"""The documented types of a parameter, and how a template becomes a value of one.

A number comes of a number or of its text with its digits kept; a boolean of `true` and `false`; an object or array of
itself or its JSON text; a string of anything. Spaces around a text don't count. Nothing else can be converted, and a
missing value only into the empty string.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.expressions.scope import Scope, text
from syncline_server.engine.masking import hide

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from syncline_server.engine.expressions.template import Template

TYPES = ("string", "number", "boolean", "object", "array")
EXCERPT = 256
"""Characters of a value that an error's description shows."""


class WrongType(Exception):
    """A value can't be made one of the type wanted."""

    def __init__(self, value: object, wanted: str) -> None:
        super().__init__(wanted)
        self.value = value
        self.wanted = wanted

    def describe(self, name: str, secrets: Collection[str] = ()) -> str:
        """Return the documented description, without what nobody may see."""
        shown = hide(text(self.value), secrets)
        shown = shown if len(shown) <= EXCERPT else shown[:EXCERPT] + "…"
        return f"Param: {name}, Value: {shown}, Try convert to: {self.wanted}"


def cast(value: object, wanted: str) -> object:
    """Return the value as one of the type; raise `WrongType` when it can't be."""
    return _CASTS[wanted](value)


def type_of(value: object) -> str:
    """Return the type that a JSON value has by itself; null counts as a string."""
    if isinstance(value, bool):
        return "boolean"
    if values.is_number(value):
        return "number"
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else "string"


def compile_value(template: Template, wanted: str) -> Callable[[Scope], object]:
    """Return what renders the template as a value of the type; that may raise `WrongType`, this too for a constant."""
    if wanted == "string":
        return template.json_text if template.is_json else template.text
    converted = _CASTS[wanted]
    if template.lone is not None:
        lone = template.lone
        return lambda scope: converted(charged(lone, scope))
    if template.static is not None:
        constant = converted(template.static)
        return lambda _: constant
    if wanted in ("object", "array"):
        return lambda scope: converted(template.json_text(scope))
    return lambda scope: converted(template.text(scope))


def compile_json(template: Template, wanted: str) -> Callable[[Scope], str]:
    """Return what renders the template as JSON text of a value of the type; it may raise `WrongType`."""
    if wanted in ("object", "array") and template.always_json(dict if wanted == "object" else list):
        return template.json_text
    value = compile_value(template, wanted)
    return lambda scope: values.dumps(value(scope))


def charged(lookup: Callable[[Scope], object], scope: Scope) -> object:
    """Look up a value and take its size from the room, for it will be written as often as it is referred to."""
    if scope.room < 0:
        return ""
    value = lookup(scope)
    if isinstance(value, str):
        size = len(value)
    elif isinstance(value, (dict, list, values.Number)):
        size = len(values.dumps(value))
    else:
        return value
    return value if scope.spend(size) else ""


def _number(value: object) -> object:
    if values.is_number(value):
        return value
    if isinstance(value, str):
        try:
            return values.number(value.strip())
        except values.JsonFault:
            pass
    raise WrongType(value, "number")


def _boolean(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip() in ("true", "false"):
        return value.strip() == "true"
    raise WrongType(value, "boolean")


def _container(kind: type, wanted: str) -> Callable[[object], object]:
    def convert(value: object) -> object:
        if isinstance(value, kind):
            return value
        if isinstance(value, str):
            try:
                parsed = values.loads(value, values.MAX_DEPTH - 1)
            except values.JsonFault:
                raise WrongType(value, wanted) from None
            if isinstance(parsed, kind):
                return parsed
        raise WrongType(value, wanted)

    return convert


_CASTS: dict[str, Callable[[object], object]] = {
    "string": text,
    "number": _number,
    "boolean": _boolean,
    "object": _container(dict, "object"),
    "array": _container(list, "array"),
}
