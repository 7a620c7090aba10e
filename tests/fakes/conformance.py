"""The conformance protos as a gateway transcodes them: their RPCs by name, and their messages."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fakes import protos
from syncline_gateway.transcoding.transcoder import Transcoder

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from syncline_gateway.transcoding.records import Rpc

SERVICES = ("BodyService", "AnswerService", "PatchService", "StreamService")
_PACKAGE = "conformance.v1"


@cache
def transcoder() -> Transcoder:
    loaded = protos.load("conformance.proto")
    services = [loaded.service(name) for name in SERVICES]
    return Transcoder(
        services,
        domain="syncline",
        inline_json=loaded.extension("inline"),
        event_stream=loaded.extension("stream"),
    )


def rpc(name: str) -> Rpc:
    """Return an RPC by `Service/Method`."""
    (found,) = (one for one in transcoder().rpcs if one.name == f"{_PACKAGE}.{name}")
    return found


def message(name: str, /, **fields: Any) -> Message:
    return protos.load("conformance.proto").message(name)(**fields)
