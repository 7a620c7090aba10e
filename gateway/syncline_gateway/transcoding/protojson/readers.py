"""How a message's JSON text becomes a tree: in one go, but where inline JSON is within, which has to stay text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_gateway.transcoding.fields import is_map
from syncline_gateway.transcoding.protojson import reading
from syncline_gateway.transcoding.protojson.cutting import cutting_reader
from syncline_gateway.transcoding.protojson.errors import JsonFault
from syncline_gateway.transcoding.protojson.inline import ANY
from syncline_gateway.transcoding.protojson.reading import read_inline, scan

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor

    from syncline_gateway.transcoding.protojson.inline import InlineNames
    from syncline_gateway.transcoding.protojson.reading import Reader


class AnyText(str):
    """The text of an object that is an Any: only its type tells how to read it."""

    __slots__ = ()


class Readers:
    """What turns JSON text into trees, for each message type. Of inline fields the tree holds the text, a `str`."""

    def __init__(self, inline: InlineNames) -> None:
        self._inline = inline
        self._compiled: dict[Descriptor, Reader] = {}

    def message(self, descriptor: Descriptor) -> Reader:
        """Return what reads a message of this type; it is `reading.scan` where nothing inline is within."""
        if descriptor not in self._compiled:
            self._compile(descriptor)
        return self._compiled[descriptor]

    def body(self, descriptor: Descriptor) -> Reader:
        """Return what reads a body that is a message of this type."""
        reader = self.message(descriptor)
        names = list(filter(None, map(self._inline.name, descriptor.fields)))
        inner = {field.message_type for field in descriptor.fields if field.message_type is not None}
        if not names or any(map(self._inline.is_within, inner)):
            return reader
        return cutting_reader(names, reader)

    def field(self, field: FieldDescriptor) -> Reader:
        """Return what reads the value of this field."""
        if self._inline.name(field):
            return read_inline
        if field.message_type is None:
            return scan
        if is_map(field):
            value = self.field(field.message_type.fields_by_name["value"])
            return scan if value is scan else reading.object_reader({}, value, JsonFault.inside_map)
        item = self.message(field.message_type)
        return reading.array_reader(item) if field.is_repeated and item is not scan else item

    def _compile(self, descriptor: Descriptor) -> None:
        if not self._inline.is_within(descriptor):
            self._compiled[descriptor] = scan
        elif descriptor.full_name == ANY:
            self._compiled[descriptor] = _read_any
        else:
            members: dict[str, Reader] = {}
            self._compiled[descriptor] = reading.object_reader(
                members
            )  # known before its members are: it may hold itself
            for field in descriptor.fields:
                self._add(field, members)

    def _add(self, field: FieldDescriptor, members: dict[str, Reader]) -> None:
        reader = self.field(field)
        if self._inline.name(field):
            members[self._inline.name(field)] = reader
        elif reader is not scan:
            members[field.json_name] = members[field.name] = reader


def _read_any(text: str, at: int) -> tuple[object, int]:
    tree, end = scan(text, at)
    return (AnyText(text[at:end]) if type(tree) is dict else tree), end
