"""What the transcoder tells about RPCs and hands out as bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.protobuf.message import Message


@dataclass(frozen=True, slots=True)
class Body:
    """An HTTP answer's body."""

    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class EventStream:
    """How a server stream becomes server-sent events. Each is a field's proto name; empty: the stream has none."""

    id_field: str
    """String of the response that is printed as the event's `id:`."""
    resume_field: str
    """String of the request that takes the header `Last-Event-ID`."""
    comment_field: str
    """Message of the response whose presence says that the event is only a sign of life, so a comment."""


@dataclass(frozen=True, slots=True)
class Rpc:
    """A method that HTTP carries."""

    name: str
    """`package.Service/Method`"""
    path: str
    """`/package.Service/Method`, as gRPC calls it."""
    input: type[Message]
    output: type[Message]
    client_streaming: bool
    server_streaming: bool
    event_stream: EventStream | None
    is_safe: bool
    """Bound to GET or HEAD: it only reads, and may be cancelled at any time."""
