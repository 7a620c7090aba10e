"""What an expression runs on: the scope, and how much work is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from syncline_server.engine.values import Number

if TYPE_CHECKING:
    from syncline_server.engine.expressions.scope import Scope


WORD = 64
"""Bits of a number that is computed with at once."""


class Failed(Exception):
    """An expression has no value: a wrong type, no clause that matches, a division by zero."""


class Exhausted(Exception):
    """There is no work left."""


class Machine:
    """One run of `$.map` or `$.filter`."""

    __slots__ = ("left", "scope")

    def __init__(self, scope: Scope, work: int) -> None:
        self.scope = scope
        self.left = work

    def work(self, units: int) -> None:
        """Take units of work; raise `Exhausted` when there are not as many."""
        self.left -= units
        if self.left < 0:
            raise Exhausted


def digits(value: object) -> int:
    """Return how many digits a number has at most that is longer than a machine's word; 0 for any other value."""
    if type(value) is int:
        bits = value.bit_length()
        return bits // 3 if bits > WORD else 0
    return len(value.text) if isinstance(value, Number) else 0


class Frame:
    """The variables of one call of a function."""

    __slots__ = ("machine", "slots")

    def __init__(self, machine: Machine, size: int) -> None:
        self.machine = machine
        self.slots: list[object] = [None] * size


Code = Callable[[Frame], object]
"""A compiled expression; raises `Failed` or `Exhausted`."""
Pattern = Callable[[Frame, object], bool]
"""A compiled pattern: tells whether a value matches, and binds its variables."""
