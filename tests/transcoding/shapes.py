"""The conformance services, transcoded: what the transcoder's tests ask."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from google.protobuf import text_format

from fakes.protos import load
from syncline_gateway.transcoding.faults import Fault
from syncline_gateway.transcoding.transcoder import Target, Transcoder

if TYPE_CHECKING:
    from google.protobuf.message import Message

PROTOS = load("conformance.proto")
SERVICES = tuple(
    PROTOS.service(f"{name}Service") for name in ("Path", "Body", "Answer", "Patch", "Kind", "Stream", "Bare")
)
INLINE = PROTOS.extension("inline")
DOMAIN = "conformance.example"
Everything: Any = PROTOS.message("Everything")
Reply: Any = PROTOS.message("Reply")


@cache
def transcoder() -> Transcoder:
    """Return the transcoder of all of the conformance services."""
    return Transcoder(SERVICES, domain=DOMAIN, inline_json=INLINE, event_stream=PROTOS.extension("stream"))


def target(method: str, url: str) -> tuple[Target, str]:
    """Return what a method and a URL's path mean, and the URL's query."""
    path, _, query = url.partition("?")
    return transcoder().find(method, path), query


def call(method: str, url: str, body: bytes = b"", content_type: str | None = None) -> Message:
    """Return the message that a request makes."""
    found, query = target(method, url)
    return found.request(query, body, content_type)


def refused(method: str, url: str, body: bytes = b"", content_type: str | None = None) -> Fault:
    """Return what the sender of a wrong request is told."""
    try:
        message = call(method, url, body, content_type)
    except Fault as fault:
        return fault
    raise AssertionError(f"taken: {message!r}")


def everything(text: str) -> Message:
    """Return an `Everything` written in protobuf's text format."""
    made: Message = text_format.Parse(text, Everything())
    return made
