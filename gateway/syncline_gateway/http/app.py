"""The two listeners, from their start to an orderly end."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from syncline.environment import BadSetting
from syncline_gateway.contract import make_transcoder
from syncline_gateway.http.answering import Answerer
from syncline_gateway.http.connection import Server
from syncline_gateway.http.endpoint import Endpoint
from syncline_gateway.http.reading import BodyReader
from syncline_gateway.http.rest.api import Rest
from syncline_gateway.http.rest.cors import Cors
from syncline_gateway.http.rest.relay import Relay
from syncline_gateway.http.rest.streams import Streams
from syncline_gateway.http.rest.whole import Whole
from syncline_gateway.routes import make_routes
from syncline_gateway.rpcs import Rpcs

if TYPE_CHECKING:
    from syncline_gateway.settings import Settings
    from syncline_gateway.transcoding.transcoder import Transcoder
    from syncline_gateway.upstream import Upstream

BACKLOG = 1024
LAST_REQUESTS_SECONDS = 0.25
"""How long requests are still answered, with a refusal, that were on their way when the stop began. A connection that
was closed under them would leave their senders in doubt."""
STOP_SECONDS = 0.3
STREAM_SECONDS = 3.0
"""How long the last records of streams may take to go out when all end at once."""


class App:
    """Serves both faces. `stop` answers whoever still waits, provided that the upstream was released before."""

    def __init__(self, settings: Settings, upstream: Upstream, transcoder: Transcoder | None = None) -> None:
        """Take what is transcoded under `/v1`, the contract unless told otherwise; raise `RulesError`."""
        self._settings = settings
        self._answerer = Answerer()
        self._relay = Relay(self._answerer)
        bodies = BodyReader(max_bytes=settings.max_body_bytes, seconds=settings.body_seconds)
        self._endpoint = Endpoint(
            upstream,
            make_routes(max_wait=settings.max_wait_seconds),
            bodies,
            self._answerer,
            rest=self._rest(upstream, transcoder or make_transcoder(), bodies),
            faces=dict.fromkeys(settings.sync_hosts, True) | dict.fromkeys(settings.async_hosts, False),
        )
        self._servers: list[Server] = []
        self._runners: list[web.ServerRunner] = []

    async def start(self) -> dict[str, str]:
        """Listen; return the URLs of the faces as `http` and `http_async`, or raise `BadSetting`."""
        return {
            "http": await self._listen("SYNCLINE_HTTP", self._settings.http, synchronous=True),
            "http_async": await self._listen("SYNCLINE_HTTP_ASYNC", self._settings.http_async, synchronous=False),
        }

    def refuse_more(self) -> None:
        """Let every answer from now on close its connection."""
        self._answerer.is_stopping = True

    async def stop(self) -> None:
        """Stop listening, let the answers under way go out, and close every connection."""
        self.refuse_more()
        await self._relay.until_none(STREAM_SECONDS)
        await asyncio.gather(*(server.until_empty(LAST_REQUESTS_SECONDS) for server in self._servers))
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))
        self._runners.clear()

    def _rest(self, upstream: Upstream, transcoder: Transcoder, bodies: BodyReader) -> Rest:
        max_wait = self._settings.max_wait_seconds
        rpcs, cors = Rpcs(upstream, max_wait=max_wait), Cors(self._settings.cors_origins)
        whole = Whole(transcoder, rpcs, bodies, self._answerer, cors, max_wait=max_wait)
        streams = Streams(rpcs, bodies, self._relay, cors)
        return Rest(transcoder, whole, streams, self._answerer, cors)

    async def _listen(self, name: str, address: tuple[str, int], *, synchronous: bool) -> str:
        listener = _bind(name, address)
        server = Server(partial(self._endpoint.handle, synchronous=synchronous))
        self._servers.append(server)
        runner = web.ServerRunner(server, shutdown_timeout=STOP_SECONDS)
        self._runners.append(runner)
        await runner.setup()
        await web.SockSite(runner, listener, backlog=BACKLOG).start()
        host, port = listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


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
