"""Every RPC of the contract, from its descriptor to what serves it. One that nothing serves stops the start."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import message_factory

from syncline_server.errors import Unavailable
from syncline_server.rpc import convert, credentials
from syncline_server.rpc.await_task import AwaitTask
from syncline_server.rpc.context import Context
from syncline_server.rpc.exchange import Exchange
from syncline_server.rpc.handlers import HANDLERS, SERVICES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from google.protobuf.descriptor import MethodDescriptor
    from google.protobuf.message import Message

    from syncline_server.rpc.draining import Draining
    from syncline_server.rpc.handlers import Handler
    from syncline_server.runtime.server import Runtime

    ServicerContext = grpc.aio.ServicerContext[Any, Any]
    MethodHandler = grpc.RpcMethodHandler[Any, Any]


class Services:
    """Serves the contract's services on a runtime."""

    def __init__(self, runtime: Runtime, draining: Draining, *, heartbeat_seconds: float, credit: int) -> None:
        self._runtime = runtime
        self._draining = draining
        self._await_task = AwaitTask(runtime, heartbeat_seconds=heartbeat_seconds)
        self._exchange = Exchange(runtime, draining, credit=credit)

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register every method of every service."""
        for service in SERVICES:
            methods = {method.name: self._method(method) for method in service.methods}
            # Not as "registered" methods: gRPC looks at each of those for every call, a tenth of a call's time.
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, methods),))

    def _method(self, method: MethodDescriptor) -> MethodHandler:
        # Requests are decoded in our own code: what gRPC says of one that cannot be is the exception's text.
        serialize = message_factory.GetMessageClass(method.output_type).SerializeToString
        if method.name == "AwaitTask":
            return grpc.unary_stream_rpc_method_handler(self._await_task.serve, response_serializer=serialize)
        if method.name == "Exchange":  # It writes frames that are serialised already.
            return grpc.stream_stream_rpc_method_handler(self._exchange.serve)
        kind = message_factory.GetMessageClass(method.input_type)
        return grpc.unary_unary_rpc_method_handler(
            self._unary(HANDLERS[method.name], kind), response_serializer=serialize
        )

    def _unary(self, handler: Handler, kind: type[Message]) -> Callable[[bytes, ServicerContext], Awaitable[Message]]:
        runtime, draining = self._runtime, self._draining

        async def serve(raw: bytes, context: ServicerContext) -> Message:
            if draining.begun:
                raise Unavailable
            request = convert.decoded(kind, raw)
            caller = credentials.NOBODY
            if handler.needs_key:
                caller = credentials.of_metadata(runtime, context.invocation_metadata())
                handler.admit(caller)
                runtime.access.spend(caller)
            left = context.time_remaining()
            deadline = None if left is None else asyncio.get_running_loop().time() + left
            return await handler.call(caller, request, Context(runtime, deadline=deadline))

        return serve
