"""Puts examples into a document: exchanges that tests hold true."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from syncline_gateway.openapi.responses import EVENTS, JSON, LINES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline_gateway.openapi.scalars import Json


class NoSuchPlace(LookupError):
    """An example for what the document does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One exchange."""

    operation: str
    """The operation's id."""
    name: str
    """Unique among the operation's cases."""
    parameters: Mapping[str, str]
    """What path and query held, by name."""
    body: str
    """The request's body as text; empty when there was none, or none to be shown."""
    status: int
    content_type: str
    """Without parameters; empty when the answer had no body."""
    answer: str
    """The answer's body as text."""


def add_examples(document: Json, cases: Iterable[Case]) -> None:
    """Put each case's request and answer where they belong. Raises `NoSuchPlace`.

    The first case with parameters is what an operation's parameters show. Errors that operations share show the
    examples of all.
    """
    operations = {str(one["operationId"]): one for one in _operations(document)}
    shown: set[str] = set()
    for case in cases:
        operation = operations.get(case.operation)
        if operation is None:
            raise NoSuchPlace(f"no operation is called {case.operation}")
        if case.parameters and case.operation not in shown:
            shown.add(case.operation)
            _show_parameters(operation, case)
        if case.body:
            request = _content(_part(operation, "requestBody"), case, JSON)
            _part(request, "examples")[case.name] = {"value": json.loads(case.body)}
        if case.content_type:
            _show_answer(document, operation, case)


def _show_parameters(operation: Json, case: Case) -> None:
    for parameter in cast("list[Json]", operation.get("parameters", [])):
        value = case.parameters.get(str(parameter["name"]))
        if value is not None:
            parameter["example"] = _typed(value, cast("Json", parameter["schema"]))


def _typed(value: str, schema: Json) -> object:
    return json.loads(value) if schema.get("type") in ("integer", "boolean", "number") else value


def _show_answer(document: Json, operation: Json, case: Case) -> None:
    responses = _part(operation, "responses")
    response = responses.get(str(case.status), responses.get("default"))
    if response is None:
        raise NoSuchPlace(f"{case.operation} does not answer {case.status}")
    place = cast("Json", response)
    if "$ref" in place:
        place = _part(document, *str(place["$ref"]).removeprefix("#/").split("/"))
    examples = _part(_content(place, case, case.content_type), "examples")
    for name, value in _values(case):
        examples.setdefault(name, {"value": value})


def _values(case: Case) -> Iterator[tuple[str, object]]:
    """Yield what an answer shows: a stream of lines is one example for each, since their schema is that of a line."""
    if case.content_type == LINES:
        for number, line in enumerate(case.answer.splitlines(), 1):
            yield f"{case.name}-{number}", json.loads(line)
    else:
        yield case.name, case.answer if case.content_type == EVENTS else json.loads(case.answer)


def _content(place: Json, case: Case, media: str) -> Json:
    content = _part(place, "content")
    if media not in content:
        raise NoSuchPlace(f"{case.operation} has no {media} in the place of {case.name}")
    return _part(content, media)


def _operations(document: Json) -> Iterator[Json]:
    for methods in _part(document, "paths").values():
        yield from cast("dict[str, Json]", methods).values()


def _part(of: Json, *names: str) -> Json:
    for name in names:
        of = cast("Json", of.setdefault(name, {}))
    return of
