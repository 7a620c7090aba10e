"""The codec: ProtoJSON of whole bodies, of one field, and of text in paths and queries.

It follows the ProtoJSON specification (protobuf.dev/programming-guides/json), and is strict where parsers differ. It
refuses a body that is no object, `null` too; a key given twice, also as `createTime` and `create_time`; unknown fields
and enum names; two members of a oneof; null in arrays; NaN and infinities that are no strings; base64 that is none;
numbers out of their type's range; half a surrogate pair; what is nested too deep. Extensions of proto2 are unknown.

Bodies of messages print fields without presence always, unset ones with presence never, maps and Structs sorted by key,
in one line of UTF-8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from syncline_gateway.transcoding.protojson import presence, texts, wellknown
from syncline_gateway.transcoding.protojson.decoding import Decoding
from syncline_gateway.transcoding.protojson.encoding import Encoding
from syncline_gateway.transcoding.protojson.errors import JsonFault, Unprintable
from syncline_gateway.transcoding.protojson.inline import InlineNames, reachable
from syncline_gateway.transcoding.protojson.readers import Readers
from syncline_gateway.transcoding.protojson.reading import (
    MAX_INLINE_DEPTH,
    SHALLOW,
    checked_text,
    nesting,
    read,
    scan,
    too_deep,
    tree_nesting,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message import Message

    from syncline_gateway.transcoding.protojson.reading import Reader
    from syncline_gateway.transcoding.protojson.wellknown import Fill

MAX_DEPTH = 100


class Codec:
    """Makes the functions that read and print messages; each is compiled once and may be called from anywhere.

    Args:
        inline_json: a FieldOptions extension, a string: the JSON name of a string field that holds JSON text. JSON
            shows the value itself under that name and knows no other name of the field. What is read is kept as it was
            written, to the digit and the blank; no key in it may come twice, and it nests up to 256 levels. Null is a
            value like any other. Printed is what the field holds; an empty field is left out.
        pool: where the types that an Any names are found.
        max_depth: how deep objects and arrays of a body may nest.
    """

    def __init__(
        self,
        *,
        inline_json: FieldDescriptor | None = None,
        pool: DescriptorPool | None = None,
        max_depth: int = MAX_DEPTH,
    ) -> None:
        pool = pool or descriptor_pool.Default()
        self._max_depth = max_depth
        self._inline = InlineNames(inline_json)
        self._readers = Readers(self._inline)
        self._decoding = Decoding(self._inline, self._readers, pool)
        self._encoding = Encoding(self._inline, pool)
        self._decoders: dict[Descriptor, Callable[[bytes], Message]] = {}
        self._encoders: dict[Descriptor, Callable[[Message], bytes]] = {}

    def decoder(self, message: Descriptor) -> Callable[[bytes], Message]:
        """Return what reads a body as a message; an empty body is an empty message. It raises `JsonFault`."""
        if message not in self._decoders:
            self._decoders[message] = self._decoder(message)
        return self._decoders[message]

    def encoder(self, message: Descriptor) -> Callable[[Message], bytes]:
        """Return what prints a message. It raises `Unprintable`."""
        if message not in self._encoders:
            to_tree = self._encoding.message(message)
            self._encoders[message] = lambda value: _printed(to_tree, value)
        return self._encoders[message]

    def field_decoder(self, field: FieldDescriptor) -> Callable[[bytes, Message], None]:
        """Return what sets one field of a message, unset so far, from a body that is its value. It raises `JsonFault`.

        An empty body leaves the field unset, and so does null where the field is a wrapper. Other fields do not take it
        as a body, unless it is a value of theirs.
        """
        reader = self._readers.field(field)
        fill = self._decoding.field(field)
        has_required = field.message_type is not None and _has_required(field.message_type)
        if not self._decoding.takes_null(field):
            fill = _without_null(fill, may_be_unset=wellknown.is_wrapper(field))

        def decode_field(body: bytes, into: Message) -> None:
            if not body:
                return
            self._read_into(into, body, reader, fill)
            if has_required:
                _expect_required(into)

        return decode_field

    def field_encoder(self, field: FieldDescriptor) -> Callable[[Message], bytes]:
        """Return what prints the value of one field of a message; unset is null. It raises `Unprintable`."""
        name, is_there, convert = field.name, self._encoding.is_there(field), self._encoding.field(field)

        def to_tree(value: Any) -> object:
            if is_there is not None and not is_there(value):
                return None
            return getattr(value, name) if convert is None else convert(getattr(value, name))

        return lambda value: _printed(to_tree, value)

    def can_be_text(self, field: FieldDescriptor) -> bool:
        """Tell whether `text_setter` takes the field."""
        return texts.can_be_text(field)

    def text_setter(self, field: FieldDescriptor) -> Callable[[Message, str], None]:
        """Return what sets one field of a message from a path's or a query's text; of a repeated one, it adds an item.

        Text is `true` or `false`, digits, a float or one of the words NaN, Infinity and -Infinity, an enum's name or
        number, base64, what stands between the quotes of a Timestamp, Duration or FieldMask, or the JSON of an inline
        field. What it returns raises `JsonFault`.

        Raises:
            TypeError: text cannot set the field, see `can_be_text`.
        """
        return texts.text_setter(field, self._inline)

    def present_paths(self, field: FieldDescriptor, body: bytes) -> tuple[str, ...]:
        """Return the paths, below the field, that a body for `field_decoder` has members for.

        They are in proto names, depth first, and stop at repeated fields, maps, inline fields and well-known types.

        Raises:
            JsonFault: the body is not JSON, or has a field that the message has not.
        """
        if field.message_type is None or field.is_repeated or not body:
            return ()
        tree, _ = self._tree(checked_text(body), self._readers.field(field))
        return tuple(presence.present_paths(field.message_type, tree, self._decoding))

    def _decoder(self, message: Descriptor) -> Callable[[bytes], Message]:
        made = message_factory.GetMessageClass(message)
        reader, fill = self._readers.body(message), self._decoding.message(message)
        has_required = _has_required(message)

        def decode(body: bytes) -> Message:
            value = made()
            if body:
                self._read_into(value, body, reader, fill)
            if has_required:
                _expect_required(value)
            return value

        return decode

    def _read_into(self, value: Message, body: bytes, reader: Reader, fill: Fill) -> None:
        tree, depth = self._tree(checked_text(body), reader)
        try:
            fill(value, tree)
        except RecursionError:  # nested as is allowed, but in a program whose stack is full already
            raise too_deep() from None
        if depth > SHALLOW:
            _expect_parseable(value)

    def _tree(self, text: str, reader: Reader) -> tuple[object, int]:
        """Return a body's tree, and how deep the body nests."""
        depth = nesting(text, min(self._max_depth, SHALLOW))
        if depth > self._max_depth + (0 if reader is scan else MAX_INLINE_DEPTH):
            raise too_deep()
        tree = read(text, reader)
        if reader is not scan and depth > self._max_depth and tree_nesting(tree) > self._max_depth:
            raise too_deep()
        return tree, depth


def _printed(to_tree: Callable[[Any], object], value: Message) -> bytes:
    try:
        return orjson.dumps(to_tree(value))
    except RecursionError:
        raise Unprintable(f"A {value.DESCRIPTOR.full_name} is nested too deep.") from None
    except orjson.JSONEncodeError:  # of what trees are made of, only their depth
        raise Unprintable(f"A {value.DESCRIPTOR.full_name} is nested too deep.") from None


def _without_null(fill: Fill, *, may_be_unset: bool) -> Fill:
    def fill_or_refuse(into: Message, tree: object) -> None:
        if tree is not None:
            fill(into, tree)
        elif not may_be_unset:
            raise JsonFault("Expected a value, not null.")

    return fill_or_refuse


def _expect_parseable(value: Message) -> None:
    """Refuse what parsers of the binary form refuse: they go 100 messages deep, and a Struct takes three a level."""
    try:
        type(value).FromString(value.SerializePartialToString())
    except DecodeError:
        raise too_deep() from None


def _expect_required(value: Any) -> None:
    if not value.IsInitialized():
        raise JsonFault("A required field is missing.", value.FindInitializationErrors()[0])


def _has_required(message: Descriptor) -> bool:
    return any(field.is_required for one in reachable(message) for field in one.fields)
