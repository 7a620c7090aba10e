"""JSON values as PostgreSQL's parameters, by the types that a prepared statement says it takes. Pure.

A value is taken when it means one thing in the parameter's type: `"17"` as an integer, 17 as text, epoch seconds or
ISO 8601 as an instant. Everything else is refused with the parameter's number and type, never with its value.
"""

from __future__ import annotations

import base64
import binascii
import math
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from syncline_server.engine import values
from syncline_server.engine.effects import QueryFault
from syncline_server.runtime.databases.results import QueryFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LONGEST_NUMBER = 1_000
"""Characters; PostgreSQL's own numbers have more, but nobody's amounts do."""


class ParameterType(Protocol):
    """What a prepared statement says of a parameter."""

    @property
    def name(self) -> str:
        """The type's name; of an array that of its elements with `[]`."""
        ...

    @property
    def kind(self) -> str:
        """`scalar`, `array`, `composite` or `range`."""
        ...


def bind(parameters: Sequence[object], types: Sequence[ParameterType]) -> list[object]:
    """Return JSON values as what the driver takes; raise `QueryFailed` for one that its type does not take.

    Values that the statement does not name are left out.
    """
    if len(types) > len(parameters):
        raise QueryFailed(QueryFault.EXECUTING, f"The statement's parameter ${len(parameters) + 1} has no value.")
    return [
        _bound(number, value, kind)
        for number, (value, kind) in enumerate(zip(parameters, types, strict=False), start=1)
    ]


def _bound(number: int, value: object, kind: ParameterType) -> object:
    try:
        return _as(kind.name, kind.kind, value)
    except (ValueError, TypeError, OverflowError, InvalidOperation, binascii.Error):
        raise QueryFailed(
            QueryFault.EXECUTING,
            f"Parameter ${number} is of type {kind.name}, as which its value cannot be taken; a cast such as "
            f"${number}::text says otherwise.",
        ) from None


def _as(name: str, kind: str, value: object) -> object:
    if value is None:
        return None
    if name.endswith("[]"):
        if not isinstance(value, list):
            raise TypeError
        return [_as(name[:-2], "scalar", item) for item in value]
    if kind != "scalar":
        raise TypeError
    return _TAKERS.get(name, _as_text)(value)


def _integer_in(least: int, most: int) -> Callable[[object], int]:
    def take(value: object) -> int:
        exact = _exact(value)
        if exact != exact.to_integral_value() or not least <= exact <= most:
            raise ValueError
        return int(exact)

    return take


def _as_float(value: object) -> float:
    found = float(value) if isinstance(value, str) else float(_exact(value))
    if math.isinf(found) and not isinstance(value, str):
        raise OverflowError
    return found


def _exact(value: object) -> Decimal:
    """Return a number, or the text of one, exactly."""
    text = value.strip() if isinstance(value, str) else values.dumps(value) if values.is_number(value) else ""
    if len(text) > _LONGEST_NUMBER:
        raise ValueError
    exact = Decimal(text)
    if not exact.is_finite() or abs(exact.adjusted()) > _LONGEST_NUMBER:
        raise ValueError
    return exact


def _as_bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else values.dumps(value)
    if text not in _WORDS:
        raise ValueError
    return _WORDS[text]


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else values.dumps(value)


def _as_day(value: object) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value.strip()[:10])
    return _as_instant(value).date()


def _as_time(value: object) -> time:
    if not isinstance(value, str):
        raise TypeError
    return time.fromisoformat(value.strip())


def _as_instant(value: object) -> datetime:
    """Return an instant; one that names no zone is UTC."""
    if not isinstance(value, str):
        return datetime.fromtimestamp(float(_exact(value)), UTC)
    found = datetime.fromisoformat(value.strip())
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _as_local_instant(value: object) -> datetime:
    """Return what a clock shows that knows no zone: that of UTC."""
    return _as_instant(value).astimezone(UTC).replace(tzinfo=None)


def _as_uuid(value: object) -> UUID:
    if not isinstance(value, str):
        raise TypeError
    return UUID(value.strip())


def _as_bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError
    return base64.b64decode(value, validate=True)


_WORDS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
_TAKERS: Mapping[str, Callable[[object], object]] = {
    "int2": _integer_in(-(2**15), 2**15 - 1),
    "int4": _integer_in(-(2**31), 2**31 - 1),
    "int8": _integer_in(-(2**63), 2**63 - 1),
    "oid": _integer_in(0, 2**32 - 1),
    **dict.fromkeys(("float4", "float8"), _as_float),
    **dict.fromkeys(("json", "jsonb"), values.dumps),
    "numeric": _exact,
    "bool": _as_bool,
    "date": _as_day,
    "time": _as_time,
    "timetz": _as_time,
    "timestamptz": _as_instant,
    "timestamp": _as_local_instant,
    "uuid": _as_uuid,
    "bytea": _as_bytes,
}
"""By the type's name; every other scalar is given as text."""
