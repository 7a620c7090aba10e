"""What the .proto files say in their comments, found by full name.

A comment becomes Markdown: lines are joined, blank lines part paragraphs, list items stay lines of their own. A field
that a comment names in backticks, as `data_json`, is named as JSON over HTTP does: `data`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from google.protobuf.descriptor_pb2 import (
        DescriptorProto,
        EnumDescriptorProto,
        FileDescriptorProto,
        FileDescriptorSet,
    )

Path = tuple[int, ...]
"""Of a SourceCodeInfo.Location: field numbers of the descriptor messages, with positions."""

_MESSAGES, _ENUMS, _SERVICES, _EXTENSIONS = 4, 5, 6, 7  # of a FileDescriptorProto
_FIELDS, _NESTED_MESSAGES, _NESTED_ENUMS, _ONEOFS = 2, 3, 4, 8  # of a DescriptorProto
_PARTS = 2  # methods of a service, values of an enum
_SENTENCE = re.compile(r"(.+?)[.!?;:](?:\s|$)", re.DOTALL)
_ITEM = re.compile(r"\s*(?:[-*]|\d+\.)\s")
_NAMED_FIELD = re.compile(r"`([a-z][a-z0-9]*(?:_[a-z0-9]+)+)`")


class Comments:
    """The comments of a file descriptor set that was made with source information."""

    def __init__(self, files: FileDescriptorSet, json_names: Mapping[str, str] | None = None) -> None:
        """*json_names* tells what fields are called over HTTP, by their proto names; the others keep theirs."""
        self._texts: dict[str, str] = {}
        self._json_names = json_names or {}
        for file in files.file:
            self._read(file)

    def text(self, full_name: str) -> str:
        """Return the whole comment as Markdown; empty when there is none."""
        return self._texts.get(full_name, "")

    def summary(self, full_name: str) -> str:
        """Return the comment's first sentence, up to its first semicolon or colon, without what ends it."""
        text = self.text(full_name)
        found = _SENTENCE.match(text)
        return found[1] if found else text

    def _read(self, file: FileDescriptorProto) -> None:
        written = {
            tuple(location.path): location.leading_comments or location.trailing_comments
            for location in file.source_code_info.location
        }
        for path, name in _names(file):
            if written.get(path):
                self._texts[name] = self._markdown(written[path])

    def _markdown(self, comment: str) -> str:
        text = markdown(comment.splitlines())
        return _NAMED_FIELD.sub(lambda found: f"`{self._json_names.get(found[1], found[1])}`", text)


def markdown(lines: Sequence[str]) -> str:
    """Return a comment's lines as Markdown: those of one paragraph or list item on one line."""
    blocks: list[str] = []
    is_open = False
    for line in lines:
        words = line.strip()
        if not words:
            is_open = False
        elif is_open and not _ITEM.match(line):
            blocks[-1] += f" {words}"
        else:
            blocks.append(words if is_open or not blocks else f"\n{words}")
            is_open = True
    return "\n".join(blocks)


def _names(file: FileDescriptorProto) -> Iterator[tuple[Path, str]]:
    """Yield the place and the full name of everything in a file that a comment can be about."""
    scope = f"{file.package}." if file.package else ""
    for index, message in enumerate(file.message_type):
        yield from _in_message((_MESSAGES, index), scope, message)
    for index, enum in enumerate(file.enum_type):
        yield from _in_enum((_ENUMS, index), scope, enum)
    for index, service in enumerate(file.service):
        yield (_SERVICES, index), scope + service.name
        for number, method in enumerate(service.method):
            yield (_SERVICES, index, _PARTS, number), f"{scope}{service.name}.{method.name}"
    for index, extension in enumerate(file.extension):
        yield (_EXTENSIONS, index), scope + extension.name


def _in_message(path: Path, scope: str, message: DescriptorProto) -> Iterator[tuple[Path, str]]:
    name = scope + message.name
    yield path, name
    for index, field in enumerate(message.field):
        yield (*path, _FIELDS, index), f"{name}.{field.name}"
    for index, oneof in enumerate(message.oneof_decl):
        yield (*path, _ONEOFS, index), f"{name}.{oneof.name}"
    for index, nested in enumerate(message.nested_type):
        yield from _in_message((*path, _NESTED_MESSAGES, index), f"{name}.", nested)
    for index, enum in enumerate(message.enum_type):
        yield from _in_enum((*path, _NESTED_ENUMS, index), f"{name}.", enum)


def _in_enum(path: Path, scope: str, enum: EnumDescriptorProto) -> Iterator[tuple[Path, str]]:
    """Enum values are told apart by their enum here, as descriptors do not: `package.Enum.VALUE`."""
    name = scope + enum.name
    yield path, name
    for index, value in enumerate(enum.value):
        yield (*path, _PARTS, index), f"{name}.{value.name}"
