"""The way to the server: a few Exchange streams, kept open, broken ones opened again.

Only this module and `calls` know gRPC. Operations that are asked for within one turn of the event loop leave in one
frame, and turn by turn the streams take their share: a message on a stream costs far more than an operation in it.
Large requests have a stream of their own.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc
from grpc import aio

from syncline.v1.exchange_pb2 import ExchangeRequest, ExchangeResponse, Result
from syncline_gateway import reasons
from syncline_gateway.calls import Calls
from syncline_gateway.errors import Away
from syncline_gateway.flights import Caller
from syncline_gateway.link import FRAME_BYTES, Link

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from syncline_gateway.dialect import Call, Reply
    from syncline_gateway.flights import Flight

log = logging.getLogger(__name__)

Stream = aio.StreamStreamCall[ExchangeRequest, ExchangeResponse]

METHOD = "/syncline.v1.TaskService/Exchange"
CHANNELS = 2
STREAMS = 4
OPEN_SECONDS = 5.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 1.0
REHOME_SECONDS = 0.05
STOP_SECONDS = 0.5
_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # Channels to one address share a connection unless each has its own pool.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 2000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A server that vanished without a word is noticed after 15 s.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How to trust the server, and how to be trusted by it; PEM texts."""

    ca: bytes | None = None
    """None trusts what the system trusts."""
    cert: bytes | None = None
    key: bytes | None = field(default=None, repr=False)


class Upstream:
    """Asks the server; between `start` and `stop`."""

    def __init__(self, address: str, *, tls: Tls | None = None) -> None:
        self._address = address
        self._tls = tls
        self._channels: list[aio.Channel] = []
        self._streams: list[_Stream] = []
        self._large: _Stream | None = None
        self._current: _Stream | None = None
        self._turn = 0
        self._homeless: deque[Flight] = deque()
        self._rehoming: asyncio.TimerHandle | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._stopped = False
        self._was_ready = False
        self._turned = asyncio.Event()
        self.calls = Calls(self._connection)
        """For what Exchange does not carry, on the same connections."""

    async def start(self) -> None:
        """Begin to connect; returns at once."""
        self._loop = asyncio.get_running_loop()
        self._channels = [self._channel() for _ in range(CHANNELS)]
        streams = [_Stream(self, self._channels[index % CHANNELS]) for index in range(STREAMS + 1)]
        *self._streams, self._large = streams
        self._tasks = [self._loop.create_task(stream.run()) for stream in streams]

    async def stop(self) -> None:
        """Answer everybody who still waits, and disconnect."""
        self.release()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        for channel in self._channels:
            await channel.close()

    def release(self) -> None:
        """Take nothing more on, and answer everybody who still waits `UNAVAILABLE`."""
        self._stopped = True
        self._turned.set()
        self.calls.release()
        error = Result(error=reasons.make("UNAVAILABLE", "The gateway stops."))
        waiting = [flight for stream in self._all() for flight in stream.link.lose()]
        for flight in (*waiting, *self._homeless):
            flight.finish(error)
        self._homeless.clear()

    @property
    def is_ready(self) -> bool:
        """Whether the server takes operations now."""
        return not self._stopped and any(stream.link.is_open for stream in self._streams)

    @property
    def is_stopped(self) -> bool:
        """Whether nothing will be taken on any more."""
        return self._stopped

    @property
    def open_streams(self) -> int:
        """How many streams can be used now."""
        return sum(stream.link.is_open for stream in self._all())

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return when something holds; it is looked at whenever a stream opens or breaks."""
        while not holds():
            self._turned.clear()
            await self._turned.wait()

    async def perform(self, call: Call) -> Sequence[Reply]:
        """Return one reply for each operation, in order; raise `Away` when the server takes nothing on now.

        A caller who is cancelled leaves the tasks alone.
        """
        size = 0 if call.credentials is None else call.credentials.ByteSize()
        for operation in call.operations:
            size += operation.ByteSize()
        stream = self._pick(large=size > FRAME_BYTES)
        held = any(operation.hold_calls for operation in call.operations)
        caller = Caller(call, self._loop)
        stream.link.submit(caller.flights)
        replies = await caller.wait()
        if held:
            call.held = [(flight.link, flight.number) for flight in caller.flights]
        return replies

    def delivered(self, call: Call) -> None:
        """Tell the server that the answer to the call has gone out, so that the tasks' own calls may begin."""
        held: list[tuple[Link | None, int]] = call.held if isinstance(call.held, list) else []
        for link, number in held:
            if link is not None:
                link.deliver((number,))

    def rehome(self, flight: Flight) -> None:
        """Take a flight whose stream broke: it goes out again as soon as there is one."""
        if flight.over:
            return
        flight.board()
        if not flight.over:
            self._homeless.append(flight)
        if self._rehoming is None:
            self._rehoming = self._loop.call_later(REHOME_SECONDS, self._find_homes)

    def changed(self) -> None:
        """Note that a stream opened or broke."""
        self._turned.set()
        if self.is_ready != self._was_ready:
            self._was_ready = self.is_ready
            if self._was_ready:
                log.info("upstream.connected", extra={"facts": {"address": self._address}})
            elif not self._stopped:
                log.warning("upstream.lost", extra={"facts": {"address": self._address}})
        if self._homeless:
            self._find_homes()

    def _find_homes(self) -> None:
        self._rehoming = None
        if self._homeless and self.is_ready:
            open_links = [stream.link for stream in self._streams if stream.link.is_open]
            link = min(open_links, key=lambda link: link.load)
            waiting = [flight for flight in self._homeless if not flight.over]
            self._homeless.clear()
            link.submit(waiting)

    def _pick(self, *, large: bool) -> _Stream:
        if self._stopped:
            raise Away
        if large and self._large is not None and self._large.link.has_room:
            return self._large
        current = self._current
        if current is not None and current.has_unsent and current.link.has_room:
            return current
        for _ in self._streams:
            self._turn = (self._turn + 1) % len(self._streams)
            stream = self._streams[self._turn]
            if stream.link.has_room:
                self._current = stream
                return stream
        raise Away

    def _connection(self) -> aio.Channel:
        """Return a channel that is connected, in turn; raise `Away` when the server takes nothing on now."""
        if not self._stopped:
            for _ in self._streams:
                self._turn = (self._turn + 1) % len(self._streams)
                stream = self._streams[self._turn]
                if stream.link.is_open:
                    return stream.channel
        raise Away

    def _all(self) -> list[_Stream]:
        return self._streams if self._large is None else [*self._streams, self._large]

    def _channel(self) -> aio.Channel:
        if self._tls is None:
            return aio.insecure_channel(self._address, options=_OPTIONS)
        credentials = grpc.ssl_channel_credentials(self._tls.ca, self._tls.key, self._tls.cert)
        return aio.secure_channel(self._address, credentials, options=_OPTIONS)


class _Stream:
    """Keeps one Exchange stream open and carries its link's frames."""

    def __init__(self, upstream: Upstream, channel: aio.Channel) -> None:
        self.link = Link(self._wake, upstream.rehome)
        self.channel = channel
        self._upstream = upstream
        self._exchange: aio.StreamStreamMultiCallable[ExchangeRequest, ExchangeResponse] = channel.stream_stream(
            METHOD,
            request_serializer=ExchangeRequest.SerializeToString,
            response_deserializer=ExchangeResponse.FromString,
        )
        self._pause = FIRST_PAUSE_SECONDS
        self._waiter: asyncio.Future[None] | None = None
        self.has_unsent = False
        """Something was handed to the link that its writer has not taken yet."""

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        while True:
            stream = self._exchange(wait_for_ready=True)
            try:
                await self._serve(stream)
            except (aio.AioRpcError, TimeoutError) as error:
                log.debug("upstream.stream_ended", extra={"facts": {"error": type(error).__name__}})
            except asyncio.CancelledError:  # Of the stream, or of this task?
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
            except Exception:
                log.exception("upstream.fault")
            finally:
                stream.cancel()
                for flight in self.link.lose():
                    self._upstream.rehome(flight)
            self._upstream.changed()
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)

    async def _serve(self, stream: Stream) -> None:
        """Carry frames until the server ends the stream."""
        async with asyncio.timeout(OPEN_SECONDS):
            first = await stream.read()
        if not isinstance(first, ExchangeResponse):
            return
        self._pause = FIRST_PAUSE_SECONDS
        self.link.receive(first)
        self._upstream.changed()
        writer = asyncio.get_running_loop().create_task(self._write(stream))
        # Whatever ends the writer ends the stream, so that its reader is told.
        writer.add_done_callback(lambda _: stream.cancel())
        try:
            while isinstance(frame := await stream.read(), ExchangeResponse):
                self.link.receive(frame)
                if frame.going_away:
                    self._upstream.changed()
        finally:
            writer.cancel()
            (ended,) = await asyncio.gather(writer, return_exceptions=True)
            if not isinstance(ended, aio.AioRpcError | asyncio.InvalidStateError | asyncio.CancelledError):
                log.error("upstream.fault", exc_info=ended)

    async def _write(self, stream: Stream) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self.has_unsent = False
            frame = self.link.next_frame()
            if frame is not None:
                await stream.write(frame)
                continue
            self._waiter = loop.create_future()
            await self._waiter

    def _wake(self) -> None:
        self.has_unsent = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
