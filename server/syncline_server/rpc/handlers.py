"""The one table of handlers: a unary RPC and an operation of Exchange with the same request have the same handler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncline.v1 import (
    access_service_pb2,
    exchange_pb2,
    process_service_pb2,
    resource_service_pb2,
    step_service_pb2,
    task_service_pb2,
)
from syncline_server.errors import AccessDenied
from syncline_server.rpc import access, processes, resources, steps, tasks
from syncline_server.runtime.creating import ONLY_WATCHING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from google.protobuf.descriptor import ServiceDescriptor
    from google.protobuf.message import Message

    from syncline_server.rpc.context import Context
    from syncline_server.runtime.requests import Caller

    Call = Callable[[Caller, Any, Context], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class Handler:
    """What serves a request: decode, one call of the runtime, encode."""

    call: Call
    needs_key: bool = True
    """False where the request itself is the right to what it asks for."""
    for_watchers: bool = False
    """Whoever has a token for one task may ask for this; for all else it is no good."""

    def admit(self, caller: Caller) -> None:
        """Raise `AccessDenied` for a caller who may not ask for this, whatever it is about."""
        if caller.only_task and not self.for_watchers:
            raise AccessDenied(ONLY_WATCHING)


STREAMS = frozenset({"AwaitTask", "Exchange"})
"""Served by modules of their own."""

HANDLERS: Mapping[str, Handler] = {
    "CreateTask": Handler(tasks.create_task),
    "ModifyTask": Handler(tasks.modify_task),
    "GetTask": Handler(tasks.get_task, for_watchers=True),
    "ListTasks": Handler(tasks.list_tasks),
    "CancelTask": Handler(tasks.cancel_task),
    "DeleteTask": Handler(tasks.delete_task),
    "WaitTask": Handler(tasks.wait_task, for_watchers=True),
    "CreateTaskToken": Handler(tasks.create_task_token),
    "SubmitCallback": Handler(tasks.submit_callback, needs_key=False),
    "SubmitNodeCallback": Handler(tasks.submit_node_callback, needs_key=False),
    "ListSteps": Handler(steps.list_steps),
    "ImportProcesses": Handler(processes.import_processes),
    "ExportProcess": Handler(processes.export_process),
    "GetProcess": Handler(processes.get_process),
    "ListProcesses": Handler(processes.list_processes),
    "DeployProcess": Handler(processes.deploy_process),
    "PauseProcess": Handler(processes.pause_process),
    "ResumeProcess": Handler(processes.resume_process),
    "CreateAlias": Handler(processes.create_alias),
    "CheckCredentials": Handler(access.check_credentials, for_watchers=True),
    "GetCompany": Handler(access.get_company),
    "CreateCompany": Handler(access.create_company),
    "CreateKey": Handler(access.create_key),
    "ListKeys": Handler(access.list_keys),
    "DeleteKey": Handler(access.delete_key),
    "SetGrant": Handler(access.set_grant),
    "ListGrants": Handler(access.list_grants),
    "CreateToken": Handler(access.create_token),
    "ListTokens": Handler(access.list_tokens),
    "DeleteToken": Handler(access.delete_token),
    "CreateEnvVar": Handler(resources.create_env_var),
    "GetEnvVar": Handler(resources.get_env_var),
    "ListEnvVars": Handler(resources.list_env_vars),
    "UpdateEnvVar": Handler(resources.update_env_var),
    "DeleteEnvVar": Handler(resources.delete_env_var),
    "CreateInstance": Handler(resources.create_instance),
    "GetInstance": Handler(resources.get_instance),
    "ListInstances": Handler(resources.list_instances),
    "UpdateInstance": Handler(resources.update_instance),
    "DeleteInstance": Handler(resources.delete_instance),
}
"""By the RPC's name."""

SERVICES: tuple[ServiceDescriptor, ...] = tuple(
    file.DESCRIPTOR.services_by_name[name]
    for file, name in (
        (task_service_pb2, "TaskService"),
        (process_service_pb2, "ProcessService"),
        (step_service_pb2, "StepService"),
        (access_service_pb2, "AccessService"),
        (resource_service_pb2, "ResourceService"),
    )
)

OPERATIONS: Mapping[str, Handler] = {
    field.name: HANDLERS["".join(word.capitalize() for word in field.name.split("_"))]
    for field in exchange_pb2.Operation.DESCRIPTOR.oneofs_by_name["request"].fields
}
"""The same by the name of an Operation's field."""
