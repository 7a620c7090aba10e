"""Connections, and what they say to a request that is no HTTP, or not within the limits.

Such a request is known only by the parser's complaint. It has no path and so no dialect: its answer is a
`google.rpc.Status`, and the connection ends with it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Any, NoReturn, cast

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage, BadStatusLine, HttpProcessingError, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from google.rpc import code_pb2

from syncline_gateway.http.answering import SERVER
from syncline_gateway.http.opened import Opened
from syncline_gateway.http.reading import MAX_HEADER_BYTES
from syncline_gateway.http.rest.refusing import internal, of_fault, of_status
from syncline_gateway.transcoding.faults import Fault, method_unknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

KEEPALIVE_SECONDS = 75.0
"""How long a connection may be idle, or take for the headers of a request."""
LINGERING_SECONDS = 5.0
"""How long a body that nobody wants is still taken, so that its sender gets to read the answer."""
HALF_CLOSED_SECONDS = 0.5
"""How long an answer may take to a client that has ended its side of the connection."""
MAX_URL_BYTES = 8190
MAX_HEADERS = MAX_HEADER_BYTES // 8
"""More than fit into their bytes, so that those are what counts."""
MAX_HEAD_BYTES = MAX_URL_BYTES + MAX_HEADER_BYTES + 8192
"""A head that has not ended by then is not waited for: aiohttp's own limits are for each line, and add up to a lot."""


class Server(web.Server):
    """Makes connections whose handlers are cancelled when their client goes away."""

    def __init__(self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        super().__init__(handler, handler_cancellation=True)
        self._opened = Opened()

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._opened.add()

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self._opened.remove()

    async def until_empty(self, seconds: float) -> bool:
        """Return True as soon as no connection is open, False when the time is over before that."""
        return await self._opened.until_none(seconds)

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

    __slots__ = ("_found", "_head_bytes", "_last_body")

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._last_body: StreamReader = EMPTY_PAYLOAD
        self._found = 0
        """How many requests there were when data came last."""
        self._head_bytes = 0
        """How much has come of a head that has not ended."""

    def data_received(self, data: bytes) -> None:
        """Keep hold of the last request's body, the only one that may not have come whole, and end endless heads."""
        if self._head_bytes > MAX_HEAD_BYTES:
            self._parser = cast("Any", _TooLong())
        in_head = self._is_between_bodies()
        super().data_received(data)
        if self._messages:
            self._last_body = self._messages[-1][1]
        in_head = in_head and self._request_count == self._found
        self._head_bytes = self._head_bytes + len(data) if in_head else 0
        self._found = self._request_count

    def _is_between_bodies(self) -> bool:
        """Tell whether what comes now belongs to a head, and is neither held back nor a body's."""
        if self._buffer_paused or self._upgraded or not self._last_body.is_eof():
            return False
        return self._current_request is None or self._current_request.content.is_eof()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks for a bool, aiohttp's own returns none
        """Give what was asked before the end a moment: clients that send and hang up still mean what they sent."""
        if not self._last_body.is_eof():
            self._last_body.set_exception(web.RequestPayloadError("The body ended early."))
            self._last_body.feed_eof()
        self._loop.call_later(HALF_CLOSED_SECONDS, self.force_close)
        return True

    def log_exception(self, *arguments: Any, **more: Any) -> None:
        """Log what went wrong here; that a client left while the rest of its body was thrown away is no such thing."""
        if not isinstance(more.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*arguments, **more)

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer a request that the parser refused, or whose handler failed; none of what came is shown or logged."""
        del status, message
        is_ours = not isinstance(exc, HttpProcessingError | ConnectionError)
        if is_ours:
            log.exception("request.fault")
        if request.writer.output_size > 0:
            raise ConnectionError("The answer had begun.")
        answer = of_status(internal()) if is_ours else of_fault(_fault_of(exc))
        response = web.Response(status=answer.status, body=answer.body, headers={**answer.headers, "Server": SERVER})
        response.force_close()
        return response


class _TooLong:
    """Stands in for the parser of a connection whose head is too long already."""

    def feed_data(self, data: bytes) -> NoReturn:
        """Refuse."""
        raise LineTooLong(data[:0], MAX_HEAD_BYTES)

    def message_consumed(self) -> None:
        """Take note that the refusal is being answered: it is the last message."""


_LINE = re.compile(r"""^ *b(['"])[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP/1\.[01]\1$""", re.MULTILINE)
"""A whole request line (RFC 9112, 3) as it stands in the parser's complaint about its method."""


def _fault_of(error: BaseException | None) -> Fault:
    """Return what to say about a head that the parser refused.

    It has no types of its own for a URL that is too long, for too many headers and for a method that it does not know.
    """
    if isinstance(error, BadStatusLine) and _LINE.search(error.message):
        return method_unknown()
    status, words = 400, "Not HTTP."
    if isinstance(error, LineTooLong):
        is_url = error.args[1] == MAX_URL_BYTES
        status, words = (414, "The URL is too long.") if is_url else (431, "The headers are too long.")
    elif isinstance(error, BadHttpMessage) and error.message.startswith("Too many headers"):
        status, words = 431, "The headers are too many."
    return Fault(code_pb2.INVALID_ARGUMENT, status, "INVALID_REQUEST", words)
