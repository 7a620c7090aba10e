"""`syncline instance create`, `list` and `delete`: databases that the processes of a company may use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from syncline.v1 import resource_pb2, resource_service_pb2
from syncline_cli import contract, standard_input, target
from syncline_cli.failures import CommandFailed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from syncline_cli.contract import Contract

_TLS = "DATABASE_TLS_"


def create(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the new instance's id as JSON."""
    request = resource_service_pb2.CreateInstanceRequest(instance=_wanted(arguments))
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        made: resource_service_pb2.CreateInstanceResponse = server.call(server.resources.CreateInstance, request)
    print(json.dumps({"instance_id": made.instance.instance_id}))
    return 0


def list_instances(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the instances by id, each as one line of JSON."""
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        for instance in _all(server):
            print(json.dumps(_shown(instance), ensure_ascii=False))
    return 0


def delete(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Delete an instance."""
    request = resource_service_pb2.DeleteInstanceRequest(instance_id=arguments.instance_id)
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        server.call(server.resources.DeleteInstance, request)
    print(f"deleted {arguments.instance_id}")
    return 0


def _wanted(arguments: argparse.Namespace) -> resource_pb2.Instance:
    instance = resource_pb2.Instance(title=arguments.title, max_connections=arguments.max_connections)
    if arguments.sqlite is not None:
        if arguments.user is not None or arguments.stdin:
            raise CommandFailed("--user and --stdin go with --postgresql", status=2)
        instance.sqlite.file = arguments.sqlite
        return instance
    if arguments.user is None:
        raise CommandFailed("--postgresql needs --user", status=2)
    host, port, database = arguments.postgresql
    server = resource_pb2.PostgresqlConnection(
        host=host,
        port=port,
        database=database,
        user=arguments.user,
        password=standard_input.text("the password") if arguments.stdin else "",
        tls=_TLS + arguments.tls.upper().replace("-", "_"),
    )
    instance.postgresql.CopyFrom(server)
    return instance


def _all(server: Contract) -> Iterator[resource_pb2.Instance]:
    request = resource_service_pb2.ListInstancesRequest(page_size=1000)
    while True:
        page: resource_service_pb2.ListInstancesResponse = server.call(server.resources.ListInstances, request)
        yield from page.instances
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def _shown(instance: resource_pb2.Instance) -> dict[str, object]:
    shown: dict[str, object] = {
        "instance_id": instance.instance_id,
        "title": instance.title,
        "max_connections": instance.max_connections,
    }
    match instance.WhichOneof("connection"):
        case "sqlite":
            shown["sqlite"] = instance.sqlite.file
        case "postgresql":
            server = instance.postgresql
            host = f"[{server.host}]" if ":" in server.host else server.host
            shown["postgresql"] = f"{host}:{server.port}/{server.database}"
            shown["user"] = server.user
            shown["tls"] = resource_pb2.DatabaseTls.Name(server.tls).removeprefix(_TLS).lower().replace("_", "-")
    return shown
