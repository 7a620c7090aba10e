"""ResourceService: decode, one call, encode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.v1 import resource_service_pb2
from syncline_server.rpc import pages
from syncline_server.rpc import resource_convert as convert
from syncline_server.rpc.context import to_the_end

if TYPE_CHECKING:
    from syncline_server.rpc.context import Context
    from syncline_server.runtime.requests import Caller


async def create_env_var(
    caller: Caller, request: resource_service_pb2.CreateEnvVarRequest, ctx: Context
) -> resource_service_pb2.CreateEnvVarResponse:
    message = request.env_var
    fields = convert.env_var_fields(message, convert.all_of(message, *convert.ENV_VAR))
    env_var = await to_the_end(ctx.runtime.env_vars.create(caller, message.short_name, fields))
    response = resource_service_pb2.CreateEnvVarResponse()
    convert.fill_env_var(response.env_var, env_var, for_owner=True)
    return response


async def get_env_var(
    caller: Caller, request: resource_service_pb2.GetEnvVarRequest, ctx: Context
) -> resource_service_pb2.GetEnvVarResponse:
    env_var = ctx.runtime.env_vars.get(caller, request.short_name)
    response = resource_service_pb2.GetEnvVarResponse()
    convert.fill_env_var(response.env_var, env_var, for_owner=caller.owner)
    return response


async def list_env_vars(
    caller: Caller, request: resource_service_pb2.ListEnvVarsRequest, ctx: Context
) -> resource_service_pb2.ListEnvVarsResponse:
    size = pages.size(request.page_size)
    after = pages.place(request.page_token, "ListEnvVars")
    found = [env_var for env_var in ctx.runtime.env_vars.all(caller) if env_var.short_name > after]
    response = resource_service_pb2.ListEnvVarsResponse()
    used = 0
    for env_var in found[:size]:
        used += len(env_var.value)
        if response.env_vars and used > pages.PAGE_BYTES:
            break
        convert.fill_env_var(response.env_vars.add(), env_var, for_owner=caller.owner)
    if len(found) > len(response.env_vars):
        response.next_page_token = pages.token(response.env_vars[-1].short_name, "ListEnvVars")
    return response


async def update_env_var(
    caller: Caller, request: resource_service_pb2.UpdateEnvVarRequest, ctx: Context
) -> resource_service_pb2.UpdateEnvVarResponse:
    message = request.env_var
    fields = convert.env_var_fields(message, convert.env_var_paths(message, request.update_mask))
    env_var = await to_the_end(ctx.runtime.env_vars.update(caller, message.short_name, fields))
    response = resource_service_pb2.UpdateEnvVarResponse()
    convert.fill_env_var(response.env_var, env_var, for_owner=True)
    return response


async def delete_env_var(
    caller: Caller, request: resource_service_pb2.DeleteEnvVarRequest, ctx: Context
) -> resource_service_pb2.DeleteEnvVarResponse:
    await to_the_end(ctx.runtime.env_vars.delete(caller, request.short_name))
    return resource_service_pb2.DeleteEnvVarResponse()


async def create_instance(
    caller: Caller, request: resource_service_pb2.CreateInstanceRequest, ctx: Context
) -> resource_service_pb2.CreateInstanceResponse:
    fields = convert.new_instance_fields(request.instance)
    instance = await to_the_end(ctx.runtime.instances.create(caller, fields))
    response = resource_service_pb2.CreateInstanceResponse()
    convert.fill_instance(response.instance, instance, for_owner=True)
    return response


async def get_instance(
    caller: Caller, request: resource_service_pb2.GetInstanceRequest, ctx: Context
) -> resource_service_pb2.GetInstanceResponse:
    instance = ctx.runtime.instances.get(caller, request.instance_id)
    response = resource_service_pb2.GetInstanceResponse()
    convert.fill_instance(response.instance, instance, for_owner=caller.owner)
    return response


async def list_instances(
    caller: Caller, request: resource_service_pb2.ListInstancesRequest, ctx: Context
) -> resource_service_pb2.ListInstancesResponse:
    size = pages.size(request.page_size)
    after = pages.number(request.page_token, "ListInstances")
    found = [instance for instance in ctx.runtime.instances.all(caller) if instance.instance_id > after]
    response = resource_service_pb2.ListInstancesResponse()
    for instance in found[:size]:
        convert.fill_instance(response.instances.add(), instance, for_owner=caller.owner)
    if len(found) > size:
        response.next_page_token = pages.token(str(found[size - 1].instance_id), "ListInstances")
    return response


async def update_instance(
    caller: Caller, request: resource_service_pb2.UpdateInstanceRequest, ctx: Context
) -> resource_service_pb2.UpdateInstanceResponse:
    message = request.instance
    fields = convert.instance_fields(message, convert.instance_paths(message, request.update_mask))
    instance = await to_the_end(ctx.runtime.instances.update(caller, message.instance_id, fields))
    response = resource_service_pb2.UpdateInstanceResponse()
    convert.fill_instance(response.instance, instance, for_owner=True)
    return response


async def delete_instance(
    caller: Caller, request: resource_service_pb2.DeleteInstanceRequest, ctx: Context
) -> resource_service_pb2.DeleteInstanceResponse:
    await to_the_end(ctx.runtime.instances.delete(caller, request.instance_id))
    return resource_service_pb2.DeleteInstanceResponse()
