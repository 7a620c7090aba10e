"""The functions that code may call, by module, name and number of arguments.

They are those that the vendor's pages let through: `proplists`, `base64`, `binary:split` and `:replace`, `eutils`, and
of `erlang` the tests of types, `hd`, `tl`, `round` and the conversions between binaries and numbers. Besides, because
its examples call them or authors expect them: `binary:match`, `byte_size`, `length`, and a few of `maps` and `erlang`.
Of `proplists` those are left out that expand, rename and sort: `expand`, `normalize`, `split`, `substitute_aliases` and
`substitute_negations`.
"""

from __future__ import annotations

from collections.abc import Callable

from syncline_server.engine.expressions.functions.erlang import binaries, conversions, pairs
from syncline_server.engine.expressions.functions.erlang.machine import Failed, Machine
from syncline_server.engine.expressions.functions.erlang.operators import whole
from syncline_server.engine.expressions.functions.erlang.terms import as_list, atom_name, compare, is_float, is_integer
from syncline_server.engine.values import is_number

Function = Callable[..., object]


def head(machine: Machine, value: object) -> object:
    """`hd(List)`."""
    items = as_list(value, machine)
    if not items:
        raise Failed
    return items[0]


def tail(machine: Machine, value: object) -> object:
    """`tl(List)`."""
    items = as_list(value, machine)
    if not items:
        raise Failed
    machine.work(len(items))
    return items[1:]


def element(_: Machine, position: object, value: object) -> object:
    """`element(N, Tuple)`, from 1."""
    if not isinstance(value, tuple) or not 1 <= whole(position) <= len(value):
        raise Failed
    return value[whole(position) - 1]


def tuple_size(_: Machine, value: object) -> object:
    """`tuple_size(Tuple)`."""
    if not isinstance(value, tuple):
        raise Failed
    return len(value)


def smaller(machine: Machine, one: object, other: object) -> object:
    """`min(A, B)`."""
    return one if compare(one, other, machine) <= 0 else other


def larger(machine: Machine, one: object, other: object) -> object:
    """`max(A, B)`."""
    return one if compare(one, other, machine) >= 0 else other


_OWN: dict[tuple[str, int], Function] = {
    ("hd", 1): head,
    ("tl", 1): tail,
    ("length", 1): lambda machine, value: len(as_list(value, machine)),
    ("element", 2): element,
    ("tuple_size", 1): tuple_size,
    ("min", 2): smaller,
    ("max", 2): larger,
    ("is_integer", 1): lambda _, value: is_integer(value),
    ("is_float", 1): lambda _, value: is_float(value),
    ("is_number", 1): lambda _, value: is_number(value),
    ("is_binary", 1): lambda _, value: isinstance(value, str),
    ("is_list", 1): lambda _, value: isinstance(value, (list, dict)),
    ("is_map", 1): lambda _, value: isinstance(value, dict),
    ("is_tuple", 1): lambda _, value: isinstance(value, tuple),
    ("is_boolean", 1): lambda _, value: isinstance(value, bool),
    ("is_atom", 1): lambda _, value: atom_name(value) is not None,
    **binaries.OWN,
    **conversions.OWN,
}

LIBRARY: dict[tuple[str, str, int], Function] = {
    **{("erlang", name, count): function for (name, count), function in _OWN.items()},
    **{("proplists", name, count): function for (name, count), function in pairs.PROPLISTS.items()},
    **{("maps", name, count): function for (name, count), function in pairs.MAPS.items()},
    **{("eutils", name, count): function for (name, count), function in pairs.EUTILS.items()},
    **{("binary", name, count): function for (name, count), function in binaries.BINARY.items()},
    **{("base64", name, count): function for (name, count), function in binaries.BASE64.items()},
}
"""Each takes the machine and its arguments; those of `erlang` may be called without the module's name."""
