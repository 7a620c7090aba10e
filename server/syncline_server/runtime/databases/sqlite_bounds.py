"""What one instruction of SQLite's machine may cost: between two of them nobody can stop a statement.

The library looks at the clock only where a program jumps, so a single function, and a row of them, runs to its end. So
values, patterns, columns and expressions are smaller than SQLite would have them; functions that take time by the
product of two texts are done by Python, whose searches do not; and what hands out or takes addresses in memory is
refused. A text in which such a function gets a number counts as SQLite writes it.
"""

from __future__ import annotations

import math
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Value = str | bytes | int | float | None

MAX_VALUE_BYTES = 1024 * 1024
"""Of a text, of bytes, of a row: as much as a result may have."""
MOST_STRIPPED = 1_000
"""Characters that `trim` may look for."""
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_VALUE_BYTES,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 200_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 250,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 100,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 500,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}
REFUSED = frozenset({"load_extension", "fts3_tokenizer", "json_patch"})
"""Code from a file; an address out of the memory, and one to be called; time by the square of what it gets."""


def bound(connection: sqlite3.Connection) -> None:
    """Put the limits and the functions into a connection."""
    for limit, most in _LIMITS.items():
        connection.setlimit(limit, most)
    connection.create_function("instr", 2, _instr, deterministic=True)
    connection.create_function("replace", 3, _replace, deterministic=True)
    for name, strip in (("trim", str.strip), ("ltrim", str.lstrip), ("rtrim", str.rstrip)):
        connection.create_function(name, 2, _stripping(strip), deterministic=True)


def _instr(value: Value, wanted: Value) -> int | None:
    if value is None or wanted is None:
        return None
    if isinstance(value, bytes) and isinstance(wanted, bytes):
        return value.find(wanted) + 1
    return _text(value).find(_text(wanted)) + 1


def _replace(value: Value, wanted: Value, new: Value) -> Value:
    if value is None or wanted is None:
        return None
    text, searched = _text(value), _text(wanted)
    if not searched:
        return text if isinstance(value, bytes) else value
    if new is None:
        return None
    put = _text(new)
    if len(text) + text.count(searched) * (len(put) - len(searched)) > MAX_VALUE_BYTES:
        raise OverflowError  # as SQLite says of what it would have made itself: too big
    return text.replace(searched, put)


def _stripping(strip: Callable[[str, str], str]) -> Callable[[Value, Value], str | None]:
    def stripped(value: Value, characters: Value) -> str | None:
        if value is None or characters is None:
            return None
        searched = "".join(dict.fromkeys(_text(characters)))
        if len(searched) > MOST_STRIPPED:
            raise OverflowError
        return strip(_text(value), searched) if searched else _text(value)

    return stripped


def _text(value: Value) -> str:
    """Return a value as SQLite writes it into a text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if not isinstance(value, float):
        return str(value)
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    digits, exponent, power = f"{value or 0.0:.15g}".partition("e")
    if digits.lstrip("-").isdigit():
        digits += ".0"
    return digits + exponent + power
