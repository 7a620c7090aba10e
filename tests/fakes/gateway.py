"""The real gateway inside a test, before a server that does what the test says."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from fakes.exchange_server import SECONDS
from syncline_gateway.http.app import App
from syncline_gateway.upstream import STREAMS, Upstream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    import aiohttp

    from fakes.exchange_server import ExchangeServer
    from syncline_gateway.settings import Settings
    from syncline_gateway.transcoding.transcoder import Transcoder

    Started = Callable[..., AbstractAsyncContextManager["Gateway"]]

OPS = "/api/1/json/13000/1700000000/16054e823ea95e74474f8445851f6424b3ff13b4"
UNASKED = ("Content-Type",)
"""What the client would send by itself."""
ECHO: dict[str, Any] = {"type": "create", "obj": "task", "conv_id": 1234, "data": {"param": 1}}


class Answer:
    """An HTTP answer, read whole."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def op(self) -> Any:
        """The only entry of an ops answer."""
        (entry,) = self.json["ops"]
        return entry


class Gateway:
    """The gateway and a client of it; use it as a context."""

    def __init__(
        self,
        server: ExchangeServer,
        session: aiohttp.ClientSession,
        settings: Settings,
        transcoder: Transcoder | None = None,
    ) -> None:
        self.server = server
        self.upstream = Upstream(server.address)
        self.app = App(settings, self.upstream, transcoder)
        self.http = self.http_async = ""
        self._session = session
        self._calls: set[asyncio.Task[Answer]] = set()

    async def __aenter__(self) -> Self:
        await self.upstream.start()
        urls = await self.app.start()
        self.http, self.http_async = urls["http"], urls["http_async"]
        await asyncio.wait_for(self.upstream.until(lambda: self.upstream.open_streams == STREAMS + 1), SECONDS)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.upstream.release()
        await self.app.stop()
        await self.upstream.stop()
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def request(
        self, method: str, path: str, body: bytes = b"", *, synchronous: bool = True, **headers: str
    ) -> Answer:
        """Send a request; underscores in header names stand for hyphens."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        url = (self.http if synchronous else self.http_async) + path
        async with (
            asyncio.timeout(SECONDS),
            self._session.request(method, url, data=body, headers=named, skip_auto_headers=UNASKED) as response,
        ):
            return Answer(response.status, response.headers, await response.read())

    async def ops(self, *ops: dict[str, Any], synchronous: bool = True, **members: object) -> Answer:
        """Send ops, with other members of the body beside them."""
        body = json.dumps({**members, "ops": ops}).encode()
        return await self.request("POST", OPS, body, synchronous=synchronous)

    @asynccontextmanager
    async def opened(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request and give the answer as soon as it begins."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        async with (
            asyncio.timeout(SECONDS),
            self._session.request(method, self.http + path, data=body, headers=named) as response,
        ):
            yield response

    def requesting(self, method: str, path: str, body: bytes = b"", **headers: str) -> asyncio.Task[Answer]:
        """Send a request and return while the answer is awaited."""
        call = asyncio.get_running_loop().create_task(self.request(method, path, body, synchronous=True, **headers))
        self._calls.add(call)
        return call

    def asking(self, *ops: dict[str, Any], synchronous: bool = True, **members: object) -> asyncio.Task[Answer]:
        """Send ops and return while the answer is awaited."""
        call = asyncio.get_running_loop().create_task(self.ops(*ops, synchronous=synchronous, **members))
        self._calls.add(call)
        return call

    @property
    def port(self) -> int:
        """Of the synchronous face, for raw sockets."""
        return int(self.http.rpartition(":")[2])

    @property
    def port_async(self) -> int:
        """Of the asynchronous face."""
        return int(self.http_async.rpartition(":")[2])
