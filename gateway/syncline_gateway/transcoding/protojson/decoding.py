"""Trees into messages: for every message type what reads its members, compiled from the descriptor and kept.

What is compiled is a function from a message and a tree to nothing. Faults carry no path at first; each level that a
fault passes on its way out puts its own name in front, so that reading without faults pays nothing for paths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_gateway.transcoding.fields import is_map
from syncline_gateway.transcoding.protojson import scalars, wellknown
from syncline_gateway.transcoding.protojson.anys import any_fill
from syncline_gateway.transcoding.protojson.errors import JsonFault
from syncline_gateway.transcoding.protojson.inline import ANY
from syncline_gateway.transcoding.protojson.reading import GIVEN_TWICE, Twice, expected

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message import Message

    from syncline_gateway.transcoding.protojson.inline import InlineNames
    from syncline_gateway.transcoding.protojson.readers import Readers
    from syncline_gateway.transcoding.protojson.scalars import FromJson
    from syncline_gateway.transcoding.protojson.wellknown import Fill


class Decoding:
    """What turns trees into messages."""

    def __init__(self, inline: InlineNames, readers: Readers, pool: DescriptorPool) -> None:
        self._inline = inline
        self._compiled: dict[Descriptor, Fill] = {}
        self._any = any_fill(self, readers, pool)

    def message(self, descriptor: Descriptor) -> Fill:
        """Return what sets a message of this type, which has to be empty, from a tree."""
        if descriptor not in self._compiled:
            self._compile(descriptor)
        return self._compiled[descriptor]

    def field(self, field: FieldDescriptor) -> Fill:
        """Return what sets this field of a message from the field's tree."""
        if self._inline.name(field):
            return _scalar(field.name, scalars.string)  # the reader saw to it that the string is JSON
        if is_map(field):
            return self._map(field)
        if field.message_type is None:
            convert = scalars.from_json(field)
            return _repeated_scalar(field.name, convert) if field.is_repeated else _scalar(field.name, convert)
        fill = self.message(field.message_type)
        return _repeated_message(field.name, fill) if field.is_repeated else _message(field.name, fill)

    def takes_null(self, field: FieldDescriptor) -> bool:
        """Tell whether null is a value of the field, and not the sign that it is left out."""
        if field.is_repeated:
            return False
        if field.message_type is not None:
            return field.message_type.full_name == wellknown.VALUE
        return scalars.takes_null(field) or bool(self._inline.name(field))

    def names(self, descriptor: Descriptor) -> tuple[dict[str, FieldDescriptor], dict[str, str]]:
        """Return a message's fields by JSON name, and the JSON name for each other name that callers may use.

        Raises:
            TypeError: an inline field has the JSON name of another field.
        """
        fields = {self._inline.name(field) or field.json_name: field for field in descriptor.fields}
        if len(fields) < len(descriptor.fields):
            raise TypeError(f"Two fields of {descriptor.full_name} have the same JSON name.")
        others = {
            field.name: name
            for name, field in fields.items()
            if field.name not in fields and not self._inline.name(field)
        }
        return fields, others

    def _compile(self, descriptor: Descriptor) -> None:
        if descriptor.full_name == ANY:
            self._compiled[descriptor] = self._any
        elif wellknown.is_well_known(descriptor):
            self._compiled[descriptor] = wellknown.fill(descriptor)
        else:
            self._compile_ordinary(descriptor)

    def _compile_ordinary(self, descriptor: Descriptor) -> None:
        fields, others = self.names(descriptor)
        fills: dict[str, Fill] = {}
        nulls: set[str] = set()
        # Known before its members are, since a type may hold itself.
        self._compiled[descriptor] = _ordinary(fills, nulls, others, _oneofs(fields, others))
        for name, field in fields.items():
            fills[name] = self.field(field)
            if self.takes_null(field):
                nulls.update((name, field.name))

    def _map(self, field: FieldDescriptor) -> Fill:
        entry = field.message_type.fields_by_name  # type: ignore[union-attr]  # a map's field has its entry's type
        to_key = scalars.from_text(entry["key"])
        value = entry["value"]
        if value.message_type is None:
            return _scalar_map(field.name, to_key, scalars.from_json(value))
        return _message_map(field.name, to_key, self.message(value.message_type))


def _ordinary(
    fills: Mapping[str, Fill], nulls: Collection[str], others: Mapping[str, str], oneofs: Mapping[str, str]
) -> Fill:
    """Return what sets a message from an object, by the fills of its members."""

    def fill_message(into: Message, tree: object) -> None:
        if type(tree) is not dict:
            raise expected("an object", tree)
        if oneofs and len(oneofs.keys() & tree.keys()) > 1:
            _expect_one_of_each(oneofs, tree, nulls)
        for name, value in tree.items():
            fill = fills.get(name)
            try:
                if fill is None:
                    fill = fills[_first_name(name, others, tree)]
                if value is not None or name in nulls:
                    fill(into, value)
            except JsonFault as fault:
                raise fault.inside(name) from None

    return fill_message


def _first_name(name: str, others: Mapping[str, str], tree: dict[str, object]) -> str:
    """Return the JSON name of a field that was called by its other one."""
    if name not in others:
        raise JsonFault("There is no such field.")
    if others[name] in tree:
        raise JsonFault(f"This is the same field as {others[name]}, and both are given.")
    return others[name]


def _oneofs(fields: Mapping[str, FieldDescriptor], others: Mapping[str, str]) -> dict[str, str]:
    """Return the name of its oneof for every name of a member of one, where there is a choice."""
    groups = {
        name: field.containing_oneof.name
        for name, field in fields.items()
        if field.containing_oneof is not None and len(field.containing_oneof.fields) > 1
    }
    return groups | {other: groups[name] for other, name in others.items() if name in groups}


def _expect_one_of_each(oneofs: Mapping[str, str], tree: dict[str, object], nulls: Collection[str]) -> None:
    chosen: dict[str, str] = {}
    for name, value in tree.items():
        oneof = oneofs.get(name)
        if oneof is None or (value is None and name not in nulls):
            continue
        if oneof in chosen:
            raise JsonFault(f"Only one of {chosen[oneof]} and {name} can be given.").inside(name)
        chosen[oneof] = name


def _scalar(name: str, convert: FromJson) -> Fill:
    def fill(into: Message, tree: object) -> None:
        setattr(into, name, convert(tree))

    return fill


def _message(name: str, fill_message: Fill) -> Fill:
    def fill(into: Message, tree: object) -> None:
        child = getattr(into, name)
        child.SetInParent()
        fill_message(child, tree)

    return fill


def _repeated_scalar(name: str, convert: FromJson) -> Fill:
    def fill(into: Message, tree: object) -> None:
        if type(tree) is not list:
            raise expected("an array", tree)
        values: list[object] = []
        try:
            for item in tree:
                values.append(convert(item))  # noqa: PERF401  # the number of those done is where a fault is
        except JsonFault as fault:
            raise fault.inside_list(len(values)) from None
        getattr(into, name).extend(values)

    return fill


def _repeated_message(name: str, fill_message: Fill) -> Fill:
    def fill(into: Message, tree: object) -> None:
        if type(tree) is not list:
            raise expected("an array", tree)
        items = getattr(into, name)
        try:
            for item in tree:
                fill_message(items.add(), item)
        except JsonFault as fault:
            raise fault.inside_list(len(items) - 1) from None

    return fill


def _scalar_map(name: str, to_key: scalars.FromText, convert: FromJson) -> Fill:
    def fill(into: Message, tree: object) -> None:
        if type(tree) is not dict:
            raise _no_map(tree)
        target = getattr(into, name)
        for key, value in tree.items():
            try:
                target[to_key(key)] = convert(value)
            except JsonFault as fault:
                raise fault.inside_map(key) from None

    return fill


def _message_map(name: str, to_key: scalars.FromText, fill_message: Fill) -> Fill:
    def fill(into: Message, tree: object) -> None:
        if type(tree) is not dict:
            raise _no_map(tree)
        target = getattr(into, name)
        for key, value in tree.items():
            try:
                fill_message(target[to_key(key)], value)
            except JsonFault as fault:
                raise fault.inside_map(key) from None

    return fill


def _no_map(tree: object) -> JsonFault:
    if isinstance(tree, Twice):
        return JsonFault(GIVEN_TWICE).inside_map(tree.key)
    return expected("an object", tree)
