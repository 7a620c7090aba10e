"""Timestamp (RFC 3339) and Duration (seconds and an `s`), both ways, to the nanosecond."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from syncline_gateway.transcoding.protojson.errors import Unprintable
from syncline_gateway.transcoding.protojson.reading import expected

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration
    from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH = datetime(1970, 1, 1)  # times are UTC throughout; without a zone arithmetic is faster
_FIRST, _LAST = -62135596800, 253402300799
"""Seconds since 1970 of 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z."""
_LONGEST = 315_576_000_000
"""Whole seconds that a Duration can last: 10,000 years."""
_GIGA = 1_000_000_000

_timestamp = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
).fullmatch
_duration = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s").fullmatch


def read_timestamp(into: Timestamp, tree: object) -> None:
    """Set a Timestamp; any offset from UTC is taken, leap seconds are not."""
    found = _timestamp(tree) if type(tree) is str else None
    if not found:
        raise expected('a time such as "2026-01-31T12:00:00Z"', tree)
    local, fraction, sign, hours, minutes = found.groups()
    try:
        since = datetime.fromisoformat(local) - _EPOCH
    except ValueError:
        raise expected("a time that there is", tree) from None
    seconds = since.days * 86400 + since.seconds
    if sign:
        seconds -= int(sign + "1") * (int(hours) * 3600 + int(minutes) * 60)
    if not _FIRST <= seconds <= _LAST:
        raise expected("a time from year 1 to year 9999", tree)
    into.seconds, into.nanos = seconds, _nanos(fraction)


def print_timestamp(value: Timestamp) -> str:
    """Return a Timestamp in UTC with 0, 3, 6 or 9 digits of a second."""
    seconds, nanos = value.seconds, value.nanos
    if not _FIRST <= seconds <= _LAST or not 0 <= nanos < _GIGA:
        raise Unprintable("A google.protobuf.Timestamp is out of range.")
    return f"{(_EPOCH + timedelta(seconds=seconds)).isoformat()}{_fraction(nanos)}Z"


def read_duration(into: Duration, tree: object) -> None:
    """Set a Duration."""
    found = _duration(tree) if type(tree) is str else None
    if not found:
        raise expected('a number of seconds such as "1.5s"', tree)
    sign, whole, fraction = found.groups()
    seconds, nanos = int(whole), _nanos(fraction)
    if seconds > _LONGEST:
        raise expected(f"at most {_LONGEST} seconds", tree)
    into.seconds, into.nanos = (-seconds, -nanos) if sign else (seconds, nanos)


def print_duration(value: Duration) -> str:
    """Return a Duration with 0, 3, 6 or 9 digits of a second."""
    seconds, nanos = value.seconds, value.nanos
    if abs(seconds) > _LONGEST or abs(nanos) >= _GIGA or seconds * nanos < 0:
        raise Unprintable("A google.protobuf.Duration is out of range.")
    sign = "-" if seconds < 0 or nanos < 0 else ""
    return f"{sign}{abs(seconds)}{_fraction(abs(nanos))}s"


def _nanos(fraction: str | None) -> int:
    return int(fraction.ljust(9, "0")) if fraction else 0


def _fraction(nanos: int) -> str:
    if nanos == 0:
        return ""
    digits = f"{nanos:09}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f".{digits}"
