"""What went wrong, as a `google.rpc.Status`: one table from reason to gRPC status, and details that programs read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from google.rpc import error_details_pb2, status_pb2

from syncline_server.errors import ProcessFaulty, SynclineError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from google.protobuf.message import Message

    from syncline_server.engine import Fault

DOMAIN = "syncline"
INTERNAL_TEXT = "This server failed; its log knows more."
RETRY_SECONDS = 1
TRAILER_BYTES = 7_000
"""What a Status may take in the trailers of a unary call: clients refuse calls with more than 8 KiB of metadata."""
LONGEST_TEXT = 1_000
"""Characters of a text in trailers."""

_ = grpc.StatusCode
CODES: Mapping[str, grpc.StatusCode] = {
    "UNSPECIFIED": _.UNKNOWN,
    "INVALID_REQUEST": _.INVALID_ARGUMENT,
    "INVALID_JSON": _.INVALID_ARGUMENT,
    "TASK_TOO_LARGE": _.INVALID_ARGUMENT,
    "NO_CREDENTIALS": _.UNAUTHENTICATED,
    "BAD_CREDENTIALS": _.UNAUTHENTICATED,
    "ACCESS_DENIED": _.PERMISSION_DENIED,
    "PROCESS_NOT_FOUND": _.NOT_FOUND,
    "PROCESS_NOT_ACTIVE": _.FAILED_PRECONDITION,
    "PROCESS_FAULTY": _.FAILED_PRECONDITION,
    "TASK_NOT_FOUND": _.NOT_FOUND,
    "TASK_EXPIRED": _.NOT_FOUND,
    "TASK_FINISHED": _.FAILED_PRECONDITION,
    "REF_NOT_UNIQUE": _.ALREADY_EXISTS,
    "CALLBACK_NOT_FOUND": _.NOT_FOUND,
    "ALREADY_ANSWERED": _.ALREADY_EXISTS,
    "NODE_NOT_FOUND": _.NOT_FOUND,
    "RATE_LIMITED": _.RESOURCE_EXHAUSTED,
    "OVERLOADED": _.RESOURCE_EXHAUSTED,
    "UNAVAILABLE": _.UNAVAILABLE,
    "STORE_FAILED": _.UNAVAILABLE,
    "KEY_NOT_FOUND": _.NOT_FOUND,
    "COMPANY_NOT_FOUND": _.NOT_FOUND,
    "ALIAS_TAKEN": _.ALREADY_EXISTS,
    "REQUEST_ID_REUSED": _.ALREADY_EXISTS,
    "UNIMPLEMENTED": _.UNIMPLEMENTED,
    "DEADLINE_EXCEEDED": _.DEADLINE_EXCEEDED,
    "CANCELLED": _.CANCELLED,
    "INTERNAL": _.INTERNAL,
    # What only HTTP has; the codes that the HTTP API shows beside its own statuses.
    "ROUTE_NOT_FOUND": _.NOT_FOUND,
    "METHOD_NOT_ALLOWED": _.UNIMPLEMENTED,
    "NOT_ACCEPTABLE": _.INVALID_ARGUMENT,
    "UNSUPPORTED_MEDIA_TYPE": _.INVALID_ARGUMENT,
    "BODY_TOO_LARGE": _.RESOURCE_EXHAUSTED,
    "BODY_TIMEOUT": _.DEADLINE_EXCEEDED,
    "TOKEN_NOT_FOUND": _.NOT_FOUND,
    "TOO_MANY_TOKENS": _.RESOURCE_EXHAUSTED,
    "WRONG_PARAMETERS": _.INVALID_ARGUMENT,
    "ENV_VAR_NOT_FOUND": _.NOT_FOUND,
    "ENV_VAR_EXISTS": _.ALREADY_EXISTS,
    "INSTANCE_NOT_FOUND": _.NOT_FOUND,
}
"""By the names of the contract's ErrorReason, without their prefix."""
_NAMING_A_FIELD = frozenset({"INVALID_REQUEST", "INVALID_JSON", "TASK_TOO_LARGE", "WRONG_PARAMETERS"})
_AGAIN_LATER = frozenset({"UNAVAILABLE", "STORE_FAILED", "OVERLOADED", "RATE_LIMITED"})


def of(error: SynclineError, *, room: int | None = None) -> status_pb2.Status:
    """Return the status for an error.

    With *room* it has about so many bytes at most: then the faults of a process are listed as far as they fit, and the
    last entry says how many more there are.
    """
    message = _cut(error.message, room)
    status = status_pb2.Status(code=CODES[error.reason].value[0], message=message)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.facts)
    _add(status, info)
    if isinstance(error, ProcessFaulty):
        _add(status, _violations(error.faults, room))
    elif error.field and error.reason in _NAMING_A_FIELD:
        violation = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=message)
        _add(status, error_details_pb2.BadRequest(field_violations=[violation]))
    if error.reason in _AGAIN_LATER:
        _add(status, _retry())
    return status


def internal() -> status_pb2.Status:
    """Return the status for an exception that nobody foresaw: nothing of it goes out."""
    return of(SynclineError(INTERNAL_TEXT))


def is_ours(error: SynclineError) -> bool:
    """Tell whether an error is a fault of this server that nothing else has logged."""
    return error.reason == "INTERNAL"


def _add(status: status_pb2.Status, detail: Message) -> None:
    status.details.add().Pack(detail)


def _retry() -> error_details_pb2.RetryInfo:
    retry = error_details_pb2.RetryInfo()
    retry.retry_delay.seconds = RETRY_SECONDS
    return retry


def _violations(faults: Sequence[Fault], room: int | None) -> error_details_pb2.BadRequest:
    request = error_details_pb2.BadRequest()
    used = 3 * LONGEST_TEXT if room is not None else 0  # For the message, and for what is beside the faults.
    for index, fault in enumerate(faults):
        field, description = _cut(_place(fault), room), _cut(_sentence(fault), room)
        used += len(field.encode()) + len(description.encode()) + 8
        if room is not None and used > room:
            rest = f"{len(faults) - index} more faults; an import without `deploy` lists them all."
            request.field_violations.add(field="nodes", description=rest)
            break
        request.field_violations.add(field=field, description=description)
    return request


def _place(fault: Fault) -> str:
    """Return where a fault is, as a path: `nodes[<id>].<field>`."""
    node = f"nodes[{fault.node_id}]" if fault.node_id else ""
    return ".".join(part for part in (node, fault.field) if part)


def _sentence(fault: Fault) -> str:
    return f"{fault.node_title}: {fault.description}" if fault.node_title else fault.description


def _cut(text: str, room: int | None) -> str:
    return text if room is None or len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
