"""Conversions between numbers, texts and atoms, and the rounding of numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import partial

from syncline_server.engine.expressions.functions.erlang.binaries import decoded, text_of
from syncline_server.engine.expressions.functions.erlang.machine import WORD, Failed, Machine, digits
from syncline_server.engine.expressions.functions.erlang.operators import finite, floating, whole
from syncline_server.engine.expressions.functions.erlang.terms import Atom, as_list, atom, atom_name

Function = Callable[..., object]
MAX_DECIMALS = 253
"""Of a float's text, as in Erlang."""
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_INTEGER = re.compile(r"[+-]?[0-9A-Za-z]{1,4300}", re.ASCII)
_FLOAT = re.compile(r"[+-]?[0-9]++\.[0-9]++(?:[eE][+-]?[0-9]++)?", re.ASCII)


def to_integer(machine: Machine, value: object, base: object = 10) -> object:
    """Read a whole number."""
    source = text_of(value)
    machine.work(min(len(source), 4300) // 16)
    if not 2 <= whole(base) <= 36 or not _INTEGER.fullmatch(source):
        raise Failed
    try:
        return whole(int(source, whole(base)))
    except ValueError:
        raise Failed from None


def to_float(machine: Machine, value: object) -> object:
    """Read a float, which has a point."""
    machine.work(len(text_of(value)) // 64)
    if not _FLOAT.fullmatch(text_of(value)):
        raise Failed
    return finite(float(text_of(value)))


def integer_text(machine: Machine, value: object, base: object = 10) -> object:
    """Write a whole number, with upper case letters."""
    number, radix = whole(value), whole(base)
    if not 2 <= radix <= 36:
        raise Failed
    machine.work(number.bit_length() // (WORD if radix == 10 else 1))
    if radix == 10:
        return str(number)
    written = ""
    left = abs(number)
    while left or not written:
        left, digit = divmod(left, radix)
        written = _DIGITS[digit] + written
    return "-" + written if number < 0 else written


def float_text(machine: Machine, value: object, options: object = None) -> object:
    """Write a float: with 20 digits and an exponent, or as `[{decimals, N}, compact]` says."""
    number = floating(value)
    wanted = [] if options is None else as_list(options, machine)
    compact = Atom("compact") in wanted
    decimals = next(
        (o[1] for o in wanted if isinstance(o, tuple) and o[:1] == (Atom("decimals"),) and len(o) == 2), None
    )
    if decimals is None:
        return repr(number) if Atom("short") in wanted else f"{number:.20e}"
    if not 0 <= whole(decimals) <= MAX_DECIMALS:
        raise Failed
    machine.work(whole(decimals) // 8)
    written = f"{number:.{whole(decimals)}f}"
    if compact and "." in written:
        whole_part, _, fraction = written.partition(".")
        written = f"{whole_part}.{fraction.rstrip('0') or '0'}"
    return written


def joined(machine: Machine, value: object) -> object:
    """Put a list of texts, bytes and such lists together."""
    return decoded(b"".join(_bytes_of(machine, value, 0)))


def list_text(machine: Machine, value: object) -> object:
    """Return a text in quotes: it stands for its list of characters."""
    return value if isinstance(value, str) else joined(machine, value)


def _bytes_of(machine: Machine, value: object, depth: int) -> list[bytes]:
    if isinstance(value, str):
        machine.work(len(value))
        return [value.encode()]
    if depth > 64:
        raise Failed
    found: list[bytes] = []
    for item in as_list(value, machine):
        machine.work(1)
        if type(item) is int and 0 <= item <= 255:
            found.append(bytes([item]))
        else:
            found += _bytes_of(machine, item, depth + 1)
    return found


def _rounded(rounding: str, machine: Machine, value: object) -> object:
    if type(value) is int:
        return value
    machine.work(16 + digits(value) // 256)
    return whole(int(Decimal(floating(value)).to_integral_value(rounding)))


def _absolute(machine: Machine, value: object) -> object:
    machine.work(digits(value) // 256)
    return abs(value) if type(value) is int else math.fabs(floating(value))


def _floated(machine: Machine, value: object) -> object:
    machine.work(digits(value) // 256)
    return floating(value)


def _name(_: Machine, value: object, __: object = None) -> object:
    name = atom_name(value)
    if name is None:
        raise Failed
    return name


OWN: dict[tuple[str, int], Function] = {
    ("binary_to_integer", 1): to_integer,
    ("binary_to_integer", 2): to_integer,
    ("list_to_integer", 1): to_integer,
    ("binary_to_float", 1): to_float,
    ("list_to_float", 1): to_float,
    ("integer_to_binary", 1): integer_text,
    ("integer_to_binary", 2): integer_text,
    ("integer_to_list", 1): integer_text,
    ("float_to_binary", 1): float_text,
    ("float_to_binary", 2): float_text,
    ("float_to_list", 1): float_text,
    ("float_to_list", 2): float_text,
    ("list_to_binary", 1): list_text,
    ("iolist_to_binary", 1): list_text,
    ("binary_to_list", 1): lambda _, value: text_of(value),
    ("atom_to_binary", 1): _name,
    ("atom_to_binary", 2): _name,
    ("binary_to_atom", 1): lambda _, value: atom(text_of(value)),
    ("binary_to_atom", 2): lambda _, value, __: atom(text_of(value)),
    ("round", 1): partial(_rounded, ROUND_HALF_UP),
    ("trunc", 1): partial(_rounded, ROUND_DOWN),
    ("ceil", 1): partial(_rounded, ROUND_CEILING),
    ("floor", 1): partial(_rounded, ROUND_FLOOR),
    ("abs", 1): _absolute,
    ("float", 1): _floated,
}
