"""Fields whose string is JSON text, and where in a message they are: what the codec's field option says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import orjson
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor

from syncline_gateway.transcoding.protojson import reading
from syncline_gateway.transcoding.protojson.errors import JsonFault, Unprintable
from syncline_gateway.transcoding.protojson.reading import has_lone_surrogate, read_inline, refuse_constant

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

    from syncline_gateway.transcoding.protojson.reading import Reader

ANY = "google.protobuf.Any"
EMPTY = "google.protobuf.Empty"
_LINE_BREAKS = str.maketrans("\n\r", "  ")
_scan_anything: Reader = json.JSONDecoder(parse_int=bool, parse_float=bool, parse_constant=refuse_constant).scan_once  # type: ignore[attr-defined]


class InlineNames:
    """The JSON names of inline fields."""

    def __init__(self, option: FieldDescriptor | None) -> None:
        self._option = option
        self._names: dict[FieldDescriptor, str] = {}
        self._carriers: dict[Descriptor, bool] = {}

    def name(self, field: FieldDescriptor) -> str:
        """Return the field's JSON name if it is inline, else the empty string.

        Raises:
            TypeError: the option is on a field that is not a single string.
        """
        if field not in self._names:
            self._names[field] = self._read(field)
        return self._names[field]

    def is_within(self, message: Descriptor) -> bool:
        """Tell whether the message, or one that can be in it, has inline fields. An Any may hold anything."""
        if self._option is None:
            return False
        if message not in self._carriers:
            self._carriers[message] = any(self._holds(one) for one in reachable(message))
        return self._carriers[message]

    def _holds(self, message: Descriptor) -> bool:
        return message.full_name == ANY or any(map(self.name, message.fields))

    def _read(self, field: FieldDescriptor) -> str:
        if self._option is None or field.containing_type is None:
            return ""
        # Read anew, as the class of the option's own pool: the field may come from another one.
        options = message_factory.GetMessageClass(self._option.containing_type)  # type: ignore[arg-type]  # an extension
        given = options.FromString(field.GetOptions().SerializeToString())
        name: str = given.Extensions[self._option]  # type: ignore[index]  # takes descriptors, too
        if name and (field.type != FieldDescriptor.TYPE_STRING or field.is_repeated):
            raise TypeError(f"{field.full_name} is marked as inline JSON and is not a single string.")
        return name


def inline_text(text: str) -> str:
    """Return the JSON value that text outside of a body is, such as a query's, without white space around it."""
    if has_lone_surrogate(text):
        raise JsonFault("This holds half a surrogate pair.")
    value = reading.read(text, read_inline)
    return value if isinstance(value, str) else ""


def inline_tree(text: object) -> object:
    """Return what prints a field's JSON text as it stands, in one line."""
    if type(text) is not str or not _is_json(text):
        raise Unprintable("An inline JSON field does not hold JSON.")
    if "\n" in text or "\r" in text:  # white space, since no string of JSON has them raw
        text = text.translate(_LINE_BREAKS)
    return orjson.Fragment(text)


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:  # it has limits of its own, such as of a number's size
        return _is_unusual_json(text)
    return True


def _is_unusual_json(text: str) -> bool:
    try:
        reading.read(text, _scan_anything)
    except JsonFault:
        return False
    return True


def reachable(message: Descriptor) -> set[Descriptor]:
    """Return the message and all types of its fields, and of theirs."""
    found = {message}
    ahead = [message]
    while ahead:
        types = {field.message_type for field in ahead.pop().fields if field.message_type is not None} - found
        found |= types
        ahead.extend(types)
    return found
