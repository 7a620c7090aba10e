"""Which fields a JSON object has members for, as the paths of a FieldMask: what a PATCH changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_gateway.transcoding.fields import is_map
from syncline_gateway.transcoding.protojson.errors import JsonFault
from syncline_gateway.transcoding.protojson.inline import ANY
from syncline_gateway.transcoding.protojson.wellknown import is_well_known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor, FieldDescriptor

    from syncline_gateway.transcoding.protojson.decoding import Decoding


def present_paths(descriptor: Descriptor, tree: object, decoding: Decoding) -> Iterator[str]:
    """Yield the paths of the members of a message's tree, in its order and in the fields' proto names.

    A member that is a non-empty object of another message stands for its own members. Members that are null count: they
    say that the field is to be cleared.
    """
    if not isinstance(tree, dict) or not has_members(descriptor):
        return
    members: dict[str, object] = tree
    fields, others = decoding.names(descriptor)
    for name, value in members.items():
        field = fields.get(others.get(name, name))
        if field is None:
            raise JsonFault("There is no such field.").inside(name)
        try:
            yield from _paths_of(field, value, decoding)
        except JsonFault as fault:
            raise fault.inside(name) from None


def has_members(descriptor: Descriptor) -> bool:
    """Tell whether a message's JSON is an object of its fields."""
    return descriptor.full_name != ANY and not is_well_known(descriptor)


def _paths_of(field: FieldDescriptor, tree: object, decoding: Decoding) -> Iterator[str]:
    inner: list[str] = []
    if field.message_type is not None and not field.is_repeated and not is_map(field):
        inner = list(present_paths(field.message_type, tree, decoding))
    yield from (f"{field.name}.{path}" for path in inner) if inner else (field.name,)
