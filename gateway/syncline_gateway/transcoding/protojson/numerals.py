"""Numbers, both ways: JSON numbers and numbers in strings to Python's, checked against the field's type, and back."""

from __future__ import annotations

import math
import re
import struct
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from syncline_gateway.transcoding.protojson.errors import JsonFault, quoted
from syncline_gateway.transcoding.protojson.reading import RealText, expected

if TYPE_CHECKING:
    from collections.abc import Callable

INT32 = (-(1 << 31), (1 << 31) - 1)
UINT32 = (0, (1 << 32) - 1)
INT64 = (-(1 << 63), (1 << 63) - 1)
UINT64 = (0, (1 << 64) - 1)

_is_number = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
_is_decimal = re.compile(r"0|-?[1-9][0-9]{0,19}").fullmatch
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_FLOAT_END = 3.4028235677973366e38
"""From here on a float rounds to infinity: half a step above the largest one."""
_single = struct.Struct("f")


def integer(low: int, high: int) -> Callable[[object], int]:
    """Return what turns a tree into an integer of that range: `12`, `12.0`, `1.2e1`, or one of them in a string."""

    def from_json(tree: object) -> int:
        value = tree if type(tree) is int else _exactly(tree)
        if value is None or not low <= value <= high:
            raise expected(f"a whole number from {low} to {high}", tree)
        return value

    return from_json


def decimal(low: int, high: int) -> Callable[[str], int]:
    """Return what turns text outside of JSON, such as a map's key, into an integer: digits alone, no zeros in front."""

    def from_text(text: str) -> int:
        if not _is_decimal(text) or not low <= int(text) <= high:
            raise JsonFault(f"Expected a whole number from {low} to {high}, not {quoted(text)}.")
        return int(text)

    return from_text


def double(tree: object) -> float:
    """Turn a tree into a double: a number, one in a string, or the strings "NaN", "Infinity" and "-Infinity"."""
    if type(tree) is str and tree in _WORDS:
        return _WORDS[tree]
    return finite_double(tree) if type(tree) is not str else _finite(_number_in(tree), tree)


def finite_double(tree: object) -> float:
    """Turn a JSON number into a double."""
    if type(tree) is not int and type(tree) is not RealText:
        raise expected("a number", tree)
    return _finite(tree, tree)


def single(tree: object) -> float:
    """Turn a tree into a float of 32 bits, as `double` does."""
    value = double(tree)
    if _FLOAT_END <= abs(value) < math.inf:
        raise expected("a number that a 32-bit float can hold", tree)
    return value


def print_double(value: float) -> float | str:
    """Return what a JSON printer is to print."""
    return value if math.isfinite(value) else _word(value)


def print_single(value: float) -> float | str:
    """Return the number with the fewest digits, from 6 on, that means the same float of 32 bits."""
    if not math.isfinite(value):
        return _word(value)
    for digits in (6, 7, 8):
        short = float(f"{value:.{digits}g}")
        if abs(short) < _FLOAT_END and _single.unpack(_single.pack(short))[0] == value:
            return short
    return float(f"{value:.9g}")


def _exactly(tree: object) -> int | None:
    """Return the integer that a number or a string is; None when it is none, or far over 64 bits."""
    if not isinstance(tree, str) or not (type(tree) is RealText or _is_number(tree)):
        return None
    try:
        number = Decimal(tree)
    except InvalidOperation:  # an exponent of 19 digits or more
        return None
    if number and number.adjusted() > 20:  # int() would write out all zeros of an exponent
        return None
    return int(number) if number == int(number) else None


def _finite(number: int | str, tree: object) -> float:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if math.isinf(value):
        raise expected("a number that a 64-bit float can hold", tree)
    return value


def _number_in(text: str) -> str:
    if not _is_number(text):
        raise expected("a number", text)
    return text


def _word(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
