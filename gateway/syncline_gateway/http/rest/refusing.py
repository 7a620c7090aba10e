"""Errors of transcoded requests as HTTP answers: a `google.rpc.Status` in JSON under the status that HTTP has for it.

What comes from upstream keeps its code and details, with fields at fault in lowerCamelCase. It gets an ErrorInfo when
it has none (AIP-193 wants one always), `Retry-After` with 429 and 503, and a real challenge with 401.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from syncline_gateway import reasons
from syncline_gateway.dialect import HttpResponse
from syncline_gateway.transcoding.faults import (
    HTTP_STATUS,
    Fault,
    status_json,
)
from syncline_gateway.transcoding.media import JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

    from syncline_gateway.http.reading import NotRead

CHALLENGE = 'Basic realm="syncline", Bearer'
"""RFC 7617 and RFC 6750."""
RETRY_SECONDS = 1
_UNDERSCORE = re.compile(r"_([a-z0-9])")
_STATUS_OF_REASON = {"OVERLOADED": 503}
"""Where the reason says more than the code: a caller over its limit is 429, a server over its own is 503."""
_REASONS = {
    code_pb2.CANCELLED: "CANCELLED",
    code_pb2.INVALID_ARGUMENT: "INVALID_REQUEST",
    code_pb2.DEADLINE_EXCEEDED: "DEADLINE_EXCEEDED",
    code_pb2.PERMISSION_DENIED: "ACCESS_DENIED",
    code_pb2.UNAUTHENTICATED: "BAD_CREDENTIALS",
    code_pb2.RESOURCE_EXHAUSTED: "OVERLOADED",
    code_pb2.UNIMPLEMENTED: "UNIMPLEMENTED",
    code_pb2.UNAVAILABLE: "UNAVAILABLE",
}
"""For errors that came without a reason; `INTERNAL` for all other codes."""

_UNREAD = {
    408: (code_pb2.DEADLINE_EXCEEDED, "BODY_TIMEOUT"),
    413: (code_pb2.RESOURCE_EXHAUSTED, "BODY_TOO_LARGE"),
    415: (code_pb2.INVALID_ARGUMENT, "UNSUPPORTED_MEDIA_TYPE"),
    501: (code_pb2.UNIMPLEMENTED, "UNIMPLEMENTED"),
}
"""Code and reason for a request that was not read, by HTTP status."""


def of_fault(fault: Fault) -> HttpResponse:
    """Return the answer to a request that went no further than here."""
    more = {"Allow": ", ".join(fault.allow)} if fault.allow else {}
    return _answer(fault.http_status, fault.status(reasons.DOMAIN), more)


def of_status(status: Status) -> HttpResponse:
    """Return the answer for an error from upstream."""
    status, reason = with_reason(in_json_names(status))
    http_status = _STATUS_OF_REASON.get(reason) or HTTP_STATUS.get(status.code, 500)
    more = {}
    if http_status in (429, 503):
        more["Retry-After"] = str(_retry_seconds(status))
    elif http_status == 401:
        more["WWW-Authenticate"] = CHALLENGE
    return _answer(http_status, status, more)


def away() -> Status:
    """Return what a caller is told while the server is away."""
    status = reasons.make("UNAVAILABLE", "The server is away.")
    retry = RetryInfo()
    retry.retry_delay.seconds = RETRY_SECONDS
    status.details.add().Pack(retry)
    return status


def internal() -> Status:
    """Return what a caller is told of an exception that nobody foresaw: nothing of it."""
    return reasons.make("INTERNAL", "The gateway failed; its log knows more.")


def fault_of(unread: NotRead) -> Fault:
    """Return the fault for a request that was not read to its end."""
    code, reason = _UNREAD.get(unread.status, (code_pb2.INVALID_ARGUMENT, "INVALID_REQUEST"))
    return Fault(code, unread.status, reason, f"{unread.message}.")


def error_json(status: Status) -> bytes:
    """Return an error from upstream as JSON, for the last record of a stream."""
    return status_json(with_reason(in_json_names(status))[0])


def in_json_names(status: Status) -> Status:
    """Return the status, or a copy of it whose fields at fault are called what callers of JSON call them."""
    found = BadRequest()
    if not _has(status, found):
        return status
    for violation in found.field_violations:
        violation.field = _UNDERSCORE.sub(lambda match: match[1].upper(), violation.field)
    told = Status(code=status.code, message=status.message)
    for detail in status.details:
        if detail.Is(BadRequest.DESCRIPTOR):
            told.details.add().Pack(found)
        else:
            told.details.append(detail)
    return told


def with_reason(status: Status) -> tuple[Status, str]:
    """Return the status, or a copy of it that has an ErrorInfo, and its reason."""
    info = ErrorInfo()
    if _has(status, info):
        return status, info.reason
    reason = _REASONS.get(status.code, "INTERNAL")
    told = Status()
    told.CopyFrom(status)
    told.details.add().Pack(ErrorInfo(reason=reason, domain=reasons.DOMAIN))
    return told, reason


def _answer(http_status: int, status: Status, more: Mapping[str, str]) -> HttpResponse:
    headers = {"Content-Type": JSON, "Cache-Control": "no-store", **more}
    return HttpResponse(status=http_status, body=status_json(status), headers=headers)


def _retry_seconds(status: Status) -> int:
    """Return the whole seconds to wait, at least 1."""
    retry = RetryInfo()
    if not _has(status, retry):
        return RETRY_SECONDS
    delay: float = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    return max(math.ceil(delay), 1)


def _has(status: Status, wanted: Message) -> bool:
    """Tell whether a status has a detail of this kind, and read it into the message."""
    for detail in status.details:
        try:
            if detail.Unpack(wanted):
                return True
        except DecodeError:
            continue
    return False
