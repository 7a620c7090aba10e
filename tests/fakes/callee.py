"""Somebody else's HTTP server, on a real loopback socket, that answers as a test tells it to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

from aiohttp import web

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
    from types import TracebackType
    from typing import Any

PATIENCE = 10.0
"""Seconds after which a test that waits in vain fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came in."""

    method: str
    path: str
    """With its query, not decoded."""
    headers: Mapping[str, str]
    """Names in lower case; of repeated ones the values joined by `, `."""
    body: bytes
    connection: int
    """Tells the connections apart, counted from 1."""


class Answer(Protocol):
    """What the callee does about a request."""

    async def __call__(self, request: web.BaseRequest, received: Received) -> web.StreamResponse: ...


@dataclass(slots=True)
class Reply:
    """A whole answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)

    async def __call__(self, request: web.BaseRequest, received: Received) -> web.StreamResponse:
        return web.Response(status=self.status, body=self.body, headers=self.headers)


def redirect(location: str, status: int = 302) -> Reply:
    """Send the caller elsewhere."""
    return Reply(status, b"", {"location": location})


@dataclass(slots=True)
class Raw:
    """Bytes that need not be HTTP; the connection is closed after them. Without any, it is just closed."""

    data: bytes = b""

    async def __call__(self, request: web.BaseRequest, received: Received) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(self.data)
        request.transport.close()
        return web.Response()


class Drip:
    """An answer whose body comes when the test says so; left alone it hangs in the middle."""

    def __init__(self, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._status = status
        self._headers = headers or {}

    def feed(self, piece: bytes) -> None:
        """Send a piece of the body."""
        self._pieces.put_nowait(piece)

    def finish(self) -> None:
        """End the answer as it should end."""
        self._pieces.put_nowait(b"")

    def cut(self) -> None:
        """Close the connection in the middle of the body."""
        self._pieces.put_nowait(None)

    async def __call__(self, request: web.BaseRequest, received: Received) -> web.StreamResponse:
        response = web.StreamResponse(status=self._status, headers=self._headers)
        await response.prepare(request)
        while piece := await self._pieces.get():
            await response.write(piece)
        if piece is None:
            assert request.transport is not None
            request.transport.close()
        return response


class Hang:
    """No answer until the test releases it."""

    def __init__(self) -> None:
        self._released = asyncio.Event()

    def release(self) -> None:
        """Answer everybody who waits and whoever comes later with `{}`."""
        self._released.set()

    async def __call__(self, request: web.BaseRequest, received: Received) -> web.StreamResponse:
        await self._released.wait()
        return web.json_response({})


@dataclass(slots=True)
class Working:
    """Does something about the request first, then gives the answer that this comes to."""

    work: Callable[[Received], Awaitable[Answer]]

    async def __call__(self, request: web.BaseRequest, received: Received) -> web.StreamResponse:
        answer = await self.work(received)
        return await answer(request, received)


class Callee:
    """The server; use it with `async with`. A path without a script is answered with 200 `{}`."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self._tls = tls
        self._scripts: dict[str, list[Answer]] = {}
        self._came = asyncio.Condition()
        self._connections: list[object] = []
        self._works: list[Callable[[Received], Coroutine[Any, Any, None]]] = []
        self._running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        server = web.Server(self._handle)
        self._runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls).start()
        self.port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
        for task in self._running:
            task.cancel()
        ended = await asyncio.gather(*self._running, return_exceptions=True)
        if error is None:
            for outcome in ended:
                if isinstance(outcome, Exception):
                    raise outcome

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the URL of a path."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def on(self, path: str, *answers: Answer) -> str:
        """Answer requests for a path (its query does not count) in turn, the last for good; return the path's URL."""
        self._scripts[path] = list(answers)
        return self.url(path)

    def each(self, work: Callable[[Received], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine on every request from now on, beside its answer; its failure fails the test at the end."""
        self._works.append(work)

    async def request(self, number: int = 1) -> Received:
        """Return the n-th request, counted from 1, as soon as it has come."""
        async with asyncio.timeout(PATIENCE), self._came:
            await self._came.wait_for(lambda: len(self.requests) >= number)
        return self.requests[number - 1]

    async def worked(self) -> None:
        """Return when what `each` started has ended."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*self._running)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        received = Received(
            method=request.method,
            path=request.raw_path,
            headers=_joined(request.headers.items()),
            body=await request.read(),
            connection=self._connection(request.protocol),
        )
        async with self._came:
            self.requests.append(received)
            self._came.notify_all()
        for work in self._works:
            self._running.append(asyncio.create_task(work(received)))
        script = self._scripts.get(request.path, [])
        answer = script.pop(0) if len(script) > 1 else (script or [Reply()])[0]
        return await answer(request, received)

    def _connection(self, protocol: object) -> int:
        if protocol not in self._connections:
            self._connections.append(protocol)
        return self._connections.index(protocol) + 1


def _joined(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in items:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers
