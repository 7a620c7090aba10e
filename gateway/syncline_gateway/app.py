"""The two listeners, from their start to an orderly end."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

from syncline.environment import BadSetting
from syncline_gateway.endpoint import MAX_HEADER_BYTES, SERVER, Endpoint, json_response
from syncline_gateway.routes import make_routes

if TYPE_CHECKING:
    from syncline_gateway.endpoint import Performer
    from syncline_gateway.settings import Settings

BACKLOG = 1024
KEEPALIVE_SECONDS = 75.0
"""How long a connection may be idle, or take for the headers of a request."""
LINGERING_SECONDS = 5.0
"""How long a body that nobody wants is still taken, so that its sender gets to read the answer."""
HALF_CLOSED_SECONDS = 0.5
STOP_SECONDS = 0.3
MAX_URL_BYTES = 8190
MAX_HEADERS = MAX_HEADER_BYTES // 8
"""More than fit into their bytes, so that those are what counts."""


class App:
    """Serves both faces. `stop` answers whoever still waits, provided that the upstream was released before."""

    def __init__(self, settings: Settings, upstream: Performer) -> None:
        self._settings = settings
        hosts = dict.fromkeys(settings.sync_hosts, True) | dict.fromkeys(settings.async_hosts, False)
        self._endpoint = Endpoint(
            upstream,
            make_routes(max_wait=settings.max_wait_seconds),
            max_body_bytes=settings.max_body_bytes,
            body_seconds=settings.body_seconds,
            faces=hosts,
        )
        self._runners: list[web.ServerRunner] = []

    async def start(self) -> dict[str, str]:
        """Listen; return the URLs of the faces as `http` and `http_async`, or raise `BadSetting`."""
        return {
            "http": await self._listen("SYNCLINE_HTTP", self._settings.http, synchronous=True),
            "http_async": await self._listen("SYNCLINE_HTTP_ASYNC", self._settings.http_async, synchronous=False),
        }

    def refuse_more(self) -> None:
        """Let every answer from now on close its connection."""
        self._endpoint.is_stopping = True

    async def stop(self) -> None:
        """Stop listening, let the answers under way go out, and close every connection."""
        self.refuse_more()
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))
        self._runners.clear()

    async def _listen(self, name: str, address: tuple[str, int], *, synchronous: bool) -> str:
        listener = _bind(name, address)
        server = _Server(partial(self._endpoint.handle, synchronous=synchronous))
        runner = web.ServerRunner(server, shutdown_timeout=STOP_SECONDS)
        self._runners.append(runner)
        await runner.setup()
        await web.SockSite(runner, listener, backlog=BACKLOG).start()
        host, port = listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(web.Server):
    """Makes connections that say in JSON what is wrong with a request that cannot be parsed."""

    def __init__(self, handler: Any) -> None:
        super().__init__(handler, handler_cancellation=True)

    def __call__(self) -> web.RequestHandler:
        return _Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,
            # Signatures are over the bytes as they came.
            auto_decompress=False,
            keepalive_timeout=KEEPALIVE_SECONDS,
            lingering_time=LINGERING_SECONDS,
            max_line_size=MAX_URL_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            max_headers=MAX_HEADERS,
        )


class _Connection(web.RequestHandler):
    """One connection."""

    __slots__ = ("_last_body",)

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._last_body: StreamReader = EMPTY_PAYLOAD

    def data_received(self, data: bytes) -> None:
        """Keep hold of the last request's body: the only one that may not have come whole."""
        super().data_received(data)
        if self._messages:
            self._last_body = self._messages[-1][1]

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks for a bool, aiohttp's own returns none
        """Give what was asked before the end a moment: clients that send and hang up still mean what they sent."""
        if not self._last_body.is_eof():
            self._last_body.set_exception(web.RequestPayloadError("The body ended early."))
            self._last_body.feed_eof()
        self._loop.call_later(HALF_CLOSED_SECONDS, self.force_close)
        return True

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer a request that is no HTTP; none of what came is shown or logged."""
        del message
        if request.writer.output_size > 0:
            raise ConnectionError("The answer had begun.")
        status, words = (431, "The headers are too long.") if isinstance(exc, LineTooLong) else (status, "Not HTTP.")
        answer = json_response(status, {"error": words}, {"Server": SERVER})
        response = web.Response(status=status, body=answer.body, headers=dict(answer.headers))
        response.force_close()
        return response


def _bind(name: str, address: tuple[str, int]) -> socket.socket:
    host, port = address
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise BadSetting(f"{name}: {host}:{port}: {error.strerror}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
    except OSError as error:
        listener.close()
        raise BadSetting(f"{name}: {host}:{port}: {error.strerror}") from None
    return listener
