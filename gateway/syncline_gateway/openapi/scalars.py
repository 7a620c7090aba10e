"""JSON Schema of what ProtoJSON writes as one value: scalars, and the well-known types of google.protobuf.

As https://protobuf.dev/programming-guides/json has them. Readers of ProtoJSON take more than one form of most values;
described is the one that is written, which is always taken as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.descriptor import FieldDescriptor

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, object]
"""A part of the document."""

ANYTHING: Json = {}
"""The schema of any JSON value."""

_NOT_FINITE = ["NaN", "Infinity", "-Infinity"]


def _integer(*, signed: bool) -> Json:
    return {"type": "integer", "format": "int32"} if signed else {"type": "integer", "format": "uint32", "minimum": 0}


def _digits(*, signed: bool) -> Json:
    """64 bits are decimal text, because JavaScript's numbers hold 53."""
    return {
        "type": "string",
        "format": "int64" if signed else "uint64",
        "pattern": "^-?[0-9]{1,19}$" if signed else "^[0-9]{1,20}$",
    }


def _real(form: str) -> Json:
    return {"anyOf": [{"type": "number", "format": form}, {"type": "string", "enum": _NOT_FINITE}]}


_TEXT: Json = {"type": "string"}
_TRUTH: Json = {"type": "boolean"}
_BASE64: Json = {"type": "string", "contentEncoding": "base64"}
_INT32, _UINT32 = _integer(signed=True), _integer(signed=False)
_INT64, _UINT64 = _digits(signed=True), _digits(signed=False)

SCALARS: Mapping[int, Json] = {
    FieldDescriptor.TYPE_BOOL: _TRUTH,
    FieldDescriptor.TYPE_BYTES: _BASE64,
    FieldDescriptor.TYPE_DOUBLE: _real("double"),
    FieldDescriptor.TYPE_FIXED32: _UINT32,
    FieldDescriptor.TYPE_FIXED64: _UINT64,
    FieldDescriptor.TYPE_FLOAT: _real("float"),
    FieldDescriptor.TYPE_INT32: _INT32,
    FieldDescriptor.TYPE_INT64: _INT64,
    FieldDescriptor.TYPE_SFIXED32: _INT32,
    FieldDescriptor.TYPE_SFIXED64: _INT64,
    FieldDescriptor.TYPE_SINT32: _INT32,
    FieldDescriptor.TYPE_SINT64: _INT64,
    FieldDescriptor.TYPE_STRING: _TEXT,
    FieldDescriptor.TYPE_UINT32: _UINT32,
    FieldDescriptor.TYPE_UINT64: _UINT64,
}
"""By FieldDescriptor type; enums and messages are not in it."""

_WRAPPED: Mapping[str, Json] = {
    "BoolValue": _TRUTH,
    "BytesValue": _BASE64,
    "DoubleValue": _real("double"),
    "FloatValue": _real("float"),
    "Int32Value": _INT32,
    "Int64Value": _INT64,
    "StringValue": _TEXT,
    "UInt32Value": _UINT32,
    "UInt64Value": _UINT64,
}


def _nullable(schema: Json) -> Json:
    if "anyOf" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


_FORMS: Mapping[str, Json] = {
    "google.protobuf.Any": {
        "type": "object",
        "properties": {"@type": {"type": "string", "description": "`type.googleapis.com/` and the message's name."}},
        "required": ["@type"],
        "additionalProperties": True,
    },
    "google.protobuf.Duration": {
        "type": "string",
        "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$",
        "examples": ["30s", "1.500s"],
    },
    "google.protobuf.Empty": {"type": "object", "additionalProperties": False},
    "google.protobuf.FieldMask": {"type": "string", "examples": ["title,owner.name"]},
    "google.protobuf.ListValue": {"type": "array", "items": ANYTHING},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Value": ANYTHING,
}
WELL_KNOWN: Mapping[str, Json] = {
    **_FORMS,
    **{f"google.protobuf.{name}": _nullable(schema) for name, schema in _WRAPPED.items()},
}
"""By full name of the message."""

TEXTS = frozenset(WELL_KNOWN) - {f"google.protobuf.{name}" for name in ("Any", "Empty", "ListValue", "Struct", "Value")}
"""Full names of the messages whose JSON is one scalar, so that a query can hold it."""

KEYS: Mapping[int, Json] = {
    FieldDescriptor.TYPE_BOOL: {"enum": ["true", "false"]},
    **{
        kind: {"pattern": "^-?[0-9]+$"}
        for kind, schema in SCALARS.items()
        if schema.get("format") in ("int32", "uint32", "int64", "uint64")
    },
}
"""Schemas of the names in a map, by the type of its key; any text for those that are not in it."""
