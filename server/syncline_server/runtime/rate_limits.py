"""How many operations a key may ask for per second.

A bucket for each key that is in use holds up to a second's worth of operations and fills up evenly. Counting is in
thousandths, so that a limit of one a second fills by one each millisecond and no fraction is ever lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncline_server.clock import Clock

MOST_BUCKETS = 10_000


class RateLimits:
    """The buckets. Memory is bounded: of more than `MOST_BUCKETS` keys the ones unused for longest start afresh."""

    def __init__(self, clock: Clock, *, most: int = MOST_BUCKETS) -> None:
        self._clock = clock
        self._most = most
        self._buckets: dict[str, tuple[int, int]] = {}
        """What is left (thousandths of an operation) and when that was so, the key used last at the end."""

    def spend(self, login: str, limit: int, count: int) -> bool:
        """Take *count* operations of a key that has *limit* a second; take nothing and tell no when they are too many.

        A limit of 0 or less is none. More at once than the limit never pass.
        """
        if limit <= 0 or count <= 0:
            return True
        now = self._clock.now()
        full = limit * 1000
        left, then = self._buckets.pop(login, (full, now))
        # A clock that was set back gives nothing, and counts from where it now is.
        left = min(full, left + max(0, now - then) * limit)
        passes = count * 1000 <= left
        self._buckets[login] = (left - count * 1000 if passes else left, now)
        if len(self._buckets) > self._most:
            del self._buckets[next(iter(self._buckets))]
        return passes
