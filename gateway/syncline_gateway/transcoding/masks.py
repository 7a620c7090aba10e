"""Which fields a PATCH changes, when its caller does not say.

As grpc-gateway does it: where a PATCH's body is one field and the request has exactly one FieldMask, a mask that was
left empty is filled with the members that the body's JSON has, however deep, down to lists, maps and JSON values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_gateway.transcoding.fields import is_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from syncline_gateway.transcoding.protojson import Codec
    from syncline_gateway.transcoding.rules import Rule


def mask_filler(rule: Rule, codec: Codec) -> Callable[[Message, bytes], None] | None:
    """Return a function that fills a request's mask from its body; None when the rule is none that has one filled."""
    masks = [one for one in rule.rpc.input_type.fields if is_of(one, "google.protobuf.FieldMask")]
    body = rule.body
    if rule.method != "PATCH" or body is None or len(masks) != 1 or rule.is_raw_request:
        return None
    name = masks[0].name

    def fill(message: Message, data: bytes) -> None:
        mask = getattr(message, name)
        if not mask.paths:
            mask.paths.extend(codec.present_paths(body, data))

    return fill
