"""Struct, Value and ListValue, both ways: plain JSON whose numbers are doubles and whose keys have no order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from syncline_gateway.transcoding.protojson.errors import JsonFault, Unprintable
from syncline_gateway.transcoding.protojson.numerals import finite_double
from syncline_gateway.transcoding.protojson.reading import expected

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import ListValue, Struct, Value

_LARGEST_WHOLE = 1 << 53
"""Up to here a double holds every whole number, so it is printed as one."""


def read_struct(into: Struct, tree: object) -> None:
    """Set a Struct."""
    if type(tree) is not dict:
        raise expected("an object", tree)
    fields = into.fields
    key = ""
    try:
        for key, value in tree.items():
            read_value(fields[key], value)
    except JsonFault as fault:
        raise fault.inside(key) from None


def read_list(into: ListValue, tree: object) -> None:
    """Set a ListValue."""
    if type(tree) is not list:
        raise expected("an array", tree)
    values = into.values
    try:
        for item in tree:
            read_value(values.add(), item)
    except JsonFault as fault:
        raise fault.inside_list(len(values) - 1) from None


def read_value(into: Value, tree: object) -> None:
    """Set a Value."""
    if tree is None:
        into.null_value = 0  # type: ignore[assignment]  # an enum's number
    elif type(tree) is str:
        into.string_value = tree
    elif isinstance(tree, bool):
        into.bool_value = tree
    elif type(tree) is list:
        into.list_value.SetInParent()
        read_list(into.list_value, tree)
    elif type(tree) is dict:
        into.struct_value.SetInParent()
        read_struct(into.struct_value, tree)
    else:
        into.number_value = finite_double(tree)


def struct_tree(value: Struct) -> dict[str, object]:
    """Return a Struct's tree, its keys sorted."""
    return {key: value_tree(item) for key, item in sorted(value.fields.items(), key=lambda pair: pair[0])}


def list_tree(value: ListValue) -> list[object]:
    """Return a ListValue's tree."""
    return list(map(value_tree, value.values))


def value_tree(value: Value) -> object:
    """Return a Value's tree; null when it holds nothing."""
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        return _number(value.number_value)
    if kind == "struct_value":
        return struct_tree(value.struct_value)
    if kind == "list_value":
        return list_tree(value.list_value)
    return None if kind in {None, "null_value"} else getattr(value, kind)


def _number(value: float) -> float | int:
    if not math.isfinite(value):
        raise Unprintable("A google.protobuf.Value holds NaN or an infinity.")
    whole = value.is_integer() and abs(value) <= _LARGEST_WHOLE and (value or math.copysign(1, value) > 0)
    return int(value) if whole else value
