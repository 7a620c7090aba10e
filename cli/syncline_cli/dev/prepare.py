"""Between the server's start and the gateway's: the samples are imported, and `dev-key.json` is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from syncline.v1 import process_service_pb2
from syncline_cli import contract, devfile
from syncline_cli.dev.samples import samples
from syncline_cli.failures import CommandFailed
from syncline_cli.target import Target

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.v1.process_pb2 import Process
    from syncline_cli.dev.settings import Addresses


def prepare(data: Path, addresses: Addresses, environ: Mapping[str, str]) -> devfile.DevFile:
    """Import what is missing and write the key file; harmless when done again, in part or in whole."""
    key = _operator_key(data)
    where = Target(
        url=addresses.url("http"), grpc=addresses.grpc_target, login=str(key["login"]), secret=str(key["secret"])
    )
    with contract.connected(where, environ) as server:
        processes = _import_missing(server)
    named = {alias: process for process in processes for alias in process.aliases}
    content = devfile.DevFile(
        login=where.login,
        secret=where.secret,
        company_id=str(key["company_id"]),
        processes={alias: int(process.process_id) for alias, process in named.items()},
        direct_urls={alias: process.direct_url_path for alias, process in named.items()},
        http=where.url,
        http_async=addresses.url("http_async"),
        grpc=where.grpc,
    )
    devfile.write(data, content)
    return content


def _import_missing(server: contract.Contract) -> list[Process]:
    processes = _all_processes(server)
    known = {alias for process in processes for alias in process.aliases}
    for sample in samples():
        if sample.alias not in known:
            request = process_service_pb2.ImportProcessesRequest(
                file_json=sample.file_json, alias=sample.alias, deploy=True
            )
            made: process_service_pb2.ImportProcessesResponse = server.call(server.processes.ImportProcesses, request)
            processes.extend(made.processes)
    return processes


def _all_processes(server: contract.Contract) -> list[Process]:
    found: list[Process] = []
    request = process_service_pb2.ListProcessesRequest(page_size=1000)
    while True:
        page: process_service_pb2.ListProcessesResponse = server.call(server.processes.ListProcesses, request)
        found.extend(page.processes)
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


def _operator_key(data: Path) -> dict[str, object]:
    path = data / "operator-key.json"
    try:
        key = json.loads(path.read_bytes())
        return {name: key[name] for name in ("login", "secret", "company_id")}
    except OSError as error:
        raise CommandFailed(
            f"{path} cannot be read ({error.strerror}); the server writes it once, when it makes the data folder"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise CommandFailed(f"{path} is damaged; it held the operator's key, which nobody else knows") from None
