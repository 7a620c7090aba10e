"""Reads semaphors: a node's time limit, and its alert when many tasks stand in it.

A fixed value that is a whole multiple of its unit is in seconds, as the vendor's files have it (1800 min, 86400 day);
any other is in its unit (10 min, 48 hour). Where the other reading is possible too, the import says so. A value with a
reference in it renders as an absolute epoch second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.expressions.references import BadReference
from syncline_server.engine.expressions.scope import text
from syncline_server.engine.expressions.template import compile_template
from syncline_server.engine.process import Alert, TimeLimit

if TYPE_CHECKING:
    from syncline_server.engine.reading.fields import Fields

_UNITS = {"sec": 1, "min": 60, "hour": 3600, "day": 86_400}
_PLAUSIBLE_SECONDS = 366 * 86_400
"""A reading that is longer than this is nobody's intention."""
_LONGEST_SECONDS = 100 * _PLAUSIBLE_SECONDS


def read_semaphors(semaphors: list[Fields]) -> tuple[TimeLimit | None, Alert | None]:
    """Return the time limit and the alert of a node."""
    limit, alert = None, None
    seen = set()
    for semaphor in semaphors:
        kind = semaphor.text("type")
        if kind in seen:
            semaphor.fault("", f"A node has at most one {kind} semaphor.")
        seen.add(kind)
        if kind == "time":
            limit = _read_time(semaphor)
        elif kind == "count":
            alert = Alert(semaphor.whole_number("value", 1), semaphor.link("esc_node_id"))
        else:
            semaphor.fault("type", f"{kind!r} is no type of semaphor.")
    return limit, alert


def _read_time(semaphor: Fields) -> TimeLimit | None:
    to = semaphor.link("to_node_id")
    value = semaphor.content.get("value")
    if isinstance(value, str):
        try:
            template = compile_template(value)
        except BadReference as error:
            semaphor.fault("value", f"The time cannot be read: {error}.")
            return None
        if template.static is None:
            return TimeLimit(to, until=template)
    seconds = _fixed_seconds(semaphor, value)
    return None if seconds is None else TimeLimit(to, round(seconds * 1000))


def _fixed_seconds(semaphor: Fields, value: object) -> float | None:
    unit = _UNITS.get(semaphor.text("dimension", "sec") or "sec")
    if unit is None:
        semaphor.fault("dimension", f"The unit of time is one of {', '.join(_UNITS)}.")
        return None
    try:
        count = float(text(values.number(value.strip()) if isinstance(value, str) else value))
    except ValueError:
        semaphor.fault("value", "The time is a number or a reference to an epoch second.")
        return None
    in_seconds = count % unit == 0
    seconds = count if in_seconds else count * unit
    other = count * unit if in_seconds else count
    limit = semaphor.reading.limits.min_timer_seconds
    if not limit <= seconds <= _LONGEST_SECONDS or seconds < 0:
        _out_of_range(semaphor, seconds, limit)
        return None
    if unit > 1 and max(limit, 1) <= other <= _PLAUSIBLE_SECONDS:
        dimension = semaphor.text("dimension")
        semaphor.note(
            "value", f"{count:g} {dimension} is taken as {seconds:g} seconds; it could mean {other:g} seconds."
        )
    return seconds


def _out_of_range(semaphor: Fields, seconds: float, limit: float) -> None:
    if seconds < limit or seconds < 0:
        semaphor.fault("value", f"Timer value {seconds:g} sec is less than minimum limit {max(limit, 0):g} sec.")
    else:
        semaphor.fault("value", f"Timer value {seconds:g} sec is more than maximum limit {_LONGEST_SECONDS} sec.")
