"""A load generator for HTTP that costs little itself: one request's bytes, sent again and again on kept connections.

Run as a program: `python http_load.py HOST PORT CONNECTIONS SECONDS < request`; prints one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class _Connection(asyncio.Protocol):
    """Sends the request, reads the answer by its Content-Length, sends again until the time is over."""

    def __init__(self, request: bytes, until: float, done: asyncio.Future[None]) -> None:
        self._request = request
        self._until = until
        self._done = done
        self._buffer = b""
        self._sent_at = 0.0
        self.times: list[float] = []
        self.failed = 0
        self.sample = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(_END)
        if not found:
            return
        at = head.lower().index(_LENGTH) + len(_LENGTH)
        if len(rest) < int(head[at:].split(b"\r\n", 1)[0]):
            return
        self._buffer = b""
        now = time.perf_counter()
        self.times.append(now - self._sent_at)
        self.sample = rest
        if not head.startswith(b"HTTP/1.1 200") or b'"error"' in rest:
            self.failed += 1
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)


async def run(host: str, port: int, connections: int, seconds: float, request: bytes) -> dict[str, object]:
    """Keep so many requests in flight for so long; return the rate and the times, in milliseconds."""
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    made: list[_Connection] = []
    ends: list[asyncio.Future[None]] = []
    for _ in range(connections):
        end: asyncio.Future[None] = loop.create_future()
        _, protocol = await loop.create_connection(
            lambda end=end: _Connection(request, began + seconds, end),  # type: ignore[misc]
            host,
            port,
        )
        made.append(protocol)
        ends.append(end)
    await asyncio.wait_for(asyncio.gather(*ends), seconds + 60)
    took = time.perf_counter() - began
    times = sorted(each for connection in made for each in connection.times)
    return {
        "rate": len(times) / took,
        "count": len(times),
        "failed": sum(connection.failed for connection in made),
        "p50": times[len(times) // 2] * 1000,
        "p99": times[len(times) * 99 // 100] * 1000,
        "sample": made[0].sample.decode(),
    }


if __name__ == "__main__":
    host, port, connections, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(run(host, int(port), int(connections), float(seconds), sys.stdin.buffer.read()))))
