"""`syncline import` and `syncline export`: definitions in and out, as files."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncline.v1 import process_pb2, process_service_pb2
from syncline_cli import contract, devfile, target, terminal
from syncline_cli.failures import CommandFailed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping


def import_files(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Import each file by itself, say what came of it, and go on to the next; 1 if any was refused."""
    if arguments.alias and len(arguments.files) > 1:
        raise CommandFailed("--alias names one process, so it goes with one file", status=2)
    refused = 0
    style = terminal.Style(sys.stderr, environ)
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        for file in terminal.with_progress(arguments.files):
            try:
                made = _import(server, file, arguments)
            except CommandFailed as error:
                if getattr(error, "reason", "") == "UNAVAILABLE":
                    raise
                refused += 1
                terminal.write_over_bar(sys.stderr, [f"{style.red('refused')} {file}: {error}"])
                continue
            terminal.write_over_bar(sys.stdout, _report(file, made))
            _remember(made.processes, arguments, environ)
    return 1 if refused else 0


def export(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print a process as an export file, or write it to one."""
    request = process_service_pb2.ExportProcessRequest(process=arguments.process)
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        made: process_service_pb2.ExportProcessResponse = server.call(server.processes.ExportProcess, request)
    if not arguments.output:
        print(made.file_json)
        return 0
    unfinished = Path(f"{arguments.output}.part")
    try:
        unfinished.write_text(made.file_json + "\n", encoding="utf-8")
        os.replace(unfinished, arguments.output)
    except OSError as error:
        raise CommandFailed(f"{arguments.output} cannot be written: {error.strerror}") from None
    return 0


def _import(
    server: contract.Contract, file: str, arguments: argparse.Namespace
) -> process_service_pb2.ImportProcessesResponse:
    request = process_service_pb2.ImportProcessesRequest(
        file_json=_text(file), deploy=arguments.deploy, alias=(arguments.alias or "").removeprefix("@")
    )
    made: process_service_pb2.ImportProcessesResponse = server.call(server.processes.ImportProcesses, request)
    return made


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandFailed(f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandFailed("it is not UTF-8 text; a zip has to be unpacked first") from None


def _report(file: str, made: process_service_pb2.ImportProcessesResponse) -> Iterable[str]:
    for process in made.processes:
        state = process_pb2.ProcessState.Name(process.state).removeprefix("PROCESS_STATE_").lower()
        names = "".join(f" @{alias}" for alias in process.aliases)
        yield f"imported {file}: {process.process_id}{names} “{process.title}”, {state}"
        for node in process.node_callbacks:
            yield f"  callbacks of node {node.title} {node.node_id}: {node.url}"
    for word, findings in (("cannot run yet", made.faults), ("note", made.notes)):
        for finding in findings:
            yield f"  {word}: {_place(finding)}{finding.description}"


def _place(finding: process_pb2.Fault) -> str:
    named = " ".join(part for part in (finding.node_title, finding.node_id) if part)
    parts = [f"node {named}"] if named else []
    return ", ".join([*parts, *([finding.field] if finding.field else [])]) + ": " if named or finding.field else ""


def _remember(
    processes: Iterable[process_pb2.Process], arguments: argparse.Namespace, environ: Mapping[str, str]
) -> None:
    """Add new aliases to the key file of a running `syncline dev`, which lists them at its starts only."""
    data = target.data_folder(arguments, environ)
    if not target.is_local(arguments, environ):
        return
    known = devfile.read(data)
    ids, urls = dict(known.processes), dict(known.direct_urls)
    for process in processes:
        ids.update(dict.fromkeys(process.aliases, int(process.process_id)))
        urls.update(dict.fromkeys(process.aliases, process.direct_url_path))
    if (ids, urls) != (known.processes, known.direct_urls):
        devfile.write(data, replace(known, processes=ids, direct_urls=urls))
