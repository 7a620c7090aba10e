"""Answers of operations: what a call gives, streams in both of their forms, and every error that may come instead.

Errors are a `google.rpc.Status` as AIP-193 wants it. An operation names those that it can really meet; whatever else
may stand between caller and server is its `default`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_gateway.openapi.schemas import Schemas, Side, reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from google.protobuf.descriptor import Descriptor

    from syncline_gateway.openapi.comments import Comments
    from syncline_gateway.openapi.scalars import Json
    from syncline_gateway.transcoding.rules import Rule

JSON = "application/json"
LINES = "application/x-ndjson"
EVENTS = "text/event-stream"
STATUS = "google.rpc.Status"
ETAG = "ETag"


@dataclass(frozen=True, slots=True)
class Error:
    """One kind of error answer."""

    name: str
    """In `components.responses`."""
    description: str
    headers: tuple[str, ...] = ()
    """Names in `components.headers`, which are those of the headers."""


ERRORS: Mapping[str, Error] = {
    "400": Error(
        "InvalidRequest", "The request is wrong as it is; a `google.rpc.BadRequest` among the details names the fields."
    ),
    "401": Error("Unauthenticated", "There are no credentials, or they are nobody's.", ("WWW-Authenticate",)),
    "403": Error("PermissionDenied", "The credentials lack the right."),
    "404": Error("NotFound", "What the path names is not there, or the caller may not know of it."),
    "406": Error("NotAcceptable", "The answer comes in none of the content types that `Accept` names."),
    "408": Error("BodyTimeout", "The body did not come in time."),
    "409": Error("Conflict", "What is there stands in the way; the reason says what."),
    "413": Error("BodyTooLarge", "The body is over the limit."),
    "415": Error("UnsupportedMediaType", "The body's content type or encoding is none that is taken."),
    "429": Error("TooManyRequests", "More than the caller's limit allows.", ("Retry-After",)),
    "500": Error("Internal", "A fault of the server. What was asked for may have been done."),
    "503": Error("Unavailable", "The server is starting, stopping, overloaded or away. Try again.", ("Retry-After",)),
    "504": Error("DeadlineExceeded", "The caller's time was over. What was asked for may have been done."),
    "default": Error("Error", "Any other error."),
}
"""By HTTP status."""

HEADERS: Mapping[str, Json] = {
    ETAG: {
        "description": "Names what the answer says. Given back as `If-None-Match`, the same answer is 304.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "The ways to authenticate (RFC 9110, 11.6.1).",
        "schema": {"type": "string"},
    },
}
"""The `components.headers` that are not ours."""


class Responses:
    """Makes the `responses` of operations."""

    def __init__(self, comments: Comments, schemas: Schemas, headers: Callable[[Rule], Sequence[str]]) -> None:
        """*headers* tells which headers a binding's answer has when all went well."""
        self._comments = comments
        self._schemas = schemas
        self._headers = headers

    def of(self, rule: Rule, *, secured: bool, resumable: bool) -> Json:
        """Return a binding's answers by status, in rising order.

        *resumable* is for a stream that can be taken up again after its end, where there is nothing left to say.
        """
        headers = self._headers(rule)
        answers: dict[str, object] = {"200": {**self._success(rule), **with_headers(headers)}}
        if resumable:
            text = "Nothing is left to say after the event that `Last-Event-ID` names. It stops an `EventSource`."
            answers["204"] = {"description": text}
        if ETAG in headers:
            answers["304"] = {"description": "It is still what `If-None-Match` names."}
        for status in _possible(rule, secured=secured):
            answers[status] = {"$ref": f"#/components/responses/{ERRORS[status].name}"}
        return answers

    def _success(self, rule: Rule) -> Json:
        if rule.rpc.server_streaming:
            return {"description": _STREAM, "content": self._stream(rule)}
        text = self._comments.text(rule.rpc.output_type.full_name) or "It is done."
        return {"description": text, "content": {_content_type(rule): {"schema": self._body(rule)}}}

    def _body(self, rule: Rule) -> Json:
        if rule.is_raw_response:
            return {}
        if rule.response_body is not None:
            return self._schemas.value(rule.response_body, Side.ANSWER)
        return self._schemas.message(rule.rpc.output_type, Side.ANSWER)

    def _stream(self, rule: Rule) -> Json:
        if rule.is_raw_response:
            return {"*/*": {"schema": {}}}
        message: Descriptor = rule.rpc.output_type
        part = "" if rule.response_body is None else rule.response_body.camelcase_name
        name = f"{message.name}{part[:1].upper()}{part[1:]}"
        end = _with("end", {"type": "object", "description": "Nothing."}, "StreamEnd", "The stream came to its end.")
        error = _with("error", reference(STATUS), "StreamError", "The stream failed.")
        result = _with("result", self._body(rule), f"{name}Result", "One message of the stream.")
        line: Json = {
            "title": f"{name}Line",
            "description": "One line of the stream. The last is an `end` or an `error`: a stream without it was cut.",
            "oneOf": [self._schemas.add(str(schema["title"]), schema) for schema in (result, end, error)],
        }
        return {
            LINES: {"schema": self._schemas.add(f"{name}Line", line)},
            EVENTS: {"schema": {"type": "string", "description": _EVENTS}},
        }


_STREAM = "A stream: lines of JSON unless the header `Accept` asks for server-sent events."
_EVENTS = (
    "Server-sent events. The `data` of each is the JSON that a line has as its `result`; signs of life are comments. "
    "The last is always one of type `end`, with `{}`, or of type `error`, with a `google.rpc.Status`: a stream without "
    "it was cut."
)


def _with(member: str, schema: Json, title: str, description: str) -> Json:
    return {
        "type": "object",
        "title": title,
        "description": description,
        "properties": {member: schema},
        "required": [member],
    }


def _content_type(rule: Rule) -> str:
    return "*/*" if rule.is_raw_response else JSON


def _possible(rule: Rule, *, secured: bool) -> Iterator[str]:
    """Yield the statuses of errors that a binding can meet."""
    yield "400"
    if secured:
        yield from ("401", "403")
    if rule.variables:
        yield "404"
    yield "406"
    if rule.takes_body:
        yield "408"
    if rule.method != "GET":
        yield "409"
    if rule.takes_body:
        yield from ("413", "415")
    yield from ("429", "500", "503", "504", "default")


def with_headers(names: Sequence[str]) -> Json:
    """Return a response's `headers`, out of `components.headers`; nothing for none."""
    return {"headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names}} if names else {}


def error_responses() -> dict[str, Json]:
    """Return the `components.responses` of errors."""
    return {
        error.name: {
            "description": error.description,
            **with_headers(error.headers),
            "content": {JSON: {"schema": reference(STATUS)}},
        }
        for error in ERRORS.values()
    }
