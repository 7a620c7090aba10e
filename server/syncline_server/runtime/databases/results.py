"""What a statement returns, as JSON text within its limits, and what else may become of it."""

from __future__ import annotations

import base64
import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.effects import QueryFailure, QueryFault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_ROWS = 10_000
MAX_RESULT_BYTES = 1024 * 1024
"""Of the result as JSON text."""
MAX_DESCRIPTION = 1_000
"""Characters of what a database says."""


class QueryFailed(Exception):
    """A statement has no result."""

    def __init__(self, fault: QueryFault, description: str) -> None:
        super().__init__(description)
        self.failure = QueryFailure(fault, description[:MAX_DESCRIPTION])


def too_large() -> QueryFailed:
    """Return what to raise when a result is over a limit."""
    return QueryFailed(
        QueryFault.SIZE, f"The result has more than {MAX_ROWS:,} rows, or more than {MAX_RESULT_BYTES:,} bytes as JSON."
    )


class Rows:
    """Gathers rows; raises `QueryFailed` as soon as they are too many or too large."""

    def __init__(self) -> None:
        self._rows: list[str] = []
        self._size = 2

    def add(self, names: Sequence[str], row: Sequence[object]) -> None:
        """Add a row of JSON values; of columns with one name the last counts."""
        text = values.dumps(dict(zip(names, row, strict=True)))
        self._size += values.byte_size(text) + 1
        if len(self._rows) == MAX_ROWS or self._size > MAX_RESULT_BYTES:
            raise too_large()
        self._rows.append(text)

    def text(self) -> str:
        """Return the rows as JSON text of an array."""
        return f"[{','.join(self._rows)}]"


def to_json(value: object, other: Callable[[object], object] = str) -> object:
    """Return a database's value as a JSON value.

    Exact numbers keep their digits; what is no JSON number (NaN, infinities) is text, bytes are base64, days and times
    ISO 8601, arrays lists. Whatever else there is becomes what *other* makes of it, its text if nothing is said.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _not_finite(value)
    if isinstance(value, Decimal):
        return values.number(format(value, "f")) if value.is_finite() else _not_finite(float(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode()
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [to_json(item, other) for item in value]
    return other(value)


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
