"""Puts a document together, and writes it: the same bytes for the same contract."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from syncline_gateway.openapi.operations import Operations, Security
from syncline_gateway.openapi.parameters import Parameters
from syncline_gateway.openapi.responses import HEADERS, error_responses
from syncline_gateway.openapi.schemas import NameTaken, Schemas
from syncline_gateway.openapi.status import status_schemas
from syncline_gateway.transcoding.events import event_streams
from syncline_gateway.transcoding.rules import RulesError, collect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from google.protobuf.descriptor import FieldDescriptor, ServiceDescriptor

    from syncline_gateway.openapi.comments import Comments
    from syncline_gateway.openapi.scalars import Json
    from syncline_gateway.transcoding.rules import Rule

OPENAPI = "3.1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a document says beyond the contract."""

    info: Json
    """As OpenAPI has it."""
    package: str
    """Names of schemas are relative to it."""
    domain: str
    """Of ErrorInfo."""
    reasons: Mapping[str, str]
    """Of ErrorInfo, with what each means."""
    security_schemes: Json = field(default_factory=dict)
    security: Security = field(default_factory=list)
    """For every method but the public ones."""
    stream_security: Security = field(default_factory=list)
    """The same for streams that GET gives."""
    answer_headers: Callable[[Rule], Sequence[str]] = lambda _: ()
    """Which headers a binding's answer has when all went well; `components.headers` has them."""
    json_objects: frozenset[str] = frozenset()
    """Full names of inline JSON fields that hold objects alone."""
    public: frozenset[str] = frozenset()
    """Full names of methods that need no credentials."""
    written: Json = field(default_factory=dict)
    """`tags`, `paths` and `components` that no descriptor gives."""


def make(
    services: Iterable[ServiceDescriptor],
    comments: Comments,
    profile: Profile,
    *,
    inline_json: FieldDescriptor | None = None,
    event_stream: FieldDescriptor | None = None,
    limits: FieldDescriptor | None = None,
) -> Json:
    """Return the document. Raises `RulesError` for rules that cannot be served, `NameTaken` and `BadLimits`.

    The extensions are those that `Transcoder` and `Schemas` take.
    """
    services = tuple(services)
    rules, problems = collect(services)
    streams = event_streams(services, event_stream, problems)
    if problems:
        raise RulesError(problems)
    answers = [rule.rpc.output_type for rule in rules]
    schemas = Schemas(
        comments,
        package=profile.package,
        answers=answers,
        inline_json=inline_json,
        limits=limits,
        json_objects=profile.json_objects,
    )
    for name, schema in status_schemas(profile.domain, profile.reasons).items():
        schemas.add(name, schema)
    operations = Operations(
        comments,
        schemas,
        Parameters(comments, schemas),
        event_streams=streams,
        public=profile.public,
        stream_security=profile.stream_security,
        answer_headers=profile.answer_headers,
    )
    paths = operations.paths(rules)
    tags = [
        _tag(service, comments) for service in services if any(rule.rpc.containing_service is service for rule in rules)
    ]
    return _merged(_generated(profile, paths, tags, schemas), profile.written)


def render(document: Json) -> bytes:
    """Return a document as it is served and committed."""
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _generated(profile: Profile, paths: dict[str, Json], tags: list[Json], schemas: Schemas) -> Json:
    return {
        "openapi": OPENAPI,
        "info": profile.info,
        "security": profile.security,
        "tags": tags,
        "paths": paths,
        "components": {
            "securitySchemes": profile.security_schemes,
            "headers": HEADERS,
            "responses": error_responses(),
            "schemas": schemas.components(),
        },
    }


def _tag(service: ServiceDescriptor, comments: Comments) -> Json:
    text = comments.text(service.full_name)
    return {"name": service.name, **({"description": text} if text else {})}


def _merged(document: Json, written: Json) -> Json:
    """Return a copy of both in one; no name may be in both."""
    document = deepcopy(document)
    for key, part in deepcopy(written).items():
        mine = document.get(key)
        if isinstance(mine, list):
            mine += cast("list[object]", part)
        elif isinstance(mine, dict):
            document[key] = _merged(mine, cast("Json", part))
        elif mine is None:
            document[key] = part
        else:
            raise NameTaken(f"{key} is generated and written by hand")
    return document
