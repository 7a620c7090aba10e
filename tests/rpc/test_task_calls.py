"""TaskService's unary calls, against a real server."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from fakes import exports
from fakes.clock import START
from fakes.rpc import duration, refusal, wait
from syncline.v1 import process_service_pb2, step_service_pb2, task_calls_pb2, task_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.rpc import Served

Create = task_calls_pb2.CreateTaskRequest
Get = task_calls_pb2.GetTaskRequest
FAR = str(START // 1000 + 3600)


async def test_a_caller_is_answered_by_a_process(running: Served) -> None:
    process_id = await running.world.deploy(exports.echo(), "echo")

    made = await running.owner("CreateTask", Create(process="@echo", data_json='{"param":"ü"}', ref="r", wait=wait()))

    assert made.outcome.kind == task_pb2.OUTCOME_KIND_ANSWERED
    assert made.outcome.data_json == '{"info":{"param":"ü"}}'
    assert made.task.process_id == str(process_id)
    assert made.task.state == task_pb2.TASK_STATE_ENDED
    assert made.task.ref == "r"
    assert made.task.create_time.ToMilliseconds() == START
    assert len(made.task.task_id) == 24


async def test_without_a_wait_there_is_no_outcome(running: Served) -> None:
    await running.world.deploy(exports.echo(), "echo")

    made = await running.owner("CreateTask", Create(process="@echo", data_json='{"param":"1"}'))

    assert not made.HasField("outcome")
    assert (await running.owner("GetTask", Get(task_id=made.task.task_id))).task == made.task


async def test_a_wait_of_no_time_gives_what_there_is(running: Served) -> None:
    await running.world.deploy(exports.echo(), "echo")
    await running.world.deploy(exports.waiting(), "waiting")

    answered = await running.owner("CreateTask", Create(process="@echo", wait=wait(0)))
    parked = await running.owner("CreateTask", Create(process="@waiting", wait=wait(0)))

    assert answered.HasField("outcome")
    assert not parked.HasField("outcome")
    assert parked.task.state == task_pb2.TASK_STATE_WAITING
    assert list(parked.task.current_node_ids) == [exports.node_id(2)]


async def test_a_parked_caller_gets_the_answer_that_comes_later(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    call = asyncio.ensure_future(running.owner("CreateTask", Create(process="@waiting", ref="r", wait=wait())))
    await running.parked(1)

    changed = await running.owner(
        "ModifyTask", task_calls_pb2.ModifyTaskRequest(process="@waiting", ref="r", data_json='{"answer":"yes"}')
    )

    made = await call
    assert made.outcome.data_json == '{"answer":"yes"}'
    assert changed.task.task_id == made.task.task_id


async def test_a_wait_that_runs_out_gives_the_handle(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")

    made = await running.owner("CreateTask", Create(process="@waiting", wait=wait(0.01)))

    assert made.task.task_id
    assert not made.HasField("outcome")


async def test_a_caller_with_a_deadline_gets_the_handle_before_it(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")

    made = await running.owner("CreateTask", Create(process="@waiting", wait=wait(60)), deadline=0.5)

    assert made.task.task_id
    assert not made.HasField("outcome")


@pytest.mark.parametrize("until", ["OUTCOME", "END", "ANSWER"])
async def test_what_a_caller_waits_for(running: Served, until: str) -> None:
    await running.world.deploy(exports.echo(), "echo")

    made = await running.owner("CreateTask", Create(process="@echo", wait=wait(until=until)))

    assert made.outcome.kind == task_pb2.OUTCOME_KIND_ANSWERED


async def test_an_answer_may_come_after_the_end(running: Served) -> None:
    await running.world.deploy(exports.silent(), "silent")
    ended = await running.owner("CreateTask", Create(process="@silent", wait=wait(0.01, "OUTCOME")))
    unanswered = await running.owner("CreateTask", Create(process="@silent", wait=wait(0.01, "ANSWER")))

    assert ended.outcome.kind == task_pb2.OUTCOME_KIND_ENDED
    assert not unanswered.HasField("outcome")
    assert unanswered.task.state == task_pb2.TASK_STATE_ENDED


async def test_waiting_for_a_node(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")

    made = await running.owner("CreateTask", Create(process="@waiting", wait=wait(5, "NODE", exports.node_id(2))))
    passed = await running.owner(
        "WaitTask",
        task_calls_pb2.WaitTaskRequest(
            task_id=made.task.task_id, until=task_pb2.WAIT_UNTIL_NODE, node_id=exports.node_id(1)
        ),
    )

    assert made.task.node_id == exports.node_id(2)
    assert not made.HasField("outcome")
    assert passed.task.task_id == made.task.task_id


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (Create(process="@echo", wait=wait(-1)), "wait.timeout"),
        (Create(process="@echo", wait=wait(1, "NODE")), "wait.node_id"),
        (Create(process="@echo", wait=wait(1, "END", "n")), "wait.node_id"),
        (Create(process="@echo", ref="r" * 256), "ref"),
        (Create(process="@echo", request_id="r" * 65), "request_id"),
        (Create(process="@echo", data_json="[]"), "data"),
        (Create(process="@echo", data_json="{"), "data"),
        (Create(process="@echo", headers_json="1"), "headers"),
    ],
)
async def test_what_is_wrong_names_its_field_and_makes_nothing(running: Served, request_: Create, field: str) -> None:
    await running.world.deploy(exports.echo(), "echo")

    refused = await refusal(running.owner("CreateTask", request_))

    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.fields == [field]
    assert not (await running.owner("ListTasks", task_calls_pb2.ListTasksRequest(process="@echo"))).tasks


async def test_a_ref_that_is_taken(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    first = await running.owner("CreateTask", Create(process="@waiting", ref="r"))

    refused = await refusal(running.owner("CreateTask", Create(process="@waiting", ref="r")))
    attached = await running.owner("CreateTask", Create(process="@waiting", ref="r", attach=True))

    assert (refused.code, refused.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REF_NOT_UNIQUE")
    assert refused.info.metadata["task_id"] == first.task.task_id
    assert attached.task == first.task


async def test_attaching_to_a_finished_task_gives_its_outcome(running: Served) -> None:
    await running.world.deploy(exports.echo(), "echo")
    request = Create(process="@echo", ref="r", data_json='{"param":"1"}', attach=True, wait=wait())

    first, again = await running.owner("CreateTask", request), await running.owner("CreateTask", request)

    assert again == first


async def test_a_request_id_makes_one_task(running: Served) -> None:
    await running.world.deploy(exports.echo(), "echo")
    request = Create(process="@echo", data_json='{"param":"1"}', request_id="id", wait=wait())

    first, again = await running.owner("CreateTask", request), await running.owner("CreateTask", request)
    request.data_json = '{"param":"2"}'
    refused = await refusal(running.owner("CreateTask", request))

    assert again == first
    assert refused.reason == "REQUEST_ID_REUSED"


async def test_waiting_again(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    task_id = (await running.owner("CreateTask", Create(process="@waiting"))).task.task_id
    request = task_calls_pb2.WaitTaskRequest(task_id=task_id, timeout=duration(0.01))

    before = await running.owner("WaitTask", request)
    await running.owner("ModifyTask", task_calls_pb2.ModifyTaskRequest(task_id=task_id, data_json='{"answer":"1"}'))
    after = await running.owner("WaitTask", request)

    assert not before.HasField("outcome")
    assert before.task.task_id == task_id
    assert after.outcome.data_json == '{"answer":"1"}'


async def test_cancelling(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    task_id = (await running.owner("CreateTask", Create(process="@waiting"))).task.task_id

    cancelled = await running.owner("CancelTask", task_calls_pb2.CancelTaskRequest(task_id=task_id))
    again = await running.owner("CancelTask", task_calls_pb2.CancelTaskRequest(task_id=task_id))

    assert cancelled.task.state == task_pb2.TASK_STATE_CANCELLED
    assert again.task == cancelled.task


async def test_deleting(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    task_id = (await running.owner("CreateTask", Create(process="@waiting"))).task.task_id

    elsewhere = await refusal(
        running.owner("DeleteTask", task_calls_pb2.DeleteTaskRequest(task_id=task_id, node_id=exports.node_id(3)))
    )
    await running.owner("DeleteTask", task_calls_pb2.DeleteTaskRequest(task_id=task_id))
    gone = await refusal(running.owner("GetTask", Get(task_id=task_id)))

    assert elsewhere.reason == "NODE_NOT_FOUND"
    assert (gone.code, gone.reason) == (grpc.StatusCode.NOT_FOUND, "TASK_NOT_FOUND")


async def test_a_caller_who_leaves_does_not_stop_a_deletion(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    task = await running.world.create("@waiting")
    watching = asyncio.ensure_future(running.owner("WaitTask", task_calls_pb2.WaitTaskRequest(task_id=task.task_id)))
    await running.parked(1)
    release = slow_commits(running)

    call = running.owner.method("DeleteTask")(
        task_calls_pb2.DeleteTaskRequest(task_id=task.task_id), metadata=running.owner.metadata
    )
    await asyncio.wait_for(release.asked.wait(), 5)
    call.cancel()
    release.now.set()

    assert (await refusal(watching)).reason == "TASK_NOT_FOUND"


class Slow:
    """A store whose commits wait for the test."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.now = asyncio.Event()


def slow_commits(running: Served) -> Slow:
    """Let commits wait from now on."""
    slow, commit = Slow(), running.world.store.commit

    async def wait_and_commit(batch: object) -> None:
        slow.asked.set()
        await slow.now.wait()
        await commit(batch)  # type: ignore[arg-type]

    running.world.store.commit = wait_and_commit  # type: ignore[method-assign]
    return slow


# Callbacks.


async def test_an_answer_needs_no_key(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    task = await running.world.create("@waiting")
    request = task_calls_pb2.SubmitCallbackRequest(callback_id=running.world.callback_id(task), data_json='{"n": 1.10}')

    first = await running.anybody("SubmitCallback", request)
    again = await running.anybody("SubmitCallback", request)
    request.data_json = "2"
    other = await refusal(running.anybody("SubmitCallback", request))
    request.callback_id = "0" * 56
    unknown = await refusal(running.anybody("SubmitCallback", request))
    waited = await running.owner("WaitTask", task_calls_pb2.WaitTaskRequest(task_id=task.task_id))

    assert (first.repeated, first.task_id) == (False, task.task_id)
    assert (again.repeated, again.task_id) == (True, task.task_id)
    assert (other.code, other.reason) == (grpc.StatusCode.ALREADY_EXISTS, "ALREADY_ANSWERED")
    assert (unknown.code, unknown.reason) == (grpc.StatusCode.NOT_FOUND, "CALLBACK_NOT_FOUND")
    assert waited.outcome.data_json == '{"n": 1.10}'


async def test_a_post_to_a_nodes_url_needs_no_key(running: Served) -> None:
    await running.world.deploy(exports.waiting(id_path="id"), "posted")
    task = await running.world.create("@posted")
    got = await running.owner("GetProcess", process_service_pb2.GetProcessRequest(process="@posted"))
    process_id, node_id, url_hash = got.process.node_callbacks[0].url.split("/")[-3:]
    request = task_calls_pb2.SubmitNodeCallbackRequest(process_id=process_id, node_id=node_id, hash=url_hash)

    nothing = await refusal(running.anybody("SubmitNodeCallback", request))
    request.data_json = f'{{"id":"{task.task_id}","answer":"yes"}}'
    taken = await running.anybody("SubmitNodeCallback", request)
    moved_on = await refusal(running.anybody("SubmitNodeCallback", request))
    request.hash = "0" * 32
    unknown = await refusal(running.anybody("SubmitNodeCallback", request))
    waited = await running.owner("WaitTask", task_calls_pb2.WaitTaskRequest(task_id=task.task_id))

    assert (nothing.code, nothing.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["data.id"])
    assert taken.task_id == task.task_id
    assert (moved_on.code, moved_on.reason) == (grpc.StatusCode.NOT_FOUND, "NODE_NOT_FOUND")
    assert (unknown.code, unknown.reason) == (grpc.StatusCode.NOT_FOUND, "CALLBACK_NOT_FOUND")
    assert waited.outcome.data_json == '{"answer":"yes"}'


# Who may.


async def test_a_call_without_a_key(running: Served) -> None:
    refused = await refusal(running.anybody("GetTask", Get(task_id="0" * 24)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NO_CREDENTIALS")


@pytest.mark.parametrize("secret", ["wrong", "", "ü"])
async def test_a_wrong_key(running: Served, secret: str) -> None:
    refused = await refusal(running.owner.with_key("123", secret)("GetTask", Get(task_id="0" * 24)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "BAD_CREDENTIALS")


async def test_a_key_without_the_right(running: Served) -> None:
    await running.world.deploy(exports.echo(), "echo")
    other = await running.another_key()

    refused = await refusal(other("CreateTask", Create(process="@echo")))

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ACCESS_DENIED")
    assert refused.info.metadata["right"] == "create"


async def test_a_rate_limit(running: Served) -> None:
    key = await running.another_key(rate_limit=2)
    request = task_calls_pb2.ListTasksRequest(process="1")

    ends = [await refusal(key("ListTasks", request)) for _ in range(3)]

    assert [end.reason for end in ends] == ["PROCESS_NOT_FOUND", "PROCESS_NOT_FOUND", "RATE_LIMITED"]
    assert ends[-1].code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert ends[-1].info.metadata["limit"] == "2"


# Bytes.


@pytest.mark.parametrize("raw", [b"\xff\xff\xff", b"\x0a\x05ab", b"\x0a\x01\xff"])
@pytest.mark.parametrize("method", ["CreateTask", "AwaitTask", "Exchange"])
async def test_what_is_no_message(running: Served, method: str, raw: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    path, channel = f"/syncline.v1.TaskService/{method}", untyped(running.owner.channel)
    if method == "CreateTask":
        call = channel.unary_unary(path)(raw, metadata=running.owner.metadata)
    elif method == "AwaitTask":
        call = channel.unary_stream(path)(raw, metadata=running.owner.metadata).read()
    else:
        call = last(channel.stream_stream(path)(one(raw), metadata=running.owner.metadata))

    refused = await refusal(call)

    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert caplog.records == []


def untyped(channel: Any) -> Any:
    return channel


async def one(raw: bytes) -> AsyncIterator[bytes]:
    yield raw


async def last(call: Any) -> None:
    async for _ in call:
        pass


# Lists.


async def test_pages_of_tasks(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    made = [(await running.world.create("@waiting")).task_id for _ in range(5)]
    request = task_calls_pb2.ListTasksRequest(process="@waiting", page_size=2)

    pages = []
    while True:
        page = await running.owner("ListTasks", request)
        pages.append([task.task_id for task in page.tasks])
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    newest = made[::-1]
    assert pages == [newest[:2], newest[2:4], newest[4:]]


async def test_a_page_token_belongs_to_its_list(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    for _ in range(2):
        await running.world.create("@waiting")
    first = await running.owner("ListTasks", task_calls_pb2.ListTasksRequest(process="@waiting", page_size=1))
    other = task_calls_pb2.ListTasksRequest(
        process="@waiting", filter='state = "ENDED"', page_token=first.next_page_token
    )

    refused = await refusal(running.owner("ListTasks", other))

    assert (refused.reason, refused.fields) == ("INVALID_REQUEST", ["page_token"])


async def test_a_page_of_large_tasks_ends_early(running: Served) -> None:
    await running.world.deploy(exports.silent(), "silent")
    for _ in range(5):
        await running.world.create("@silent", '{"a":"' + "x" * 900_000 + '"}')

    page = await running.owner("ListTasks", task_calls_pb2.ListTasksRequest(process="@silent"))
    rest = await running.owner(
        "ListTasks", task_calls_pb2.ListTasksRequest(process="@silent", page_token=page.next_page_token)
    )

    assert len(page.tasks) == 3
    assert len(rest.tasks) == 2
    assert not rest.next_page_token


@pytest.mark.parametrize(
    ("text", "paused", "found"),
    [
        ('state = "WAITING"', False, {"a", "b"}),
        ('state = "ENDED"', False, {"c"}),
        ('state = "PAUSED"', False, set()),
        ('state = "WAITING"', True, set()),
        ('state = "PAUSED"', True, {"a", "b"}),
        ('state = "ENDED"', True, {"c"}),
        ('ref = "a"', False, {"a"}),
        ('ref = "a" AND state = "ENDED"', False, set()),
    ],
)
async def test_a_filter(running: Served, text: str, paused: bool, found: set[str]) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    for ref in ("a", "b", "c"):
        await running.world.create("@waiting", ref=ref)
    await running.owner(
        "ModifyTask", task_calls_pb2.ModifyTaskRequest(process="@waiting", ref="c", data_json='{"answer":"1"}')
    )
    if paused:
        await running.world.runtime.deploying.pause(running.world.owner, "@waiting")

    page = await running.owner("ListTasks", task_calls_pb2.ListTasksRequest(process="@waiting", filter=text))

    assert {task.ref for task in page.tasks} == found
    if paused and "PAUSED" in text:
        assert {task.state for task in page.tasks} == {task_pb2.TASK_STATE_PAUSED}


async def test_a_list_asks_for_the_right_even_when_it_is_empty(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    key = await running.another_key()

    refused = await refusal(
        key("ListTasks", task_calls_pb2.ListTasksRequest(process="@waiting", filter='state = "PAUSED"'))
    )

    assert refused.reason == "ACCESS_DENIED"


async def test_steps(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    task = await running.world.create("@waiting")
    request = step_service_pb2.ListStepsRequest(task_id=task.task_id, page_size=1)

    first = await running.owner("ListSteps", request)
    request.page_token = first.next_page_token
    second = await running.owner("ListSteps", request)

    (started,), (open_,) = first.steps, second.steps
    assert (started.node_id, started.result, started.step_id) == (exports.node_id(1), "moved", f"{task.task_id}-1")
    assert (open_.node_id, open_.result, open_.HasField("end_time")) == (exports.node_id(2), "", False)
    assert not second.next_page_token
