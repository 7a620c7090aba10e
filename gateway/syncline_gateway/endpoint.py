"""From an HTTP request to its dialect, to the upstream, and back.

What stands in a URL or a body may be a right (a signature, a callback's id, a direct URL's hash), so the log shows the
name of the route and never the request.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import re
import time
from typing import TYPE_CHECKING, Protocol

from aiohttp import HttpVersion10, web

from syncline_gateway.dialect import Call, HttpRequest, HttpResponse
from syncline_gateway.errors import Away

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncline_gateway.dialect import Reply
    from syncline_gateway.routes import Route, Routes

log = logging.getLogger(__name__)

SERVER = "syncline"
MAX_HEADER_BYTES = 32 * 1024
LARGE_ANSWER_BYTES = 64 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_GET = ("GET", "HEAD")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\Z").match


class Performer(Protocol):
    """Whoever carries calls to the server."""

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


class _Refused(Exception):
    """The request was not read to its end."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message


class Endpoint:
    """Answers HTTP requests."""

    def __init__(
        self,
        upstream: Performer,
        routes: Routes,
        *,
        max_body_bytes: int,
        body_seconds: float,
        faces: Mapping[str, bool] | None = None,
    ) -> None:
        self._upstream = upstream
        self._routes = routes
        self._max_body_bytes = max_body_bytes
        self._body_seconds = body_seconds
        self._faces = faces or {}
        """Host names, and whether each is the synchronous face."""
        self.is_stopping = False
        """Every answer closes its connection."""

    async def handle(self, request: web.BaseRequest, *, synchronous: bool) -> web.StreamResponse:
        """Answer one request, on the synchronous face unless its host name says otherwise."""
        started = time.monotonic()
        path, _, query = _target(request.raw_path).partition("?")
        route = self._routes.find(path)
        if route is None:
            return await self._send(request, self._own_answer(request.method, path), [])
        calls: list[Call] = []
        try:
            if request.method not in route.methods:
                raise _Refused(405, "The method is not allowed here.")
            incoming = self._decode(request, route, path, query, synchronous=synchronous)
            answer = await self._ask(route, await incoming, calls)
        except _Refused as refused:
            answer = route.dialect.refuse(refused.status, refused.message)
        except Exception:
            log.exception("request.fault", extra={"facts": {"route": route.name}})
            answer = route.dialect.refuse(500, "Internal server error")
        if answer.status >= 400:
            _log_failure(route, answer, started)
        return await self._send(request, answer, calls, allow=route.methods)

    async def _decode(
        self, request: web.BaseRequest, route: Route, path: str, query: str, *, synchronous: bool
    ) -> Call | HttpResponse:
        headers = _headers(request)
        if self._faces:
            synchronous = self._faces.get(_host_name(headers.get("host", "")), synchronous)
        body = await self._body(request, headers)
        call = route.dialect.decode(
            HttpRequest(
                method=request.method, path=path, query=query, headers=headers, body=body, synchronous=synchronous
            )
        )
        if "traceparent" in headers and isinstance(call, Call) and _TRACEPARENT(headers["traceparent"]):
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
        headers["Server"] = SERVER
        if answer.status == 405:
            headers["Allow"] = ", ".join(allow)
        if len(body) > LARGE_ANSWER_BYTES:
            headers["Vary"] = "Accept-Encoding"
            if _takes_gzip(request.headers.get("Accept-Encoding", "")):
                headers["Content-Encoding"] = "gzip"
                body = await asyncio.to_thread(gzip.compress, body, 1, mtime=0)
        response = web.Response(status=answer.status, body=body, headers=headers)
        if self.is_stopping or not request.content.is_eof() or request.content.exception() is not None:
            response.force_close()
        held = [call for call in calls if call.held is not None]
        if held:
            await response.prepare(request)
            await response.write_eof()
        for call in held:
            self._upstream.delivered(call)
        return response

    async def _body(self, request: web.BaseRequest, headers: Mapping[str, str]) -> bytes:
        """Return the whole body, as it came; no more of it than the limit is ever kept."""
        content, limit = request.content, self._max_body_bytes
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise _Refused(415, "The body must not be compressed")
        if (request.content_length or 0) > limit:
            raise _Refused(413, f"The body is over the limit of {limit} bytes")
        if "expect" in headers:
            await _go_on(request, headers["expect"])
        try:
            if content.is_eof():
                body = content.read_nowait()
            else:
                async with asyncio.timeout(self._body_seconds):
                    body = await _read(request, limit)
        except TimeoutError:
            raise _Refused(408, f"The body did not come within {self._body_seconds:g} seconds") from None
        except (web.RequestPayloadError, ConnectionError):
            raise _Refused(400, "The body did not come whole") from None
        if len(body) > limit:
            raise _Refused(413, f"The body is over the limit of {limit} bytes")
        return body

    def _own_answer(self, method: str, path: str) -> HttpResponse:
        """Answer what no dialect does: health, and paths that nobody knows."""
        if path not in ("/healthz", "/readyz"):
            return json_response(404, {"error": "No such path."})
        if method not in _GET:
            return json_response(405, {"error": "The method is not allowed here."})
        if path == "/readyz" and not self._upstream.is_ready:
            return json_response(503, {"status": "the server is away"}, {"Retry-After": "1"})
        return json_response(200, {"status": "ok"})


def json_response(status: int, content: Mapping[str, str], headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return a response of this program's own, which no dialect speaks."""
    body = json.dumps(dict(content)).encode()
    return HttpResponse(
        status=status, body=body, headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    )


async def _go_on(request: web.BaseRequest, expectation: str) -> None:
    """Tell a client that waits for it to send the body."""
    if expectation.strip().lower() != "100-continue":
        raise _Refused(417, "There is nothing else to expect than 100-continue")
    if request.version > HttpVersion10 and not request.content.is_eof():
        await request.writer.write(_CONTINUE)


async def _read(request: web.BaseRequest, limit: int) -> bytes:
    parts, size = [], 0
    while size <= limit and (part := await request.content.readany()):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _headers(request: web.BaseRequest) -> dict[str, str]:
    """Return the headers with names in lower case and values that are Unicode, repeated ones joined."""
    headers: dict[str, str] = {}
    size = 0
    for name, text in request.headers.items():
        size += len(name) + len(text) + 4
        key = name.lower()
        value = text if text.isascii() else _unicode(text)
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    if size > MAX_HEADER_BYTES:
        raise _Refused(431, f"The headers are over the limit of {MAX_HEADER_BYTES} bytes")
    return headers


def _target(target: str) -> str:
    """Return path and query of a request target: without scheme and host, with one slash at the start."""
    if target[:1] != "/":
        target = "/" + target.partition("://")[2].partition("/")[2]
    elif target[:2] == "//":
        target = "/" + target.lstrip("/")
    return target if target.isascii() else _unicode(target)


def _unicode(text: str) -> str:
    """Return text from the wire with what is no UTF-8 replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _host_name(host: str) -> str:
    """Return a `Host` header's name without its port."""
    name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return name.strip("[]").lower()


def _takes_gzip(accepted: str) -> bool:
    """Tell whether a client asks for gzip by name."""
    for coding in accepted.split(","):
        name, _, weight = coding.partition(";")
        if name.strip().lower() == "gzip":
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False


def _log_failure(route: Route, answer: HttpResponse, started: float) -> None:
    facts = {"route": route.name, "status": answer.status, "seconds": round(time.monotonic() - started, 3)}
    log.log(logging.WARNING if answer.status >= 500 else logging.INFO, "request.failed", extra={"facts": facts})
