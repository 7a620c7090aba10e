"""Whose turn it is: each in order among those with the same key, the keys in rotation, the last turn for quick ones."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable

MAX_QUICK_KEYS = 4096


@dataclass(eq=False, slots=True)
class _Turn:
    """One that waits for a turn, or has it."""

    key: Hashable
    called: asyncio.Future[None]


@dataclass(eq=False, slots=True)
class _Line:
    """Those who wait for a turn of one key."""

    key: Hashable
    place: int
    """Grows with the time when the key came, or was served last."""
    turns: deque[_Turn] = field(default_factory=deque)


class FairTurns:
    """Hands out at most *at_a_time* turns. Of several, the last free one is only for keys that are known to be quick.

    A key with many waiting delays another key's first by one turn at most. What a turn costs does not depend on how
    many wait.
    """

    def __init__(self, at_a_time: int) -> None:
        self._at_a_time = at_a_time
        self._others_at_a_time = max(1, at_a_time - 1)
        self._running: set[_Turn] = set()
        self._quick: dict[Hashable, None] = {}
        self._quick_lines: OrderedDict[Hashable, _Line] = OrderedDict()
        self._other_lines: OrderedDict[Hashable, _Line] = OrderedDict()
        """Both in the order of their places."""
        self._places = count()

    @contextlib.asynccontextmanager
    async def turn(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for a turn of the key and hold it."""
        turn = _Turn(key, asyncio.get_running_loop().create_future())
        lines = self._lines(key)
        if key not in lines:
            lines[key] = _Line(key, next(self._places))
        lines[key].turns.append(turn)
        self._call()
        try:
            await turn.called
            yield
        finally:
            self._running.discard(turn)  # It may be there when the wait was cancelled, too: at that very moment.
            if turn.called.cancelled():
                self._leave(turn)
            self._call()

    def mark_quick(self, key: Hashable) -> None:
        """Count a key as quick from now on; the ones marked longest ago are forgotten when there are too many."""
        self._quick.pop(key, None)
        if len(self._quick) >= MAX_QUICK_KEYS:
            self.mark_slow(next(iter(self._quick)))
        self._quick[key] = None
        self._change(key, self._other_lines, self._quick_lines)
        self._call()

    def mark_slow(self, key: Hashable) -> None:
        """Count a key as not quick from now on."""
        self._quick.pop(key, None)
        self._change(key, self._quick_lines, self._other_lines)

    def _lines(self, key: Hashable) -> OrderedDict[Hashable, _Line]:
        return self._quick_lines if key in self._quick else self._other_lines

    def _change(self, key: Hashable, before: OrderedDict[Hashable, _Line], after: OrderedDict[Hashable, _Line]) -> None:
        line = before.pop(key, None)
        if line is not None:
            line.place = next(self._places)
            after[key] = line

    def _leave(self, turn: _Turn) -> None:
        """Take one out of the line who was cancelled while waiting."""
        line = self._lines(turn.key).get(turn.key)
        if line is not None:
            with contextlib.suppress(ValueError):  # it was passed over already
                line.turns.remove(turn)
            self._drop_if_empty(line)

    def _call(self) -> None:
        """Give what turns there are to the first of each key, beginning with the key that was served longest ago."""
        while len(self._running) < self._at_a_time and (line := self._next()) is not None:
            turn = line.turns.popleft()
            if not turn.called.done():  # Whoever was cancelled at this very moment is still in the line.
                self._running.add(turn)
                turn.called.set_result(None)
                line.place = next(self._places)
                self._lines(line.key).move_to_end(line.key)  # The other keys come first.
            self._drop_if_empty(line)

    def _next(self) -> _Line | None:
        """Return the line that is served now."""
        firsts = [next(iter(self._quick_lines.values()), None)]
        if sum(turn.key not in self._quick for turn in self._running) < self._others_at_a_time:
            firsts.append(next(iter(self._other_lines.values()), None))
        return min((line for line in firsts if line is not None), key=lambda line: line.place, default=None)

    def _drop_if_empty(self, line: _Line) -> None:
        if not line.turns:
            self._lines(line.key).pop(line.key, None)
