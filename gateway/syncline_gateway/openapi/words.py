"""Short words for what the hand-written part of the document says again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_gateway.openapi.responses import JSON, with_headers

if TYPE_CHECKING:
    from syncline_gateway.openapi.scalars import Json


def text(description: str, **limits: object) -> Json:
    """Return the schema of a string."""
    return {"type": "string", "description": description, **limits}


def number(description: str, **limits: object) -> Json:
    """Return the schema of an integer."""
    return {"type": "integer", "description": description, **limits}


def word(value: str) -> Json:
    """Return the schema of a string that is always the same."""
    return {"type": "string", "const": value}


def list_of(item: Json, **limits: object) -> Json:
    """Return the schema of an array."""
    return {"type": "array", "items": item, **limits}


def record(title: str, description: str, properties: Json, required: list[str]) -> Json:
    """Return the schema of an object with its name."""
    return {
        "type": "object",
        "title": title,
        "description": description,
        "properties": properties,
        **({"required": required} if required else {}),
    }


def in_path(name: str, description: str, schema: Json) -> Json:
    """Return a parameter in the path."""
    return {"name": name, "in": "path", "description": description, "required": True, "schema": schema}


def answer(description: str, schema: Json, *headers: str) -> Json:
    """Return an answer in JSON, with headers out of `components.headers`."""
    return {
        "description": description,
        **with_headers(headers),
        "content": {JSON: {"schema": schema}},
    }


def body(schema: Json, description: str = "") -> Json:
    """Return a request's body in JSON."""
    told: Json = {"description": description} if description else {}
    return {**told, "required": True, "content": {JSON: {"schema": schema}}}
