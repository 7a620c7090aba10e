"""JSON Schema of messages and enums: components of the document, each made when something refers to it.

Requests and answers have schemas of their own. A request's is closed, because unknown fields are refused, and requires
what `google.api.field_behavior` says; OUTPUT_ONLY fields are not in it. An answer's is open, so that a field may be
added to it, and requires whatever is always written: every field that has no presence. A message that is in both is
called `…Input` where it is asked for.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from google.api import field_behavior_pb2

from syncline_gateway.openapi.limits import limited
from syncline_gateway.openapi.scalars import ANYTHING, KEYS, SCALARS, WELL_KNOWN, Json
from syncline_gateway.transcoding.fields import is_map, message_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, OneofDescriptor

    from syncline_gateway.openapi.comments import Comments


_OBJECT: Json = {"type": "object", "additionalProperties": True}


class Side(Enum):
    """Whom a schema is for."""

    REQUEST = "request"
    ANSWER = "answer"


class NameTaken(ValueError):
    """Two different things would have the same name in the document."""


class Schemas:
    """The `components.schemas` of a document."""

    def __init__(
        self,
        comments: Comments,
        *,
        package: str,
        answers: Iterable[Descriptor] = (),
        inline_json: FieldDescriptor | None = None,
        limits: FieldDescriptor | None = None,
        json_objects: Collection[str] = (),
    ) -> None:
        """*answers* are all messages that operations answer with: what they hold is never called `…Input`.

        Names are relative to *package*. *inline_json* is a string FieldOptions extension: the JSON name of a string
        field that holds JSON text. Of those fields *json_objects*, by full name, hold objects alone. *limits* is a
        FieldOptions extension as `openapi.limits` has it.
        """
        self._comments = comments
        self._prefix = f"{package}."
        self._inline_json = inline_json
        self._limits = limits
        self._json_objects = json_objects
        self._answered = closure(answers)
        self._made: dict[str, Json] = {}

    def components(self) -> dict[str, Json]:
        """Return every schema that something referred to, by name."""
        return dict(sorted(self._made.items()))

    def add(self, name: str, schema: Json) -> Json:
        """Put in a schema that no message has; return a reference to it. Raises `NameTaken`."""
        if self._made.get(name, schema) != schema:
            raise NameTaken(f"two schemas would be called {name}")
        self._made[name] = schema
        return reference(name)

    def message(self, message: Descriptor, side: Side) -> Json:
        """Return the schema of a message: a reference, or what a well-known type is in JSON."""
        known = WELL_KNOWN.get(message.full_name)
        if known is not None:
            return known
        ending = "Input" if side is Side.REQUEST and message.full_name in self._answered else ""
        name = self._name(message.full_name) + ending
        if name not in self._made:
            self._made[name] = {}  # a message may hold itself
            # Generators of clients name their models by titles, so that no two may have the same.
            self._made[name] = {**self.object_of(message, side), "title": message.name + ending}
        return reference(name)

    def object_of(self, message: Descriptor, side: Side, left_out: Collection[str] = ()) -> Json:
        """Return the schema of a message itself, without the fields with these proto names."""
        fields = [field for field in message.fields if field.name not in left_out and _is_shown(field, side)]
        schema: Json = {"type": "object", "title": message.name}
        description = self._described(message.full_name, *map(self._choice, _real_oneofs(fields)))
        if description:
            schema["description"] = description
        schema["properties"] = {self.json_name(field): self.field(field, side) for field in fields}
        required = [self.json_name(field) for field in fields if self._is_required(field, side)]
        if required:
            schema["required"] = required
        if side is Side.REQUEST:
            schema["additionalProperties"] = False
        return schema

    def field(self, field: FieldDescriptor, side: Side) -> Json:
        """Return the schema of a field's JSON, with what its comment says."""
        schema = self.value(field, side)
        description = self._described(field.full_name)
        extra: Json = {"description": description} if description else {}
        if side is Side.ANSWER and field_behavior_pb2.OUTPUT_ONLY in _behaviour(field):
            extra["readOnly"] = True
        if field.GetOptions().deprecated:
            extra["deprecated"] = True
        return {**schema, **extra}

    def value(self, field: FieldDescriptor, side: Side) -> Json:
        """Return the schema of a field's JSON."""
        entry = message_of(field)
        if entry is not None and is_map(field):
            return self._map(entry, side)
        if self.is_inline(field):
            return _OBJECT if field.full_name in self._json_objects else ANYTHING
        one = self.element(field, side)
        return {"type": "array", "items": one} if field.is_repeated else one

    def element(self, field: FieldDescriptor, side: Side) -> Json:
        """Return the schema of one value of a field, be it repeated or not."""
        message = message_of(field)
        if message is not None:
            return limited(self.message(message, side), field, self._limits)
        if field.enum_type is not None:
            return self.enum(field.enum_type)
        return limited(SCALARS[field.type], field, self._limits)

    def enum(self, enum: EnumDescriptor) -> Json:
        """Return the schema of an enum: its values by name."""
        if enum.full_name == "google.protobuf.NullValue":
            return {"type": "null"}
        name = self._name(enum.full_name)
        if name not in self._made:
            values = [value.name for value in enum.values]
            lines = [f"- `{value}`: {self._comments.text(f'{enum.full_name}.{value}')}" for value in values]
            text = self._described(enum.full_name, "\n".join(lines))
            self._made[name] = {"type": "string", "title": enum.name, "description": text, "enum": values}
        return reference(name)

    def json_name(self, field: FieldDescriptor) -> str:
        """Return what a field is called in JSON over HTTP."""
        return self._inline_name(field) or str(field.json_name)

    def is_inline(self, field: FieldDescriptor) -> bool:
        """Tell whether the field's JSON is whatever it holds."""
        return bool(self._inline_name(field))

    def _inline_name(self, field: FieldDescriptor) -> str:
        if self._inline_json is None:
            return ""
        return str(field.GetOptions().Extensions[self._inline_json])  # type: ignore[index]  # known at run time alone

    def _is_required(self, field: FieldDescriptor, side: Side) -> bool:
        if side is Side.REQUEST:
            return field_behavior_pb2.REQUIRED in _behaviour(field)
        # JSON text may be empty, and then there is nothing to show
        return not field.has_presence and not self.is_inline(field)

    def _map(self, entry: Descriptor, side: Side) -> Json:
        key, value = (entry.fields_by_name[name] for name in ("key", "value"))
        schema: Json = {"type": "object", "additionalProperties": self.value(value, side)}
        if key.type in KEYS:
            schema["propertyNames"] = KEYS[key.type]
        return schema

    def _choice(self, oneof: OneofDescriptor) -> str:
        names = ", ".join(f"`{self.json_name(field)}`" for field in oneof.fields)
        return f"At most one of {names} is there."

    def _described(self, full_name: str, *more: str) -> str:
        return "\n\n".join(text for text in (self._comments.text(full_name), *more) if text)

    def _name(self, full_name: str) -> str:
        return full_name.removeprefix(self._prefix)


def reference(name: str) -> Json:
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def closure(messages: Iterable[Descriptor]) -> set[str]:
    """Return the full names of messages and of all that they hold."""
    found: set[str] = set()
    waiting = list(messages)
    while waiting:
        message = waiting.pop()
        if message.full_name not in found and message.full_name not in WELL_KNOWN:
            found.add(message.full_name)
            waiting += [inner for inner in map(message_of, message.fields) if inner is not None]
    return found


def required(field: FieldDescriptor) -> bool:
    """Tell whether a request must have the field."""
    return field_behavior_pb2.REQUIRED in _behaviour(field)


def _behaviour(field: FieldDescriptor) -> Collection[int]:
    return set(field.GetOptions().Extensions[field_behavior_pb2.field_behavior])


def _is_shown(field: FieldDescriptor, side: Side) -> bool:
    hidden = field_behavior_pb2.OUTPUT_ONLY if side is Side.REQUEST else field_behavior_pb2.INPUT_ONLY
    return hidden not in _behaviour(field)


def _real_oneofs(fields: Iterable[FieldDescriptor]) -> list[OneofDescriptor]:
    """Return the oneofs of fields that the author wrote: an `optional` field is alone in one of its own."""
    oneofs = {field.containing_oneof.name: field.containing_oneof for field in fields if field.containing_oneof}
    return [oneof for oneof in oneofs.values() if len(oneof.fields) > 1]
