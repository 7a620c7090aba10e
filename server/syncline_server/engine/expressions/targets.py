"""The keys under which values are put into a task: plain names, names put together, places inside objects and arrays.

A key that is one reference and nothing else (`{{obj.key}}`, `{{arr[{{i}}]}}`) names the place that the reference would
read; objects and arrays on the way to it are made when they are missing, and gaps in an array are filled with null. Any
other key is a parameter's name, put together when references or functions are in it.
"""

from __future__ import annotations

from syncline_server.engine.expressions.lookups import compile_key, compile_part, is_system
from syncline_server.engine.expressions.references import BadReference, Path, parse_text
from syncline_server.engine.expressions.scope import MISSING, Lookup, Scope, text
from syncline_server.engine.expressions.template import Template

MAX_INDEX = 100
"""The documented highest position that can be set."""


COPYING = 8
"""How many items of an object or array are copied in the time that a character takes: see `Scope.effort`."""


class WrongPlace(Exception):
    """A value can't be put there."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        """What the place would have to be in: `object` or `array`."""


class Target:
    """Where a value is to be put."""

    __slots__ = ("keys", "name", "template")

    def __init__(self, source: str) -> None:
        """Compile a key; raise `BadReference` for what can't be read or can't be set."""
        parts = parse_text(source)
        self.keys: tuple[str | int | Lookup, ...] = ()
        self.template: Template | None = None
        self.name: str | None = None
        """The parameter's name when it is plain."""
        if len(parts) == 1 and isinstance(parts[0], Path):
            self.keys = _compile_place(parts[0])
            if len(self.keys) == 1 and isinstance(self.keys[0], str):
                self.name = self.keys[0]
        else:
            self.template = Template(source, tuple(map(compile_part, parts)))
            self.name = self.template.static

    def put(self, scope: Scope, data: dict[str, object], value: object) -> str:
        """Put the value into the dict, nothing below which is changed in place; return the parameter's name."""
        if self.name is not None:
            data[self.name] = value
            return self.name
        if self.template is not None:
            name = self.template.text(scope)
            data[name] = value
            return name
        first, *others = (key(scope) if callable(key) else key for key in self.keys)
        name = text(first)
        data[name] = _replaced(scope, data.get(name, MISSING), others, value)
        return name

    def describe(self, scope: Scope) -> str:
        """Return the key as an error's description shows it."""
        if self.name is not None:
            return self.name
        if self.template is not None:
            return self.template.text(scope)
        keys = [key(scope) if callable(key) else key for key in self.keys]
        return "".join(f"[{key}]" if isinstance(key, int) else f".{text(key)}" for key in keys).lstrip(".")


def _compile_place(path: Path) -> tuple[str | int | Lookup, ...]:
    if is_system(path):
        raise BadReference(f"{{{{{path.source}}}}} can be read, not set")
    for segment in path.segments:
        if segment.bracketed and segment.name is not None and not isinstance(segment.key, int):
            raise BadReference(f"{{{{{path.source}}}}}: a position in an array is a number")
        if isinstance(segment.key, int) and segment.key > MAX_INDEX:
            raise BadReference(f"{{{{{path.source}}}}}: the highest position that can be set is {MAX_INDEX}")
    return tuple(compile_key(segment) for segment in path.segments)


def _replaced(scope: Scope, container: object, keys: list[object], value: object) -> object:
    """Return the container with the value at the place; copied as far as it changes."""
    if not keys:
        return value
    key, *others = keys
    if container is MISSING or container is None:
        container = [] if isinstance(key, int) else {}
    if isinstance(container, (dict, list)):
        scope.charge(len(container) // COPYING)
    if isinstance(container, dict):
        name = text(key)
        return {**container, name: _replaced(scope, container.get(name, MISSING), others, value)}
    if not isinstance(container, list):
        raise WrongPlace("array" if isinstance(key, int) else "object")
    if not isinstance(key, int) or key > MAX_INDEX:
        raise WrongPlace("array" if isinstance(key, int) else "object")
    items = container + [None] * (key + 1 - len(container))
    items[key] = _replaced(scope, items[key], others, value)
    return items
