"""ProtoJSON in both directions, compiled once for every message type from its descriptor."""

from __future__ import annotations

from syncline_gateway.transcoding.protojson.codec import Codec
from syncline_gateway.transcoding.protojson.errors import JsonFault, Unprintable

__all__ = ["Codec", "JsonFault", "Unprintable"]
