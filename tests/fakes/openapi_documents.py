"""Documents that tests look at: ours, and one of the services that have every shape of a binding."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from fakes.needed import module
from fakes.protos import load
from syncline_gateway.openapi import api, document
from syncline_gateway.openapi.comments import Comments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.protos import Protos

SERVICES = ("PathService", "BodyService", "AnswerService", "PatchService", "KindService", "StreamService")


@cache
def ours() -> dict[str, Any]:
    """Return our document without examples."""
    return api.openapi(api.contract())


@cache
def shapes() -> Protos:
    """Return the services with every shape."""
    return load("conformance.proto")


@cache
def of_shapes() -> dict[str, Any]:
    """Return the document of the services with every shape."""
    protos = shapes()
    profile = document.Profile(
        info={"title": "Shapes", "version": "v1"},
        package="conformance.v1",
        domain="shapes",
        reasons={"WHY": "Because."},
    )
    return document.make(
        [protos.service(name) for name in SERVICES],
        Comments(FileDescriptorSet.FromString(protos.descriptors)),
        profile,
        inline_json=protos.extension("inline"),
        event_stream=protos.extension("stream"),
    )


def operations(made: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and operation."""
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def operation(made: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an operation by its id."""
    return next(one for _, _, one in operations(made) if one["operationId"] == name)


def schema(made: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a schema by its name."""
    found: dict[str, Any] = made["components"]["schemas"][name]
    return found


def faults_of(made: dict[str, Any], wanted: dict[str, Any], value: object) -> list[str]:
    """Return what is wrong with a value by a schema of the document, formats included."""
    jsonschema = module("jsonschema")  # comes with openapi-spec-validator
    kind = jsonschema.Draft202012Validator
    validator = kind({**wanted, "components": made["components"]}, format_checker=kind.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
