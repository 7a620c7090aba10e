"""Many listeners for server-sent events, in a process of their own.

Run as a program: `python listeners.py HOST PORT LISTENERS < request`. It opens the connections, a few at a time, and
prints `{"open": …}` once each has had its answer's head. Then it counts what comes, and when all connections have ended
with the terminal event, or its input ends, it prints how many events there were and how long after the first one the
last one came.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

AT_A_TIME = 100
_HEAD_END = b"\r\n\r\n"
_EVENT = b"data: "
_TERMINAL = b"event: end"


class Listener(asyncio.Protocol):
    """One connection: asks once, then counts the events."""

    def __init__(self, request: bytes, crowd: Crowd) -> None:
        self._request = request
        self._crowd = crowd
        self._head = b""
        self._rest = b""
        self.is_open: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self.is_open.done():
            self._head += data
            head, found, data = self._head.partition(_HEAD_END)
            if not found:
                return
            if head.startswith(b"HTTP/1.1 200"):
                self.is_open.set_result(None)
            else:
                self.is_open.set_exception(ConnectionError(head.decode("latin-1")))
        data = self._rest + data
        whole, newline, self._rest = data.rpartition(b"\n")
        events = whole.count(_EVENT)
        if events:
            self._crowd.heard(events)
        if _TERMINAL in whole + newline:
            self._crowd.ended()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_open.done():
            self.is_open.set_exception(exc or ConnectionError("closed"))


class Crowd:
    """All listeners."""

    def __init__(self, size: int) -> None:
        self._open = size
        self.events = 0
        self.first = self.last = 0.0
        self.all_ended = asyncio.Event()

    def heard(self, events: int) -> None:
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.events += events

    def ended(self) -> None:
        self._open -= 1
        if self._open == 0:
            self.all_ended.set()


async def run(host: str, port: int, size: int, request: bytes) -> None:
    loop = asyncio.get_running_loop()
    crowd = Crowd(size)
    gate = asyncio.Semaphore(AT_A_TIME)

    async def one() -> asyncio.Transport:
        async with gate:
            transport, listener = await loop.create_connection(lambda: Listener(request, crowd), host, port)
            await listener.is_open
            return transport

    kept = await asyncio.gather(*(one() for _ in range(size)))
    crowd.events, crowd.first = 0, 0.0
    print(json.dumps({"open": len(kept)}), flush=True)
    told = loop.run_in_executor(None, sys.stdin.buffer.read)
    ended = asyncio.ensure_future(crowd.all_ended.wait())
    await asyncio.wait({told, ended}, return_when=asyncio.FIRST_COMPLETED)
    print(json.dumps({"events": crowd.events, "seconds": crowd.last - crowd.first, "ended": ended.done()}), flush=True)
    for transport in kept:
        transport.abort()
    ended.cancel()


if __name__ == "__main__":
    host, port, size = sys.argv[1:]
    asyncio.run(run(host, int(port), int(size), sys.stdin.buffer.readline().replace(b"\\r\\n", b"\r\n")))
