"""JSON values: text in, plain Python values out, and back to the same text.

Every number comes out digit for digit. An integer is an `int`; a fraction whose shortest form is its text is a `float`;
any other number (`1.10`, `1e5`, `-0`, 20 digits after the point, 5,000 before it) is a `Number`, which keeps its text.
So the C encoder does all the work unless a value really holds a `Number`.

What is refused, with a sentence for whoever sent it: text that is not JSON, NaN and infinities, half a surrogate pair
(it has no UTF-8), more than `MAX_DEPTH` brackets inside each other, an exponent that no arithmetic can hold.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_DEPTH = 256
MAX_EXPONENT_DIGITS = 15
"""Beyond it `Decimal` can't hold a number."""

_SUM_DIGITS = 1_000
_WHITE_SPACE = " \t\r\n"
_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?)0*([0-9]+))?")
_LONG_EXPONENT = re.compile(rf"[eE][+-]?0*[0-9]{{{MAX_EXPONENT_DIGITS + 1}}}")


class JsonFault(ValueError):
    """The text or value is not JSON as it is taken here; the message is for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number that neither `int` nor `float` would give back as it was written."""

    text: str

    def decimal(self) -> Decimal:
        """Return its exact value."""
        return Decimal(self.text)


def loads(text: str, depth: int = MAX_DEPTH) -> object:
    """Parse JSON text that has at most *depth* brackets inside each other."""
    try:
        value = _parse(_CAREFUL if "-0" in text else _DECODER, text)
    except json.JSONDecodeError as error:
        raise JsonFault(_place(error)) from None
    except RecursionError:
        raise JsonFault(f"nested deeper than {depth} levels") from None
    except JsonFault:
        raise
    except ValueError:  # an integer longer than Python converts
        return _loads_long_integers(text, depth)
    _check(text, value, depth)
    return value


def loads_object(text: str, depth: int = MAX_DEPTH) -> dict[str, object]:
    """Parse JSON text that has to be an object."""
    value = loads(text, depth)
    if not isinstance(value, dict):
        raise JsonFault("not a JSON object")
    return value


def dumps(value: object) -> str:
    """Return compact JSON text: key order kept, characters beyond ASCII as they are."""
    if value.__class__ is str:
        return encode_basestring(value)
    try:
        return "".join(_encode(value, 0))
    except _NumberMet:
        pieces: list[str] = []
        _write(value, pieces.append)
        return "".join(pieces)


def number(text: str) -> int | float | Number:
    """Parse the text of one JSON number; raise `JsonFault` for anything else."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise JsonFault("not a number")
    return _integer(text) if match[3] is None and match[5] is None else _fraction(text)


def is_number(value: object) -> bool:
    """Tell whether a value is a JSON number; `true` is none."""
    return isinstance(value, (int, float, Number)) and not isinstance(value, bool)


def byte_size(text: str) -> int:
    """Return how many bytes of UTF-8 a text is."""
    return len(text) if text.isascii() else len(text.encode())


def fits(value: object, depth: int = MAX_DEPTH) -> bool:
    """Tell whether a value has at most *depth* brackets inside each other."""
    level = _containers([value])
    for _ in range(depth):
        if not level:
            return True
        level = [
            inner for outer in level for inner in _containers(outer.values() if isinstance(outer, dict) else outer)
        ]
    return not level


def equal(one: object, other: object) -> bool:
    """Compare by value: 1 equals 1.0 and 1.00, objects may differ in key order."""
    if isinstance(one, dict):
        if not isinstance(other, dict) or len(one) != len(other):
            return False
        return all(key in other and equal(item, other[key]) for key, item in one.items())
    if isinstance(one, list):
        if not isinstance(other, list) or len(one) != len(other):
            return False
        return all(map(equal, one, other))
    if is_number(one):
        return is_number(other) and compare(one, other) == 0
    return type(one) is type(other) and one == other


def total(numbers: Iterable[object]) -> int | float | Number:
    """Return the sum of numbers, exact to `_SUM_DIGITS` digits."""
    with localcontext(Context(prec=_SUM_DIGITS)):
        return number(str(sum((Decimal(dumps(each)) for each in numbers), Decimal(0))))


def compare(one: object, other: object) -> int:
    """Order two numbers exactly: -1, 0 or 1."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return (one > other) - (one < other)
    first, second = _parts(one), _parts(other)
    if first == second:
        return 0
    if first[0] != second[0]:
        return 1 if first[0] > second[0] else -1
    return first[0] if first[1:] > second[1:] else -first[0]


def _parts(value: object) -> tuple[int, int, str]:
    """Split a number into its sign, the power of ten of its first digit, and its digits: these two order magnitudes."""
    match = _NUMBER.fullmatch(value.text if isinstance(value, Number) else repr(value))
    assert match is not None, value  # noqa: S101  # only numbers get here
    whole, fraction = match[2], match[3] or ""
    exponent = int(match[4] + match[5]) if match[5] else 0
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return 0, 0, ""
    return -1 if match[1] else 1, exponent - len(fraction) + len(digits), digits.rstrip("0")


def _containers(items: Iterable[object]) -> list[dict[str, object] | list[object]]:
    return [item for item in items if isinstance(item, (dict, list))]


def _integer(text: str) -> int | Number:
    if text == "-0":
        return Number(text)
    try:
        return int(text)
    except ValueError:
        return Number(text)


def _fraction(text: str) -> float | Number:
    value = float(text)
    if repr(value) == text:
        return value
    if _LONG_EXPONENT.search(text):
        raise JsonFault(f"a number's exponent has more than {MAX_EXPONENT_DIGITS} digits")
    return Number(text)


def _constant(name: str) -> NoReturn:
    raise JsonFault(f"{name} is not JSON")


def _parse(decoder: json.JSONDecoder, text: str) -> object:
    # as `decode` does, but for its two searches for white space, which cost as much as a small text itself
    if text[:1] not in ("{", "["):
        return decoder.decode(text)
    value, end = decoder.raw_decode(text)
    return value if end == len(text) or not text[end:].strip(_WHITE_SPACE) else decoder.decode(text)


def _loads_long_integers(text: str, depth: int) -> object:
    value = _parse(_CAREFUL, text)
    _check(text, value, depth)
    return value


def _check(text: str, value: object, depth: int) -> None:
    if len(text) > depth and text.count("[") + text.count("{") > depth and not fits(value, depth):
        raise JsonFault(f"nested deeper than {depth} levels")
    try:
        if not text.isascii():
            text.encode()
        if "\\ud" in text or "\\uD" in text:
            dumps(value).encode()
    except UnicodeEncodeError:
        raise JsonFault("half a surrogate pair, which is no character") from None


def _place(error: json.JSONDecodeError) -> str:
    """Say where the text stops being JSON. The decoder's own words differ between versions of Python."""
    text, position = error.doc, error.pos
    while position < len(text) and text[position] in _WHITE_SPACE:
        position += 1
    before = text[:position].rstrip()
    comma = text[position : position + 1] == ","
    closing = text[position + 1 :].lstrip()[:1] if comma else text[position : position + 1]
    where = f"line {error.lineno}, column {error.colno}"
    if closing in ("]", "}") and closing and (comma or before.endswith(",")):
        return f"not JSON: a comma before the closing bracket at {where}"
    return f"not JSON: {'the text ends too early' if position >= len(text) else 'something unexpected'} at {where}"


class _NumberMet(Exception):
    """The C encoder came to a `Number`, whose text it can't write."""


def _met(value: object) -> NoReturn:
    if isinstance(value, Number):
        raise _NumberMet
    raise TypeError(f"{type(value).__name__} is not JSON")


def _write(value: object, put: Callable[[str], None]) -> None:
    if isinstance(value, str):
        put(encode_basestring(value))
    elif isinstance(value, Number):
        put(value.text)
    elif isinstance(value, dict):
        comma = "{"
        for key, item in value.items():
            put(comma + encode_basestring(key) + ":")
            _write(item, put)
            comma = ","
        put("}" if value else "{}")
    elif isinstance(value, list):
        comma = "["
        for item in value:
            put(comma)
            _write(item, put)
            comma = ","
        put("]" if value else "[]")
    else:
        put("".join(_encode(value, 0)))


_DECODER = json.JSONDecoder(parse_float=_fraction, parse_constant=_constant)
_CAREFUL = json.JSONDecoder(parse_float=_fraction, parse_int=_integer, parse_constant=_constant)
# What `JSONEncoder.encode` makes anew for each text, with: no marks of circles, `default`, strings as they are,
# no indent, the separators, keys not sorted, none skipped, no NaN.
_encode = c_make_encoder(None, _met, encode_basestring, None, ":", ",", False, False, False)
