"""Every RPC of the contract, from its descriptor to what serves it. One that nothing serves stops the start."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import message_factory

from syncline.v1 import exchange_pb2
from syncline_server.errors import Unavailable
from syncline_server.rpc import credentials
from syncline_server.rpc.await_task import AwaitTask
from syncline_server.rpc.context import Context
from syncline_server.rpc.exchange import Exchange
from syncline_server.rpc.handlers import HANDLERS, SERVICES, STREAMS

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
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, methods),))

    def _method(self, method: MethodDescriptor) -> MethodHandler:
        request = message_factory.GetMessageClass(method.input_type)
        response = message_factory.GetMessageClass(method.output_type)
        if method.name not in STREAMS:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(HANDLERS[method.name]),
                request_deserializer=request.FromString,
                response_serializer=response.SerializeToString,
            )
        if method.name == "AwaitTask":
            return grpc.unary_stream_rpc_method_handler(
                self._await_task.serve,
                request_deserializer=request.FromString,
                response_serializer=response.SerializeToString,
            )
        # Exchange writes frames that are serialised already.
        return grpc.stream_stream_rpc_method_handler(
            self._exchange.serve, request_deserializer=exchange_pb2.ExchangeRequest.FromString
        )

    def _unary(self, handler: Handler) -> Callable[[Any, ServicerContext], Awaitable[Message]]:
        runtime, draining = self._runtime, self._draining

        async def serve(request: Any, context: ServicerContext) -> Message:
            if draining.begun:
                raise Unavailable
            caller = credentials.NOBODY
            if handler.needs_key:
                caller = credentials.of_metadata(runtime, context.invocation_metadata())
                runtime.access.spend(caller)
            left = context.time_remaining()
            deadline = None if left is None else asyncio.get_running_loop().time() + left
            return await handler.call(caller, request, Context(runtime, deadline=deadline))

        return serve
