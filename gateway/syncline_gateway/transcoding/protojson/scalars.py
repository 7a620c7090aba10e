"""Scalar fields: what turns a tree or text into a field's value, and a value into what a JSON printer prints.

Every converter takes what it is given apart strictly: a number is not a string, `true` is not 1.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from google.protobuf.descriptor import FieldDescriptor

from syncline_gateway.transcoding.protojson import numerals
from syncline_gateway.transcoding.protojson.errors import JsonFault, excerpt, quoted
from syncline_gateway.transcoding.protojson.numerals import INT32, INT64, UINT32, UINT64
from syncline_gateway.transcoding.protojson.reading import expected

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import EnumDescriptor

    FromJson = Callable[[object], object]
    FromText = Callable[[str], object]
    ToTree = Callable[[object], object] | None
    """None: the value is its own tree."""

NULL_VALUE = "google.protobuf.NullValue"
LONGEST_LIST = 200
"""Characters of an enum's names in a fault."""

_RANGES = {
    FieldDescriptor.TYPE_INT32: INT32,
    FieldDescriptor.TYPE_SINT32: INT32,
    FieldDescriptor.TYPE_SFIXED32: INT32,
    FieldDescriptor.TYPE_UINT32: UINT32,
    FieldDescriptor.TYPE_FIXED32: UINT32,
    FieldDescriptor.TYPE_INT64: INT64,
    FieldDescriptor.TYPE_SINT64: INT64,
    FieldDescriptor.TYPE_SFIXED64: INT64,
    FieldDescriptor.TYPE_UINT64: UINT64,
    FieldDescriptor.TYPE_FIXED64: UINT64,
}
_URL_SAFE = str.maketrans("-_", "+/")


def from_json(field: FieldDescriptor) -> FromJson:
    """Return what turns a tree into a value of the field, or into one item of it; the field is no message."""
    if field.enum_type is not None:
        return _enum(field.enum_type)
    if field.type in _RANGES:
        return numerals.integer(*_RANGES[field.type])
    return _FROM_JSON[field.type]


def from_text(field: FieldDescriptor) -> FromText:
    """Return what turns text of a path, a query or a map's key into a value of the field, which is no message."""
    if field.enum_type is not None:
        return _enum_text(field.enum_type)
    if field.type in _RANGES:
        return numerals.decimal(*_RANGES[field.type])
    if field.type == FieldDescriptor.TYPE_BOOL:
        return _bool_text
    return _FROM_JSON[field.type]


def to_tree(field: FieldDescriptor) -> ToTree:
    """Return what turns a value of the field, or one item of it, into a tree; the field is no message."""
    if field.enum_type is not None:
        return _enum_name(field.enum_type)
    return str if _RANGES.get(field.type) in (INT64, UINT64) else _TO_TREE.get(field.type)


def to_key(field: FieldDescriptor) -> Callable[[object], str] | None:
    """Return what turns a map's key into an object's; None: the key is its own text."""
    if field.type == FieldDescriptor.TYPE_STRING:
        return None
    return _bool_key if field.type == FieldDescriptor.TYPE_BOOL else str


def takes_null(field: FieldDescriptor) -> bool:
    """Tell whether null is a value of the scalar field, and not the sign that it is left out."""
    return field.enum_type is not None and field.enum_type.full_name == NULL_VALUE


def string(tree: object) -> str:
    """Turn a tree into a string."""
    if type(tree) is not str:
        raise expected("a string", tree)
    return tree


def _bool(tree: object) -> bool:
    if tree is not True and tree is not False:
        raise expected("true or false", tree)
    return tree


def _bool_text(text: str) -> bool:
    if text not in {"true", "false"}:
        raise JsonFault(f"Expected true or false, not {quoted(text)}.")
    return text == "true"


def _bytes(tree: object) -> bytes:
    """Decode base64 (RFC 4648), standard or URL-safe, padded or not."""
    text = string(tree).translate(_URL_SAFE)
    if "=" not in text:
        text += "=" * (-len(text) % 4)
    if len(text) % 4:
        raise expected("base64", tree)
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error is one; so is what is said of text that is not ASCII
        raise expected("base64", tree) from None


def _print_bytes(value: object) -> str:
    return binascii.b2a_base64(value, newline=False).decode()  # type: ignore[arg-type]  # a bytes field's value


def _bool_key(value: object) -> str:
    return "true" if value else "false"


def _enum(enum: EnumDescriptor) -> FromJson:
    numbers = {value.name: value.number for value in enum.values}
    number_of = numerals.integer(*INT32)
    null = 0 if enum.full_name == NULL_VALUE else None

    def number(tree: object) -> int:
        if type(tree) is str:
            found = numbers.get(tree)
        elif tree is None:
            found = null
        elif isinstance(tree, bool):
            found = None
        else:
            found = _member(enum, number_of(tree))
        if found is None:
            raise expected(_choice(enum), tree)
        return found

    return number


def _enum_text(enum: EnumDescriptor) -> FromText:
    numbers = {value.name: value.number for value in enum.values}
    number_of = numerals.decimal(*INT32)

    def number(text: str) -> int:
        found = numbers.get(text)
        if found is None and text.lstrip("-").isdecimal():
            found = _member(enum, number_of(text))
        if found is None:
            raise expected(_choice(enum), text)
        return found

    return number


def _member(enum: EnumDescriptor, number: int) -> int | None:
    """Return the number if the enum can hold it: an open one holds any."""
    return number if not enum.is_closed or number in enum.values_by_number else None


def _choice(enum: EnumDescriptor) -> str:
    names = ", ".join(value.name for value in enum.values)
    return f"one of {names}" if len(names) <= LONGEST_LIST else f"a name of {excerpt(enum.full_name)}"


def _enum_name(enum: EnumDescriptor) -> Callable[[object], object]:
    if enum.full_name == NULL_VALUE:
        return lambda _number: None
    names: dict[object, str] = {value.number: value.name for value in reversed(enum.values)}

    def name(number: object) -> object:
        return names.get(number, number)

    return name


_FROM_JSON: dict[int, FromJson] = {
    FieldDescriptor.TYPE_FLOAT: numerals.single,
    FieldDescriptor.TYPE_DOUBLE: numerals.double,
    FieldDescriptor.TYPE_BOOL: _bool,
    FieldDescriptor.TYPE_STRING: string,
    FieldDescriptor.TYPE_BYTES: _bytes,
}
_TO_TREE: dict[int, Callable[[object], object]] = {
    FieldDescriptor.TYPE_FLOAT: numerals.print_single,  # type: ignore[dict-item]  # a float field's value is a float
    FieldDescriptor.TYPE_DOUBLE: numerals.print_double,  # type: ignore[dict-item]
    FieldDescriptor.TYPE_BYTES: _print_bytes,
}
