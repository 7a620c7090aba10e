"""ProcessService: decode, one call, encode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.v1 import process_service_pb2
from syncline_server.rpc import convert, pages
from syncline_server.rpc.context import to_the_end

if TYPE_CHECKING:
    from syncline.v1 import process_pb2
    from syncline_server.rpc.context import Context
    from syncline_server.runtime.requests import Caller
    from syncline_server.store.port import StoredProcess


async def import_processes(
    caller: Caller, request: process_service_pb2.ImportProcessesRequest, ctx: Context
) -> process_service_pb2.ImportProcessesResponse:
    deploying = ctx.runtime.deploying
    made = await to_the_end(
        deploying.import_file(caller, request.file_json, deploy=request.deploy, alias=request.alias)
    )
    response = process_service_pb2.ImportProcessesResponse()
    for process in made.processes:
        _fill(response.processes.add(), process, caller, ctx)
    for fault in made.faults:
        convert.fill_fault(response.faults.add(), fault)
    for note in made.notes:
        convert.fill_fault(response.notes.add(), note)
    return response


async def export_process(
    caller: Caller, request: process_service_pb2.ExportProcessRequest, ctx: Context
) -> process_service_pb2.ExportProcessResponse:
    text = ctx.runtime.deploying.export(caller, request.process)
    return process_service_pb2.ExportProcessResponse(file_json=text)


async def get_process(
    caller: Caller, request: process_service_pb2.GetProcessRequest, ctx: Context
) -> process_service_pb2.GetProcessResponse:
    process = ctx.runtime.deploying.get(caller, request.process)
    response = process_service_pb2.GetProcessResponse()
    _fill(response.process, process, caller, ctx)
    return response


async def list_processes(
    caller: Caller, request: process_service_pb2.ListProcessesRequest, ctx: Context
) -> process_service_pb2.ListProcessesResponse:
    size = pages.size(request.page_size)
    after = pages.number(request.page_token, "ListProcesses")
    found = ctx.runtime.deploying.visible(caller, after=after, limit=size + 1)
    response = process_service_pb2.ListProcessesResponse()
    for process in found[:size]:
        _fill_listed(response.processes.add(), process, caller, ctx)
    if len(found) > size:
        response.next_page_token = pages.token(str(found[size - 1].process_id), "ListProcesses")
    return response


async def deploy_process(
    caller: Caller, request: process_service_pb2.DeployProcessRequest, ctx: Context
) -> process_service_pb2.DeployProcessResponse:
    process = await to_the_end(ctx.runtime.deploying.deploy(caller, request.process))
    response = process_service_pb2.DeployProcessResponse()
    _fill(response.process, process, caller, ctx)
    return response


async def pause_process(
    caller: Caller, request: process_service_pb2.PauseProcessRequest, ctx: Context
) -> process_service_pb2.PauseProcessResponse:
    process = await to_the_end(ctx.runtime.deploying.pause(caller, request.process))
    response = process_service_pb2.PauseProcessResponse()
    _fill(response.process, process, caller, ctx)
    return response


async def resume_process(
    caller: Caller, request: process_service_pb2.ResumeProcessRequest, ctx: Context
) -> process_service_pb2.ResumeProcessResponse:
    process = await to_the_end(ctx.runtime.deploying.resume(caller, request.process))
    response = process_service_pb2.ResumeProcessResponse()
    _fill(response.process, process, caller, ctx)
    return response


async def create_alias(
    caller: Caller, request: process_service_pb2.CreateAliasRequest, ctx: Context
) -> process_service_pb2.CreateAliasResponse:
    process = await to_the_end(ctx.runtime.deploying.create_alias(caller, request.process, request.alias))
    response = process_service_pb2.CreateAliasResponse()
    _fill(response.process, process, caller, ctx)
    return response


def _fill(message: process_pb2.Process, process: StoredProcess, caller: Caller, ctx: Context) -> None:
    _fill_listed(message, process, caller, ctx)
    if ctx.runtime.access.may(caller, process, "modify"):
        convert.fill_node_callbacks(message, ctx.runtime.node_callbacks.urls(process))


def _fill_listed(message: process_pb2.Process, process: StoredProcess, caller: Caller, ctx: Context) -> None:
    convert.fill_process(message, process, direct_url=ctx.runtime.access.may(caller, process, "create"))
