"""The limits that the contract's options state are the server's own: every value outside of one is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from fakes import exports
from fakes.rpc import duration, refusal
from fakes.runtime import PATIENCE
from syncline.v1 import access_service_pb2, options_pb2, process_service_pb2, step_service_pb2, task_service_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor, MethodDescriptor
    from google.protobuf.message import Message

    from fakes.rpc import Served

FILES = (access_service_pb2, process_service_pb2, step_service_pb2, task_service_pb2)
OPTION: Any = options_pb2.limits
FieldPath = tuple[FieldDescriptor, ...]


GOOD: dict[str, dict[str, Any]] = {
    "CreateCompany": {"title": "t"},
    "CreateKey": {"title": "t"},
    "CreateTask": {"process": "@waiting", "data_json": "{}"},
    "CreateAlias": {"process": "@waiting", "alias": "a"},
    "ImportProcesses": {"file_json": exports.waiting()},
    "ListTasks": {"process": "@waiting"},
    "ModifyTask": {"data_json": "{}"},
}
"""What methods are asked besides; a `task_id` is that of a task there is."""


def methods() -> Iterator[MethodDescriptor]:
    for file in FILES:
        for service in file.DESCRIPTOR.services_by_name.values():
            yield from (method for method in service.methods if not method.client_streaming)


def limited(message: Descriptor, path: FieldPath = ()) -> Iterator[FieldPath]:
    for field in message.fields:
        if field.GetOptions().HasExtension(OPTION):
            yield (*path, field)
        elif field.message_type is not None and field.message_type.file.package == "syncline.v1":
            yield from limited(field.message_type, (*path, field))


CASES = [(method, path) for method in methods() for path in limited(method.input_type)]


def outside(field: FieldDescriptor) -> Iterator[Any]:
    """Yield a value beyond every limit of a field, just so."""
    limits = field.GetOptions().Extensions[OPTION]
    number: Any = duration if field.message_type is not None else int
    if limits.HasField("minimum"):
        yield number(limits.minimum - 1)
    if limits.HasField("maximum"):
        yield number(limits.maximum + 1)
    if limits.min_length:
        yield "x" * (limits.min_length - 1)
    if limits.max_length:
        yield "x" * (limits.max_length + 1)
    if limits.pattern:
        texts = ["0" * 23, "0" * 25, "0" * 128, "g" * 24, "A" * 24, "a_b", " " * 24, "\u0661" * 24]
        yield from (text for text in texts if not re.search(limits.pattern, text, re.ASCII))


def inside(field: FieldDescriptor) -> Iterator[Any]:
    """Yield the values at the limits of a field, the last that it takes."""
    limits = field.GetOptions().Extensions[OPTION]
    number: Any = duration if field.message_type is not None else int
    if limits.HasField("minimum"):
        yield number(limits.minimum)
    if limits.HasField("maximum"):
        yield number(limits.maximum)
    if limits.max_length:
        yield "\U0001f600" * limits.max_length  # characters, neither bytes nor UTF-16
        yield "x" * limits.min_length


def post_of(running: Served) -> dict[str, str]:
    """Return the parts of the waiting node's URL."""
    (node,) = running.world.runtime.node_callbacks.urls(running.world.runtime.catalogue.all()[0])
    return dict(zip(("process_id", "node_id", "hash"), node.url.split("/")[-3:], strict=True))


def asked(running: Served, method: MethodDescriptor, task_id: str, path: FieldPath, value: Any) -> Message:
    """Return a request that is good but for a field that holds this value."""
    given = {**GOOD.get(method.name, {})}
    if method.name == "SubmitNodeCallback":
        given = {**post_of(running), "data_json": f'{{"task_id":"{task_id}"}}'}
    if "task_id" in method.input_type.fields_by_name:
        given["task_id"] = task_id
    request: Any = GetMessageClass(method.input_type)(**given)
    inner = request
    for field in path[:-1]:
        inner = getattr(inner, field.name)
    if path[-1].message_type is None:
        setattr(inner, path[-1].name, value)
    else:
        getattr(inner, path[-1].name).CopyFrom(value)
    return request  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
async def deployed(running: Served) -> None:
    await running.world.deploy(exports.waiting(id_path="task_id"), "waiting")


def name(case: object) -> str:
    return case.name if not isinstance(case, tuple) else ".".join(field.name for field in case)  # type: ignore[attr-defined]


def test_there_are_limits() -> None:
    found = {f"{method.name}.{name(path)}" for method, path in CASES}

    assert {"CreateKey.rate_limit", "CreateTask.wait.timeout", "ListTasks.page_size", "AwaitTask.task_id"} <= found


@pytest.mark.parametrize(("method", "path"), CASES, ids=name)
async def test_what_is_outside_a_limit_is_refused(running: Served, method: MethodDescriptor, path: FieldPath) -> None:
    values = list(outside(path[-1]))
    assert values

    for value in values:
        refused = await refusal(call(running, method, path, value))
        assert (refused.code, refused.fields) == (grpc.StatusCode.INVALID_ARGUMENT, [name(path)]), value


@pytest.mark.parametrize(("method", "path"), CASES, ids=name)
async def test_what_is_at_a_limit_is_taken(running: Served, method: MethodDescriptor, path: FieldPath) -> None:
    for value in inside(path[-1]):
        await call(running, method, path, value)


async def call(running: Served, method: MethodDescriptor, path: FieldPath, value: Any) -> None:
    task = await running.world.create("@waiting")
    request = asked(running, method, task.task_id, path, value)
    if method.server_streaming:
        async for _ in running.owner.method(method.name)(request, metadata=running.owner.metadata, timeout=PATIENCE):
            return
    else:
        await running.owner(method.name, request)
