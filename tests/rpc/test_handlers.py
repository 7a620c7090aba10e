"""One table: everything that can be asked has its handler, the same by either way."""

from __future__ import annotations

import pytest

from syncline.v1 import exchange_pb2
from syncline_server.rpc.handlers import HANDLERS, OPERATIONS, SERVICES, STREAMS

OPERATION_FIELDS = exchange_pb2.Operation.DESCRIPTOR.oneofs_by_name["request"].fields
REQUESTS = {
    field.name: type(getattr(exchange_pb2.Operation(), field.name)).DESCRIPTOR.name for field in OPERATION_FIELDS
}


def test_every_method_has_its_handler() -> None:
    methods = {method.name for service in SERVICES for method in service.methods}

    assert methods == set(HANDLERS) | STREAMS
    assert sum(len(service.methods) for service in SERVICES) == len(methods), "a name is used once"


def test_every_unary_call_of_a_task_but_the_making_of_tokens_is_an_operation() -> None:
    (tasks,) = [service for service in SERVICES if service.name == "TaskService"]
    unary = {method.input_type.name for method in tasks.methods if method.name not in {*STREAMS, "CreateTaskToken"}}

    assert set(REQUESTS.values()) == unary | {"ListStepsRequest", "CheckCredentialsRequest"}


def test_every_operation_has_the_handler_of_its_call() -> None:
    assert set(OPERATIONS) == {field.name for field in OPERATION_FIELDS}
    for service in SERVICES:
        for method in service.methods:
            for field in OPERATION_FIELDS:
                if field.message_type is method.input_type:
                    assert OPERATIONS[field.name] is HANDLERS[method.name]


@pytest.mark.parametrize("field", [field.name for field in OPERATION_FIELDS])
def test_an_operation_is_answered_by_the_phase_of_its_name(field: str) -> None:
    answer = type(getattr(exchange_pb2.Result(), field)).DESCRIPTOR.name

    assert answer == REQUESTS[field].replace("Request", "Response")


def test_only_callbacks_need_no_key() -> None:
    assert [name for name, handler in HANDLERS.items() if not handler.needs_key] == [
        "SubmitCallback",
        "SubmitNodeCallback",
    ]


def test_a_token_for_one_task_reads_and_nothing_else() -> None:
    admitted = {name for name, handler in HANDLERS.items() if handler.for_watchers}

    assert admitted == {"GetTask", "WaitTask", "CheckCredentials"}
