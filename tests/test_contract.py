"""What holds for the contract as a whole; `buf lint` checks the rest."""

from __future__ import annotations

import re
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from syncline.v1 import (
    access_service_pb2,
    error_pb2,
    exchange_pb2,
    options_pb2,
    process_service_pb2,
    resource_service_pb2,
    step_service_pb2,
    task_calls_pb2,
    task_pb2,
    task_service_pb2,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

FILES = sorted((Path(__file__).parent.parent / "proto" / "syncline" / "v1").glob("*.proto"))
SERVICES = (task_service_pb2, step_service_pb2, process_service_pb2, access_service_pb2, resource_service_pb2)
ENUMS = {
    "TaskState": "UNSPECIFIED RUNNING WAITING PAUSED ENDED FAILED CANCELLED",
    "WaitUntil": "UNSPECIFIED OUTCOME END NODE ANSWER",
    "OutcomeKind": "UNSPECIFIED ANSWERED ENDED CANCELLED FAILED",
}
FIELDS = {
    "CreateTaskRequest": "process ref data_json wait attach request_id",
    "CreateTaskResponse": "task outcome",
    "Task": "task_id process_id ref state node_id data_json create_time change_time",
    "Outcome": "kind data_json time",
    "Wait": "until timeout node_id",
    "ModifyTaskRequest": "task_id process ref data_json",
    "AwaitTaskRequest": "task_id process ref until resume_token",
    "AwaitTaskResponse": "sequence resume_token moved outcome heartbeat going_away",
    "WaitTaskRequest": "task_id process ref until timeout",
    "WaitTaskResponse": "task outcome",
    "SubmitCallbackRequest": "callback_id data_json",
    "SubmitNodeCallbackRequest": "process_id node_id hash data_json request_id",
    "CreateTaskTokenRequest": "task_id process ref ttl",
    "CreateTaskTokenResponse": "token expire_time",
    "CreateTokenRequest": "title ttl login",
    "CreateTokenResponse": "token token_id expire_time",
}
"""What callers already rely on."""


# their generated types are plain descriptors, which options do not take
INLINE_JSON: Any = options_pb2.inline_json
EVENT_STREAM: Any = options_pb2.event_stream


def methods(*modules: Any) -> list[MethodDescriptor]:
    services = (service for module in modules for service in module.DESCRIPTOR.services_by_name.values())
    return [method for service in services for method in service.methods]


def messages() -> Iterator[Descriptor]:
    pool = descriptor_pool.Default()
    for path in FILES:
        yield from pool.FindFileByName(f"syncline/v1/{path.name}").message_types_by_name.values()


def choices(message: Any, oneof: str) -> set[str]:
    return {field.message_type.name for field in message.oneofs_by_name[oneof].fields}


def fields() -> Iterator[FieldDescriptor]:
    for message in messages():
        yield from message.fields


@pytest.mark.parametrize("method", methods(*SERVICES), ids=lambda method: method.name)
def test_everything_that_http_can_carry_has_an_http_form(method: MethodDescriptor) -> None:
    carried = method.GetOptions().HasExtension(annotations_pb2.http)

    assert carried != (method.client_streaming and method.server_streaming)


def test_fields_of_json_text_show_their_value_over_http() -> None:
    shown: dict[str, str] = {
        field.full_name: field.GetOptions().Extensions[INLINE_JSON]
        for field in fields()
        if field.name.endswith("_json")
    }

    assert shown
    assert {name: name.rpartition(".")[2].removesuffix("_json") for name in shown} == shown


def test_no_other_field_claims_to_be_json() -> None:
    claims = [field.name for field in fields() if field.GetOptions().HasExtension(INLINE_JSON)]

    assert [name for name in claims if not name.endswith("_json")] == []


@pytest.mark.parametrize("name", ENUMS)
def test_enum_values_are_the_agreed_ones(name: str) -> None:
    values = task_pb2.DESCRIPTOR.enum_types_by_name[name].values
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()

    assert [value.name for value in values] == [f"{prefix}_{word}" for word in ENUMS[name].split()]
    assert [value.number for value in values] == list(range(len(values)))


@pytest.mark.parametrize("name", FIELDS)
def test_the_fields_that_callers_rely_on_are_there(name: str) -> None:
    [message] = [message for message in messages() if message.name == name]

    assert set(FIELDS[name].split()) <= set(message.fields_by_name)


def test_exchange_carries_every_unary_call_on_tasks_and_steps_but_no_making_of_tokens() -> None:
    served = methods(task_service_pb2, step_service_pb2)
    unary = [method for method in served if not method.server_streaming and method.name != "CreateTaskToken"]
    requests = {method.input_type.name for method in unary} | {"CheckCredentialsRequest"}
    responses = {method.output_type.name for method in unary} | {"CheckCredentialsResponse"}

    assert choices(exchange_pb2.Operation.DESCRIPTOR, "request") == requests
    assert choices(exchange_pb2.Result.DESCRIPTOR, "phase") == responses | {"Accepted", "Status"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_everything_is_explained(path: Path) -> None:
    """Every message, enum, field, value, service and call has a comment right above it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    declares = re.compile(r"\s*(message|enum|service|rpc|oneof|[\w.]+ \w+ = \d+|repeated [\w.]+ \w+ = \d+|\w+ = \d+)\b")
    silent = [
        line.strip() for before, line in pairwise(lines) if declares.match(line) and not before.strip().startswith("//")
    ]

    assert silent == []


ROUTES = {
    "CreateTask": "post /v1/processes/{process}/tasks *",
    "ListTasks": "get /v1/processes/{process}/tasks",
    "GetTask": "get /v1/tasks/{task_id} -> task, get /v1/processes/{process}/refs/{ref} -> task",
    "ModifyTask": "patch /v1/tasks/{task_id} * -> task, patch /v1/processes/{process}/refs/{ref} * -> task",
    "DeleteTask": "delete /v1/tasks/{task_id}, delete /v1/processes/{process}/refs/{ref}",
    "CancelTask": (
        "post /v1/tasks/{task_id}:cancel * -> task, post /v1/processes/{process}/refs/{ref}:cancel * -> task"
    ),
    "WaitTask": "get /v1/tasks/{task_id}:wait, get /v1/processes/{process}/refs/{ref}:wait",
    "AwaitTask": "get /v1/tasks/{task_id}:await, get /v1/processes/{process}/refs/{ref}:await",
    "CreateTaskToken": "post /v1/tasks/{task_id}:token *, post /v1/processes/{process}/refs/{ref}:token *",
    "SubmitCallback": "post /v1/callbacks/{callback_id} data_json",
    "SubmitNodeCallback": "post /v1/callbacks/{process_id}/{node_id}/{hash} data_json",
    "ListSteps": "get /v1/tasks/{task_id}/steps",
    "CheckCredentials": "get /v1/credentials:check",
    "CreateToken": "post /v1/tokens *",
    "ListTokens": "get /v1/tokens",
    "DeleteToken": "delete /v1/tokens/{token_id}",
    "CreateEnvVar": "post /v1/envVars env_var -> env_var",
    "GetEnvVar": "get /v1/envVars/{short_name} -> env_var",
    "ListEnvVars": "get /v1/envVars",
    "UpdateEnvVar": "patch /v1/envVars/{env_var.short_name} env_var -> env_var",
    "DeleteEnvVar": "delete /v1/envVars/{short_name}",
    "CreateInstance": "post /v1/instances instance -> instance",
    "GetInstance": "get /v1/instances/{instance_id} -> instance",
    "ListInstances": "get /v1/instances",
    "UpdateInstance": "patch /v1/instances/{instance.instance_id} instance -> instance",
    "DeleteInstance": "delete /v1/instances/{instance_id}",
}
"""What callers over HTTP already rely on: method, path, body, and what of the response is the answer."""


def route(rule: Any) -> str:
    verb = rule.WhichOneof("pattern")
    answer = f"-> {rule.response_body}" if rule.response_body else ""
    return " ".join(part for part in (verb, getattr(rule, verb), rule.body, answer) if part)


@pytest.mark.parametrize("name", ROUTES)
def test_the_urls_that_callers_rely_on_are_there(name: str) -> None:
    [method] = [method for method in methods(*SERVICES) if method.name == name]
    rule = method.GetOptions().Extensions[annotations_pb2.http]

    assert ", ".join(route(each) for each in (rule, *rule.additional_bindings)) == ROUTES[name]


@pytest.mark.parametrize(
    "method", [method for method in methods(*SERVICES) if method.GetOptions().HasExtension(EVENT_STREAM)]
)
def test_what_an_event_stream_names_is_there(method: MethodDescriptor) -> None:
    stream = method.GetOptions().Extensions[EVENT_STREAM]
    identity, resume = (
        method.output_type.fields_by_name[stream.id_field],
        method.input_type.fields_by_name[stream.resume_field],
    )

    assert method.server_streaming
    assert not method.client_streaming
    assert identity.type == resume.type == identity.TYPE_STRING
    assert method.output_type.fields_by_name[stream.comment_field].containing_oneof is not None


def test_watching_a_task_is_an_event_stream() -> None:
    [watching] = [method for method in methods(task_service_pb2) if method.name == "AwaitTask"]
    stream = watching.GetOptions().Extensions[EVENT_STREAM]

    assert (stream.id_field, stream.resume_field, stream.comment_field) == ("resume_token", "resume_token", "heartbeat")


# The descriptor set.


def described() -> dict[str, FileDescriptorProto]:
    """Return the files of the descriptor set as it is installed."""
    text = (resources.files("syncline") / "contract.binpb").read_bytes()
    return {file.name: file for file in FileDescriptorSet.FromString(text).file}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_descriptor_set_is_the_contract(path: Path) -> None:
    name = f"syncline/v1/{path.name}"
    known = FileDescriptorProto()
    descriptor_pool.Default().FindFileByName(name).CopyToProto(known)
    file = described()[name]
    comments = [place.leading_comments for place in file.source_code_info.location if place.leading_comments]

    file.ClearField("source_code_info")
    for field in (*file.extension, *(field for message in file.message_type for field in message.field)):
        field.ClearField("json_name")  # the stubs work it out

    assert file == known
    assert len(comments) >= len(file.message_type) + len(file.service) + len(file.enum_type)


def test_the_descriptor_set_names_each_file_after_its_imports() -> None:
    seen: set[str] = set()
    for name, file in described().items():
        assert seen >= set(file.dependency)
        seen.add(name)


def test_reasons_are_numbered_without_gaps() -> None:
    numbers = [value.number for value in error_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"].values]

    assert numbers == list(range(len(numbers)))


def test_a_resume_token_is_all_that_a_watcher_needs() -> None:
    assert task_calls_pb2.AwaitTaskRequest(resume_token="t").task_id == ""
