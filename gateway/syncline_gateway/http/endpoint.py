"""From an HTTP request to its dialect, to the upstream, and back; other requests go on to whom they are for.

What stands in a URL or a body may be a right (a signature, a callback's id, a direct URL's hash), so the log shows the
name of the route and never the request.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Protocol

from syncline_gateway.dialect import Call, HttpRequest, HttpResponse
from syncline_gateway.errors import Away
from syncline_gateway.http.answering import LARGE_ANSWER_BYTES, json_response, log_failure, squeezed
from syncline_gateway.http.assets import asset_response
from syncline_gateway.http.pace import Pace
from syncline_gateway.http.reading import TRACEPARENT, NotRead, headers_of, host_name, target_of
from syncline_gateway.http.rest.api import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp import web

    from syncline_gateway.dialect import Reply
    from syncline_gateway.http.answering import Answerer
    from syncline_gateway.http.reading import BodyReader
    from syncline_gateway.http.rest.api import Rest
    from syncline_gateway.routes import Route, Routes

log = logging.getLogger(__name__)

_GET = ("GET", "HEAD")


class Performer(Protocol):
    """Whoever carries calls of dialects to the server."""

    @property
    def is_ready(self) -> bool:
        """Whether the server takes operations now."""
        ...

    async def perform(self, call: Call) -> Sequence[Reply]:
        """Return one reply for each operation, in order; raise `Away` when nothing was sent."""
        ...

    def delivered(self, call: Call) -> None:
        """Take note that the answer to the call has gone out."""
        ...


class Endpoint:
    """Answers HTTP requests."""

    def __init__(
        self,
        upstream: Performer,
        routes: Routes,
        bodies: BodyReader,
        answerer: Answerer,
        *,
        rest: Rest | None = None,
        faces: Mapping[str, bool] | None = None,
    ) -> None:
        self._upstream = upstream
        self._routes = routes
        self._bodies = bodies
        self._answerer = answerer
        self._rest = rest
        """Whoever answers under `/v1`; None when nobody does."""
        self._faces = faces or {}
        """Host names, and whether each is the synchronous face."""
        self._pace = Pace()

    async def handle(self, request: web.BaseRequest, *, synchronous: bool) -> web.StreamResponse:
        """Answer one request, on the synchronous face unless its host name says otherwise."""
        started = time.monotonic()
        if (turn := self._pace.turn()) is not None:
            await turn
        path, _, query = target_of(request).partition("?")
        route = self._routes.find(path)
        if route is None:
            return await self._other(request, path, query, started)
        calls: list[Call] = []
        try:
            if request.method not in route.methods:
                raise NotRead(405, "The method is not allowed here.")
            incoming = self._decode(request, route, path, query, synchronous=synchronous)
            answer = await self._ask(route, await incoming, calls)
        except NotRead as refused:
            answer = route.dialect.refuse(refused.status, refused.message)
        except Exception:
            log.exception("request.fault", extra={"facts": {"route": route.name}})
            answer = route.dialect.refuse(500, "Internal server error")
        if answer.status >= 400:
            log_failure(route.name, answer.status, started)
        return await self._send(request, answer, calls, allow=route.methods)

    async def _decode(
        self, request: web.BaseRequest, route: Route, path: str, query: str, *, synchronous: bool
    ) -> Call | HttpResponse:
        headers = headers_of(request)
        if self._faces:
            synchronous = self._faces.get(host_name(headers.get("host", "")), synchronous)
        body = await self._bodies.read(request, headers)
        call = route.dialect.decode(
            HttpRequest(
                method=request.method, path=path, query=query, headers=headers, body=body, synchronous=synchronous
            )
        )
        if "traceparent" in headers and isinstance(call, Call) and TRACEPARENT.fullmatch(headers["traceparent"]):
            for operation in call.operations:
                operation.traceparent = headers["traceparent"]
        return call

    async def _ask(self, route: Route, call: Call | HttpResponse, calls: list[Call]) -> HttpResponse:
        """Return the answer after as many calls as it takes, and leave those in the list."""
        while isinstance(call, Call):
            calls.append(call)
            try:
                replies = await self._upstream.perform(call)
            except Away:
                return route.dialect.away(call)
            call = route.dialect.encode(call, replies)
        return call

    async def _send(
        self, request: web.BaseRequest, answer: HttpResponse, calls: list[Call], *, allow: Sequence[str] = _GET
    ) -> web.StreamResponse:
        headers, body = dict(answer.headers), answer.body
        if answer.status == 405:
            headers["Allow"] = ", ".join(allow)
        if len(body) > LARGE_ANSWER_BYTES:
            body = await squeezed(request, body, headers)
        response = self._answerer.response(request, answer.status, body, headers)
        held = [call for call in calls if call.held is not None]
        if held:
            await response.prepare(request)
            await response.write_eof()
        for call in held:
            self._upstream.delivered(call)
        return response

    async def _other(self, request: web.BaseRequest, path: str, query: str, started: float) -> web.StreamResponse:
        """Answer what no dialect does."""
        if self._rest is not None and (path == ROOT or path.startswith(f"{ROOT}/")):
            return await self._rest.handle(request, path, query, started)
        if request.method == "OPTIONS" and request.raw_path == "*":
            return self._answerer.response(request, 204, b"", {"Allow": ", ".join(self._methods())})
        asset = await asset_response(self._answerer, request, path)
        return asset or await self._send(request, self._own_answer(request.method, path), [])

    def _methods(self) -> list[str]:
        """Return the methods that some path takes (RFC 9110, 9.3.7), sorted."""
        methods = {*_GET, "OPTIONS"} | self._routes.methods
        return sorted(methods if self._rest is None else methods | self._rest.methods)

    def _own_answer(self, method: str, path: str) -> HttpResponse:
        """Answer about health, and for paths that nobody knows."""
        if path not in ("/healthz", "/readyz"):
            return json_response(404, {"error": "No such path."})
        if method not in _GET:
            return json_response(405, {"error": "The method is not allowed here."})
        if path == "/readyz" and not self._upstream.is_ready:
            return json_response(503, {"status": "the server is away"}, {"Retry-After": "1"})
        return json_response(200, {"status": "ok"})
