"""Tokens over the contract: made, listed and revoked, and sent instead of a key by every way that a key goes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import message_factory

from fakes import exports
from fakes.clock import START
from fakes.credentials import basic, bearer
from fakes.rpc import Stubs, duration, refusal, serving
from fakes.runtime import PATIENCE, make_world
from syncline.v1 import access_service_pb2, exchange_pb2, step_service_pb2, task_calls_pb2, task_pb2
from syncline_server.rpc.handlers import HANDLERS, SERVICES

if TYPE_CHECKING:
    from google.protobuf.descriptor import MethodDescriptor

    from fakes.rpc import Refusal, Served
    from syncline_server.engine.task import Task

Create = access_service_pb2.CreateTokenRequest
List = access_service_pb2.ListTokensRequest
Get = task_calls_pb2.GetTaskRequest
CALLBACK = "__callback_url"


@pytest.fixture
async def task(running: Served) -> Task:
    """A task that stands and waits to be modified."""
    await running.world.deploy(exports.waiting(), "waiting")
    return await running.world.create("@waiting", ref="r")


def holding(running: Served, token: str) -> Stubs:
    """Return a client that presents a token."""
    return Stubs(running.owner.channel, bearer(token))


async def made(running: Served, **fields: Any) -> Any:
    return await running.owner("CreateToken", Create(**fields))


async def task_token(running: Served, client: Stubs | None = None, **fields: Any) -> Any:
    return await (client or running.owner)("CreateTaskToken", task_calls_pb2.CreateTaskTokenRequest(**fields))


async def whose(client: Stubs) -> Any:
    return await client("CheckCredentials", access_service_pb2.CheckCredentialsRequest())


async def outcome_of(call: Any) -> str:
    """Return the last event of a stream."""
    async with asyncio.timeout(PATIENCE):
        return str([event.WhichOneof("event") async for event in call][-1])


async def test_a_token_is_made_and_used(running: Served) -> None:
    token = await made(running, title="ci", ttl=duration(60))

    assert (token.login, token.expire_time.ToMilliseconds()) == (running.world.owner.login, START + 60_000)
    assert (await whose(holding(running, token.token))).login == running.world.owner.login


async def test_a_list_shows_everything_but_the_token(running: Served) -> None:
    token = await made(running, title="ci")

    (listed,) = (await running.owner("ListTokens", List())).tokens

    assert (listed.token_id, listed.login, listed.title) == (token.token_id, running.world.owner.login, "ci")
    assert (listed.create_time.ToMilliseconds(), listed.expire_time) == (START, token.expire_time)
    assert token.token not in str(listed)


async def test_a_list_comes_in_pages(running: Served) -> None:
    made_ids = []
    for _ in range(5):
        running.world.clock.move(seconds=1)
        made_ids.append((await made(running)).token_id)

    seen, page = [], ""
    while True:
        answer = await running.owner("ListTokens", List(page_size=2, page_token=page))
        seen.append([token.token_id for token in answer.tokens])
        if not (page := answer.next_page_token):
            break
    login = running.world.owner.login
    refused = await refusal(running.owner("ListTokens", List(page_token=(await first_page(running)), login=login)))

    assert seen == [made_ids[:2:-1], made_ids[2:0:-1], made_ids[:1]]
    assert refused.fields == ["page_token"]


async def first_page(running: Served) -> str:
    return str((await running.owner("ListTokens", List(page_size=2))).next_page_token)


@pytest.mark.parametrize("ttl", [duration(0), duration(0.5), duration(90 * 86_400 + 1), duration(-1)])
async def test_a_lifetime_that_is_not_taken_names_its_field(running: Served, task: Task, ttl: Any) -> None:
    for refused in (await refusal(made(running, ttl=ttl)), await refusal(task_token(running, task_id="0", ttl=ttl))):
        assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert (await refusal(task_token(running, task_id=task.task_id, ttl=ttl))).fields == ["ttl"]
    assert (await refusal(made(running, ttl=ttl))).fields == ["ttl"]


async def test_a_revoked_token_is_refused(running: Served) -> None:
    token = await made(running)
    delete = access_service_pb2.DeleteTokenRequest(token_id=token.token_id)
    await running.owner("DeleteToken", delete)

    assert (await refusal(whose(holding(running, token.token)))).reason == "BAD_CREDENTIALS"
    again = await refusal(running.owner("DeleteToken", delete))
    assert (again.code, again.reason) == (grpc.StatusCode.NOT_FOUND, "TOKEN_NOT_FOUND")


async def test_who_has_no_credentials_is_told_what_to_send(running: Served) -> None:
    refused = await refusal(whose(running.anybody))

    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NO_CREDENTIALS")
    assert "Bearer" in refused.message


async def test_a_token_watches(running: Served, task: Task) -> None:
    client = holding(running, (await made(running)).token)
    call = client.watch(task_id=task.task_id)
    await client("CancelTask", task_calls_pb2.CancelTaskRequest(task_id=task.task_id))

    assert await outcome_of(call) == "outcome"


async def test_a_token_goes_with_a_frame_and_with_a_stream(running: Served, task: Task) -> None:
    token = await made(running)
    by_frame = running.anybody.exchange()
    by_stream = holding(running, token.token).exchange()
    shown = exchange_pb2.Credentials(authorization=bearer(token.token))

    async def ask() -> list[Any]:
        asked = by_frame.operation(get_task=Get(task_id=task.task_id), credentials_index=1)
        await by_frame.send(asked, credentials=[shown])
        return [await by_frame.result(asked.number), await by_stream.ask(get_task=Get(task_id=task.task_id))]

    assert [answer.task.task_id for answer in await ask()] == [task.task_id] * 2
    await running.owner("DeleteToken", access_service_pb2.DeleteTokenRequest(token_id=token.token_id))
    assert [answer.reason for answer in await ask()] == ["BAD_CREDENTIALS"] * 2, "a stream lives longer than a token"
    await by_frame.close()
    await by_stream.close()


async def test_a_wait_that_is_under_way_outlives_its_token(running: Served, task: Task) -> None:
    token = await made(running)
    client = holding(running, token.token)
    waiting = asyncio.create_task(client("WaitTask", task_calls_pb2.WaitTaskRequest(task_id=task.task_id)))
    await running.parked(1)
    await running.owner("DeleteToken", access_service_pb2.DeleteTokenRequest(token_id=token.token_id))
    await running.owner("CancelTask", task_calls_pb2.CancelTaskRequest(task_id=task.task_id))

    assert (await waiting).HasField("outcome")


async def test_everything_outlives_a_restart() -> None:
    world = await make_world()
    async with serving(world) as before:
        token = await made(before)
    await world.restart()
    async with serving(world) as after:
        assert (await whose(holding(after, token.token))).login == world.owner.login
    await world.runtime.stop()


# For one task.


@pytest.mark.parametrize("how", ["task_id", "ref"])
async def test_a_task_token_reads_and_watches_its_task(running: Served, task: Task, how: str) -> None:
    named: dict[str, Any] = {"task_id": task.task_id} if how == "task_id" else {"process": "@waiting", "ref": "r"}
    token = await task_token(running, **named, ttl=duration(60))
    page = holding(running, token.token)

    assert token.expire_time.ToMilliseconds() == START + 60_000
    assert (await page("GetTask", Get(**named))).task.task_id == task.task_id
    call = page.watch(**named)
    waiting = asyncio.create_task(page("WaitTask", task_calls_pb2.WaitTaskRequest(**named)))
    await running.parked(2)
    await running.owner("CancelTask", task_calls_pb2.CancelTaskRequest(task_id=task.task_id))
    assert await outcome_of(call) == "outcome"
    assert (await waiting).HasField("outcome")


async def test_a_task_token_shows_nothing_that_would_let_its_holder_answer(running: Served, task: Task) -> None:
    page = holding(running, (await task_token(running, task_id=task.task_id)).token)
    await running.owner("CancelTask", task_calls_pb2.CancelTaskRequest(task_id=task.task_id))
    wait = task_calls_pb2.WaitTaskRequest(task_id=task.task_id)
    first, *_ = seen = [event async for event in page.watch(task_id=task.task_id)]
    resumed = task_calls_pb2.AwaitTaskRequest(resume_token=first.resume_token)
    nobody = [event async for event in running.anybody.method("AwaitTask")(resumed, timeout=PATIENCE)]
    waited = await page("WaitTask", wait)

    assert CALLBACK not in (await page("GetTask", Get(task_id=task.task_id))).task.data_json
    assert CALLBACK not in waited.task.data_json + waited.outcome.data_json
    assert seen[-1].outcome == nobody[-1].outcome
    assert seen[-1].outcome.kind == task_pb2.OUTCOME_KIND_CANCELLED
    assert CALLBACK not in seen[-1].outcome.data_json
    assert CALLBACK in (await running.owner("WaitTask", wait)).outcome.data_json


async def test_a_wait_of_a_watcher_that_is_taken_up_again_is_still_a_watchers(running: Served, task: Task) -> None:
    page = holding(running, (await task_token(running, task_id=task.task_id)).token)
    wait = task_calls_pb2.WaitTaskRequest(task_id=task.task_id)
    tokens = []
    for client in (page, running.owner):
        stream = client.exchange()
        tokens.append((await stream.accepted(await stream.begin(wait_task=wait))).resume_token)
        await stream.close()
    await running.owner("CancelTask", task_calls_pb2.CancelTaskRequest(task_id=task.task_id))
    gateway = running.anybody.exchange()
    shown = []
    for token in tokens:
        operation = gateway.operation(wait_task=wait, credentials_index=1)
        await gateway.send(operation, credentials=[exchange_pb2.Credentials(resume_token=token)])
        answer = await gateway.result(operation.number)
        shown.append(CALLBACK in answer.task.data_json + answer.outcome.data_json)
    await gateway.close()

    assert shown == [False, True]


async def test_a_task_token_is_for_its_task_alone(running: Served, task: Task) -> None:
    other = await running.world.create("@waiting")
    page = holding(running, (await task_token(running, task_id=task.task_id)).token)
    steps = step_service_pb2.ListStepsRequest(task_id=other.task_id)

    refused = [
        await refusal(page("GetTask", Get(task_id=other.task_id))),
        await refusal(page("WaitTask", task_calls_pb2.WaitTaskRequest(task_id=other.task_id))),
        await refusal(page("ListSteps", steps)),
        await refusal(page("ListSteps", step_service_pb2.ListStepsRequest(task_id=task.task_id))),
        await refusal(outcome_of(page.watch(task_id=other.task_id))),
    ]

    assert [one.reason for one in refused] == ["ACCESS_DENIED"] * 5


def needing_a_key() -> list[MethodDescriptor]:
    """Every unary call that a token for one task must not open."""
    methods = [method for service in SERVICES for method in service.methods]
    return [
        method
        for method in methods
        if (handler := HANDLERS.get(method.name)) and handler.needs_key and not handler.for_watchers
    ]


@pytest.mark.parametrize("method", needing_a_key(), ids=lambda method: method.name)
async def test_a_task_token_opens_nothing_else(running: Served, task: Task, method: MethodDescriptor) -> None:
    page = holding(running, (await task_token(running, task_id=task.task_id)).token)
    request: Any = message_factory.GetMessageClass(method.input_type)()
    if "task_id" in method.input_type.fields_by_name:
        request.task_id = task.task_id

    refused = await refusal(page(method.name, request))

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ACCESS_DENIED")


async def test_a_task_token_opens_nothing_else_in_a_frame(running: Served, task: Task) -> None:
    stream = holding(running, (await task_token(running, task_id=task.task_id)).token).exchange()
    cancel = task_calls_pb2.CancelTaskRequest(task_id=task.task_id)
    listing = task_calls_pb2.ListTasksRequest(process="@waiting")

    answers: list[Refusal] = [await stream.ask(cancel_task=cancel), await stream.ask(list_tasks=listing)]
    read = await stream.ask(get_task=Get(task_id=task.task_id))
    await stream.close()

    assert [answer.reason for answer in answers] == ["ACCESS_DENIED"] * 2
    assert read.task.task_id == task.task_id


async def test_who_may_not_view_a_task_lets_nobody_watch_it(running: Served, task: Task) -> None:
    stranger = await running.another_key()

    assert (await refusal(task_token(running, stranger, task_id=task.task_id))).reason == "ACCESS_DENIED"
    assert (await refusal(task_token(running, running.anybody, task_id=task.task_id))).reason == "NO_CREDENTIALS"


async def test_a_token_s_holder_may_hand_on_a_task(running: Served, task: Task) -> None:
    token = await made(running, ttl=duration(60))
    handed = await task_token(running, holding(running, token.token), task_id=task.task_id)

    assert handed.expire_time == token.expire_time
    assert (await whose(holding(running, handed.token))).login == ""


async def left(running: Served, task: Task, event: Any, call: Any) -> list[str]:
    """Return why a watcher is refused who asks, comes back, waits on behalf of a frame, and has been watching."""
    await running.owner("CancelTask", task_calls_pb2.CancelTaskRequest(task_id=task.task_id))
    stream = running.anybody.exchange()
    operation = stream.operation(wait_task=task_calls_pb2.WaitTaskRequest(), credentials_index=1)
    await stream.send(operation, credentials=[exchange_pb2.Credentials(resume_token=event.resume_token)])
    framed: Refusal = await stream.result(operation.number)
    await stream.close()
    again = await refusal(outcome_of(running.anybody.watch(resume_token=event.resume_token)))
    return [framed.reason, again.reason, (await refusal(read_on(call))).reason]


async def read_on(call: Any) -> None:
    """Read a stream, of which some is read, to its end."""
    async with asyncio.timeout(PATIENCE):
        while await call.read() is not grpc.aio.EOF:
            continue


async def watched(page: Stubs, task: Task) -> tuple[Any, Any]:
    """Return a stream of events, and the first."""
    call = page.watch(task_id=task.task_id)
    async with asyncio.timeout(PATIENCE):
        return call, await call.read()


async def test_whatever_came_of_a_task_token_ends_with_its_time(running: Served, task: Task) -> None:
    page = holding(running, (await task_token(running, task_id=task.task_id)).token)
    call, event = await watched(page, task)
    running.world.clock.move(seconds=901)

    assert (await refusal(page("GetTask", Get(task_id=task.task_id)))).reason == "BAD_CREDENTIALS"
    assert await left(running, task, event, call) == ["BAD_CREDENTIALS"] * 3


async def test_whatever_came_of_a_task_token_ends_with_the_token_that_it_was_made_with(
    running: Served, task: Task
) -> None:
    token = await made(running)
    page = holding(running, (await task_token(running, holding(running, token.token), task_id=task.task_id)).token)
    call, event = await watched(page, task)
    await running.owner("DeleteToken", access_service_pb2.DeleteTokenRequest(token_id=token.token_id))

    assert (await refusal(page("GetTask", Get(task_id=task.task_id)))).reason == "BAD_CREDENTIALS"
    assert await left(running, task, event, call) == ["BAD_CREDENTIALS"] * 3


async def test_a_token_that_is_revoked_ends_the_stream_at_its_next_event(running: Served, task: Task) -> None:
    token = await made(running)
    call, _ = await watched(holding(running, token.token), task)
    await running.owner("DeleteToken", access_service_pb2.DeleteTokenRequest(token_id=token.token_id))
    await running.owner("CancelTask", task_calls_pb2.CancelTaskRequest(task_id=task.task_id))

    assert (await refusal(read_on(call))).reason == "BAD_CREDENTIALS"


async def test_a_right_that_is_taken_away_ends_the_stream_at_its_next_event(running: Served, task: Task) -> None:
    access, process = running.world.runtime.access, running.world.runtime.catalogue.get(task.process_id)
    key = await access.create_key(running.world.owner, "viewer", 0)
    await access.set_grant(running.world.owner, process, key.login, frozenset({"view"}))
    call, _ = await watched(Stubs(running.owner.channel, basic(key.login, key.secret)), task)
    await access.set_grant(running.world.owner, process, key.login, frozenset())
    await running.owner("CancelTask", task_calls_pb2.CancelTaskRequest(task_id=task.task_id))

    assert (await refusal(read_on(call))).reason == "ACCESS_DENIED"


async def test_no_token_gets_into_the_log(running: Served, task: Task, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    tokens = [(await made(running)).token, (await task_token(running, task_id=task.task_id)).token]
    for token in tokens:
        await whose(holding(running, token))
        await refusal(whose(holding(running, f"{token}x")))

    assert [
        record for record in caplog.records if "slt_" in str(record.__dict__) or "slw_" in str(record.__dict__)
    ] == []
