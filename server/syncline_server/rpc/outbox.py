"""Results on their way to one client: what is ready at the same moment goes out in one frame.

While a frame is being written, the next one fills; so frames grow with the load, and an idle stream adds no delay. A
large result gets a frame of its own, after the small ones that were ready with it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from syncline_server.rpc import frames

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

LARGE = 256 * 1024
"""From this size on a result travels alone; a frame of small ones holds about as much at most."""
FULL = 4 * 1024 * 1024
"""With so many bytes waiting, the client has to read before it may ask for more."""


class Outbox:
    """What one stream has to say. `write` is given one frame at a time."""

    def __init__(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        self._write = write
        self._small: list[bytes] = []
        self._large: list[bytes] = []
        self._bytes = 0
        self._wanted = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False

    def put(self, result: bytes) -> None:
        """Send a result, or any other frame, soon. Those of one operation arrive in the order in which they are put."""
        (self._small if len(result) < LARGE else self._large).append(result)
        self._bytes += len(result)
        if self._bytes >= FULL:
            self._room.clear()
        if not self._wanted.is_set():
            self._wanted.set()

    async def room(self) -> None:
        """Return when the client has read enough of what there was to say."""
        await self._room.wait()

    def close(self) -> None:
        """End `run` when everything is out."""
        self._closed = True
        self._wanted.set()

    async def run(self) -> None:
        """Write frames until the outbox is closed and empty."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            while self._small or self._large:
                for frame in self._take():
                    await self._write(frame)
                    self._bytes -= len(frame)
                    if self._bytes < FULL:
                        self._room.set()
            if self._closed:
                return

    def _take(self) -> Iterator[bytes]:
        # First all small results that are there: among them is the first phase of the large one's operation.
        small, self._small = self._small, []
        large = self._large.pop(0) if self._large else None
        size, begin = 0, 0
        for index, result in enumerate(small):
            size += len(result)
            if size > LARGE:
                yield frames.frame(small[begin:index])
                size, begin = len(result), index
        if small:
            yield frames.frame(small[begin:])
        if large is not None:
            yield large
