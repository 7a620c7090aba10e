"""Exchange: many operations in one stream."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from fakes import exports
from fakes.performer import Held
from fakes.rpc import Refusal, duration, serving, wait
from fakes.runtime import PATIENCE, make_world
from syncline.v1 import access_service_pb2, exchange_pb2, step_service_pb2, task_calls_pb2, task_pb2
from syncline_server.rpc import exchange
from syncline_server.runtime.resume import Place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.rpc import Served, Stream

Create = task_calls_pb2.CreateTaskRequest
Credentials = exchange_pb2.Credentials


@pytest.fixture
async def stream(running: Served) -> AsyncIterator[Stream]:
    await running.world.deploy(exports.echo(), "echo")
    await running.world.deploy(exports.waiting(), "waiting")
    stream = running.owner.exchange()
    yield stream
    await stream.close()


def echo(number: int = 1, **more: Any) -> Create:
    return Create(process="@echo", data_json=f'{{"param":"{number}"}}', wait=wait(), **more)


def waiting(seconds: float = PATIENCE, **more: Any) -> Create:
    return Create(process="@waiting", wait=wait(seconds), **more)


# Working.


async def test_the_first_frame_says_how_much_may_be_open(stream: Stream) -> None:
    assert (await stream.first()).credit == exchange.CREDIT


async def test_an_answer_that_is_there_at_once_has_one_phase(stream: Stream) -> None:
    answer = await stream.ask(create_task=echo(5))

    assert answer.outcome.data_json == '{"info":{"param":"5"}}'
    assert answer.task.state == task_pb2.TASK_STATE_ENDED
    assert stream.phases == {1: ["create_task"]}


async def test_a_parked_caller_is_told_first(running: Served, stream: Stream) -> None:
    number = await stream.begin(create_task=waiting(ref="r"))
    accepted = await stream.accepted(number)
    modified = await stream.ask(
        modify_task=task_calls_pb2.ModifyTaskRequest(task_id=accepted.task_id, data_json='{"answer":"yes"}')
    )
    answer = await stream.result(number)

    assert (accepted.ref, accepted.state) == ("r", task_pb2.TASK_STATE_WAITING)
    assert accepted.process_id == answer.task.process_id
    assert running.world.runtime.resume_tokens.read(accepted.resume_token).task_id == accepted.task_id
    assert answer.outcome.data_json == '{"answer":"yes"}'
    assert modified.task.task_id == answer.task.task_id == accepted.task_id
    assert stream.phases[number] == ["accepted", "create_task"]


async def test_many_at_once_each_get_their_own(stream: Stream) -> None:
    operations = [stream.operation(create_task=echo(number)) for number in range(300)]

    await stream.send(*operations)
    answers = [await stream.result(operation.number) for operation in operations]

    assert [answer.outcome.data_json for answer in answers] == [f'{{"info":{{"param":"{n}"}}}}' for n in range(300)]
    assert len(stream.frames) < 20, "what is ready together goes out together"


async def test_every_operation(running: Served, stream: Stream) -> None:
    task = (await stream.ask(create_task=Create(process="@waiting", ref="r"))).task
    callback_id = running.world.callback_id(await running.world.runtime.tasks.read(task.task_id))
    ref = {"process": "@waiting", "ref": "r"}

    got = await stream.ask(get_task=task_calls_pb2.GetTaskRequest(**ref))
    listed = await stream.ask(list_tasks=task_calls_pb2.ListTasksRequest(process="@waiting"))
    steps = await stream.ask(list_steps=step_service_pb2.ListStepsRequest(task_id=task.task_id))
    answered = await stream.ask(
        submit_callback=task_calls_pb2.SubmitCallbackRequest(callback_id=callback_id, data_json="1")
    )
    modified = await stream.ask(modify_task=task_calls_pb2.ModifyTaskRequest(**ref, data_json='{"a":1}'))
    waited = await stream.ask(wait_task=task_calls_pb2.WaitTaskRequest(task_id=task.task_id))
    cancelled = await stream.ask(cancel_task=task_calls_pb2.CancelTaskRequest(task_id=task.task_id))
    deleted = await stream.ask(delete_task=task_calls_pb2.DeleteTaskRequest(task_id=task.task_id))

    assert got.task == task
    assert list(listed.tasks) == [task]
    assert [step.node_id for step in steps.steps] == [exports.node_id(1), exports.node_id(2)]
    assert '"a":1' in modified.task.data_json
    assert (answered.task_id, answered.repeated) == (task.task_id, False)
    assert waited.outcome.data_json == "1"
    assert cancelled.task.task_id == task.task_id
    assert deleted == task_calls_pb2.DeleteTaskResponse()


async def test_credentials_are_checked_and_nothing_else_is_asked(running: Served, stream: Stream) -> None:
    owner = running.world.owner
    process = running.world.runtime.catalogue.resolve(owner.company_id, "@echo")
    asked = access_service_pb2.CheckCredentialsRequest()
    operations = [stream.operation(check_credentials=asked, credentials_index=index) for index in range(3)]

    presented = [Credentials(direct_url_hash=process.direct_url_hash), Credentials(direct_url_hash="0" * 40)]
    await stream.send(*operations, credentials=presented)
    known, direct, nobody = [await stream.result(operation.number) for operation in operations]

    assert (known.login, known.company_id) == (owner.login, owner.company_id)
    assert (direct.login, direct.company_id) == ("", owner.company_id)
    assert nobody.reason == "BAD_CREDENTIALS"


async def test_a_large_result_does_not_hold_up_small_ones(stream: Stream) -> None:
    large = "x" * 600_000
    operations = [
        stream.operation(create_task=Create(process="@echo", data_json=f'{{"param":"{large}"}}', wait=wait())),
        *(stream.operation(create_task=echo(number)) for number in range(20)),
    ]

    await stream.send(*operations)
    for operation in operations:
        await stream.result(operation.number)

    (alone,) = [frame for frame in stream.frames if any(result.number == 1 for result in frame.results)]
    assert len(alone.results) == 1


# Failing.


async def test_one_that_fails_does_not_touch_the_others(stream: Stream) -> None:
    operations = [
        stream.operation(create_task=echo(1)),
        stream.operation(create_task=Create(process="@nowhere")),
        stream.operation(create_task=Create(process="@echo", data_json="{")),
        stream.operation(),
        stream.operation(create_task=echo(1), credentials_index=3),
        stream.operation(create_task=Create(process="@echo", wait=wait(-1))),
        stream.operation(create_task=echo(2)),
    ]

    await stream.send(*operations)
    results = [await stream.result(operation.number) for operation in operations]

    reasons = [result.reason if isinstance(result, Refusal) else "" for result in results]
    assert reasons == [
        "",
        "PROCESS_NOT_FOUND",
        "INVALID_JSON",
        "UNIMPLEMENTED",
        "INVALID_REQUEST",
        "INVALID_REQUEST",
        "",
    ]
    assert results[4].fields == ["credentials_index"]
    assert results[5].fields == ["wait.timeout"]


async def test_an_exception_is_that_operations_result(
    running: Served, stream: Stream, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("password=123")

    monkeypatch.setattr(running.world.runtime.tasks, "find", broken)

    result = await stream.ask(get_task=task_calls_pb2.GetTaskRequest(task_id="0" * 24))
    answer = await stream.ask(create_task=echo(1))

    assert (result.code, result.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "123" not in result.message
    assert [record.getMessage() for record in caplog.records] == ["rpc.failed"]
    assert answer.HasField("outcome")


@pytest.mark.parametrize("number", [0, 1])
async def test_a_number_that_cannot_be(stream: Stream, number: int) -> None:
    await stream.begin(create_task=waiting())

    await stream.send(exchange_pb2.Operation(number=number, create_task=echo(1)))

    refused = await stream.result(number)
    assert (refused.reason, refused.fields) == ("INVALID_REQUEST", ["number"])


async def test_more_than_the_credit() -> None:
    world = await make_world()
    await world.deploy(exports.echo(), "echo")
    await world.deploy(exports.waiting(), "waiting")
    async with serving(world, credit=2) as running:
        stream = running.owner.exchange()
        for _ in range(3):
            await stream.begin(create_task=waiting())

        operations = [stream.operation(create_task=echo(number)) for number in range(3)]
        await stream.send(*operations)
        results = [await stream.result(operation.number) for operation in operations]
        later = await stream.ask(create_task=echo(9))
        await stream.close()
    await world.runtime.stop()

    assert (await stream.first()).credit == 2
    assert [isinstance(result, Refusal) for result in results] == [False, False, True]
    assert (results[2].code, results[2].reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
    assert later.HasField("outcome"), "those that are accepted do not count"


# Who asks.


async def test_each_operation_points_to_its_credentials(running: Served, stream: Stream) -> None:
    (key,) = await running.world.store.keys()
    body = b'{"ops":[]}'
    signature = hashlib.sha1(b"17" + key.secret.encode() + body + key.secret.encode()).hexdigest()
    signed = exchange_pb2.SignedRequest(login=key.login, timestamp="17", signature=signature, body=body)
    forged = exchange_pb2.SignedRequest(login=key.login, timestamp="18", signature=signature, body=body)
    process = running.world.runtime.catalogue.resolve(running.world.owner.company_id, "@echo")
    task = await running.world.create("@echo")
    token = running.world.runtime.resume_tokens.make(Place(task.task_id, 0))
    presented = [
        Credentials(signed=signed),
        Credentials(signed=forged),
        Credentials(authorization=running.owner.authorization),
        Credentials(direct_url_hash=process.direct_url_hash),
        Credentials(direct_url_hash="0" * 40),
        Credentials(resume_token=token),
        Credentials(resume_token="x"),
        Credentials(),
    ]
    anonymous = running.anybody.exchange()

    operations = [
        anonymous.operation(credentials_index=index, create_task=echo(index)) for index in range(len(presented) + 1)
    ]
    operations.append(
        anonymous.operation(credentials_index=6, wait_task=task_calls_pb2.WaitTaskRequest(task_id=task.task_id))
    )
    operations.append(
        anonymous.operation(credentials_index=6, cancel_task=task_calls_pb2.CancelTaskRequest(task_id=task.task_id))
    )
    await anonymous.send(*operations, credentials=presented)
    results = [await anonymous.result(operation.number) for operation in operations]
    await anonymous.close()

    reasons = [result.reason if isinstance(result, Refusal) else "" for result in results]
    assert reasons == [
        "NO_CREDENTIALS",
        "",
        "BAD_CREDENTIALS",
        "",
        "",
        "BAD_CREDENTIALS",
        "ACCESS_DENIED",
        "BAD_CREDENTIALS",
        "NO_CREDENTIALS",
        "",
        "ACCESS_DENIED",
    ]


async def test_a_direct_url_is_of_one_process(running: Served, stream: Stream) -> None:
    process = running.world.runtime.catalogue.resolve(running.world.owner.company_id, "@echo")
    presented = Credentials(direct_url_hash=process.direct_url_hash)
    operation = stream.operation(credentials_index=1, create_task=Create(process="@waiting"))

    await stream.send(operation, credentials=[presented])

    assert (await stream.result(operation.number)).reason == "BAD_CREDENTIALS"


async def test_a_callback_needs_no_credentials(running: Served, stream: Stream) -> None:
    task = await running.world.create("@waiting")
    anonymous = running.anybody.exchange()

    answer = await anonymous.ask(
        submit_callback=task_calls_pb2.SubmitCallbackRequest(callback_id=running.world.callback_id(task), data_json="1")
    )

    assert answer.task_id == task.task_id
    await anonymous.close()


async def test_a_post_to_a_nodes_url_needs_no_credentials_either(running: Served) -> None:
    await running.world.deploy(exports.waiting(id_path="id"), "posted")
    task = await running.world.create("@posted")
    (node,) = running.world.runtime.node_callbacks.urls(
        running.world.runtime.deploying.get(running.world.owner, "@posted")
    )
    process_id, node_id, url_hash = node.url.split("/")[-3:]
    request = task_calls_pb2.SubmitNodeCallbackRequest(
        process_id=process_id, node_id=node_id, hash=url_hash, data_json=f'{{"id":"{task.task_id}"}}', request_id="r"
    )
    anonymous = running.anybody.exchange()

    answer = await anonymous.ask(submit_node_callback=request)
    again = await anonymous.ask(submit_node_callback=request)
    request.request_id = ""
    refused = await anonymous.ask(submit_node_callback=request)

    assert answer.task_id == again.task_id == task.task_id
    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "NODE_NOT_FOUND")
    await anonymous.close()


async def test_each_operation_counts_against_the_limit(running: Served) -> None:
    await running.world.deploy(exports.echo(), "echo")
    key = await running.another_key(rate_limit=3)
    stream = key.exchange()
    operations = [stream.operation(get_task=task_calls_pb2.GetTaskRequest(task_id="0" * 24)) for _ in range(5)]

    await stream.send(*operations)
    results = [await stream.result(operation.number) for operation in operations]
    await stream.close()

    assert [result.reason for result in results] == ["TASK_NOT_FOUND"] * 3 + ["RATE_LIMITED"] * 2


# Leaving.


async def test_a_caller_who_leaves(running: Served, stream: Stream) -> None:
    number = await stream.begin(create_task=waiting(ref="r"))

    await stream.send(cancelled_numbers=[number, 77])
    result = await stream.result(number)
    task = await stream.ask(get_task=task_calls_pb2.GetTaskRequest(process="@waiting", ref="r"))

    assert (result.code, result.reason) == (grpc.StatusCode.CANCELLED, "CANCELLED")
    assert task.task.state == task_pb2.TASK_STATE_WAITING, "the task goes on"
    assert len(running.world.runtime.watch) == 0


async def test_a_caller_who_leaves_in_the_same_breath(stream: Stream) -> None:
    operation = stream.operation(create_task=echo(1))

    await stream.send(operation, cancelled_numbers=[operation.number])

    assert (await stream.result(operation.number)).reason == "CANCELLED"
    assert (await stream.ask(create_task=echo(2))).HasField("outcome")


async def test_an_operation_whose_time_is_over(stream: Stream) -> None:
    answer = await stream.ask(create_task=waiting(60), timeout=duration(0.1))

    assert answer.task.task_id
    assert not answer.HasField("outcome"), "it gets the handle before its time is over"


async def test_an_operation_that_is_stuck(running: Served, stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stuck(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(running.world.runtime.tasks, "find", stuck)

    result = await stream.ask(get_task=task_calls_pb2.GetTaskRequest(task_id="0" * 24), timeout=duration(0.01))

    assert (result.code, result.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")


async def test_a_client_that_has_no_more_to_ask_gets_the_rest(running: Served, stream: Stream) -> None:
    number = await stream.begin(create_task=waiting(ref="r"))

    await stream.call.done_writing()
    await running.owner(
        "ModifyTask", task_calls_pb2.ModifyTaskRequest(process="@waiting", ref="r", data_json='{"answer":"1"}')
    )

    assert await stream.code() is grpc.StatusCode.OK
    assert stream.phases[number] == ["accepted", "create_task"]


async def test_a_client_that_is_gone_waits_for_nothing(running: Served, stream: Stream) -> None:
    await stream.begin(create_task=waiting(ref="r"))

    await stream.close()
    await running.parked(0)
    task = await running.owner("GetTask", task_calls_pb2.GetTaskRequest(process="@waiting", ref="r"))

    assert task.task.state == task_pb2.TASK_STATE_WAITING


# Holding calls.


async def test_calls_wait_until_the_result_was_delivered(running: Served, stream: Stream) -> None:
    await running.world.deploy(exports.outside(), "outside")
    url = running.world.performer.on("http://peer.test/", Held())
    request = Create(process="@outside", data_json=f'{{"url":"{url}","n":"1"}}', without_callback=True)
    operation = stream.operation(create_task=request, hold_calls=True)

    await stream.send(operation)
    await stream.result(operation.number)
    await running.owner("GetTask", task_calls_pb2.GetTaskRequest(task_id=(await latest(running)).task_id))
    held = len(running.world.performer.made)
    await stream.send(delivered_numbers=[operation.number])
    await running.world.performer.call()

    assert held == 0


async def latest(running: Served) -> task_pb2.Task:
    page = await running.owner("ListTasks", task_calls_pb2.ListTasksRequest(process="@outside"))
    task: task_pb2.Task = page.tasks[0]
    return task


async def test_calls_do_not_wait_for_a_client_that_is_gone(running: Served, stream: Stream) -> None:
    await running.world.deploy(exports.outside(), "outside")
    url = running.world.performer.on("http://peer.test/", Held())
    request = Create(process="@outside", data_json=f'{{"url":"{url}","n":"1"}}')
    operation = stream.operation(create_task=request, hold_calls=True)
    await stream.send(operation)
    await stream.result(operation.number)

    await stream.close()

    await running.world.performer.call()


async def test_the_callers_trace_goes_into_the_log(stream: Stream, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "syncline_server")

    await stream.ask(create_task=echo(1), traceparent="00-abc-01")

    facts = [vars(record)["facts"] for record in caplog.records if record.getMessage() == "exchange.operation"]
    assert facts == [{"operation": "create_task", "number": 1, "traceparent": "00-abc-01"}]


# Repeating.


async def test_the_second_attempt_finds_what_the_first_made(running: Served, stream: Stream) -> None:
    first = await stream.ask(create_task=echo(1, request_id="id"), attempt=1)
    again = await stream.ask(create_task=echo(1, request_id="id"), attempt=2)

    assert again.task.task_id == first.task.task_id
    assert again.outcome == first.outcome


# Stopping.


async def test_a_server_that_stops(running: Served, stream: Stream) -> None:
    number = await stream.begin(create_task=waiting(ref="r"))

    await running.server.stop()
    code = await stream.code()

    assert stream.frames[-1].results or stream.frames[-1].going_away
    assert any(frame.going_away for frame in stream.frames)
    assert stream.phases[number] == ["accepted", "error"]
    assert (await stream_error(stream, number)).reason == "UNAVAILABLE"
    assert code is grpc.StatusCode.OK


async def stream_error(stream: Stream, number: int) -> Refusal:
    (error,) = [r.error for f in stream.frames for r in f.results if r.number == number and r.HasField("error")]
    return Refusal(error)


async def test_what_is_on_its_way_to_the_disk_is_finished_first(running: Served, stream: Stream) -> None:
    committed, commit = asyncio.Event(), running.world.store.commit

    async def slow(batch: Any) -> None:
        await committed.wait()
        await commit(batch)

    running.world.store.commit = slow  # type: ignore[method-assign]
    operation = stream.operation(create_task=echo(1))
    await stream.send(operation)
    await stream.first()

    stopping = asyncio.create_task(running.server.stop())
    await stream.going_away()
    committed.set()
    code = await stream.code()
    await stopping

    assert stream.phases.get(operation.number) == ["create_task"]
    assert code is grpc.StatusCode.OK
