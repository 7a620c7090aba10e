"""Which requests mean which method: the `google.api.http` rules of services, read and checked.

A rule comes from the method's option, or from a service configuration (`http: rules: - selector:`), which overrides it;
of several with one selector the last is taken. Everything that is wrong with a rule is a problem to be told at start,
all of them at once. Refused beyond what google/api/http.proto says: a body on GET or HEAD, a rule on a method that
streams both ways, one on a client stream without a body, two members of a oneof in one rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from google.api import annotations_pb2

from syncline_gateway.transcoding.fields import (
    HTTP_BODY,
    FieldPath,
    NoSuchField,
    dotted,
    is_of,
    message_of,
    resolve,
    rival_oneof,
)
from syncline_gateway.transcoding.templates import Template, TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from google.api.http_pb2 import HttpRule
    from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor

ANY_METHOD = "*"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_WITHOUT_BODY = ("GET", "HEAD")


class RulesError(ValueError):
    """Services cannot be transcoded as their rules say."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Rule:
    """One binding of a method to HTTP, checked."""

    rpc: MethodDescriptor
    method: str
    """The HTTP method, or `ANY_METHOD`."""
    template: Template
    variables: tuple[FieldPath, ...]
    """The field of each of the template's variables, in its order."""
    whole_body: bool
    """The body is the request but for the path's fields (`body: "*"`)."""
    body: FieldDescriptor | None
    """The field that the body is; None with `whole_body`, or when there is no body."""
    response_body: FieldDescriptor | None
    """The field that is the answer; None for the whole response."""
    is_additional: bool

    @property
    def name(self) -> str:
        return f"{self.method} {self.template.text}"

    @property
    def takes_body(self) -> bool:
        return self.whole_body or self.body is not None

    @property
    def is_raw_request(self) -> bool:
        """Whether the body is a google.api.HttpBody: bytes of any type."""
        return (self.whole_body and self.rpc.input_type.full_name == HTTP_BODY) or is_of(self.body, HTTP_BODY)

    @property
    def is_raw_response(self) -> bool:
        if self.response_body is None:
            return bool(self.rpc.output_type.full_name == HTTP_BODY)
        return is_of(self.response_body, HTTP_BODY)


def collect(services: Iterable[ServiceDescriptor], overrides: Iterable[HttpRule] = ()) -> tuple[list[Rule], list[str]]:
    """Return every binding of the services' methods, and every problem. Methods without a rule have no binding."""
    problems: list[str] = []
    chosen = _by_selector(overrides, problems)
    rules: list[Rule] = []
    for service in services:
        for rpc in service.methods:
            written = chosen.pop(rpc.full_name, None) or _annotation(rpc)
            if written is not None:
                rules += _bindings(rpc, written, problems)
    problems += [f"{selector}: no such method for this HTTP rule" for selector in chosen]
    return rules, problems


def _by_selector(overrides: Iterable[HttpRule], problems: list[str]) -> dict[str, HttpRule]:
    chosen = {}
    for number, rule in enumerate(overrides, 1):
        if rule.selector:
            chosen[rule.selector] = rule
        else:
            problems.append(f"HTTP rule {number} of the service configuration has no selector")
    return chosen


def _annotation(rpc: MethodDescriptor) -> HttpRule | None:
    options = rpc.GetOptions()
    return options.Extensions[annotations_pb2.http] if options.HasExtension(annotations_pb2.http) else None


def _bindings(rpc: MethodDescriptor, written: HttpRule, problems: list[str]) -> Iterator[Rule]:
    if rpc.client_streaming and rpc.server_streaming:
        problems.append(f"{rpc.full_name}: streams both ways, which HTTP cannot carry; it must have no HTTP rule")
        return
    for index, one in enumerate((written, *written.additional_bindings)):
        if index and one.additional_bindings:
            problems.append(f"{rpc.full_name}: additional_bindings must not have additional_bindings themselves")
        reader = _Reader(rpc, one, is_additional=index > 0)
        rule = reader.read()
        problems += reader.problems
        if rule is not None:
            yield rule


class _Reader:
    """Reads one HttpRule."""

    def __init__(self, rpc: MethodDescriptor, written: HttpRule, *, is_additional: bool) -> None:
        self.problems: list[str] = []
        self._rpc = rpc
        self._written = written
        self._is_additional = is_additional
        self._method, self._path = self._pattern()

    def read(self) -> Rule | None:
        """Return the rule, or None with `problems`."""
        template = self._template()
        variables = self._variables(template) if template else ()
        body = self._field(self._rpc.input_type, "body", self._written.body) if self._written.body != "*" else None
        response = self._field(self._rpc.output_type, "response_body", self._written.response_body)
        self._check_body()
        self._check_paths(variables, body)
        if template is None or self.problems:
            return None
        return Rule(
            rpc=self._rpc,
            method=self._method,
            template=template,
            variables=variables,
            whole_body=self._written.body == "*",
            body=body,
            response_body=response,
            is_additional=self._is_additional,
        )

    def _problem(self, sentence: str) -> None:
        where = f"{self._method} {self._path}".strip()
        self.problems.append(": ".join(part for part in (self._rpc.full_name, where, sentence) if part))

    def _pattern(self) -> tuple[str, str]:
        kind = self._written.WhichOneof("pattern")
        if kind == "custom":
            return self._written.custom.kind, self._written.custom.path
        return (kind.upper(), getattr(self._written, kind)) if kind else ("", "")

    def _template(self) -> Template | None:
        if self._written.WhichOneof("pattern") is None:
            self._problem("the HTTP rule names no method and path")
            return None
        if not _TOKEN.fullmatch(self._method):
            self._problem(f"{self._method!r} is not an HTTP method")
        try:
            return Template.parse(self._path)
        except TemplateError as error:
            self._problem(str(error))
            return None

    def _variables(self, template: Template) -> tuple[FieldPath, ...]:
        paths = []
        for variable in template.variables:
            try:
                path = resolve(self._rpc.input_type, variable.field_path)
            except NoSuchField as error:
                self._problem(f"the path's variable {'.'.join(variable.field_path)} leads nowhere: {error}")
                continue
            if path[-1].is_repeated or message_of(path[-1]) is not None:
                self._problem(f"the path's variable {dotted(path)} is not a singular scalar or enum")
            paths.append(path)
        return tuple(paths)

    def _field(self, message: Descriptor, role: str, name: str) -> FieldDescriptor | None:
        if not name:
            return None
        field: FieldDescriptor | None = message.fields_by_name.get(name)
        if field is None:
            hint = " (it must be a field of the message itself, not one inside another)" if "." in name else ""
            self._problem(f"{role} names {name}, which {message.full_name} does not have{hint}")
        return field

    def _check_body(self) -> None:
        has_body = bool(self._written.body)
        if has_body and self._method in _WITHOUT_BODY:
            self._problem(f"{self._method} must not have a body")
        if not has_body and self._rpc.client_streaming:
            self._problem("a client stream needs a body")
        if self._rpc.input_type.full_name == HTTP_BODY and self._written.body != "*":
            self._problem(f'{HTTP_BODY} is a whole body: the rule needs body: "*"')

    def _check_paths(self, variables: tuple[FieldPath, ...], body: FieldDescriptor | None) -> None:
        whole_is_raw = self._rpc.input_type.full_name == HTTP_BODY
        for path in variables:
            inside_body = body is not None and path[0].number == body.number
            if inside_body and len(path) == 1:
                self._problem(f"{dotted(path)} is both in the path and the body")
            elif whole_is_raw or (inside_body and is_of(body, HTTP_BODY)):
                self._problem(f"{dotted(path)} is in the path, but a raw body fills {HTTP_BODY} alone")
        self._check_oneofs([*([(body,)] if body is not None else []), *variables])

    def _check_oneofs(self, paths: list[FieldPath]) -> None:
        for first, second in combinations(paths, 2):
            oneof = rival_oneof(first, second)
            if oneof:
                self._problem(f"{dotted(first)} and {dotted(second)} are both members of the oneof {oneof}")
