"""Messages whose JSON is not an object of their fields: which they are, and what reads and prints each.

Empty is an ordinary message without fields, and Any needs the types of others: `anys` has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncline_gateway.transcoding.protojson import masks, scalars, structs, times

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.message import Message

    Fill = Callable[[Any, object], None]
    """Sets a message from a tree. Untyped, as messages are here: their fields are known by descriptor alone."""
    Tree = Callable[[Any], object]
    """Returns a message's tree."""

VALUE = "google.protobuf.Value"
_WRAPPED = ("Bool", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double", "String", "Bytes")
WRAPPERS = frozenset(f"google.protobuf.{name}Value" for name in _WRAPPED)

FILLS: dict[str, Fill] = {
    "google.protobuf.Timestamp": times.read_timestamp,
    "google.protobuf.Duration": times.read_duration,
    "google.protobuf.FieldMask": masks.read_mask,
    "google.protobuf.Struct": structs.read_struct,
    "google.protobuf.ListValue": structs.read_list,
    VALUE: structs.read_value,
}
TREES: dict[str, Tree] = {
    "google.protobuf.Timestamp": times.print_timestamp,
    "google.protobuf.Duration": times.print_duration,
    "google.protobuf.FieldMask": masks.print_mask,
    "google.protobuf.Struct": structs.struct_tree,
    "google.protobuf.ListValue": structs.list_tree,
    VALUE: structs.value_tree,
}
TEXTS = frozenset({"google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask"})
"""Those whose JSON is one string, so that it can stand in a path or a query."""


def is_well_known(message: Descriptor) -> bool:
    """Tell whether the message has a JSON form of its own; an Any does not count."""
    return message.full_name in FILLS or message.full_name in WRAPPERS


def is_wrapper(field: FieldDescriptor) -> bool:
    """Tell whether the field is one wrapper, whose JSON is null when it is unset."""
    message = field.message_type
    return message is not None and not field.is_repeated and message.full_name in WRAPPERS


def fill(message: Descriptor) -> Fill:
    """Return what reads a message that is well known."""
    if message.full_name in FILLS:
        return FILLS[message.full_name]
    return wrapper_fill(scalars.from_json(_wrapped(message)))


def wrapper_fill(convert: Callable[[Any], object]) -> Fill:
    """Return what sets a wrapper from what *convert* takes."""

    def fill_wrapper(into: Message, tree: object) -> None:
        into.value = convert(tree)  # type: ignore[attr-defined]

    return fill_wrapper


def wrapped_from_text(message: Descriptor) -> scalars.FromText:
    """Return what turns text into the value of a wrapper."""
    return scalars.from_text(_wrapped(message))


def tree(message: Descriptor) -> Tree:
    """Return what gives the tree of a message that is well known."""
    if message.full_name in TREES:
        return TREES[message.full_name]
    convert = scalars.to_tree(_wrapped(message))

    def wrapper_tree(value: Any) -> object:
        return value.value if convert is None else convert(value.value)

    return wrapper_tree


def _wrapped(message: Descriptor) -> FieldDescriptor:
    return message.fields_by_name["value"]
