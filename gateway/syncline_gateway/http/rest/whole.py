"""Answers that are whole: of unary RPCs, and of those that take a stream of requests."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor

from syncline_gateway.http.answering import LARGE_ANSWER_BYTES, squeezed
from syncline_gateway.http.reading import has_etag
from syncline_gateway.http.rest.headers import accepts_json, asker_of, not_acceptable
from syncline_gateway.operations import DEFAULT_SECONDS, GRACE_SECONDS, is_wait
from syncline_gateway.rpcs import decoded
from syncline_gateway.transcoding.media import JSON

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp import web
    from google.protobuf.message import Message

    from syncline_gateway.asker import Asker
    from syncline_gateway.calls import ClientStream
    from syncline_gateway.http.answering import Answerer
    from syncline_gateway.http.reading import BodyReader
    from syncline_gateway.http.rest.cors import Cors
    from syncline_gateway.rpcs import Rpcs
    from syncline_gateway.transcoding.records import Rpc
    from syncline_gateway.transcoding.transcoder import Requests, Target, Transcoder


class Whole:
    """Answers with one message."""

    def __init__(
        self, transcoder: Transcoder, rpcs: Rpcs, bodies: BodyReader, answerer: Answerer, cors: Cors, *, max_wait: float
    ) -> None:
        self._rpcs = rpcs
        self._bodies = bodies
        self._answerer = answerer
        self._cors = cors
        self._ceiling = max(max_wait, DEFAULT_SECONDS) + GRACE_SECONDS
        self._with_task = frozenset(rpc.name for rpc in transcoder.rpcs if _holds_task(rpc))
        self._with_etag = frozenset(rpc.name for rpc in transcoder.rpcs if rpc.is_safe and not is_wait(rpc))

    async def answer(self, request: web.BaseRequest, target: Target, query: str, started: float) -> web.StreamResponse:
        """Answer a request that came at *started*, by `time.monotonic`; raise `Fault`, `NotRead`, `Refused`, `Away`."""
        if not target.is_raw and not accepts_json(request.headers):
            raise not_acceptable(JSON)
        asker = asker_of(request.headers, started, ceiling=self._ceiling)
        if target.rpc.client_streaming:
            response = await self._collected(request, target, query, asker)
        else:
            waiting = self._rpcs.unary(target.rpc, await self._message(request, target, query), asker)
            response = await waiting
        return await self._response(request, target, response)

    async def _message(self, request: web.BaseRequest, target: Target, query: str) -> Message:
        body = await self._bodies.read(request, request.headers)
        message = target.request(query, body, request.headers.get("Content-Type"))
        if request.method == "HEAD" and is_wait(target.rpc):
            # Nobody sees what would be waited for.
            wait: Any = message
            wait.timeout.Clear()
            wait.timeout.SetInParent()
        return message

    async def _collected(self, request: web.BaseRequest, target: Target, query: str, asker: Asker) -> Message:
        """Send the messages in a body as they come, and return the response, which may come before the body's end."""
        content_type = request.headers.get("Content-Type")
        requests = target.requests(query, content_type, max_message_bytes=self._bodies.max_bytes)
        call = self._rpcs.client_stream(target.rpc, asker)
        sending = asyncio.ensure_future(self._send(request, requests, call))
        try:
            await asyncio.wait((sending, call.answered), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
            return decoded(target.rpc, await call.finish())
        finally:
            call.cancel()
            sending.cancel()
            # A body has one reader at a time: whoever takes the rest of it is not to find this one.
            await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, request: web.BaseRequest, requests: Requests, call: ClientStream) -> None:
        """Send the messages in a body until it ends or the server wants no more."""
        async for part in self._bodies.parts(request, request.headers):
            if not await _sent(call, requests.feed(part)):
                return
        await _sent(call, requests.finish())

    async def _response(self, request: web.BaseRequest, target: Target, message: Message) -> web.StreamResponse:
        name, made = target.rpc.name, target.response(message)
        status, body = 200, made.data
        headers = {
            "Content-Type": made.content_type,
            "Cache-Control": "no-store",
            **self._cors.headers(request.headers),
        }
        if name in self._with_task:
            headers["Syncline-Task-Id"] = message.task.task_id  # type: ignore[attr-defined]
        if name in self._with_etag and len(body) <= LARGE_ANSWER_BYTES:
            headers["Cache-Control"] = "private, no-cache"
            headers["ETag"] = etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            if has_etag(request.headers, etag):
                status, body = 304, b""
        if len(body) > LARGE_ANSWER_BYTES:
            body = await squeezed(request, body, headers)
        return self._answerer.response(request, status, body, headers)


async def _sent(call: ClientStream, messages: Iterable[Message]) -> bool:
    """Send messages; tell whether the server wants more."""
    for message in messages:
        if not await call.write(message.SerializeToString()):
            return False
    return True


def _holds_task(rpc: Rpc) -> bool:
    """Tell whether a response has a task, whose id goes into a header then."""
    task = rpc.output.DESCRIPTOR.fields_by_name.get("task")
    if task is None or task.is_repeated or task.message_type is None:
        return False
    task_id = task.message_type.fields_by_name.get("task_id")
    return task_id is not None and not task_id.is_repeated and task_id.type == FieldDescriptor.TYPE_STRING
