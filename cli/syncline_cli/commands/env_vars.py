"""`syncline env set`, `list` and `delete`: values that all processes of a company may use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from google.protobuf.field_mask_pb2 import FieldMask

from syncline.v1 import resource_pb2, resource_service_pb2
from syncline_cli import contract, standard_input, target
from syncline_cli.failures import CommandFailed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from syncline_cli.contract import Contract


def set_env_var(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Make the variable, or change what the line names."""
    env_var, paths = _wanted(arguments)
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        if not _created(server, env_var):
            request = resource_service_pb2.UpdateEnvVarRequest(env_var=env_var, update_mask=FieldMask(paths=paths))
            server.call(server.resources.UpdateEnvVar, request)
    print(f"set {arguments.name}")
    return 0


def list_env_vars(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the variables by name, each as one line of JSON."""
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        for env_var in _all(server):
            print(json.dumps(_shown(env_var), ensure_ascii=False))
    return 0


def delete(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Delete a variable."""
    request = resource_service_pb2.DeleteEnvVarRequest(short_name=arguments.name)
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        server.call(server.resources.DeleteEnvVar, request)
    print(f"deleted {arguments.name}")
    return 0


def _wanted(arguments: argparse.Namespace) -> tuple[resource_pb2.EnvVar, list[str]]:
    """Return the variable as the line has it, and the fields that the line names."""
    named = {
        "value": _value(arguments),
        "kind": _prefixed("ENV_VAR_KIND_", arguments.kind),
        "data_type": _prefixed("ENV_VAR_DATA_TYPE_", arguments.data_type),
        "uses": None if arguments.use is None else [_prefixed("ENV_VAR_USE_", use) for use in arguments.use],
        "title": arguments.title,
        "description": arguments.description,
    }
    fields: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    return resource_pb2.EnvVar(short_name=arguments.name, **fields), list(fields)


def _prefixed(prefix: str, word: str | None) -> str | None:
    return None if word is None else prefix + word.upper()


def _value(arguments: argparse.Namespace) -> str:
    if (arguments.value is not None) == arguments.stdin:
        raise CommandFailed("give either VALUE or --stdin", status=2)
    if not arguments.stdin:
        if arguments.kind == "secret":
            raise CommandFailed("a secret is read with --stdin: others see command lines", status=2)
        return str(arguments.value)
    return standard_input.text("the value")


def _created(server: Contract, env_var: resource_pb2.EnvVar) -> bool:
    """Make a variable; return False when there is one of its name."""
    try:
        server.call(server.resources.CreateEnvVar, resource_service_pb2.CreateEnvVarRequest(env_var=env_var))
    except contract.Refused as refusal:
        if refusal.reason != "ENV_VAR_EXISTS":
            raise
        return False
    return True


def _all(server: Contract) -> Iterator[resource_pb2.EnvVar]:
    request = resource_service_pb2.ListEnvVarsRequest(page_size=1000)
    while True:
        page: resource_service_pb2.ListEnvVarsResponse = server.call(server.resources.ListEnvVars, request)
        yield from page.env_vars
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def _shown(env_var: resource_pb2.EnvVar) -> dict[str, object]:
    return {
        "name": env_var.short_name,
        "kind": _word(resource_pb2.EnvVarKind.Name(env_var.kind), "ENV_VAR_KIND_"),
        "data_type": _word(resource_pb2.EnvVarDataType.Name(env_var.data_type), "ENV_VAR_DATA_TYPE_"),
        "value": env_var.value if env_var.HasField("value") else None,
        "uses": [_word(resource_pb2.EnvVarUse.Name(use), "ENV_VAR_USE_") for use in env_var.uses],
        "title": env_var.title,
        "description": env_var.description,
        "change_time": env_var.change_time.ToJsonString(),
    }


def _word(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower()
