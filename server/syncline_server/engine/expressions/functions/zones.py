"""How far the clocks of a place are ahead of UTC."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from syncline_server.engine.expressions.functions.zone_table import RULES

_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.ASCII)
_NAME = r"(?:<[^>]+>|[A-Za-z]+)"
_TIME = r"[+-]?\d+(?::\d+)?"
_CHANGE = rf",M(\d+)\.(\d)\.(\d)(?:/({_TIME}))?"
_RULE = re.compile(rf"{_NAME}({_TIME})(?:{_NAME}({_TIME})?{_CHANGE}{_CHANGE})?", re.ASCII)
_DAY = 86_400

Ahead = Callable[[int], int]
"""Seconds that a place's clocks are ahead at an epoch second."""

_RULE_OF_ZONE = {name: rule for rule, names in RULES.items() for name in names.split()}


@lru_cache(maxsize=128)
def ahead_in(zone: str) -> Ahead | None:
    """Return how far a zone is ahead, by its name or offset; None for what is no zone."""
    offset = _OFFSET.fullmatch(zone)
    if offset is not None:
        seconds = int(offset[2]) * 3600 + int(offset[3] or 0) * 60
        return _always(-seconds if offset[1] == "-" else seconds)
    rule = _RULE_OF_ZONE.get(zone)
    return None if rule is None else _by_rule(rule)


def _always(seconds: int) -> Ahead:
    return lambda _: seconds


def _by_rule(source: str) -> Ahead:
    rule = _RULE.fullmatch(source)
    assert rule is not None, source  # noqa: S101  # the table is tested
    standard = -_seconds(rule[1])
    if rule[3] is None:
        return _always(standard)
    summer = standard + 3600 if rule[2] is None else -_seconds(rule[2])
    begin, end = rule.group(3, 4, 5, 6), rule.group(7, 8, 9, 10)

    def ahead(instant: int) -> int:
        year = datetime.fromtimestamp(instant + standard, UTC).year
        begins, ends = _change(year, begin) - standard, _change(year, end) - summer
        is_summer = begins <= instant < ends if begins < ends else not ends <= instant < begins
        return summer if is_summer else standard

    return ahead


def _change(year: int, when: tuple[str, ...]) -> int:
    """Return when a change comes on the local clock: on a weekday of a month, the last one when it is the fifth."""
    month, week, weekday = int(when[0]), int(when[1]), int(when[2])
    first = datetime(year, month, 1, tzinfo=UTC)
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    day = (weekday - first.isoweekday()) % 7 + (week - 1) * 7
    if day >= (after - first).days:
        day -= 7
    return int(first.timestamp()) + day * _DAY + _seconds(when[3] or "2")


def _seconds(time: str) -> int:
    hours, _, minutes = time.lstrip("+-").partition(":")
    seconds = int(hours) * 3600 + int(minutes or 0) * 60
    return -seconds if time.startswith("-") else seconds
