"""What a caller is told when a call goes wrong: gRPC codes as HTTP statuses, `google.rpc.Status` as JSON.

The table is the comment of google/rpc/code.proto, which grpc-gateway, vanguard and Connect share: CANCELLED is 499,
FAILED_PRECONDITION is 400 and not 412. A fault that HTTP itself names better (405, 406, 408, 413, 415) has that status
beside its code. Errors look as AIP-193 wants them: an ErrorInfo always, a BadRequest when a field is at fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from types import MappingProxyType
from typing import TYPE_CHECKING

import orjson
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from syncline_gateway.transcoding.protojson import Codec, Unprintable

if TYPE_CHECKING:
    from collections.abc import Mapping

HTTP_STATUS: Mapping[int, int] = MappingProxyType(
    {
        code_pb2.OK: 200,
        code_pb2.CANCELLED: 499,
        code_pb2.UNKNOWN: 500,
        code_pb2.INVALID_ARGUMENT: 400,
        code_pb2.DEADLINE_EXCEEDED: 504,
        code_pb2.NOT_FOUND: 404,
        code_pb2.ALREADY_EXISTS: 409,
        code_pb2.PERMISSION_DENIED: 403,
        code_pb2.RESOURCE_EXHAUSTED: 429,
        code_pb2.FAILED_PRECONDITION: 400,
        code_pb2.ABORTED: 409,
        code_pb2.OUT_OF_RANGE: 400,
        code_pb2.UNIMPLEMENTED: 501,
        code_pb2.INTERNAL: 500,
        code_pb2.UNAVAILABLE: 503,
        code_pb2.DATA_LOSS: 500,
        code_pb2.UNAUTHENTICATED: 401,
    }
)
"""HTTP status for each of the 17 gRPC codes. A code outside of it is a fault of whoever sent it: 500."""


LONGEST_NAME = 200
"""Characters of a caller's own name in a fault."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One field of a request that is wrong."""

    field: str
    """As callers write it: a query parameter's name as it came, a path into the body in JSON names, or a variable of
    the path by the JSON name of its field."""
    description: str
    """One sentence for the caller."""


@dataclass(eq=False, slots=True)
class Fault(Exception):
    """A call that ends here, with everything the caller is told about it."""

    code: int
    """A number of google.rpc.Code."""
    http_status: int
    reason: str
    """UPPER_SNAKE; programs decide by it."""
    message: str
    """For people: one sentence."""
    field: str = ""
    """The request's field at fault as the caller wrote it; empty when it is no single one."""
    allow: tuple[str, ...] = ()
    """Methods for the `Allow` header of a 405, sorted; empty otherwise."""
    metadata: Mapping[str, str] = dataclass_field(default_factory=dict)
    """Facts of the message for programs."""
    others: tuple[Violation, ...] = ()
    """More fields that are wrong, when several were found."""

    def __str__(self) -> str:
        return self.message

    def status(self, domain: str) -> Status:
        """Return it as a `google.rpc.Status`: an ErrorInfo of this domain, a BadRequest when fields are at fault."""
        status = Status(code=self.code, message=self.message)
        info = ErrorInfo(reason=self.reason, domain=domain, metadata=self.metadata)
        status.details.add().Pack(info)
        if self.field or self.others:
            status.details.add().Pack(self._bad_request())
        return status

    def _bad_request(self) -> BadRequest:
        request = BadRequest()
        violations = (Violation(self.field, self.message), *self.others) if self.field else self.others
        for one in violations:
            request.field_violations.add(field=one.field, description=one.description)
        return request


def bad_request(message: str, field: str = "", *, reason: str = "INVALID_REQUEST") -> Fault:
    """Return the fault for a request that is wrong: 400, naming the field as the caller wrote it if it is one."""
    metadata = {"field": field} if field else {}
    return Fault(code_pb2.INVALID_ARGUMENT, 400, reason, message, field=field, metadata=metadata)


def route_not_found() -> Fault:
    return Fault(code_pb2.NOT_FOUND, 404, "ROUTE_NOT_FOUND", "There is nothing at this path.")


def method_not_allowed(allow: tuple[str, ...]) -> Fault:
    """Return the fault for a path that has other methods than the one used."""
    facts = {"allow": ", ".join(allow)}
    message = f"This path takes {facts['allow']} alone."
    return Fault(code_pb2.UNIMPLEMENTED, 405, "METHOD_NOT_ALLOWED", message, allow=allow, metadata=facts)


def method_unknown() -> Fault:
    """Return the fault for a method that no path has (RFC 9110, 9.1)."""
    return Fault(code_pb2.UNIMPLEMENTED, 501, "UNIMPLEMENTED", "No path takes this method.")


def unsupported_media_type(expected: str) -> Fault:
    message = f"The body's content type must be {expected}."
    return Fault(code_pb2.INVALID_ARGUMENT, 415, "UNSUPPORTED_MEDIA_TYPE", message, metadata={"expected": expected})


def body_too_large(limit: int) -> Fault:
    """Return the fault for a body, or one message of a stream, of more than *limit* bytes."""
    message = f"The body, or one message of it, is over {limit} bytes."
    return Fault(code_pb2.RESOURCE_EXHAUSTED, 413, "BODY_TOO_LARGE", message, metadata={"limit": str(limit)})


def clipped(name: str) -> str:
    """Return a name that a caller chose, short enough to be told back."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def status_json(status: Status) -> bytes:
    """Return a status as JSON, `{"code":5,"message":"…","details":[{"@type":"…", …}]}`.

    Never fails: a detail whose type this program does not know, or whose bytes do not parse, is left out.
    """
    written: dict[str, object] = {"code": status.code, "message": status.message}
    data = orjson.dumps(written)
    details = [one for one in map(_detail_json, status.details) if one]
    return b'%b,"details":[%b]}' % (data[:-1], b",".join(details)) if details else data


def _detail_json(detail: AnyMessage) -> bytes:
    """Return one detail as JSON with its `@type`; empty when it cannot have one."""
    if not detail.type_url:
        return b""
    try:
        return _ANY(detail)
    except (Unprintable, RecursionError):
        return b""


_ANY = Codec().encoder(AnyMessage.DESCRIPTOR)
