"""FieldMask, both ways: snake_case paths of a message as one string of lowerCamelCase paths, joined with commas.

The mapping is strict, so that every mask reads back as it was: a path of JSON has no underscore, and one of a message
has a lower-case letter behind each underscore and no capital.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncline_gateway.transcoding.protojson.errors import Unprintable
from syncline_gateway.transcoding.protojson.reading import expected

if TYPE_CHECKING:
    from google.protobuf.field_mask_pb2 import FieldMask

_capital = re.compile(r"[A-Z]")
_underscore = re.compile(r"_([a-z])")
_is_camel = re.compile(r"[^_,\s]+").fullmatch
_is_snake = re.compile(r"(?:[^_,\sA-Z]|_[a-z])+").fullmatch


def read_mask(into: FieldMask, tree: object) -> None:
    """Set a FieldMask; the empty string is the empty mask."""
    if type(tree) is not str:
        raise expected("a string of field paths", tree)
    paths = tree.split(",") if tree else []
    if not all(map(_is_camel, paths)):
        raise expected("lowerCamelCase field paths joined with commas", tree)
    into.paths[:] = [_capital.sub(lambda found: "_" + found[0].lower(), path) for path in paths]


def print_mask(value: FieldMask) -> str:
    """Return a FieldMask."""
    if not all(map(_is_snake, value.paths)):
        raise Unprintable("A google.protobuf.FieldMask holds a path that cannot be written in camelCase.")
    return ",".join(_underscore.sub(lambda found: found[1].upper(), path) for path in value.paths)
