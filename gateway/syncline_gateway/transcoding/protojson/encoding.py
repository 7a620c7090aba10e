"""Messages into trees that a JSON printer prints: for every type compiled from the descriptor and kept.

Members come in the order of the .proto file, maps sorted by key, so that equal messages are equal bytes. Fields without
presence are always there; those with it, only when they are set.
"""

from __future__ import annotations

from operator import attrgetter, itemgetter, methodcaller
from typing import TYPE_CHECKING, Any

from syncline_gateway.transcoding.fields import is_map
from syncline_gateway.transcoding.protojson import scalars, wellknown
from syncline_gateway.transcoding.protojson.anys import any_tree
from syncline_gateway.transcoding.protojson.errors import Unprintable
from syncline_gateway.transcoding.protojson.inline import ANY, inline_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.descriptor_pool import DescriptorPool

    from syncline_gateway.transcoding.protojson.inline import InlineNames
    from syncline_gateway.transcoding.protojson.wellknown import Tree

    Member = tuple[str, str, Callable[[Any], object] | None, Callable[[Any], object] | None]
    """JSON name, field name, whether the member is there (None: always), and the value's tree (None: itself)."""

_key_of = itemgetter(0)


class Encoding:
    """What turns messages into trees."""

    def __init__(self, inline: InlineNames, pool: DescriptorPool) -> None:
        self._inline = inline
        self._compiled: dict[Descriptor, Tree] = {}
        self._any = any_tree(self, pool)

    def message(self, descriptor: Descriptor) -> Tree:
        """Return what gives the tree of a message of this type."""
        if descriptor not in self._compiled:
            self._compile(descriptor)
        return self._compiled[descriptor]

    def field(self, field: FieldDescriptor) -> Callable[[Any], object] | None:
        """Return what gives the tree of the field's value; None: the value is its own tree."""
        if self._inline.name(field):
            return inline_tree
        if is_map(field):
            return self._map(field)
        item = self._item(field)
        if not field.is_repeated:
            return item
        return list if item is None else lambda values: list(map(item, values))

    def is_there(self, field: FieldDescriptor) -> Callable[[Any], object] | None:
        """Return what tells whether a message has the field as a member; None: it always has."""
        if self._inline.name(field):
            return attrgetter(field.name)  # no text is no JSON, so the field is unset
        return methodcaller("HasField", field.name) if field.has_presence else None

    def _compile(self, descriptor: Descriptor) -> None:
        if descriptor.full_name == ANY:
            self._compiled[descriptor] = self._any
        elif wellknown.is_well_known(descriptor):
            self._compiled[descriptor] = wellknown.tree(descriptor)
        else:
            members: list[Member] = []
            self._compiled[descriptor] = _ordinary(members, descriptor)  # known before its members are
            members.extend(map(self._member, descriptor.fields))

    def _member(self, field: FieldDescriptor) -> Member:
        return self._inline.name(field) or field.json_name, field.name, self.is_there(field), self.field(field)

    def _item(self, field: FieldDescriptor) -> Callable[[Any], object] | None:
        return scalars.to_tree(field) if field.message_type is None else self.message(field.message_type)

    def _map(self, field: FieldDescriptor) -> Callable[[Any], object]:
        entry = field.message_type.fields_by_name  # type: ignore[union-attr]  # a map's field has its entry's type
        to_key = scalars.to_key(entry["key"]) or str
        to_tree = self._item(entry["value"])

        def map_tree(values: Any) -> dict[str, object]:
            pairs = sorted(values.items(), key=_key_of)
            if to_tree is None:
                return {to_key(key): value for key, value in pairs}
            return {to_key(key): to_tree(value) for key, value in pairs}

        return map_tree


def _ordinary(members: Sequence[Member], descriptor: Descriptor) -> Tree:
    def message_tree(message: Any) -> dict[str, object]:
        tree: dict[str, object] = {}
        for key, name, is_there, to_tree in members:
            if is_there is None or is_there(message):
                value = getattr(message, name)
                tree[key] = value if to_tree is None else to_tree(value)
        return tree

    return _without_extensions(message_tree) if descriptor.is_extendable else message_tree


def _without_extensions(message_tree: Tree) -> Tree:
    def tree_or_refusal(message: Any) -> object:
        if any(field.is_extension for field, _ in message.ListFields()):
            raise Unprintable(f"A {message.DESCRIPTOR.full_name} has an extension, which is not written as JSON here.")
        return message_tree(message)

    return tree_or_refusal
