"""The messages that ProtoJSON is tried on, and short ways to read and print them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import descriptor_pool

from fakes.protos import load
from syncline_gateway.transcoding.protojson import Codec, JsonFault

PROTOS = load("protojson.proto")
Everything: Any = PROTOS.message("Everything")
Child: Any = PROTOS.message("Child")
Names: Any = PROTOS.message("Names")
Inline: Any = PROTOS.message("Inline")
Flat: Any = PROTOS.message("Flat")
Old: Any = load("protojson2.proto").message("Old")
Swapped: Any = load("protojson2.proto").message("Swapped")
OLD_ADDED: Any = load("protojson2.proto").extension("added")

TYPE_URL = "type.googleapis.com/protojson.test."
CODEC = Codec(inline_json=PROTOS.extension("inline"), pool=descriptor_pool.Default())


def decode(body: str | bytes, into: Any = Everything, codec: Codec = CODEC) -> Any:
    """Read a body."""
    return codec.decoder(into.DESCRIPTOR)(body if isinstance(body, bytes) else body.encode(errors="surrogatepass"))


def encode(message: Any, codec: Codec = CODEC) -> str:
    """Print a message."""
    return codec.encoder(message.DESCRIPTOR)(message).decode()


def member(message: Any, name: str) -> object:
    """Return one member of what a message is printed as, None when it is not there."""
    return json.loads(encode(message)).get(name)


def fault(body: str | bytes, into: Any = Everything, codec: Codec = CODEC) -> JsonFault:
    """Return the fault of a body that is refused."""
    with pytest.raises(JsonFault) as caught:
        decode(body, into, codec)
    assert len(caught.value.message) < 400
    return caught.value


def one(name: str, value: str) -> str:
    """Return the JSON of an object of one member."""
    return f'{{"{name}":{value}}}'
