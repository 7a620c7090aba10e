"""The performer ports, one for each kind of call that leaves the program, and the one that makes real HTTP calls.

Whatever goes wrong with a call is data for its process, so nothing is raised. A call may go out more than once: after a
crash, and after a kept connection that its peer had closed; `Idempotency-Key` lets the receiver tell.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from syncline_server.engine.effects import CALL_SECONDS, MAX_REPLY_BYTES, CallFailure, CallFault, CallReply
from syncline_server.runtime.addresses import SystemLookup, TargetRefused, TargetRule
from syncline_server.runtime.client_certificates import UnusableCertificate, context_for
from syncline_server.runtime.hops import MAX_REDIRECTS, CallFailed, first_hop, next_hop
from syncline_server.runtime.turns import Turns
from syncline_server.runtime.unpacking import unpack

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Sequence
    from types import SimpleNamespace

    from syncline_server.engine.effects import (
        HttpCall,
        QueryCall,
        QueryFailure,
        QueryReply,
        ScriptCall,
        ScriptFailure,
        ScriptReply,
    )
    from syncline_server.engine.task import Task
    from syncline_server.runtime.addresses import Network
    from syncline_server.runtime.hops import Hop

    Lookup = Callable[[str], Awaitable[Sequence[str]]]
    AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]

WAITING_SHARE = 0.95
"""How much of its time a call may wait for its turn: what has no time left is not sent out."""
MAX_HEADER_BYTES = 32_768
"""Of one header line of a reply."""

log = logging.getLogger(__name__)


class Performer(Protocol):
    """Makes the calls that tasks want made."""

    async def perform(self, task: Task, call: HttpCall) -> CallReply | CallFailure:
        """Return what became of the call; raises nothing but `CancelledError`, also when the performer is closed."""
        ...

    async def close(self) -> None:
        """Let go of every connection; a second call does nothing."""
        ...


class ScriptPerformer(Protocol):
    """Runs the scripts of Code nodes."""

    async def run(self, call: ScriptCall) -> ScriptReply | ScriptFailure:
        """Return what became of the script; raises nothing but `CancelledError`."""
        ...

    async def close(self) -> None:
        """End every script; a second call does nothing."""
        ...


class QueryPerformer(Protocol):
    """Executes statements in databases."""

    async def query(self, task: Task, call: QueryCall) -> QueryReply | QueryFailure:
        """Return what became of the statement; raises nothing but `CancelledError`."""
        ...

    async def close(self) -> None:
        """Let go of every connection; a second call does nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Performers:
    """All of them."""

    http: Performer
    scripts: ScriptPerformer
    databases: QueryPerformer

    async def close(self) -> None:
        """Close every one."""
        for each in (self.http, self.scripts, self.databases):
            await each.close()


class HttpPerformer:
    """Calls out over HTTP, to permitted addresses only.

    Make it inside the running loop. At most `max_connections` calls are out at a time, and at most as many connections
    again are kept for later ones. A call has `call_seconds` in all, its wait for a turn and its redirects included.
    """

    def __init__(
        self,
        *,
        allow: Sequence[Network] = (),
        call_seconds: float = CALL_SECONDS,
        max_connections: int = 400,
        lookup: Lookup | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._call_seconds = call_seconds
        self._max_connections = max_connections
        self._turns = Turns()
        self._out = 0
        self._closed = False
        rule = TargetRule(allow)
        self._sockets = _Sockets(rule)
        resolver = _Resolver(rule, lookup or SystemLookup())
        self._pooled = _session(resolver, self._sockets, tls, keep=True)
        self._single = _session(resolver, self._sockets, tls, keep=False)

    async def perform(self, task: Task, call: HttpCall) -> CallReply | CallFailure:
        late = CallFault.QUEUE
        started = asyncio.get_running_loop().time()
        try:
            async with (
                asyncio.timeout_at(started + self._call_seconds * WAITING_SHARE) as limit,
                self._turns.turn((task.process_id, call.node_id), call.max_threads),
                self._turns.turn("all", self._max_connections),
            ):
                late = CallFault.TIMEOUT
                limit.reschedule(started + self._call_seconds)
                self._out += 1
                try:
                    return await self._follow(first_hop(task, call))
                finally:
                    self._out -= 1
        except Exception as error:
            if self._closed:
                # What closing did to a call is not the call's outcome: the next start makes it again.
                raise asyncio.CancelledError from None
            return CallFailure(late if isinstance(error, TimeoutError) else _fault(error, task))

    async def close(self) -> None:
        self._closed = True
        await self._pooled.close()
        await self._single.close()

    async def _follow(self, hop: Hop) -> CallReply:
        """Return the reply to a request or to what it was redirected to; after too many redirects, the last of them."""
        started = asyncio.get_running_loop().time()
        redirects = 0
        while True:
            async with await self._answer(hop) as response:
                status, headers = response.status, _headers(response)
                following = next_hop(hop, status, response.headers.get("location", ""))
                if following is None or redirects == MAX_REDIRECTS:
                    body = await _body(response, headers.get("content-encoding", ""))
                    milliseconds = (asyncio.get_running_loop().time() - started) * 1000
                    return CallReply(status=status, headers=headers, body=body, milliseconds=milliseconds)
            hop = following
            redirects += 1

    async def _answer(self, hop: Hop) -> aiohttp.ClientResponse:
        """Return the head of the answer to one request."""
        # With as many connections idle as may be, a call to one more host does not leave another.
        is_full = self._sockets.open - self._out >= self._max_connections
        attempt = _Attempt()
        try:
            return await _request(self._single if is_full else self._pooled, hop, attempt)
        except aiohttp.ClientConnectionError as error:
            if not attempt.on_kept_connection or isinstance(error, aiohttp.ClientConnectorError):
                raise
        return await _request(self._single, hop, attempt)


class _Attempt:
    """What the client library tells of one request."""

    __slots__ = ("on_kept_connection",)

    def __init__(self) -> None:
        self.on_kept_connection = False


async def _note_kept(_session: object, context: SimpleNamespace, _params: object) -> None:
    context.trace_request_ctx.on_kept_connection = True


class _Resolver(AbstractResolver):
    """Gives the client library only addresses that it may connect to."""

    def __init__(self, rule: TargetRule, lookup: Lookup) -> None:
        self._rule = rule
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._lookup(host)
        permitted = [address for address in addresses if self._rule.permits(address)]
        if not permitted:
            raise TargetRefused if addresses else OSError("the host has no address")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in permitted
        ]

    async def close(self) -> None:
        """Nothing is kept between lookups."""


class _Sockets:
    """Makes the sockets of both sessions and knows how many are open.

    No connection passes by it, so it asks the rule once more, with the very address that is connected to.
    """

    def __init__(self, rule: TargetRule) -> None:
        self._rule = rule
        self.open = 0

    def make(self, target: AddrInfo) -> socket.socket:
        family, kind, proto, _, sockaddr = target
        if not self._rule.permits(str(sockaddr[0])):
            raise TargetRefused
        made = _Socket(family, kind, proto)
        made.owner = self
        self.open += 1
        return made


class _Socket(socket.socket):
    """Tells its maker when it is closed."""

    __slots__ = ("owner",)
    owner: _Sockets | None

    def close(self) -> None:
        super().close()
        self._tell()

    def detach(self) -> int:
        """uvloop's way to close a socket: it takes the descriptor away and closes that."""
        self._tell()
        return super().detach()

    def _tell(self) -> None:
        if self.owner is not None:
            self.owner.open -= 1
            self.owner = None


def _session(
    resolver: _Resolver, sockets: _Sockets, tls: ssl.SSLContext | None, *, keep: bool
) -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_note_kept)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=resolver,
            socket_factory=sockets.make,
            ssl=tls or True,
            limit=0,  # The turns are the limit.
            force_close=not keep,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        trust_env=False,
        auto_decompress=False,
        max_line_size=MAX_HEADER_BYTES,
        max_field_size=MAX_HEADER_BYTES,
        trace_configs=[trace],
    )


async def _request(session: aiohttp.ClientSession, hop: Hop, attempt: _Attempt) -> aiohttp.ClientResponse:
    return await session.request(
        hop.method,
        hop.url,
        headers=hop.headers,
        data=hop.body,
        allow_redirects=False,
        skip_auto_headers=("content-type",),
        trace_request_ctx=attempt,
        ssl=context_for(hop.certificate) if hop.certificate else True,
    )


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Return the headers by their names in lower case; what came in several of one name is joined, so none is lost."""
    headers: dict[str, str] = {}
    for given, value in response.headers.items():
        name = given.lower()
        # What is not UTF-8 was read with lone surrogates, which no JSON text can hold.
        text = value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


async def _body(response: aiohttp.ClientResponse, coding: str) -> bytes:
    chunks = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > MAX_REPLY_BYTES:
            raise CallFailed(CallFault.TOO_LARGE)
        chunks.append(chunk)
    body = b"".join(chunks)
    if coding:
        body = unpack(coding, body, MAX_REPLY_BYTES + 1)
        if len(body) > MAX_REPLY_BYTES:
            raise CallFailed(CallFault.TOO_LARGE)
    return body


def _fault(error: Exception, task: Task) -> CallFault:
    """Say what an exception means for the process."""
    match error:
        case CallFailed():
            return error.fault
        case aiohttp.ClientConnectorError():
            return CallFault.REFUSED if isinstance(error.os_error, TargetRefused) else CallFault.CONNECT
        case UnusableCertificate():
            return CallFault.CERTIFICATE
        case aiohttp.InvalidURL():
            return CallFault.CONNECT
        case aiohttp.ClientError() | OSError() | ValueError():
            return CallFault.BROKEN
    log.error("call.unexpected", exc_info=error, extra={"facts": {"task": task.task_id}})
    return CallFault.BROKEN
