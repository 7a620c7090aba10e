"""Methods of any gRPC service, each a function of the test's: for servers that are asked for more than Exchange."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
from grpc import aio

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message
    from google.rpc.status_pb2 import Status

    from syncline_gateway.transcoding.records import Rpc

SECONDS = 5.0
Context = aio.ServicerContext[Any, Any]


class Methods(grpc.GenericRpcHandler):
    """A table of methods, filled by the test; what is not in it is UNIMPLEMENTED."""

    def __init__(self) -> None:
        self.metadata: asyncio.Queue[dict[str, str | bytes]] = asyncio.Queue()
        """What came along with each call, in order."""
        self.requests: asyncio.Queue[Message] = asyncio.Queue()
        """What was asked, in order; of streams each message as it comes."""
        self.cancelled: asyncio.Queue[str] = asyncio.Queue()
        """The names of methods whose callers left."""
        self._handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    def serve(self, rpc: Rpc, behaviour: Callable[[Any, Context], Any]) -> None:
        """Serve a method by a coroutine function of request (or an iterator of them) and context.

        One with a stream of responses writes them to the context.
        """
        make = _MAKERS[rpc.client_streaming, rpc.server_streaming]
        serializer = rpc.output.SerializeToString
        handler = make(self._watched(rpc, behaviour), self._noted(rpc), serializer)
        self._handlers[rpc.path] = handler

    def answer(self, rpc: Rpc, response: Message) -> None:
        """Serve a unary method that always answers the same."""

        async def respond(_: Any, __: Context) -> Message:
            return response

        self.serve(rpc, respond)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = self._handlers.get(str(handler_call_details.method))
        if handler is not None:
            self.metadata.put_nowait(dict(handler_call_details.invocation_metadata or ()))
        return handler

    async def asked(self) -> Any:
        """Return the next request."""
        return await asyncio.wait_for(self.requests.get(), SECONDS)

    async def left(self) -> str:
        """Return the name of the next method whose caller left."""
        return await asyncio.wait_for(self.cancelled.get(), SECONDS)

    def _noted(self, rpc: Rpc) -> Callable[[bytes], Message]:
        def read(data: bytes) -> Message:
            message = rpc.input.FromString(data)
            self.requests.put_nowait(message)
            return message

        return read

    def _watched(self, rpc: Rpc, behaviour: Callable[[Any, Context], Any]) -> Callable[[Any, Context], Any]:
        async def call(request: Any, context: Context) -> Any:
            try:
                return await behaviour(request, context)
            except asyncio.CancelledError:
                self.cancelled.put_nowait(rpc.name)
                raise
            except aio.InternalError:  # A message could not be written: the caller is gone.
                self.cancelled.put_nowait(rpc.name)

        return call


async def fail(context: Context, status: Status) -> None:
    """End a call with an error as the server makes it, details and all."""
    code = next(one for one in grpc.StatusCode if one.value[0] == status.code)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    await context.abort(code, status.message)


_MAKERS: dict[tuple[bool, bool], Callable[..., grpc.RpcMethodHandler[Any, Any]]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}
