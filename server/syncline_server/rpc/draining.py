"""The server's stop, as the RPCs see it: no new work, and whoever is parked is sent away."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Draining:
    """Whether the server is stopping, and which streams want to know."""

    def __init__(self) -> None:
        self.begun = False
        self._streams: set[Callable[[], None]] = set()

    @contextmanager
    def told(self, go_away: Callable[[], None]) -> Iterator[None]:
        """Within the block, call *go_away* when the server begins to stop; at once when it has begun."""
        self._streams.add(go_away)
        try:
            if self.begun:
                go_away()
            yield
        finally:
            self._streams.discard(go_away)

    def begin(self) -> None:
        """Tell every stream."""
        self.begun = True
        for go_away in tuple(self._streams):
            go_away()
