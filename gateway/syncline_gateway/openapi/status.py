"""JSON Schema of `google.rpc.Status`, the body of every error, and of the details that it may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_gateway.openapi.responses import STATUS
from syncline_gateway.openapi.schemas import reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline_gateway.openapi.scalars import Json

_PREFIX = "type.googleapis.com/"
_TEXTS: Json = {"type": "object", "additionalProperties": {"type": "string"}}


def status_schemas(domain: str, reasons: Mapping[str, str]) -> dict[str, Json]:
    """Return the schemas by name. *reasons* are what ErrorInfo's `reason` may be, with what each means."""
    known = "\n".join(f"- `{reason}`: {meaning}" for reason, meaning in reasons.items())
    details = [
        _detail("google.rpc.ErrorInfo", "Why, for programs. Every error has one.", _error_info(domain, known)),
        _detail("google.rpc.BadRequest", "Which fields are wrong.", {"fieldViolations": _list(_violation())}),
        _detail("google.rpc.RetryInfo", "When to try again.", {"retryDelay": _text("Seconds, such as `1s`.")}),
    ]
    other: Json = {
        "type": "object",
        "title": "google.rpc.Detail",
        "description": "Any other detail.",
        "properties": {"@type": _text(f"`{_PREFIX}` and the name of its message.")},
        "required": ["@type"],
        "additionalProperties": True,
    }
    named = {str(schema["title"]): schema for schema in (*details, other)}
    return {STATUS: _status(list(named)), **named}


def _status(details: list[str]) -> Json:
    return {
        "type": "object",
        "title": STATUS,
        "description": "An error.",
        "properties": {
            "code": {"type": "integer", "format": "int32", "description": "A number of `google.rpc.Code`."},
            "message": _text("One sentence for people. It may change; programs go by the reason."),
            "details": {"type": "array", "items": {"anyOf": [reference(name) for name in details]}},
        },
        "required": ["code", "message"],
    }


def _error_info(domain: str, reasons: str) -> dict[str, Json]:
    return {
        "reason": _text(f"One of these, to which others may be added:\n\n{reasons}"),
        "domain": _text(f"`{domain}`"),
        "metadata": {**_TEXTS, "description": "The facts of the message, by name."},
    }


def _violation() -> Json:
    field = _text("Where it is in the request: `data`, `wait.timeout`, `items[3].name`.")
    return {"type": "object", "properties": {"field": field, "description": _text("What is wrong with it.")}}


def _detail(name: str, description: str, properties: Mapping[str, Json]) -> Json:
    return {
        "type": "object",
        "title": name,
        "description": description,
        "properties": {"@type": {"type": "string", "const": _PREFIX + name}, **properties},
        "required": ["@type", *properties],
    }


def _list(item: Json) -> Json:
    return {"type": "array", "items": item}


def _text(description: str) -> Json:
    return {"type": "string", "description": description}
