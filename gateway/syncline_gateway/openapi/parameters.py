"""Parameters of operations: a path template spelled out, and the query parameters that a binding leaves.

OpenAPI knows variables of one segment only, so a variable with a template of its own is spelled out: its wildcards are
named by the literal before them, `{name=shelves/*/books/*}` is `shelves/{shelves}/books/{books}`. Names are
lowerCamelCase; a gateway that speaks ProtoJSON takes proto names in queries, too, and in a path they are no more than
labels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING

from google.protobuf.descriptor import FieldDescriptor

from syncline_gateway.openapi.scalars import TEXTS, WELL_KNOWN
from syncline_gateway.openapi.schemas import Schemas, Side, required
from syncline_gateway.transcoding.fields import JSON_MESSAGES, FieldPath, is_map, message_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from google.protobuf.descriptor import Descriptor

    from syncline_gateway.openapi.comments import Comments
    from syncline_gateway.openapi.scalars import Json
    from syncline_gateway.transcoding.rules import Rule

_PLACE = re.compile(r"\{[^{}]*\}")
_VARIABLE = re.compile(r"\{([^{}=]+)(?:=([^{}]*))?\}")
_WILDCARDS = ("*", "**")
_TEXT: Json = {"type": "string"}
_JSON_TEXT: Json = {"type": "string", "contentMediaType": "application/json"}


@dataclass(frozen=True, slots=True)
class Place:
    """One variable of a path of OpenAPI."""

    name: str
    variable: int
    """Position among the template's variables; -1 for a wildcard outside of them."""
    is_whole: bool
    """It is all of that variable, so that the variable's field tells what it is."""
    spans: bool
    """It may hold slashes (`**`)."""


class PathText:
    """A template as OpenAPI writes it."""

    def __init__(self, template: str, names: Sequence[str], labels: Sequence[str] = ()) -> None:
        """*names* are those of the template's variables, in its order.

        *labels* are those of its places, when they are to be called as those of another template of the same shape.
        """
        self.places: list[Place] = []
        self._names = names
        self._labels = labels
        pieces, at = [], 0
        for index, found in enumerate(_VARIABLE.finditer(template)):
            pieces.append(self._spelled(template[at : found.start()], -1))
            pieces.append(self._spelled(found[2] or "*", index))
            at = found.end()
        pieces.append(self._spelled(template[at:], -1))
        self.text = "".join(pieces)

    @property
    def shape(self) -> str:
        """The path without the names in it: OpenAPI wants paths of one shape to have the same ones."""
        return _PLACE.sub("{}", self.text)

    @property
    def labels(self) -> list[str]:
        """The names of its places, in their order."""
        return [place.name for place in self.places]

    def _spelled(self, text: str, variable: int) -> str:
        parts = re.split(r"([/:])", text)
        count = sum(part in _WILDCARDS for part in parts)
        literal = ""
        for index, part in enumerate(parts):
            if part in _WILDCARDS:
                is_whole = variable >= 0 and count == 1 and len(parts) == 1
                whole_name = self._names[variable] if variable >= 0 else ""
                name = whole_name if is_whole else literal or whole_name or "wildcard"
                parts[index] = self._place(name, variable, is_whole=is_whole, spans=part == "**")
            elif part not in ("/", ":", ""):
                literal = part
        return "".join(parts)

    def _place(self, name: str, variable: int, *, is_whole: bool, spans: bool) -> str:
        free = self._labels[len(self.places)] if self._labels else first_free(name, self.labels)
        self.places.append(Place(free, variable, is_whole, spans))
        return f"{{{free}}}"


class Parameters:
    """Makes the parameters of operations."""

    def __init__(self, comments: Comments, schemas: Schemas) -> None:
        self._comments = comments
        self._schemas = schemas
        self._labels: dict[str, list[str]] = {}

    def path(self, rule: Rule) -> PathText:
        """Return a binding's path; those of one shape are called as the first of them was."""
        names = [self._name(path) for path in rule.variables]
        path = PathText(rule.template.text, names)
        first = self._labels.setdefault(path.shape, path.labels)
        return path if path.labels == first else PathText(rule.template.text, names, first)

    def of_path(self, rule: Rule, path: PathText) -> Iterator[Json]:
        """Yield the parameters in a binding's path, in its order."""
        for place in path.places:
            field = rule.variables[place.variable][-1] if place.variable >= 0 else None
            schema = self._schemas.element(field, Side.REQUEST) if field is not None and place.is_whole else _TEXT
            is_text = not place.is_whole or field is None or field.type == FieldDescriptor.TYPE_STRING
            if is_text and not place.spans:
                schema = {**schema, "minLength": schema.get("minLength", 1)}
            description = self._comments.text(field.full_name) if field else ""
            if place.spans:
                description = f"{description} It may hold slashes.".strip()
            told: Json = {"description": description} if description else {}
            yield {"name": place.name, "in": "path", **told, "required": True, "schema": schema}

    def of_query(self, rule: Rule) -> Iterator[Json]:
        """Yield a binding's query parameters, in the order of the fields."""
        if rule.whole_body:
            return
        bound = {tuple(field.name for field in path) for path in rule.variables}
        if rule.body is not None:
            bound.add((rule.body.name,))
        for path in _leaves(rule.rpc.input_type, ()):
            if not any(tuple(field.name for field in path[:length]) in bound for length in range(1, len(path) + 1)):
                yield self._query(path)

    def _query(self, path: FieldPath) -> Json:
        field = path[-1]
        message = message_of(field)
        if self._schemas.is_inline(field) or (message is not None and message.full_name in JSON_MESSAGES):
            schema = _JSON_TEXT
        else:
            schema = self._schemas.value(field, Side.REQUEST)
        parameter: Json = {"name": self._name(path), "in": "query"}
        description = self._comments.text(field.full_name)
        if description:
            parameter["description"] = description
        if all(map(required, path)):
            parameter["required"] = True
        if field.GetOptions().deprecated:
            parameter["deprecated"] = True
        return {**parameter, "schema": schema}

    def _name(self, path: FieldPath) -> str:
        return ".".join(self._schemas.json_name(field) for field in path)


def first_free(name: str, taken: Collection[str]) -> str:
    """Return the name, with a number from 2 on when it is taken."""
    return next(one for one in chain((name,), (f"{name}{number}" for number in count(2))) if one not in taken)


def _leaves(message: Descriptor, above: FieldPath) -> Iterator[FieldPath]:
    """Yield the fields that a query can fill: a message without a text of its own gives its fields, once on a path."""
    for field in message.fields:
        path = (*above, field)
        inner = message_of(field)
        if inner is None or (inner.full_name in TEXTS | JSON_MESSAGES and not is_map(field)):
            yield path
        elif (
            inner.full_name not in WELL_KNOWN
            and not field.is_repeated
            and inner not in {one.containing_type for one in path}
        ):
            yield from _leaves(inner, path)
