"""Requests that are answered by a stream: what is asked of the server for them.

The token that an EventSource cannot send as a header stands in the query as `token=`. It is taken out of it here, on
GET without an `Authorization` alone, goes on as a header, and nothing else sees it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from syncline_gateway.http.rest.headers import asker_of, framing_of
from syncline_gateway.transcoding.faults import bad_request
from syncline_gateway.transcoding.framing import NDJSON

if TYPE_CHECKING:
    from aiohttp import web
    from google.protobuf.message import Message

    from syncline_gateway.calls import ServerStream
    from syncline_gateway.http.reading import BodyReader, Headers
    from syncline_gateway.http.rest.cors import Cors
    from syncline_gateway.http.rest.relay import Relay
    from syncline_gateway.rpcs import Rpcs
    from syncline_gateway.transcoding.records import Rpc
    from syncline_gateway.transcoding.transcoder import Target

LONGEST_SECONDS = 30 * 86_400.0
"""The ceiling of a deadline that a caller gives a stream. Without one it has no end of its own."""
RESUME_SECONDS = 30.0
"""How long who resumes a stream is kept while the server is away: an EventSource that gets 503 never comes back."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, 2.1


class Streams:
    """Answers with streams."""

    def __init__(self, rpcs: Rpcs, bodies: BodyReader, relay: Relay, cors: Cors) -> None:
        self._rpcs = rpcs
        self._bodies = bodies
        self._relay = relay
        self._cors = cors

    async def answer(self, request: web.BaseRequest, target: Target, query: str, started: float) -> web.StreamResponse:
        """Answer a request that came at *started*, by `time.monotonic`.

        Raises `Fault`, `NotRead`, `Refused` or `Away` when the answer has not begun, `ConnectionError` when it was cut.
        """
        framing = NDJSON if target.is_raw else framing_of(request.headers)
        call = await self._call(request, target, query, started)
        return await self._relay.answer(request, target, call, framing, self._cors.headers(request.headers))

    async def _call(self, request: web.BaseRequest, target: Target, query: str, started: float) -> ServerStream:
        headers, token = request.headers, ""
        if request.method == "GET" and "Authorization" not in headers:
            token, query = token_in(query)
        asker = asker_of(headers, started, ceiling=LONGEST_SECONDS, token=token)
        body = await self._bodies.read(request, headers)
        message = target.request(query, body, headers.get("Content-Type"))
        if _resume(target.rpc, message, headers):
            await self._rpcs.until_ready(min(asker.seconds_left() or RESUME_SECONDS, RESUME_SECONDS))
        return self._rpcs.server_stream(target.rpc, message, asker)


def token_in(query: str) -> tuple[str, str]:
    """Return the token of a raw query, and the query without it; raise `Fault` for one that is malformed.

    Of several none is taken: they stay where they are.
    """
    parameters = query.split("&")
    tokens = [one for one in parameters if one.startswith("token=")]
    if len(tokens) != 1:
        return "", query
    token = unquote(tokens[0].removeprefix("token="))
    if not _TOKEN.fullmatch(token):
        raise bad_request("The token is malformed.", "token")
    return token, "&".join(one for one in parameters if one not in tokens)


def _resume(rpc: Rpc, message: Message, headers: Headers) -> bool:
    """Put the last event's id into the request, over what the URL says: it is newer. Tell whether there is one."""
    field = rpc.event_stream.resume_field if rpc.event_stream is not None else ""
    event_id = headers.get("Last-Event-ID", "")
    if not field or not event_id:
        return False
    if not event_id.isprintable():
        raise bad_request("The id of the last event is none that was given out.", "Last-Event-ID")
    setattr(message, field, event_id)
    return True
