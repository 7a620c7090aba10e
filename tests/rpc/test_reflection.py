from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection.v1alpha import reflection_pb2

from syncline.v1 import access_service_pb2, task_service_pb2
from syncline_server.rpc.reflection import ALPHA, V1, Reflection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TASKS = "syncline.v1.TaskService"
Request = reflection_pb2.ServerReflectionRequest


class Client:
    """A client that knows one version of the protocol."""

    def __init__(self, channel: grpc.aio.Channel, service: str) -> None:
        self._ask: Any = channel.stream_stream(
            f"/{service}/ServerReflectionInfo",
            request_serializer=Request.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )

    async def ask(
        self, *requests: reflection_pb2.ServerReflectionRequest
    ) -> list[reflection_pb2.ServerReflectionResponse]:
        """Put all the questions on one stream."""
        return [response async for response in self._ask(iter(requests), timeout=10)]

    async def files(
        self, request: reflection_pb2.ServerReflectionRequest
    ) -> dict[str, descriptor_pb2.FileDescriptorProto]:
        """Return the files of an answer by name, made sure that they are complete."""
        (response,) = await self.ask(request)
        assert response.WhichOneof("message_response") == "file_descriptor_response", response
        found = map(
            descriptor_pb2.FileDescriptorProto.FromString, response.file_descriptor_response.file_descriptor_proto
        )
        files = {file.name: file for file in found}
        assert {needed for file in files.values() for needed in file.dependency} <= set(files)
        return files


@pytest.fixture(params=[ALPHA, V1])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    server = grpc.aio.server()
    services = [file.DESCRIPTOR.services_by_name for file in (task_service_pb2, access_service_pb2)]
    Reflection(service.full_name for by_name in services for service in by_name.values()).add_to(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Client(channel, request.param)
    await server.stop(None)


async def test_it_lists_the_services_and_itself(client: Client) -> None:
    (response,) = await client.ask(Request(list_services="*"))
    names = [service.name for service in response.list_services_response.service]
    assert names == [V1, ALPHA, "syncline.v1.AccessService", TASKS]


@pytest.mark.parametrize(
    ("symbol", "file"),
    [
        (TASKS, "task_service"),
        (f".{TASKS}", "task_service"),
        (f"{TASKS}.CreateTask", "task_service"),
        (f"{TASKS}.Exchange", "task_service"),
        ("syncline.v1.Task", "task"),
        ("syncline.v1.Task.task_id", "task"),
        ("syncline.v1.TaskState", "task"),
        ("syncline.v1.TASK_STATE_RUNNING", "task"),
        ("syncline.v1.inline_json", "options"),
    ],
)
async def test_any_symbol_leads_to_its_file_and_all_that_it_needs(client: Client, symbol: str, file: str) -> None:
    files = await client.files(Request(file_containing_symbol=symbol))
    assert next(iter(files)) == f"syncline/v1/{file}.proto"


@pytest.mark.parametrize("service", [ALPHA, V1])
async def test_it_describes_itself_in_both_versions(client: Client, service: str) -> None:
    for symbol in (service, f"{service}.ServerReflectionInfo"):
        files = await client.files(Request(file_containing_symbol=symbol))
        (file,) = files.values()
        assert f"{file.package}.ServerReflection" == service
        assert file.service[0].method[0].input_type == f".{file.package}.ServerReflectionRequest"
    assert await client.files(Request(file_by_filename=file.name)) == files


async def test_what_a_client_gets_is_enough_to_make_messages(client: Client) -> None:
    files = await client.files(Request(file_containing_symbol=f"{TASKS}.CreateTask"))
    pool = descriptor_pool.DescriptorPool()

    def add(name: str) -> None:
        file = files.pop(name, None)
        if file is not None:
            for needed in file.dependency:
                add(needed)
            pool.AddSerializedFile(file.SerializeToString())

    add("syncline/v1/task_service.proto")
    assert files == {}
    method = pool.FindServiceByName(TASKS).methods_by_name["CreateTask"]
    assert method.input_type.fields_by_name["data_json"].full_name == "syncline.v1.CreateTaskRequest.data_json"


async def test_a_file_is_found_by_its_name(client: Client) -> None:
    files = await client.files(Request(file_by_filename="syncline/v1/task.proto"))
    assert next(iter(files)) == "syncline/v1/task.proto"


async def test_extensions_are_found(client: Client) -> None:
    extended = "google.protobuf.FieldOptions"
    (response,) = await client.ask(Request(all_extension_numbers_of_type=extended))
    numbers = list(response.all_extension_numbers_response.extension_number)
    assert response.all_extension_numbers_response.base_type_name == extended
    assert numbers == sorted(numbers)
    ours = descriptor_pool.Default().FindExtensionByName("syncline.v1.inline_json").number
    assert ours in numbers
    wanted = reflection_pb2.ExtensionRequest(containing_type=extended, extension_number=ours)
    files = await client.files(Request(file_containing_extension=wanted))
    assert next(iter(files)) == "syncline/v1/options.proto"


@pytest.mark.parametrize(
    "request_",
    [
        Request(file_by_filename="none.proto"),
        Request(file_containing_symbol="syncline.v1.None"),
        Request(file_containing_symbol=f"{TASKS}.None"),
        Request(file_containing_symbol="syncline.v1.Task.none"),
        Request(file_containing_symbol="CreateTask"),
        Request(file_containing_symbol=""),
        Request(all_extension_numbers_of_type="syncline.v1.None"),
        Request(
            file_containing_extension=reflection_pb2.ExtensionRequest(
                containing_type="google.protobuf.FieldOptions", extension_number=9
            )
        ),
    ],
    ids=str,
)
async def test_what_is_not_there_is_an_answer_and_the_stream_goes_on(
    client: Client, request_: reflection_pb2.ServerReflectionRequest
) -> None:
    refused, listed = await client.ask(request_, Request(list_services=""))
    assert refused.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    assert refused.original_request == request_
    assert listed.HasField("list_services_response")


async def test_a_question_that_asks_nothing_is_refused(client: Client) -> None:
    (refused,) = await client.ask(Request(host="here"))
    assert refused.error_response.error_code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert refused.valid_host == "here"
