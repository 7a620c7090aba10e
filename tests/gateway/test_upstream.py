"""The way to the server: frames, credit, callers who leave, streams that break."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
import pytest

from fakes import tls
from fakes.exchange_server import ExchangeServer, accept, created, fail, reply
from syncline.v1.exchange_pb2 import Credentials, Operation, Result, SignedRequest
from syncline.v1.task_calls_pb2 import (
    CreateTaskRequest,
    DeleteTaskRequest,
    GetTaskRequest,
    SubmitNodeCallbackRequest,
    SubmitNodeCallbackResponse,
    WaitTaskResponse,
)
from syncline.v1.task_pb2 import Outcome, OutcomeKind, Task, Wait, WaitUntil
from syncline_gateway import reasons
from syncline_gateway.dialect import Call
from syncline_gateway.errors import Away
from syncline_gateway.upstream import STREAMS, Tls, Upstream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from fakes.exchange_server import Seen
    from syncline_gateway.dialect import Reply

SIGNED = Credentials(signed=SignedRequest(login="13000", timestamp="1", signature="ab", body=b"{}"))
TASK_ID = "a" * 24
LARGE = f'{{"a":"{"x" * 300_000}"}}'


def create(*, data: str = "{}", timeout: float = 60.0, count: int = 1) -> Call:
    wait = Wait(until=WaitUntil.WAIT_UNTIL_ANSWER)
    wait.timeout.FromMilliseconds(round(timeout * 1000))
    operations = [
        Operation(create_task=CreateTaskRequest(process="1234", data_json=data, wait=wait)) for _ in range(count)
    ]
    return Call(operations=operations, credentials=Credentials(signed=SIGNED.signed), timeout=timeout)


def asking(upstream: Upstream, call: Call) -> asyncio.Task[Sequence[Reply]]:
    return asyncio.get_running_loop().create_task(upstream.perform(call))


async def answer(asked: asyncio.Task[Sequence[Reply]]) -> Reply:
    (reply,) = await asyncio.wait_for(asked, 5)
    return reply


def reason(reply: Reply) -> str:
    assert reply.result is not None
    return reasons.read(reply.result.error).reason


async def test_an_operation_gets_its_result(upstream: Upstream, server: ExchangeServer) -> None:
    asked = asking(upstream, create(data='{"a":1}'))
    seen = await server.next()
    reply(seen, created('{"b":2}'))

    given = await answer(asked)
    assert given.result is not None
    assert given.result.create_task.outcome.data_json == '{"b":2}'
    assert seen.credentials == SIGNED
    assert (seen.operation.create_task.data_json, seen.operation.attempt) == ('{"a":1}', 1)


async def test_the_operations_of_one_call_share_a_frame_and_its_credentials(
    upstream: Upstream, server: ExchangeServer
) -> None:
    server.answer = lambda _: created("{}")

    replies = await asyncio.wait_for(upstream.perform(create(count=5)), 5)
    (frame,) = server.frames
    assert len(replies) == 5
    assert (len(frame.operations), len(frame.credentials)) == (5, 1)
    assert len({operation.create_task.request_id for operation in frame.operations}) == 5


async def test_calls_of_one_turn_leave_in_one_frame(upstream: Upstream, server: ExchangeServer) -> None:
    server.answer = lambda _: created("{}")

    await asyncio.wait_for(asyncio.gather(*(upstream.perform(create()) for _ in range(20))), 5)
    assert max(len(frame.operations) for frame in server.frames) == 20


async def test_a_large_call_has_a_frame_of_its_own(upstream: Upstream, server: ExchangeServer) -> None:
    server.answer = lambda _: created("{}")
    await asyncio.wait_for(
        asyncio.gather(*(upstream.perform(create(data=data)) for data in ("{}", LARGE, LARGE, "{}"))), 5
    )
    counts = sorted(len(frame.operations) for frame in server.frames)
    assert counts == [1, 1, 2]


async def test_a_parked_caller_gets_handle_and_result(upstream: Upstream, server: ExchangeServer) -> None:
    asked = asking(upstream, create())
    seen = await server.next()
    accept(seen)
    reply(seen, created("{}"))

    given = await answer(asked)
    assert given.accepted is not None
    assert given.accepted.task_id == TASK_ID


async def test_when_the_time_is_over_the_handle_is_known(upstream: Upstream, server: ExchangeServer) -> None:
    asked = asking(upstream, create(timeout=0.1))
    seen = await server.next()
    accept(seen)

    given = await answer(asked)
    assert given.accepted is not None
    assert given.result is None
    assert await server.next_cancelled() == seen.operation.number


async def test_a_caller_without_time_still_learns_that_its_task_was_made(
    upstream: Upstream, server: ExchangeServer
) -> None:
    asked = asking(upstream, create(timeout=0))
    reply(await server.next(), created(None))

    given = await answer(asked)
    assert given.result is not None
    assert given.result.create_task.task.task_id == TASK_ID


async def test_a_task_that_parks_late_is_the_end_of_a_call_whose_time_is_over(
    upstream: Upstream, server: ExchangeServer
) -> None:
    asked = asking(upstream, create(timeout=0))
    seen = await server.next()
    accept(seen)

    given = await answer(asked)
    assert (given.accepted is not None, given.result) == (True, None)
    assert await server.next_cancelled() == seen.operation.number


async def test_nothing_at_all_within_the_least_time(
    upstream: Upstream, server: ExchangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline_gateway.flights.LEAST_SECONDS", 0.1)

    given = await answer(asking(upstream, create(timeout=0)))
    assert (given.accepted, given.result) == (None, None)


async def test_a_caller_who_leaves_releases_the_wait(upstream: Upstream, server: ExchangeServer) -> None:
    asked = asking(upstream, create())
    seen = await server.next()
    accept(seen)
    # The next exchange on the stream comes after the first phase has arrived.
    other = asking(upstream, create())
    reply(await server.next(), created("{}"))
    await answer(other)
    asked.cancel()

    assert await server.next_cancelled() == seen.operation.number


async def test_a_caller_who_leaves_early_still_gets_its_task_made(upstream: Upstream, server: ExchangeServer) -> None:
    asked = asking(upstream, create())
    await asyncio.sleep(0)
    asked.cancel()
    seen = await server.next()
    assert server.cancelled.empty()
    accept(seen)

    assert await server.next_cancelled() == seen.operation.number


async def test_delivered_numbers_go_out_after_the_answer(upstream: Upstream, server: ExchangeServer) -> None:
    server.answer = lambda _: created(None)
    request = CreateTaskRequest(process="1234", without_callback=True)
    call = Call(operations=[Operation(create_task=request, hold_calls=True)], credentials=SIGNED)
    await asyncio.wait_for(upstream.perform(call), 5)
    assert server.delivered.empty()
    upstream.delivered(call)

    assert await server.next_delivered() == server.frames[0].operations[0].number


async def test_without_a_server_nothing_is_sent() -> None:
    upstream = Upstream("127.0.0.1:1")
    await upstream.start()
    try:
        with pytest.raises(Away):
            await upstream.perform(create())
        assert not upstream.is_ready
    finally:
        await upstream.stop()


@pytest.fixture
async def narrow(server: ExchangeServer) -> AsyncIterator[Upstream]:
    """Every stream takes one operation at a time."""
    server.credit = 1
    upstream = Upstream(server.address)
    await upstream.start()
    await asyncio.wait_for(upstream.until(lambda: upstream.open_streams == STREAMS + 1), 5)
    yield upstream
    await upstream.stop()


async def test_over_the_credit_a_call_is_refused_at_once(narrow: Upstream, server: ExchangeServer) -> None:
    server.answer = None
    calls = [asking(narrow, create()) for _ in range(STREAMS)]
    await asyncio.sleep(0)

    with pytest.raises(Away):
        await narrow.perform(create())
    for _ in calls:
        reply(await server.next(), created("{}"))
    await asyncio.gather(*calls)


async def test_the_operations_of_a_call_wait_for_credit(narrow: Upstream, server: ExchangeServer) -> None:
    server.answer = lambda _: created("{}")

    assert len(await asyncio.wait_for(narrow.perform(create(count=10)), 5)) == 10
    assert {len(frame.operations) for frame in server.frames} == {1}


async def test_a_parked_operation_gives_its_credit_back(narrow: Upstream, server: ExchangeServer) -> None:
    asked = asking(narrow, create(count=3))
    seen = []
    for _ in range(3):
        seen.append(await server.next())
        accept(seen[-1])
    for one in seen:
        reply(one, created("{}"))

    assert len(await asyncio.wait_for(asked, 5)) == 3


# Streams that break.


async def test_what_was_not_accepted_is_sent_again_under_the_same_request_id(
    upstream: Upstream, server: ExchangeServer
) -> None:
    asked = asking(upstream, create(data='{"a":1}'))
    first = await server.next()
    server.cut()
    second = await server.next()
    reply(second, created("{}"))

    assert (await answer(asked)).result is not None
    assert second.operation.attempt >= 2
    assert second.operation.create_task.request_id == first.operation.create_task.request_id
    assert second.operation.create_task.data_json == '{"a":1}'
    assert second.credentials == SIGNED


async def test_a_post_to_a_nodes_url_is_sent_again_under_the_same_request_id(
    upstream: Upstream, server: ExchangeServer
) -> None:
    submit = SubmitNodeCallbackRequest(process_id="1234", node_id="n", hash="h", data_json="{}")
    asked = asking(upstream, Call(operations=[Operation(submit_node_callback=submit)]))
    first = await server.next()
    server.cut()
    second = await server.next()
    reply(second, Result(submit_node_callback=SubmitNodeCallbackResponse(task_id=TASK_ID)))

    assert (await answer(asked)).result is not None
    assert first.operation.submit_node_callback.request_id
    assert second.operation.submit_node_callback == first.operation.submit_node_callback


async def test_what_was_accepted_is_awaited_again_by_its_token(upstream: Upstream, server: ExchangeServer) -> None:
    asked = asking(upstream, create())
    seen = await server.next()
    accept(seen, resume_token="the-token")
    server.cut()
    again = await server.next()

    assert again.kind == "wait_task"
    assert again.credentials == Credentials(resume_token="the-token")
    assert again.operation.wait_task.task_id == TASK_ID
    assert again.operation.wait_task.until == WaitUntil.WAIT_UNTIL_ANSWER
    assert 50 < again.operation.wait_task.timeout.seconds <= 60

    outcome = Outcome(kind=OutcomeKind.OUTCOME_KIND_ANSWERED, data_json='{"b":2}')
    reply(again, Result(wait_task=WaitTaskResponse(task=Task(task_id=TASK_ID), outcome=outcome)))
    given = await answer(asked)
    assert given.result is not None
    assert given.result.create_task.outcome.data_json == '{"b":2}'


async def test_a_parked_caller_outlives_the_server(upstream: Upstream, server: ExchangeServer) -> None:
    asked = asking(upstream, create())
    accept(await server.next())
    await server.stop()
    await asyncio.wait_for(upstream.until(lambda: not upstream.is_ready), 5)
    with pytest.raises(Away):
        await upstream.perform(create())
    await server.start()
    again = await server.next()
    reply(again, Result(wait_task=WaitTaskResponse(task=Task(task_id=TASK_ID))))

    given = await answer(asked)
    assert given.result is not None
    assert not given.result.create_task.HasField("outcome")


async def test_a_caller_whose_time_is_over_while_the_server_is_away(upstream: Upstream, server: ExchangeServer) -> None:
    asked = asking(upstream, create(timeout=0.3))
    accept(await server.next())
    await server.stop()

    given = await answer(asked)
    assert given.accepted is not None
    assert given.result is None


async def test_a_server_that_goes_away_is_asked_nothing_new(upstream: Upstream, server: ExchangeServer) -> None:
    asked = asking(upstream, create())
    seen = await server.next()
    accept(seen)
    server.go_away()
    await asyncio.wait_for(upstream.until(lambda: not upstream.is_ready), 5)
    with pytest.raises(Away):
        await upstream.perform(create())

    fail(seen, "UNAVAILABLE")
    server.end()
    again = await server.next()
    assert again.kind == "wait_task"
    reply(again, Result(wait_task=WaitTaskResponse(task=Task(task_id=TASK_ID))))
    await answer(asked)


async def test_a_wait_that_is_refused_for_now_is_asked_for_again(upstream: Upstream, server: ExchangeServer) -> None:
    asked = asking(upstream, create())
    accept(await server.next())
    server.cut()
    fail(await server.next(), "UNAVAILABLE")
    fail(await server.next(), "OVERLOADED")
    reply(await server.next(), Result(wait_task=WaitTaskResponse(task=Task(task_id=TASK_ID))))

    assert (await answer(asked)).result is not None


async def test_what_came_to_a_server_that_stops_is_sent_to_the_next(upstream: Upstream, server: ExchangeServer) -> None:
    asked = asking(upstream, create())
    fail(await server.next(), "UNAVAILABLE")
    again = await server.next()
    reply(again, created("{}"))

    assert again.operation.attempt == 2
    assert (await answer(asked)).result is not None


async def test_a_request_whose_id_the_caller_chose_may_be_a_repeat_from_the_first(
    upstream: Upstream, server: ExchangeServer
) -> None:
    """The server then finds a finished task, too, which it keeps on disk alone."""
    call = create()
    call.operations[0].create_task.request_id = "chosen"
    asked = asking(upstream, call)
    seen = await server.next()
    reply(seen, created("{}"))

    assert (seen.operation.create_task.request_id, seen.operation.attempt) == ("chosen", 2)
    assert (await answer(asked)).result is not None


async def test_what_is_too_much_the_first_time_is_refused(upstream: Upstream, server: ExchangeServer) -> None:
    asked = asking(upstream, create())
    fail(await server.next(), "OVERLOADED")

    assert reason(await answer(asked)) == "OVERLOADED"


async def test_what_breaks_every_stream_is_given_up(
    upstream: Upstream, server: ExchangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline_gateway.flights.MOST_ATTEMPTS", 2)

    def break_off(_: Seen) -> None:
        server.cut()

    server.answer = break_off
    assert reason(await answer(asking(upstream, create()))) == "UNAVAILABLE"


async def test_a_delete_that_was_done_before_the_stream_broke(upstream: Upstream, server: ExchangeServer) -> None:
    call = Call(operations=[Operation(delete_task=DeleteTaskRequest(task_id=TASK_ID))], credentials=SIGNED)
    asked = asking(upstream, call)
    await server.next()
    server.cut()
    fail(await server.next(), "TASK_NOT_FOUND")

    given = await answer(asked)
    assert given.result is not None
    assert given.result.HasField("delete_task")


async def test_a_delete_of_nothing_stays_an_error(upstream: Upstream, server: ExchangeServer) -> None:
    call = Call(operations=[Operation(delete_task=DeleteTaskRequest(task_id=TASK_ID))], credentials=SIGNED)
    asked = asking(upstream, call)
    fail(await server.next(), "TASK_NOT_FOUND")

    assert reason(await answer(asked)) == "TASK_NOT_FOUND"


async def test_stopping_answers_everybody(upstream: Upstream, server: ExchangeServer) -> None:
    # Large calls share one stream, so what is sent there comes in order.
    asked, other = (asking(upstream, create(data=LARGE)) for _ in range(2))
    accept(await server.next())
    reply(await server.next(), created("{}"))
    await answer(other)
    upstream.release()

    given = await answer(asked)
    assert given.accepted is not None
    assert reason(given) == "UNAVAILABLE"
    with pytest.raises(Away):
        await upstream.perform(create())


async def test_a_reader_asks_again_as_well(upstream: Upstream, server: ExchangeServer) -> None:
    call = Call(operations=[Operation(get_task=GetTaskRequest(task_id=TASK_ID))], credentials=SIGNED)
    asked = asking(upstream, call)
    await server.next()
    server.cut()
    again = await server.next()
    fail(again, "TASK_NOT_FOUND")

    assert reason(await answer(asked)) == "TASK_NOT_FOUND"


# TLS.


@pytest.fixture
async def private_server() -> AsyncIterator[ExchangeServer]:
    """A server that shows a certificate and asks for one."""
    key, certificate = tls.KEY.read_bytes(), tls.CERTIFICATE.read_bytes()
    asks = grpc.ssl_server_credentials([(key, certificate)], root_certificates=certificate, require_client_auth=True)
    async with ExchangeServer(tls=asks, answer=lambda _: created("{}")) as running:
        yield running


async def test_by_tls_with_a_certificate_of_its_own(private_server: ExchangeServer) -> None:
    certificate = tls.CERTIFICATE.read_bytes()
    upstream = Upstream(private_server.address, tls=Tls(ca=certificate, cert=certificate, key=tls.KEY.read_bytes()))
    await upstream.start()
    await asyncio.wait_for(upstream.until(lambda: upstream.is_ready), 5)

    assert (await answer(asking(upstream, create()))).result is not None
    await upstream.stop()


async def test_a_server_that_is_not_trusted_is_away(private_server: ExchangeServer) -> None:
    upstream = Upstream(private_server.address, tls=Tls())
    await upstream.start()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(upstream.until(lambda: upstream.is_ready), 0.3)

    with pytest.raises(Away):
        await upstream.perform(create())
    await upstream.stop()
