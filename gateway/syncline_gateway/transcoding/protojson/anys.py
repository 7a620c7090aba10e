"""Any, both ways: an object of the packed message's members and `@type`, its type's URL.

A packed message whose JSON is no object of its own fields, such as a Timestamp, stands in a member `value`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from google.protobuf import message_factory
from google.protobuf.message import DecodeError

from syncline_gateway.transcoding.protojson import reading
from syncline_gateway.transcoding.protojson.errors import JsonFault, Unprintable, excerpt
from syncline_gateway.transcoding.protojson.inline import ANY, EMPTY
from syncline_gateway.transcoding.protojson.readers import AnyText
from syncline_gateway.transcoding.protojson.reading import expected, scan
from syncline_gateway.transcoding.protojson.wellknown import is_well_known

if TYPE_CHECKING:
    from google.protobuf.any_pb2 import Any
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message import Message

    from syncline_gateway.transcoding.protojson.decoding import Decoding
    from syncline_gateway.transcoding.protojson.encoding import Encoding
    from syncline_gateway.transcoding.protojson.readers import Readers
    from syncline_gateway.transcoding.protojson.wellknown import Fill, Tree

TYPE = "@type"


def any_fill(decoding: Decoding, readers: Readers, pool: DescriptorPool) -> Fill:
    """Return what sets an Any from an object, or from its text where inline JSON may be within."""

    def fill_any(into: Any, tree: object) -> None:
        members = scan(tree, 0)[0] if isinstance(tree, AnyText) else tree
        if type(members) is not dict:
            raise expected("an object", members)
        if not members:
            return
        url, descriptor = _named_type(members, pool)
        reader = _reader(descriptor, readers)
        if isinstance(tree, AnyText) and reader is not scan:
            members = cast("dict[str, object]", reader(tree, 0)[0])  # known to be an object with no key twice
        message = message_factory.GetMessageClass(descriptor)()
        _fill_packed(message, descriptor, members, decoding)
        into.type_url, into.value = url, message.SerializeToString(deterministic=True)

    return fill_any


def any_tree(encoding: Encoding, pool: DescriptorPool) -> Tree:
    """Return what gives the tree of an Any."""

    def tree_of_any(value: Any) -> object:
        if not value.type_url and not value.value:
            return {}
        descriptor = _find(value.type_url, pool)
        if descriptor is None:
            raise Unprintable("A google.protobuf.Any holds a type that is not known here.")
        tree = encoding.message(descriptor)(_unpacked(value, descriptor))
        if _stands_in_value(descriptor):
            return {TYPE: value.type_url, "value": tree}
        return {TYPE: value.type_url, **tree}  # type: ignore[dict-item]  # an ordinary message's tree is a dict

    return tree_of_any


def _named_type(members: dict[str, object], pool: DescriptorPool) -> tuple[str, Descriptor]:
    url = members.get(TYPE)
    if TYPE not in members:
        raise JsonFault("Expected a type's URL; it says what the other members mean.", TYPE)
    if type(url) is not str or "/" not in url:
        raise expected("a type's URL", url).inside(TYPE)
    descriptor = _find(url, pool)
    if descriptor is None:
        raise JsonFault(f"The type {excerpt(url.rpartition('/')[2])} is not known here.", TYPE)
    return url, descriptor


def _find(url: str, pool: DescriptorPool) -> Descriptor | None:
    try:
        found = pool.FindMessageTypeByName(url.rpartition("/")[2])
    except KeyError:
        return None
    return None if found.GetOptions().map_entry else found


def _reader(descriptor: Descriptor, readers: Readers) -> reading.Reader:
    reader = readers.message(descriptor)
    if reader is scan or not _stands_in_value(descriptor):
        return reader
    return reading.object_reader({"value": reader})


def _fill_packed(message: Message, descriptor: Descriptor, members: dict[str, object], decoding: Decoding) -> None:
    rest = {name: value for name, value in members.items() if name != TYPE}
    if descriptor.full_name == EMPTY and rest.get("value") == {}:
        del rest["value"]  # how some write an Empty, as if it had a form of its own
    fill = decoding.message(descriptor)
    if not _stands_in_value(descriptor):
        fill(message, rest)
    elif "value" not in rest:
        raise JsonFault(f"Expected the {descriptor.full_name} in a member value.")
    elif len(rest) > 1:
        raise JsonFault("There is no such field.", next(name for name in rest if name != "value"))
    else:
        _fill_value(message, rest["value"], fill)
    if not message.IsInitialized():
        raise JsonFault("A required field is missing.")


def _fill_value(message: Message, tree: object, fill: Fill) -> None:
    try:
        fill(message, tree)
    except JsonFault as fault:
        raise fault.inside("value") from None


def _unpacked(value: Any, descriptor: Descriptor) -> Message:
    message = message_factory.GetMessageClass(descriptor)()
    try:
        message.ParseFromString(value.value)
    except DecodeError:
        raise Unprintable(f"A google.protobuf.Any says {descriptor.full_name} and holds something else.") from None
    return message


def _stands_in_value(descriptor: Descriptor) -> bool:
    return descriptor.full_name == ANY or is_well_known(descriptor)
