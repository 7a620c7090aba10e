"""A clock that stands still until a test moves it, and ids that can be foretold."""

from __future__ import annotations

START = 1_700_000_000_000


class FakeClock:
    """Milliseconds since the epoch, as the test says."""

    def __init__(self, at: int = START) -> None:
        self.at = at

    def now(self) -> int:
        return self.at

    def move(self, *, seconds: float) -> None:
        self.at += int(seconds * 1000)


class CountedIds:
    """Task ids 1, 2, 3, …; secrets likewise."""

    def __init__(self) -> None:
        self._count = 0

    def task_id(self, now: int) -> str:
        self._count += 1
        return f"{now:012x}{self._count:012x}"

    def callback_secret(self) -> str:
        return f"{self._count:032x}"
