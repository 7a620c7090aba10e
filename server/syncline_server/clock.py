"""Time and identity as ports, so that nothing else asks the machine for either."""

from __future__ import annotations

import os
import time
from typing import Protocol

_RANDOM_BYTES = 512
"""How many random bytes are taken from the system at a time; none is used twice."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Return milliseconds since the epoch, UTC."""
        ...


class Ids(Protocol):
    """Makes names that nothing else has."""

    def task_id(self, now: int) -> str:
        """Return 24 hex digits, greater than every one made before at an earlier millisecond."""
        ...

    def callback_secret(self) -> str:
        """Return 32 hex digits: 128 random bits that are the right to answer one task."""
        ...


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000


class SystemIds:
    """Ids of 6 bytes of time, 2 bytes of a counter and 4 random bytes; secrets from the system's random source."""

    def __init__(self) -> None:
        self._count = 0
        self._latest = 0
        self._random = ""

    def task_id(self, now: int) -> str:
        # a clock that is set back must not make ids that are older than those of tasks made before
        self._latest = now = max(now, self._latest)
        self._count = (self._count + 1) & 0xFFFF
        return f"{now:012x}{self._count:04x}{self._random_hex(8)}"

    def callback_secret(self) -> str:
        return self._random_hex(32)

    def _random_hex(self, digits: int) -> str:
        # asked of the system in large pieces: a call of it for each id takes longer than all the rest of the id
        if len(self._random) < digits:
            self._random = os.urandom(_RANDOM_BYTES).hex()
        taken, self._random = self._random[:digits], self._random[digits:]
        return taken
