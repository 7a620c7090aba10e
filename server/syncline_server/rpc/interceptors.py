"""The outermost interceptor: whatever a handler raises reaches its caller as a status of the contract, nothing else."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any

import grpc
from grpc_status import rpc_status

from syncline_server.rpc import failures
from syncline_server.rpc.status import TRAILER_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Context = grpc.aio.ServicerContext[Any, Any]
    Behaviour = Callable[[Any, Context], Any]
    MethodHandler = grpc.RpcMethodHandler[Any, Any]

log = logging.getLogger(__name__)

_STYLES = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


class ErrorsToStatus(grpc.aio.ServerInterceptor):
    """Covers unary calls and both styles of streams: async generators, and coroutines that write."""

    def __init__(self) -> None:
        self._wrapped: dict[str, MethodHandler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[MethodHandler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> MethodHandler | None:
        """Return the method's handler, wrapped; one for all of its calls."""
        method = str(handler_call_details.method)
        known = self._wrapped.get(method)
        if known is not None:
            return known
        handler = await continuation(handler_call_details)
        if handler is None:
            return None  # No such method: gRPC says so itself.
        self._wrapped[method] = _wrapped(handler, method)
        return self._wrapped[method]


def _wrapped(handler: MethodHandler, method: str) -> MethodHandler:
    for style in _STYLES:
        behaviour = getattr(handler, style)
        if behaviour is not None:
            guard = _guarded_generator if inspect.isasyncgenfunction(behaviour) else _guarded
            return handler._replace(**{style: guard(behaviour, method)})  # type: ignore[attr-defined, no-any-return]
    return handler


def _guarded(behaviour: Behaviour, method: str) -> Behaviour:
    async def call(request: Any, context: Context) -> Any:
        try:
            return await behaviour(request, context)
        except grpc.aio.AbortError:
            raise
        except grpc.aio.InternalError:
            _gone(method)
        except Exception as error:
            await _abort(error, method, context)

    return call


def _guarded_generator(behaviour: Behaviour, method: str) -> Behaviour:
    async def stream(request: Any, context: Context) -> AsyncIterator[Any]:
        try:
            async for response in behaviour(request, context):
                yield response
        except grpc.aio.AbortError:
            raise
        except grpc.aio.InternalError:
            _gone(method)
        except Exception as error:
            await _abort(error, method, context)

    return stream


async def _abort(error: Exception, method: str, context: Context) -> None:
    told = failures.told(error, method, room=TRAILER_BYTES)
    await context.abort_with_status(rpc_status.to_status(told))


def _gone(method: str) -> None:
    """Note that a message could not be written: the client left, and its handler is a moment late to hear of it."""
    log.debug("rpc.client_gone", extra={"facts": {"method": method}})
