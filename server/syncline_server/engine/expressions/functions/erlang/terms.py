"""The values of expressions, their order, and how they become JSON.

They are what JSON is parsed to, and besides atoms, tuples and lists of any of these; `true`, `false` and `null` are the
atoms of that name. See the package for how the two worlds match.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.expressions.functions.erlang.machine import Failed, digits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.engine.expressions.functions.erlang.machine import Machine

MAX_DEPTH = values.MAX_DEPTH
COMPARING = 4
"""Units of work that it takes to compare one value with another."""
_NUMBER, _ATOM, _TUPLE, _LIST, _BINARY = range(5)
"""The order of values of different types."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A name that stands for itself; never `true`, `false` or `null`."""

    name: str


UNDEFINED = Atom("undefined")
_NAMED: dict[str, object] = {"true": True, "false": False, "null": None, "undefined": UNDEFINED}


def atom(name: str) -> object:
    """Return the atom of a name."""
    return _NAMED[name] if name in _NAMED else Atom(name)


def atom_name(value: object) -> str | None:
    """Return an atom's name; None for what is no atom."""
    if isinstance(value, Atom):
        return value.name
    if value is None:
        return "null"
    return ("false", "true")[value] if isinstance(value, bool) else None


def is_integer(value: object) -> bool:
    """Tell whether a value is a whole number without point and exponent."""
    return type(value) is int or (isinstance(value, values.Number) and not set(value.text) & set(".eE"))


def is_float(value: object) -> bool:
    """Tell whether a value is a number with point or exponent."""
    return values.is_number(value) and not is_integer(value)


def as_list(value: object, machine: Machine) -> list[object]:
    """Return a list, or an object as the list of its pairs; raise `Failed` for anything else."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        machine.work(len(value))
        return list(value.items())
    raise Failed


def compare(one: object, other: object, machine: Machine, depth: int = 0) -> int:
    """Order two values: negative, 0 or positive. 1 and 1.0 are equal."""
    rank, other_rank = _rank(one), _rank(other)
    if rank != other_rank:
        return rank - other_rank
    if rank == _NUMBER:
        machine.work((digits(one) + digits(other)) // 64)
        return values.compare(one, other)
    if rank in (_ATOM, _BINARY):
        first, second = (one, other) if rank == _BINARY else (atom_name(one), atom_name(other))
        machine.work(min(len(str(first)), len(str(second))) // 16)
        return (str(first) > str(second)) - (str(first) < str(second))
    left, right = _items(one, machine), _items(other, machine)
    if rank == _TUPLE and len(left) != len(right):
        return len(left) - len(right)
    if depth > MAX_DEPTH:
        raise Failed
    machine.work(COMPARING * min(len(left), len(right)))
    for item, other_item in zip(left, right, strict=False):
        difference = compare(item, other_item, machine, depth + 1)
        if difference:
            return difference
    return len(left) - len(right)


def same(one: object, other: object, machine: Machine, depth: int = 0) -> bool:
    """Tell whether two values are exactly the same: 1 and 1.0 are not."""
    if compare(one, other, machine, depth):
        return False
    if values.is_number(one):
        return is_integer(one) == is_integer(other)
    if isinstance(one, (list, dict, tuple)):
        pairs = zip(_items(one, machine), _items(other, machine), strict=True)
        return all(same(item, other_item, machine, depth + 1) for item, other_item in pairs)
    return True


def to_json(value: object, machine: Machine, depth: int = 1) -> object:
    """Return a value as JSON; raise `Failed` when it is nested too deeply for that."""
    if isinstance(value, Atom):
        return None if value is UNDEFINED else value.name
    if not isinstance(value, (dict, list, tuple)):
        return value
    if depth >= MAX_DEPTH:
        raise Failed
    machine.work(len(value))
    if isinstance(value, dict):
        return {key: to_json(item, machine, depth + 1) for key, item in value.items()}
    if isinstance(value, list) and value and all(_is_pair(item) for item in value):
        members: dict[str, object] = {}
        for key, item in value:
            members.setdefault(key_of(machine, key), to_json(item, machine, depth + 1))
        return members
    return [to_json(item, machine, depth + 1) for item in value]


def key_of(machine: Machine, value: object) -> str:
    """Return a value as the key of an object; raise `Failed` for what can't be one."""
    name = value if isinstance(value, str) else atom_name(value)
    if name is None:
        if not is_integer(value):
            raise Failed
        machine.work(digits(value) // 16)
        name = values.dumps(value)
    return name


def _is_pair(value: object) -> bool:
    return (
        isinstance(value, tuple) and len(value) == 2 and (isinstance(value[0], str) or atom_name(value[0]) is not None)
    )


def _rank(value: object) -> int:
    if isinstance(value, str):
        return _BINARY
    if values.is_number(value):
        return _NUMBER
    if isinstance(value, (list, dict)):
        return _LIST
    return _TUPLE if isinstance(value, tuple) else _ATOM


def _items(value: object, machine: Machine) -> Sequence[object]:
    return value if isinstance(value, tuple) else as_list(value, machine)
