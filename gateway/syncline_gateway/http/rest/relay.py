"""Answers that are streams: one record a message, sent at once, and a last record always.

The answer begins when the server shows that it has begun, by initial metadata or a first message; an error before that
has its own HTTP status. From then on whatever ends the stream is told in its last record: the server's error or death,
this program's stop. Only a connection that was cut lacks it. Raw streams (google.api.HttpBody) have no records: there a
failure cuts the connection within a chunk.

A client that reads slowly holds up its own stream and nothing else; one that stops reading is cut. One that goes away
ends the call upstream at once.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from syncline_gateway.errors import Refused
from syncline_gateway.http.answering import SERVER
from syncline_gateway.http.opened import Opened
from syncline_gateway.http.reading import is_unread
from syncline_gateway.http.rest.refusing import error_json, internal
from syncline_gateway.rpcs import decoded
from syncline_gateway.transcoding.framing import SERVER_SENT_EVENTS
from syncline_gateway.transcoding.media import RAW

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from google.protobuf.message import Message

    from syncline_gateway.calls import ServerStream
    from syncline_gateway.http.answering import Answerer
    from syncline_gateway.transcoding.framing import Framing
    from syncline_gateway.transcoding.transcoder import Target

log = logging.getLogger(__name__)

LARGEST_KEPT = 64 * 1024
STALLED_SECONDS = 30.0
"""How long a client may read nothing while there is more for it than fits on the way."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Nothing between us and the client is to keep or hold back what it gets."""
TASK_ID = "syncline-task-id"
"""The only metadata of the server that becomes a header."""


class Relay:
    """Carries streams from the server to the client."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer
        self._opened = Opened()
        self._last: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        """The last message of each route and framing, and its record; nothing once nobody watches."""

    async def until_none(self, seconds: float) -> None:
        """Return when no stream is open, or the time is over: those that are left will be cut."""
        if not await self._opened.until_none(seconds):
            log.warning("streams.cut", extra={"facts": {"open": self._opened.count}})

    async def answer(
        self, request: web.BaseRequest, target: Target, call: ServerStream, framing: Framing, more: Mapping[str, str]
    ) -> web.StreamResponse:
        """Answer with the call's messages, and end the call; raise `Refused` when it fails before the answer has begun.

        The headers *more* go along with the answer in any case.
        """
        self._opened.add()
        try:
            if target.is_raw:
                return await self._raw(request, target, call, more)
            return await self._framed(request, target, call, framing, more)
        finally:
            call.cancel()
            self._opened.remove()
            if not self._opened.count:
                self._last.clear()

    async def _framed(
        self, request: web.BaseRequest, target: Target, call: ServerStream, framing: Framing, more: Mapping[str, str]
    ) -> web.StreamResponse:
        metadata = await call.begin()
        message = None if metadata else await call.read()
        if message is None and not metadata and framing is SERVER_SENT_EVENTS:
            # The only word that stops an EventSource.
            return self._answerer.response(request, 204, b"", {"Cache-Control": "no-store", **more})
        response = await self._begin(request, framing.content_type, {**more, **_shown(metadata)})
        record = self._recorder(target, framing)
        try:
            await _send(request, response, framing.opening)
            if metadata:
                message = await call.read()
            while message is not None:
                await _send(request, response, record(message))
                message = await call.read()
            last = framing.end
        except Refused as refused:
            log.info("stream.failed", extra={"facts": {"route": target.route, "code": refused.status.code}})
            last = framing.error(error_json(refused.status))
        except ConnectionError:
            raise
        except Exception:
            log.exception("request.fault", extra={"facts": {"route": target.route}})
            last = framing.error(error_json(internal()))
        await _send(request, response, last)
        await _unstalled(request, response.write_eof())
        return response

    async def _raw(
        self, request: web.BaseRequest, target: Target, call: ServerStream, more: Mapping[str, str]
    ) -> web.StreamResponse:
        data = await call.read()
        if data is None:
            return self._answerer.response(request, 200, b"", {"Content-Type": RAW, **HEADERS, **more})
        body = target.response(decoded(target.rpc, data))
        response = await self._begin(request, body.content_type, more)
        await _send(request, response, body.data)
        try:
            while (data := await call.read()) is not None:
                await _send(request, response, target.record(decoded(target.rpc, data)))
        except Refused as refused:
            log.info("stream.failed", extra={"facts": {"route": target.route, "code": refused.status.code}})
            _cut(request)
            raise ConnectionError("The stream failed.") from None
        await _unstalled(request, response.write_eof())
        return response

    async def _begin(self, request: web.BaseRequest, content_type: str, more: Mapping[str, str]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Server": SERVER, "Content-Type": content_type, **HEADERS, **more})
        if self._answerer.is_stopping or is_unread(request):
            response.force_close()
        await response.prepare(request)
        return response

    def _recorder(self, target: Target, framing: Framing) -> Callable[[bytes], bytes]:
        """Return what makes records of messages. Many who watch the same get the same, made once."""
        rpc, key = target.rpc, (target.route, framing.content_type)
        last = self._last

        def record(data: bytes) -> bytes:
            before = last.get(key)
            if before is not None and before[0] == data:
                return before[1]
            made = _record(target, framing, decoded(rpc, data))
            if len(data) <= LARGEST_KEPT:
                last[key] = data, made
            return made

        return record


def _record(target: Target, framing: Framing, message: Message) -> bytes:
    """Return a message's record, with the fields that the method's options name in their places."""
    stream, text = target.rpc.event_stream, target.record(message)
    if stream is None:
        return framing.record(text, "")
    event_id = getattr(message, stream.id_field) if stream.id_field else ""
    if stream.comment_field and message.HasField(stream.comment_field):
        return framing.sign_of_life(text, event_id)
    return framing.record(text, event_id)


async def _send(request: web.BaseRequest, response: web.StreamResponse, data: bytes) -> None:
    """Send data now, as fast as the client takes it; raise `ConnectionError` when it takes nothing."""
    if data:
        await _unstalled(request, response.write(data))


async def _unstalled(request: web.BaseRequest, writing: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(STALLED_SECONDS):
            await writing
    except TimeoutError:
        _cut(request)
        raise ConnectionError("The client does not read.") from None


def _cut(request: web.BaseRequest) -> None:
    """Drop the connection, and what is on its way to the client."""
    transport = request.transport
    if transport is not None:
        transport.abort()


def _shown(metadata: Mapping[str, str]) -> dict[str, str]:
    task_id = metadata.get(TASK_ID, "")
    return {"Syncline-Task-Id": task_id} if task_id else {}
