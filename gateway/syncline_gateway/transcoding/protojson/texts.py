"""Values that stand outside of JSON, in a path or a query: text into one field of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncline_gateway.transcoding.fields import is_map
from syncline_gateway.transcoding.protojson import scalars, wellknown
from syncline_gateway.transcoding.protojson.errors import JsonFault
from syncline_gateway.transcoding.protojson.inline import inline_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor, FieldDescriptor

    from syncline_gateway.transcoding.protojson.inline import InlineNames

    SetText = Callable[[Any, str], None]
    """Sets the field of a message from text, or adds an item to it; raises JsonFault."""


def can_be_text(field: FieldDescriptor) -> bool:
    """Tell whether a value of the field, or one item of it, can be written outside of JSON."""
    if is_map(field):
        return False
    message = field.message_type
    return message is None or message.full_name in wellknown.TEXTS or message.full_name in wellknown.WRAPPERS


def text_setter(field: FieldDescriptor, inline: InlineNames) -> SetText:
    """Return what sets the field.

    Raises:
        TypeError: the field is one that text cannot set.
    """
    if not can_be_text(field):
        raise TypeError(f"{field.full_name} cannot be written outside of JSON.")
    if field.message_type is not None:
        return _message_setter(field, field.message_type)
    convert = inline_text if inline.name(field) else scalars.from_text(field)
    return _adder(field.name, convert) if field.is_repeated else _setter(field.name, convert)


def _message_setter(field: FieldDescriptor, message: Descriptor) -> SetText:
    is_wrapper = message.full_name in wellknown.WRAPPERS
    fill = wellknown.wrapper_fill(wellknown.wrapped_from_text(message)) if is_wrapper else wellknown.fill(message)
    name, is_repeated = field.name, field.is_repeated

    def set_message(into: Any, text: str) -> None:
        child = getattr(into, name)
        if is_repeated:
            child = child.add()
        child.SetInParent()
        _encodable(fill, child, text)

    return set_message


def _setter(name: str, convert: Callable[[str], object]) -> SetText:
    def set_scalar(into: Any, text: str) -> None:
        _encodable(setattr, into, name, convert(text))

    return set_scalar


def _adder(name: str, convert: Callable[[str], object]) -> SetText:
    def add_scalar(into: Any, text: str) -> None:
        _encodable(getattr(into, name).append, convert(text))

    return add_scalar


def _encodable(call: Callable[..., object], *arguments: object) -> None:
    """Make a call that puts text into a message, which takes no half of a surrogate pair."""
    try:
        call(*arguments)
    except UnicodeEncodeError:
        raise JsonFault("This holds half a surrogate pair.") from None
