"""RPCs as operations of Exchange: which of them it carries, and how long their callers stay.

A caller stays until its own deadline, but for a moment that the answer needs. Without one it stays `DEFAULT_SECONDS`
for what waits for nothing; for a create that waits and for a wait as long as it asks to wait, `max_wait` at most, and
`GRACE_SECONDS` more, so that the server's own answer still arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncline.v1.exchange_pb2 import Credentials, Operation, Result
from syncline_gateway.dialect import Call
from syncline_gateway.flights import as_duration

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from syncline_gateway.asker import Asker
    from syncline_gateway.transcoding.records import Rpc

DEFAULT_SECONDS = 60.0
"""How long a caller stays who does not say, and how long a wait is that does not say (`Wait.timeout`)."""
GRACE_SECONDS = 2.0
EARLY_SECONDS = 0.1
EARLY_SHARE = 0.05
"""A caller is answered this much before its deadline, or this share of its time before it if that is less."""

_FIELDS = {
    field.message_type.full_name: field.name
    for field in Operation.DESCRIPTOR.oneofs_by_name["request"].fields
    if field.message_type is not None and field.name in Result.DESCRIPTOR.fields_by_name
}
"""Fields of `Operation`, and of `Result`, by the full names of their requests."""


def operation_of(rpc: Rpc) -> str:
    """Return the field of `Operation` and `Result` that carries an RPC; empty when none does."""
    streams = rpc.client_streaming or rpc.server_streaming
    return "" if streams else _FIELDS.get(rpc.input.DESCRIPTOR.full_name, "")


def is_wait(rpc: Rpc) -> bool:
    """Tell whether an RPC parks its caller by its nature."""
    return operation_of(rpc) == "wait_task"


def call_of(field: str, request: Message, asker: Asker, *, max_wait: float) -> Call:
    """Return the call of one operation, with this request in this field; raise `Refused` for a deadline that passed.

    A wait for more than *max_wait* seconds is one for *max_wait*.
    """
    given: dict[str, Any] = {field: request, "traceparent": asker.traceparent}
    operation = Operation(**given)
    credentials = Credentials(authorization=asker.authorization) if asker.authorization else None
    seconds = _limited(_wait_in(field, getattr(operation, field)), max_wait)
    left = asker.seconds_left()
    if left is not None:
        operation.timeout.CopyFrom(as_duration(left))
        seconds = min(seconds, left - min(EARLY_SECONDS, left * EARLY_SHARE))
    return Call(operations=[operation], credentials=credentials, timeout=seconds)


def _wait_in(field: str, request: Any) -> Any:
    """Return the part of an operation's request with `until` and `timeout`; None when it waits for nothing."""
    if field == "wait_task":
        return request
    return request.wait if field == "create_task" and request.HasField("wait") else None


def _limited(wait: Any, max_wait: float) -> float:
    """Cut a wait to the longest there is; return how long a caller without a deadline stays."""
    if wait is None:
        return DEFAULT_SECONDS
    seconds = wait.timeout.seconds + wait.timeout.nanos / 1e9 if wait.HasField("timeout") else DEFAULT_SECONDS
    if seconds > max_wait:
        seconds = max_wait
        wait.timeout.CopyFrom(as_duration(seconds))
    return max(seconds, 0.0) + GRACE_SECONDS
