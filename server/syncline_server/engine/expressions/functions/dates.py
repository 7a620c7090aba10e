"""`$.date(…)` and `$.unixtime(…)`: the present, moved and written down, in UTC.

`%y %m %d %h %i %s` are the year in four digits, and month, day, hour, minute and second in two. `+N` or `-N` after
one moves the whole instant, not only the field: `%i+60` is an hour later. Where a month lacks the day, its last day
counts. One reading of a minus is inferred, for `%y-%m-01` is nobody's subtraction: two digits after `%y` or `%m` where
the format has no `%m` or no `%d` of its own are the next field of the date.

`$.unixtime(format)` reads what the format gives as a date, a time or both, in the orders and signs that people use;
`$.unixtime()` and, on one page, `$.date()` are the present epoch second. `$.unixtime(…).tz('Europe/Kiev')` adds what
the clocks there are ahead of UTC; the zone may also be an offset (`GMT+2`, `+02:00`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from syncline_server.engine.expressions.functions.arguments import Uncomputable, settled
from syncline_server.engine.expressions.functions.zones import Ahead, ahead_in

if TYPE_CHECKING:
    from syncline_server.engine.expressions.functions.arguments import Argument
    from syncline_server.engine.expressions.scope import Lookup, Scope

MAX_FORMAT = 1_000
"""Characters of a format."""
READING = 20
"""How much more effort it is to read a character of one than to write it."""
_SPECIFIER = re.compile(r"%([ymdhis])([+-][0-9]++)?")
_FIELDS = {
    "y": "{0.year:04}",
    "m": "{0.month:02}",
    "d": "{0.day:02}",
    "h": "{0.hour:02}",
    "i": "{0.minute:02}",
    "s": "{0.second:02}",
}
_UNITS = {"d": 86_400, "h": 3600, "i": 60, "s": 1}
_NEXT_FIELD = {"y": "%m", "m": "%d"}
_TIME = r"(?P<h>\d{1,2}):(?P<i>\d{1,2})(?::(?P<s>\d{1,2}))?"
_READABLE = [
    re.compile(rf"{form}\s*Z?", re.ASCII)
    for form in (
        rf"(?P<y>\d{{4}})([-./])(?P<m>\d{{1,2}})\2(?P<d>\d{{1,2}})(?:[T\s]\s*{_TIME})?",
        rf"(?P<d>\d{{1,2}})([-./])(?P<m>\d{{1,2}})\2(?P<y>\d{{4}})(?:[T\s]\s*{_TIME})?",
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?:[T\s]?(?P<h>\d\d)(?P<i>\d\d)(?P<s>\d\d)?)?",
        rf"(?P<y>)(?P<m>)(?P<d>){_TIME}",
    )
]
"""Year first, day first, without signs, and the time alone."""
SAMPLE = 1_700_000_000
"""An instant to try a format with."""

Writer = Callable[[int], str]
"""Writes down an instant, an epoch second; raises `Uncomputable` for one that no calendar has."""


def compile_date(argument: Argument) -> Lookup:
    """Compile a date as text; without a format, the epoch second."""
    write = _compile_format(argument)
    return present if write is None else settled(lambda scope: write(scope)(present(scope)))


def compile_unixtime(argument: Argument) -> Lookup:
    """Compile an epoch second."""
    write = _compile_format(argument)
    read = present if write is None else _compile_reading(argument, write)
    if argument.zone is None:
        return settled(read)
    zone = _compile_zone(argument.with_parts(argument.zone))
    return settled(lambda scope: _on_the_clocks(zone(scope), read(scope)))


def present(scope: Scope) -> int:
    """Return the present as an epoch second."""
    return scope.now // 1000


@lru_cache(maxsize=256)
def compile_format(source: str) -> Writer:
    """Return what writes an instant in the format; raise `Uncomputable` for one that is too long."""
    if len(source) > MAX_FORMAT:
        raise Uncomputable
    pieces: list[str] = []
    months = seconds = at = 0
    for match in _SPECIFIER.finditer(source):
        field, count = match[1], match[2] or ""
        pieces += [_literal(source[at : match.start()]), _FIELDS[field]]
        at = match.end()
        if _is_next_field(source, field, count):
            pieces.append(count)
        elif field in _UNITS:
            seconds += int(count or 0) * _UNITS[field]
        else:
            months += int(count or 0) * (12 if field == "y" else 1)
    pattern = "".join([*pieces, _literal(source[at:])])
    return lambda instant: pattern.format(_moved(instant, months, seconds))


def read_instant(source: str, now: int) -> int:
    """Return the epoch second that a text names, of today when it names no date; raise `Uncomputable`."""
    source = source.strip()
    match = next(filter(None, (form.fullmatch(source) for form in _READABLE)), None)
    if match is None:
        raise Uncomputable
    year, month, day = match.group("y", "m", "d")
    hour, minute, second = (int(field or 0) for field in match.group("h", "i", "s"))
    try:
        date = datetime(int(year), int(month), int(day), tzinfo=UTC) if year else datetime.fromtimestamp(now, UTC)
        return int(date.replace(hour=hour, minute=minute, second=second).timestamp())
    except ValueError:
        raise Uncomputable from None


def _compile_format(argument: Argument) -> Callable[[Scope], Writer] | None:
    source = argument.text()
    if not isinstance(source, str):
        return lambda scope: _compile_now(source(scope), scope)
    if not source.strip():
        return None
    try:
        write = compile_format(source)
    except Uncomputable:
        raise argument.fault(f"a format of more than {MAX_FORMAT} characters") from None
    return lambda _: write


def _compile_now(source: str, scope: Scope) -> Writer:
    scope.charge(len(source) * READING)
    return compile_format(source)


def _compile_reading(argument: Argument, write: Callable[[Scope], Writer]) -> Callable[[Scope], int]:
    source = argument.text()
    if isinstance(source, str):
        try:
            read_instant(compile_format(source)(SAMPLE), SAMPLE)
        except Uncomputable:
            raise argument.fault("that is no date and time") from None
    return lambda scope: read_instant(write(scope)(present(scope)), present(scope))


def _compile_zone(argument: Argument) -> Callable[[Scope], Ahead]:
    source = argument.text()
    if isinstance(source, str):
        ahead = ahead_in(_unquoted(source))
        if ahead is None:
            raise argument.fault(f"{source.strip()} is no time zone")
        return lambda _: ahead

    def look(scope: Scope) -> Ahead:
        found = ahead_in(_unquoted(source(scope)))
        if found is None:
            raise Uncomputable
        return found

    return look


def _unquoted(source: str) -> str:
    return source.strip().strip("'\"\\").strip()


def _is_next_field(source: str, field: str, count: str) -> bool:
    """Tell whether what looks like a subtraction is the next field of a date."""
    if not count.startswith("-"):
        return False
    return len(count) == 3 and field in _NEXT_FIELD and _NEXT_FIELD[field] not in source


def _on_the_clocks(ahead: Ahead, instant: int) -> int:
    try:
        return instant + ahead(instant)
    except (ValueError, OverflowError, OSError):
        raise Uncomputable from None


def _literal(source: str) -> str:
    return source.replace("{", "{{").replace("}", "}}")


def _moved(instant: int, months: int, seconds: int) -> datetime:
    try:
        moment = datetime.fromtimestamp(instant, UTC)
        if months:
            year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
            first = datetime(year, month + 1, 1, tzinfo=UTC)
            last = (datetime(year + (month == 11), (month + 1) % 12 + 1, 1, tzinfo=UTC) - first).days
            moment = moment.replace(year=year, month=month + 1, day=min(moment.day, last))
        return moment + timedelta(seconds=seconds)
    except (ValueError, OverflowError, OSError):
        raise Uncomputable from None
