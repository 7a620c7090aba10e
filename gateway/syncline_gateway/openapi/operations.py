"""Operations of the document: one for each binding of each method.

Bindings to HTTP methods that OpenAPI 3.1 has no word for, such as `PURGE`, or to any method at all, are left out.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from syncline_gateway.openapi.parameters import first_free
from syncline_gateway.openapi.responses import JSON, LINES, Responses
from syncline_gateway.openapi.schemas import NameTaken, Schemas, Side, required
from syncline_gateway.transcoding.fields import message_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from syncline_gateway.openapi.comments import Comments
    from syncline_gateway.openapi.parameters import Parameters
    from syncline_gateway.openapi.scalars import Json
    from syncline_gateway.transcoding.records import EventStream
    from syncline_gateway.transcoding.rules import Rule

Security = list[dict[str, list[str]]]
"""Alternatives, each an object of scheme names, as OpenAPI has them."""

_METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")


class Operations:
    """Makes operations."""

    def __init__(
        self,
        comments: Comments,
        schemas: Schemas,
        parameters: Parameters,
        *,
        event_streams: Mapping[str, EventStream],
        public: Collection[str],
        stream_security: Security,
        answer_headers: Callable[[Rule], Sequence[str]],
    ) -> None:
        """*event_streams* are by method; *public* are methods that need no credentials. Both go by full names.

        *stream_security* is for streams that GET gives. *answer_headers* tells which headers of `components.headers` an
        answer has when all went well.
        """
        self._comments = comments
        self._schemas = schemas
        self._parameters = parameters
        self._responses = Responses(comments, schemas, answer_headers)
        self._event_streams = event_streams
        self._public = public
        self._stream_security = stream_security

    def paths(self, rules: Iterable[Rule]) -> dict[str, Json]:
        """Return the operations by path and method, in the order of the bindings. Raises `NameTaken`."""
        rules = [rule for rule in rules if rule.method in _METHODS]
        names = operation_ids(rules)
        paths: dict[str, Json] = {}
        for rule, name in zip(rules, names, strict=True):
            methods = paths.setdefault(self._parameters.path(rule).text, {})
            methods[rule.method.lower()] = self.operation(rule, name)
        return paths

    def operation(self, rule: Rule, name: str) -> Json:
        """Return a binding's operation."""
        method = rule.rpc.full_name
        path = self._parameters.path(rule)
        operation: Json = {
            "operationId": name,
            "tags": [rule.rpc.containing_service.name],
            "summary": self._summary(rule, path.labels),
        }
        description = self._comments.text(method)
        if description.removesuffix(".") != self._comments.summary(method):
            operation["description"] = description
        if rule.rpc.GetOptions().deprecated:
            operation["deprecated"] = True
        if method in self._public:
            operation["security"] = []
        elif rule.rpc.server_streaming and rule.method == "GET":
            operation["security"] = self._stream_security
        parameters = [*self._parameters.of_path(rule, path), *self._parameters.of_query(rule), *self._headers(rule)]
        if parameters:
            operation["parameters"] = parameters
        if rule.takes_body:
            operation["requestBody"] = self._body(rule, name)
        stream = self._event_streams.get(method)
        operation["responses"] = self._responses.of(
            rule, secured=method not in self._public, resumable=bool(stream and stream.resume_field)
        )
        return operation

    def _summary(self, rule: Rule, names: list[str]) -> str:
        summary = self._comments.summary(rule.rpc.full_name)
        return f"{summary} (by {' and '.join(names)})" if rule.is_additional and names else summary

    def _headers(self, rule: Rule) -> Iterable[Json]:
        stream = self._event_streams.get(rule.rpc.full_name)
        if stream is None or not stream.resume_field:
            return
        field = rule.rpc.input_type.fields_by_name[stream.resume_field]
        name = self._schemas.json_name(field)
        text = f"The `id` of the last event that came; goes before `{name}`. An `EventSource` sends it."
        yield {"name": "Last-Event-ID", "in": "header", "description": text, "schema": {"type": "string"}}

    def _body(self, rule: Rule, name: str) -> Json:
        if rule.is_raw_request:
            return {"required": True, "content": {"*/*": {"schema": {}}}}
        media = LINES if rule.rpc.client_streaming else JSON
        if rule.body is not None:
            field = rule.body
            is_needed = required(field) or message_of(field) is None
            return {"required": is_needed, "content": {media: {"schema": self._schemas.field(field, Side.REQUEST)}}}
        left_out = {path[0].name for path in rule.variables if len(path) == 1}
        schema = self._schemas.object_of(rule.rpc.input_type, Side.REQUEST, left_out)
        title = f"{name[:1].upper()}{name[1:]}Body"
        reference = self._schemas.add(title, {**schema, "title": title})
        return {"required": "required" in schema, "content": {media: {"schema": reference}}}


def operation_ids(rules: list[Rule]) -> list[str]:
    """Return the bindings' operation ids: `getTask`, and `getTaskByProcessAndRef` for a binding beside the first.

    A method whose name several services have is called `serviceName_methodName`.
    """
    methods = {rule.rpc.full_name: rule.rpc for rule in rules}
    shared = Counter(rpc.name for rpc in methods.values())
    found: list[str] = []
    for rule in rules:
        name = _lower(rule.rpc.name)
        if shared[rule.rpc.name] > 1:
            name = f"{_lower(rule.rpc.containing_service.name)}_{name}"
        if rule.is_additional:
            name = _additional(rule, name, found)
        if name in found:
            raise NameTaken(f"two operations would be called {name}")
        found.append(name)
    return found


def _additional(rule: Rule, name: str, taken: Collection[str]) -> str:
    by = "And".join("".join(_upper(str(field.json_name)) for field in path) for path in rule.variables)
    return first_free(f"{name}By{by}" if by else name, taken)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]
