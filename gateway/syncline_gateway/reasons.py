"""Errors of the contract, read and made: a dialect maps reasons to its words and never looks at a message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from syncline.v1.error_pb2 import ErrorReason

if TYPE_CHECKING:
    from collections.abc import Mapping

DOMAIN = "syncline"
_PREFIX = "ERROR_REASON_"
_CODES = {"UNAVAILABLE": 14, "OVERLOADED": 8, "CANCELLED": 1, "DEADLINE_EXCEEDED": 4, "INTERNAL": 13}
NAMES = frozenset(name.removeprefix(_PREFIX) for name in ErrorReason.DESCRIPTOR.values_by_name) - {"UNSPECIFIED"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the server refused an operation."""

    reason: str
    """A name of `ErrorReason` without its prefix; one that this program does not know is read as `INTERNAL`."""
    facts: Mapping[str, str] = field(default_factory=dict)
    field: str = ""
    """The request's field at fault, as the contract names it; empty when it is no single one."""
    description: str = ""
    """What the server says about that field; empty when it says nothing."""


def read(status: Status) -> Refusal:
    """Return what an operation's error says; one whose details are broken says `INTERNAL`."""
    try:
        return _read(status)
    except DecodeError:
        return Refusal("INTERNAL")


def _read(status: Status) -> Refusal:
    reason, facts, at_fault, description = "INTERNAL", {}, "", ""
    for detail in status.details:
        if detail.Is(ErrorInfo.DESCRIPTOR):
            info = ErrorInfo.FromString(detail.value)
            reason = info.reason if info.domain == DOMAIN and info.reason in NAMES else "INTERNAL"
            facts = dict(info.metadata)
        elif detail.Is(BadRequest.DESCRIPTOR):
            for violation in BadRequest.FromString(detail.value).field_violations:
                at_fault, description = violation.field, violation.description
                break
    return Refusal(reason, facts, at_fault, description)


def make(reason: str, message: str) -> Status:
    """Return an error that this program gives in the server's stead."""
    status = Status(code=_CODES[reason], message=message)
    status.details.add().Pack(ErrorInfo(reason=reason, domain=DOMAIN))
    return status
