"""Single calls to the server, of any method, in bytes: what Exchange does not carry.

They share the connections of `upstream`. A call that is left, because its task is cancelled or by `cancel`, is
cancelled over there at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import grpc
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status
from grpc import aio

from syncline_gateway import reasons
from syncline_gateway.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Metadata = Sequence[tuple[str, str]]

UNARY_SECONDS = 0.2
"""How long unary calls may still take when this program stops: shorter than connections stay open to be answered on."""
_DETAILS = "grpc-status-details-bin"
_SAID_BY_HANDLERS = frozenset({3, 5, 6, 7, 9, 10, 11, 16})
"""Codes that gRPC never makes by itself. The text of any other may be its own, which names addresses and exceptions."""


class Calls:
    """Makes calls; *connection* gives one of the channels, or raises `Away`."""

    def __init__(self, connection: Callable[[], aio.Channel]) -> None:
        self._connection = connection
        self._unary: set[_Ending] = set()
        self._streams: set[_Ending] = set()

    async def unary(self, path: str, request: bytes, metadata: Metadata, seconds: float) -> bytes:
        """Return the response to one request; raise `Away` or `Refused`."""
        ask: aio.UnaryUnaryMultiCallable[bytes, bytes] = self._connection().unary_unary(path)
        call = _Unary(ask(request, metadata=aio.Metadata(*metadata), timeout=seconds), self._unary)
        try:
            return await call.response()
        finally:
            call.cancel()

    def server_stream(self, path: str, request: bytes, metadata: Metadata, seconds: float | None) -> ServerStream:
        """Send one request that is answered by a stream; raise `Away`. Whoever takes it cancels it in the end."""
        ask: aio.UnaryStreamMultiCallable[bytes, bytes] = self._connection().unary_stream(path)
        return ServerStream(ask(request, metadata=aio.Metadata(*metadata), timeout=seconds), self._streams)

    def client_stream(self, path: str, metadata: Metadata, seconds: float | None) -> ClientStream:
        """Begin a stream of requests that is answered once; raise `Away`. Whoever takes it cancels it in the end."""
        ask: aio.StreamUnaryMultiCallable[bytes, bytes] = self._connection().stream_unary(path)
        return ClientStream(ask(metadata=aio.Metadata(*metadata), timeout=seconds), self._streams)

    def release(self) -> None:
        """End every stream with `Refused`, UNAVAILABLE: this program stops. Unary calls get a moment to end well."""
        _cancel(self._streams)
        if self._unary:
            asyncio.get_running_loop().call_later(UNARY_SECONDS, _cancel, self._unary)


def _cancel(calls: set[_Ending]) -> None:
    for call in tuple(calls):
        call.cancel()


class _Ending:
    """What all calls have in common: how they end."""

    def __init__(self, call: aio.Call, live: set[_Ending]) -> None:
        self._ended = call
        self._live = live
        live.add(self)

    def cancel(self) -> None:
        """End the call, if it has not ended by itself."""
        self._live.discard(self)
        if not self._ended.done():
            self._ended.cancel()

    def _told(self, error: aio.AioRpcError | asyncio.CancelledError) -> BaseException:
        """Return an error of the call as its user is to see it; one of the user's own task stays what it is.

        A call is cancelled under its user's eyes by a stop alone.
        """
        if isinstance(error, aio.AioRpcError):
            return Refused(status_of(error))
        task = asyncio.current_task()
        if task is None or task.cancelling():
            return error
        return Refused(reasons.make("UNAVAILABLE", "The gateway stops."))


class _Unary(_Ending):
    """One request with one response."""

    def __init__(self, call: aio.UnaryUnaryCall[bytes, bytes], live: set[_Ending]) -> None:
        super().__init__(call, live)
        self._call = call

    async def response(self) -> bytes:
        """Return the response; raise `Refused`."""
        try:
            return await self._call
        except (aio.AioRpcError, asyncio.CancelledError) as error:
            raise self._told(error) from None


class ServerStream(_Ending):
    """One request's stream of responses."""

    def __init__(self, call: aio.UnaryStreamCall[bytes, bytes], live: set[_Ending]) -> None:
        super().__init__(call, live)
        self._call = call

    async def begin(self) -> Mapping[str, str]:
        """Return the initial metadata, texts alone.

        They are empty when the server sends none before its first message, and when the call fails: `read` tells.
        """
        try:
            metadata = await self._call.initial_metadata()
        except (aio.AioRpcError, asyncio.CancelledError) as error:
            raise self._told(error) from None
        return {name: value for name, value in metadata or () if isinstance(value, str)}

    async def read(self) -> bytes | None:
        """Return the next message, None when the stream ended well; raise `Refused` when it did not."""
        try:
            message = await self._call.read()
        except (aio.AioRpcError, asyncio.CancelledError) as error:
            raise self._told(error) from None
        return message if isinstance(message, bytes) else None


class ClientStream(_Ending):
    """A stream of requests with one response."""

    def __init__(self, call: aio.StreamUnaryCall[bytes, bytes], live: set[_Ending]) -> None:
        super().__init__(call, live)
        self._call = call
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the response is there, or an error: `finish` tells, and the server wants no more."""
        call.add_done_callback(self._note_answer)

    async def write(self, message: bytes) -> bool:
        """Send a message, as slowly as the server takes it; False when the server has answered and wants no more."""
        try:
            await self._call.write(message)
        except (aio.AioRpcError, asyncio.InvalidStateError):
            return False
        except asyncio.CancelledError as error:
            raise self._told(error) from None
        return True

    def _note_answer(self, _: object) -> None:
        if not self.answered.done():
            self.answered.set_result(None)

    async def finish(self) -> bytes:
        """Return the response, after no more is to be sent; raise `Refused`."""
        try:
            if not self.answered.done():
                with contextlib.suppress(aio.InternalError):  # The answer came at the same moment.
                    await self._call.done_writing()
            return await self._call
        except (aio.AioRpcError, asyncio.CancelledError) as error:
            raise self._told(error) from None


def status_of(error: aio.AioRpcError) -> Status:
    """Return what a failed call says, as the server made it; what came from gRPC itself, in words of ours."""
    for name, value in error.trailing_metadata() or ():
        if name == _DETAILS and isinstance(value, bytes):
            try:
                status = Status.FromString(value)
            except DecodeError:
                break
            if status.code:
                return status
    code: int = error.code().value[0]
    text = error.details() if code in _SAID_BY_HANDLERS else _TEXTS.get(code, "The server failed.")
    return Status(code=code, message=text or "")


_TEXTS = {
    grpc.StatusCode.CANCELLED.value[0]: "The server cancelled the call.",
    grpc.StatusCode.DEADLINE_EXCEEDED.value[0]: "The caller's time was over.",
    grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]: "The message, or the load, is more than the server takes.",
    grpc.StatusCode.UNIMPLEMENTED.value[0]: "The server does not do that.",
    grpc.StatusCode.UNAVAILABLE.value[0]: "The server is away.",
}
