"""`proplists`, `maps` and `eutils`: members of objects and lists of pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from syncline_server.engine import values
from syncline_server.engine.expressions.functions.erlang.machine import Failed, Machine
from syncline_server.engine.expressions.functions.erlang.terms import (
    UNDEFINED,
    Atom,
    as_list,
    compare,
    key_of,
    same,
    to_json,
)

Function = Callable[..., object]


def get_value(machine: Machine, key: object, value: object, default: object = UNDEFINED) -> object:
    """Return the first member of the name."""
    if type(value) is dict and type(key) is str:
        return value.get(key, default)
    return next(_values(machine, key, value), default)


def member(machine: Machine, value: object, name: str) -> object:
    """`Value.name`: `undefined` for what has no members."""
    return get_value(machine, name, value) if isinstance(value, (dict, list)) else UNDEFINED


def delete(machine: Machine, key: object, value: object) -> object:
    """Return the pairs without those of the name."""
    if isinstance(value, dict):
        machine.work(len(value))
        return {name: item for name, item in value.items() if name != key}
    return [item for item in _items(machine, value) if not _is_of(machine, key, item)]


def lookup(machine: Machine, key: object, value: object) -> object:
    """Return the first pair of the name, or `none`."""
    return next((_pair(item) for item in _items(machine, value) if _is_of(machine, key, item)), Atom("none"))


def from_json(machine: Machine, value: object, _: object = None) -> object:
    """Read JSON text."""
    if not isinstance(value, str):
        raise Failed
    machine.work(len(value))
    try:
        return values.loads(value, values.MAX_DEPTH - 1)
    except values.JsonFault:
        raise Failed from None


def write_json(machine: Machine, value: object) -> object:
    """Write JSON text."""
    written = values.dumps(to_json(value, machine))
    machine.work(len(written))
    return written


def keys(machine: Machine, value: object) -> list[object]:
    """Return every name once."""
    found: list[object] = []
    seen: set[str] = set()
    for name, _ in map(_pair, _items(machine, value)):
        if key_of(machine, name) not in seen:
            seen.add(key_of(machine, name))
            found.append(name)
    return found


def append_values(machine: Machine, key: object, value: object) -> list[object]:
    """Return the members of the name, lists among them opened."""
    found: list[object] = []
    for item in _values(machine, key, value):
        found += as_list(item, machine) if isinstance(item, list) else [item]
    machine.work(len(found))
    return found


def to_map(machine: Machine, value: object) -> object:
    """Return the pairs as an object, the first of equal names."""
    members: dict[str, object] = {}
    for name, item in map(_pair, _items(machine, value)):
        members.setdefault(key_of(machine, name), item)
    return members


def map_get(machine: Machine, key: object, value: object) -> object:
    """Return the member of the name; fail when there is none."""
    missing = Atom("")
    found = get_value(machine, key, _object(value), missing)
    if found is missing:
        raise Failed
    return found


def _items(machine: Machine, value: object) -> list[object]:
    items = as_list(value, machine)
    machine.work(len(items))
    return items


def _is_of(machine: Machine, key: object, item: object) -> bool:
    if isinstance(item, tuple):
        return bool(item) and same(item[0], key, machine)
    return isinstance(item, Atom) and same(item, key, machine)


def _pair(item: object) -> tuple[object, object]:
    if isinstance(item, tuple) and len(item) == 2:
        return item[0], item[1]
    if isinstance(item, Atom):
        return item, True
    raise Failed


def _values(machine: Machine, key: object, value: object) -> Iterator[object]:
    return (_pair(item)[1] for item in _items(machine, value) if _is_of(machine, key, item))


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Failed
    return value


def _without_wrapping(machine: Machine, value: object) -> list[object]:
    return [_pair(item)[0] if _is_flag(item) else item for item in _items(machine, value)]


def _is_flag(item: object) -> bool:
    return isinstance(item, tuple) and len(item) == 2 and item[1] is True


def _is_true(machine: Machine, key: object, value: object) -> bool:
    return compare(get_value(machine, key, value), True, machine) == 0


def _put(machine: Machine, key: object, item: object, value: object) -> object:
    machine.work(len(_object(value)))
    return {**_object(value), key_of(machine, key): item}


PROPLISTS: dict[tuple[str, int], Function] = {
    ("get_value", 2): get_value,
    ("get_value", 3): get_value,
    ("get_all_values", 2): lambda machine, key, value: list(_values(machine, key, value)),
    ("get_bool", 2): _is_true,
    ("get_keys", 1): keys,
    ("is_defined", 2): lambda machine, key, value: any(_is_of(machine, key, item) for item in _items(machine, value)),
    ("delete", 2): delete,
    ("lookup", 2): lookup,
    ("lookup_all", 2): lambda machine, key, value: [
        _pair(item) for item in _items(machine, value) if _is_of(machine, key, item)
    ],
    ("append_values", 2): append_values,
    ("compact", 1): _without_wrapping,
    ("unfold", 1): lambda machine, value: [
        _pair(item) if isinstance(item, Atom) else item for item in _items(machine, value)
    ],
    ("property", 1): lambda machine, value: _without_wrapping(machine, [value])[0],
    ("property", 2): lambda machine, key, value: _without_wrapping(machine, [(key, value)])[0],
    ("from_map", 1): lambda machine, value: as_list(_object(value), machine),
    ("to_map", 1): to_map,
}
MAPS: dict[tuple[str, int], Function] = {
    ("get", 2): map_get,
    ("get", 3): lambda machine, key, value, default: get_value(machine, key, _object(value), default),
    ("is_key", 2): lambda _, key, value: isinstance(key, str) and key in _object(value),
    ("keys", 1): lambda machine, value: keys(machine, _object(value)),
    ("put", 3): _put,
    ("remove", 2): lambda machine, key, value: delete(machine, key, _object(value)),
}
EUTILS: dict[tuple[str, int], Function] = {
    ("get_value", 2): get_value,
    ("get_value", 3): get_value,
    ("from_json", 1): from_json,
    ("from_json", 2): from_json,
    ("to_json", 1): write_json,
}
