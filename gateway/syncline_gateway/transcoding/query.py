"""Query parameters as fields of a request.

A name is a dotted path, each part in snake_case or lowerCamelCase. One field's JSON name that is another's proto name
means the first, as in a body. A field of inline JSON has its inline name alone. Repeated scalars, enums and
well-known texts take repeated keys; a oneof takes one member. Struct, Value and ListValue, and inline JSON, are JSON
text. Other messages have no text (give their fields), repeated messages and maps no form at all. `+` is a blank, `;` is
no separator, empty pieces are skipped, `a` is `a=`. What is wrong is told for all parameters at once, up to
`MOST_FAULTS`.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from syncline_gateway.transcoding import unescape
from syncline_gateway.transcoding.faults import Fault, Violation, bad_request, clipped
from syncline_gateway.transcoding.fields import (
    JSON_MESSAGES,
    FieldPath,
    dotted,
    is_map,
    message_of,
    option,
    rival_finder,
)
from syncline_gateway.transcoding.protojson import JsonFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.message import Message

    from syncline_gateway.transcoding.protojson import Codec

LONGEST_QUERY = 32_768
"""Characters of a raw query."""
MOST_PARAMETERS = 1_000
DEEPEST_NAME = 32
"""Fields in one dotted name."""
MOST_FAULTS = 16
"""Violations told about one query."""
KEPT_NAMES = 1_024
"""Names whose meaning is kept, for each binding; recursive messages have names without end."""


def parse(query: str) -> Iterator[tuple[str, str]]:
    """Yield a raw query's names and values, decoded. Raises `Fault` for what is not percent-encoded UTF-8."""
    plain = "%" not in query and "+" not in query and query.isascii()
    for piece in query.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            yield (name, value) if plain else (decode(name), decode(value, of=name))


def decode(text: str, *, of: str = "") -> str:
    """Return a query's name or value decoded; *of* names the value's parameter in the `Fault` that this may raise."""
    try:
        return unescape.decode(text.replace("+", " "))
    except ValueError:
        raise bad_request("The query is not percent-encoded UTF-8.", clipped(_readable(of))) from None


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def refuse_all(_: Message, query: str) -> None:
    """Raise `Fault` for every parameter: the query of a binding whose body is the whole request."""
    names = [clipped(name) for name, _ in islice(parse(query), MOST_FAULTS)]
    if names:
        raise _together(
            [bad_request(f"{name} must be in the body: a query has no place here.", name) for name in names]
        )


class Parameter:
    """One field that a query can set."""

    __slots__ = ("_parents", "_rival", "_set", "key", "repeats")

    def __init__(self, path: FieldPath, setter: Callable[[Message, str], None]) -> None:
        self.key = dotted(path)
        self.repeats = path[-1].is_repeated
        self._parents = tuple(field.name for field in path[:-1])
        self._rival = rival_finder(path, dotted)
        self._set = setter

    def apply(self, message: Message, name: str, text: str) -> None:
        """Set the field; *name* is what the caller called it. Raises `Fault`."""
        if self._rival is not None:
            rival = self._rival(message)
            if rival:
                raise bad_request(f"Only one of {clipped(name)} and {rival} may be given.", clipped(name))
        for parent in self._parents:
            message = getattr(message, parent)
        try:
            self._set(message, text)
        except JsonFault as error:
            raise bad_request(error.message, clipped(name)) from None


class Query:
    """What a binding's query can hold: every field of a message that is not *taken* by its path or body."""

    def __init__(
        self,
        message: Descriptor,
        codec: Codec,
        *,
        inline_json: FieldDescriptor | None = None,
        taken: Mapping[str, str] | None = None,
    ) -> None:
        """*taken* has proto paths, each with the word for where it is given: `path` or `body`."""
        self._message = message
        self._codec = codec
        self._inline_json = inline_json
        self._taken = dict(taken or {})
        self._names: dict[str, dict[str, FieldDescriptor]] = {}
        self._known: dict[str, Parameter] = {}

    def apply(self, message: Message, query: str) -> None:
        """Set the fields that a raw query names. Raises `Fault`."""
        if len(query) > LONGEST_QUERY:
            raise bad_request(f"The query is over {LONGEST_QUERY} characters.")
        if query.count("&") >= MOST_PARAMETERS:
            raise bad_request(f"The query has more than {MOST_PARAMETERS} parameters.")
        seen: set[str] = set()
        faults: list[Fault] = []
        for name, text in parse(query):
            try:
                self._apply_one(message, name, text, seen)
            except Fault as fault:
                faults.append(fault)
                if len(faults) == MOST_FAULTS:
                    break
        if faults:
            raise _together(faults)

    def _apply_one(self, message: Message, name: str, text: str, seen: set[str]) -> None:
        parameter = self._known.get(name) or self._find(name)
        if parameter.key in seen and not parameter.repeats:
            raise bad_request(f"{clipped(name)} is given twice.", clipped(name))
        seen.add(parameter.key)
        parameter.apply(message, name, text)

    def _find(self, name: str) -> Parameter:
        path = self._resolve(name)
        self._check_free(path, name)
        parameter = Parameter(path, self._setter(path[-1], name))
        if len(self._known) < KEPT_NAMES:
            self._known[name] = parameter
        return parameter

    def _resolve(self, name: str) -> FieldPath:
        parts = name.split(".")
        path: list[FieldDescriptor] = []
        message: Descriptor | None = self._message
        for part in parts[: DEEPEST_NAME + 1]:
            field = self._names_of(message).get(part) if message is not None else None
            if field is None or len(path) == DEEPEST_NAME:
                raise bad_request(f'There is no query parameter "{clipped(name)}".', clipped(name))
            path.append(field)
            message = self._inside(field)
            if message is None and len(path) < len(parts):
                self._refuse_form(field, name)
        return tuple(path)

    def _names_of(self, message: Descriptor) -> dict[str, FieldDescriptor]:
        names = self._names.get(message.full_name)
        if names is None:
            names = {field.name: field for field in message.fields if not self._inline_name(field)}
            names.update({self._inline_name(field) or field.json_name: field for field in message.fields})
            self._names[message.full_name] = names
        return names

    def _inside(self, field: FieldDescriptor) -> Descriptor | None:
        """Return the message whose fields can be named after this one; None where a name must end."""
        if field.is_repeated or self._codec.can_be_text(field):
            return None
        message = message_of(field)
        return None if message is None or message.full_name in JSON_MESSAGES else message

    def _check_free(self, path: FieldPath, name: str) -> None:
        for end in range(1, len(path) + 1):
            place = self._taken.get(dotted(path[:end]))
            if place is not None:
                raise bad_request(f"{clipped(name)} is given by the {place} already.", clipped(name))

    def _setter(self, field: FieldDescriptor, name: str) -> Callable[[Message, str], None]:
        self._refuse_form(field, name)
        if self._codec.can_be_text(field):
            return self._codec.text_setter(field)
        return _json_setter(self._codec.field_decoder(field))

    def _refuse_form(self, field: FieldDescriptor, name: str) -> None:
        """Raise `Fault` for a field that no query parameter can hold."""
        if self._codec.can_be_text(field):
            return
        if is_map(field):
            raise bad_request(f"{clipped(name)} is a map, which a query cannot hold.", clipped(name))
        if field.is_repeated:
            raise bad_request(f"{clipped(name)} is a list of messages, which a query cannot hold.", clipped(name))
        message = message_of(field)
        if message is not None and message.full_name not in JSON_MESSAGES:
            raise bad_request(f"{clipped(name)} is a message: give its fields, each by its own name.", clipped(name))

    def _inline_name(self, field: FieldDescriptor) -> str:
        name = None if self._inline_json is None else option(field, self._inline_json)
        return str(name or "")


def _json_setter(decode_field: Callable[[bytes, Message], None]) -> Callable[[Message, str], None]:
    def setter(message: Message, text: str) -> None:
        if not text:
            raise JsonFault("Expected JSON, not nothing.")
        decode_field(text.encode(), message)

    return setter


def _together(faults: list[Fault]) -> Fault:
    others = tuple(Violation(fault.field, fault.message) for fault in faults[1:])
    return replace(faults[0], others=others) if others else faults[0]
