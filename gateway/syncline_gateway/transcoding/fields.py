"""Questions about message fields that descriptors answer only in a roundabout way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.descriptor import MethodDescriptor
    from google.protobuf.message import Message

FieldPath = tuple[FieldDescriptor, ...]
"""From a message down to a field in it, not empty; all but the last are singular messages."""

HTTP_BODY = "google.api.HttpBody"
JSON_MESSAGES = frozenset(f"google.protobuf.{name}" for name in ("Struct", "Value", "ListValue"))
"""Well-known types that are JSON themselves: a query holds them as JSON text."""


class NoSuchField(ValueError):
    """A dotted path that leads nowhere; the text is a clause such as `Book has no field name`."""


def message_of(field: FieldDescriptor) -> Descriptor | None:
    """Return the field's message type; None for scalars and enums."""
    return field.message_type if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE else None


def is_map(field: FieldDescriptor) -> bool:
    message = message_of(field)
    return message is not None and message.GetOptions().map_entry


def is_of(field: FieldDescriptor | None, name: str) -> bool:
    """Whether it is one message of the type with this full name."""
    message = None if field is None or field.is_repeated else message_of(field)
    return message is not None and message.full_name == name


def option(descriptor: FieldDescriptor | MethodDescriptor, extension: FieldDescriptor) -> Any:
    """Return the value of an option that is known at run time only; None when it is not set.

    The two may come from different pools: the options are read anew, as the class of the extension's own pool.
    """
    extended: Any = extension.containing_type
    options: Any = GetMessageClass(extended).FromString(descriptor.GetOptions().SerializeToString())
    return options.Extensions[extension] if options.HasExtension(extension) else None


def dotted(path: Sequence[FieldDescriptor]) -> str:
    """Return the path in proto names: `book.author.name`."""
    return ".".join(field.name for field in path)


def shown(path: Sequence[FieldDescriptor]) -> str:
    """Return the path as callers of JSON write it: `book.author.fullName`."""
    return ".".join(field.json_name for field in path)


def resolve(message: Descriptor, names: Sequence[str]) -> FieldPath:
    """Return the fields that proto names lead through. Raises `NoSuchField`."""
    path: list[FieldDescriptor] = []
    current: Descriptor | None = message
    for name in names:
        if current is None or (path and path[-1].is_repeated):
            raise NoSuchField(f"{dotted(path)} is not a singular message")
        field = current.fields_by_name.get(name)
        if field is None:
            raise NoSuchField(f"{current.full_name} has no field {name}")
        path.append(field)
        current = message_of(field)
    return tuple(path)


def rival_oneof(first: Sequence[FieldDescriptor], second: Sequence[FieldDescriptor]) -> str:
    """Return the name of the oneof that two paths would set different members of; empty when there is none."""
    for one, other in zip(first, second, strict=False):
        if one.number == other.number:
            continue
        oneof, others = one.containing_oneof, other.containing_oneof
        return oneof.name if oneof is not None and others is not None and oneof.name == others.name else ""
    return ""


def rival_finder(path: FieldPath, named: Callable[[Sequence[FieldDescriptor]], str]) -> Callable[[Message], str] | None:
    """Return a function that names the member which shares a oneof with *path* and is set already, or returns "".

    *named* gives the name: `dotted` or `shown`.

    None when no field of the path shares a oneof, so that nothing needs to be looked at.
    """
    steps = [(field, _shared_oneof(field)) for field in path]
    if not any(oneof for _, oneof in steps):
        return None
    last = max(index for index, (_, oneof) in enumerate(steps) if oneof)

    def find(message: Message) -> str:
        for index, (field, oneof) in enumerate(steps[: last + 1]):
            set_member = message.WhichOneof(oneof) if oneof else None
            if set_member is not None and set_member != field.name:
                return named([*path[:index], _sibling(field, set_member)])
            if index < last:
                message = getattr(message, field.name)  # an empty one when it is not there
        return ""

    return find


def given_test(path: FieldPath) -> Callable[[Message], bool]:
    """Return a function that says whether a message has the field: present, or without presence not its default."""
    parents, leaf = [field.name for field in path[:-1]], path[-1].name
    if path[-1].has_presence:

        def holds(message: Message) -> bool:
            return message.HasField(leaf)
    else:

        def holds(message: Message) -> bool:
            return bool(getattr(message, leaf))

    if not parents:
        return holds

    def given(message: Message) -> bool:
        for name in parents:
            message = getattr(message, name)  # an empty one when it is not there
        return holds(message)

    return given


def _sibling(member: FieldDescriptor, name: str) -> FieldDescriptor:
    """Return the member of the same oneof with this name."""
    oneof: Any = member.containing_oneof
    found: FieldDescriptor = next(one for one in oneof.fields if one.name == name)
    return found


def _shared_oneof(field: FieldDescriptor) -> str:
    oneof = field.containing_oneof
    return oneof.name if oneof is not None and len(oneof.fields) > 1 else ""
