"""Patterns: what a value has to look like, and the variables that it binds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine.expressions.functions.erlang.machine import Failed
from syncline_server.engine.expressions.functions.erlang.terms import as_list, same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.engine.expressions.functions.erlang.machine import Frame, Pattern


def anything(_: Frame, __: object) -> bool:
    """Match any value, and bind nothing."""
    return True


def binding(slot: int) -> Pattern:
    """Match any value, and bind a variable to it."""

    def bind(frame: Frame, value: object) -> bool:
        frame.slots[slot] = value
        return True

    return bind


def bound(slot: int) -> Pattern:
    """Match the value that a variable has already."""
    return lambda frame, value: same(frame.slots[slot], value, frame.machine)


def literal(wanted: object) -> Pattern:
    """Match one value."""
    return lambda frame, value: same(wanted, value, frame.machine)


def tuple_of(items: Sequence[Pattern]) -> Pattern:
    """Match a tuple of as many values."""

    def matches(frame: Frame, value: object) -> bool:
        return (
            isinstance(value, tuple)
            and len(value) == len(items)
            and all(item(frame, part) for item, part in zip(items, value, strict=True))
        )

    return matches


def list_of(items: Sequence[Pattern], rest: Pattern | None) -> Pattern:
    """Match a list of as many values, or one that goes on with a list that the rest matches."""

    def matches(frame: Frame, value: object) -> bool:
        try:
            parts = as_list(value, frame.machine)
        except Failed:
            return False
        if len(parts) < len(items) or (rest is None and len(parts) > len(items)):
            return False
        if not all(item(frame, part) for item, part in zip(items, parts, strict=False)):
            return False
        if rest is None:
            return True
        frame.machine.work(len(parts))
        return rest(frame, parts[len(items) :])

    return matches
