"""Limits of fields as JSON Schema: those of an option of the contract, which the service enforces.

The option is a FieldOptions extension with the fields `min_length`, `max_length` and `pattern` for texts, `minimum` and
`maximum` for numbers and, in seconds, for durations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor

from syncline_gateway.openapi.scalars import WELL_KNOWN
from syncline_gateway.transcoding.fields import message_of, option

if TYPE_CHECKING:
    from syncline_gateway.openapi.scalars import Json

_DURATION = "google.protobuf.Duration"
_POSITIVE_DURATION = {**WELL_KNOWN[_DURATION], "pattern": r"^[0-9]{1,12}(\.[0-9]{1,9})?s$"}


class BadLimits(ValueError):
    """A field has limits that its type cannot have."""


def limited(schema: Json, field: FieldDescriptor, extension: FieldDescriptor | None) -> Json:
    """Return the schema of one value of a field with the field's limits, if it has any; raise `BadLimits`."""
    limits = None if extension is None else option(field, extension)
    if limits is None:
        return schema
    message = message_of(field)
    if message is not None and message.full_name == _DURATION:
        # A text cannot say how many seconds at most.
        return _POSITIVE_DURATION if limits.HasField("minimum") and limits.minimum >= 0 else schema
    if field.type == FieldDescriptor.TYPE_STRING:
        return {**schema, **_of_text(limits)}
    if schema.get("type") != "integer":
        raise BadLimits(f"{field.full_name}: only texts, durations and integers of 32 bits have limits")
    numbers = {name: getattr(limits, name) for name in ("minimum", "maximum") if limits.HasField(name)}
    return {**schema, **numbers}


def _of_text(limits: Any) -> Json:
    found = {"minLength": limits.min_length, "maxLength": limits.max_length, "pattern": limits.pattern}
    return {name: value for name, value in found.items() if value}
