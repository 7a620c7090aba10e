"""The contract over HTTP: requests that Exchange carries, and those that are calls of their own."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from fakes.credentials import basic
from fakes.exchange_server import accept, created, reply
from syncline.v1.access_service_pb2 import CheckCredentialsResponse, GetCompanyResponse
from syncline.v1.exchange_pb2 import Credentials, Result
from syncline.v1.process_service_pb2 import DeployProcessResponse
from syncline.v1.task_calls_pb2 import (
    CancelTaskResponse,
    DeleteTaskResponse,
    GetTaskResponse,
    ListTasksResponse,
    ModifyTaskResponse,
    SubmitCallbackResponse,
    WaitTaskResponse,
)
from syncline.v1.task_pb2 import Outcome, OutcomeKind, Task, TaskState
from syncline_gateway.contract import make_transcoder
from syncline_gateway.http.answering import LARGE_ANSWER_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.exchange_server import ExchangeServer, Seen
    from fakes.gateway import Gateway, Started
    from fakes.methods import Context, Methods

TASK_ID = "a" * 24
TASK = Task(task_id=TASK_ID, process_id="1234", state=TaskState.TASK_STATE_WAITING, data_json='{"b": 1.10}')
TASKS = "/v1/processes/1234/tasks"
AUTHORIZATION = basic("13000", "secret")
RPCS = {rpc.name.rpartition("/")[2]: rpc for rpc in make_transcoder().rpcs}


def reasons(answer: Any) -> list[str]:
    return [one["reason"] for one in answer.json["details"] if one["@type"].endswith("ErrorInfo")]


async def test_a_create(gateway: Gateway, server: ExchangeServer) -> None:
    body = b'{"ref":"r","data":{"z":1,"a":1.10},"requestId":"q"}'
    asked = gateway.requesting("POST", TASKS, body, Authorization=AUTHORIZATION)
    seen = await server.next()
    reply(seen, created())

    answer = await asked
    request = seen.operation.create_task
    assert (request.process, request.ref, request.data_json) == ("1234", "r", '{"z":1,"a":1.10}')
    assert (request.request_id, request.HasField("wait")) == ("q", False)
    assert seen.credentials == Credentials(authorization=AUTHORIZATION)
    assert answer.status == 200
    assert answer.json["task"]["taskId"] == TASK_ID
    assert "outcome" not in answer.json
    assert answer.headers["Syncline-Task-Id"] == TASK_ID
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Server"] == "syncline"


def is_task(answer: Any) -> bool:
    wanted = {"taskId": TASK_ID, "processId": "1234", "state": "TASK_STATE_WAITING", "data": {"b": 1.10}}
    return all(answer[name] == value for name, value in wanted.items())


@dataclass(frozen=True)
class Case:
    """A request, what it is on an Exchange stream, and the answer to it."""

    request: str
    body: bytes
    result: Any
    is_right: Callable[[Any], bool]
    has_task: bool = True


CASES = {
    "get_task": Case(f"GET /v1/tasks/{TASK_ID}", b"", GetTaskResponse(task=TASK), is_task),
    "modify_task": Case(f"PATCH /v1/tasks/{TASK_ID}", b'{"data":{"a":1}}', ModifyTaskResponse(task=TASK), is_task),
    "cancel_task": Case("POST /v1/processes/1/refs/r:cancel", b"{}", CancelTaskResponse(task=TASK), is_task),
    "delete_task": Case(f"DELETE /v1/tasks/{TASK_ID}", b"", DeleteTaskResponse(), lambda one: one == {}, False),
    "wait_task": Case(
        f"GET /v1/tasks/{TASK_ID}:wait",
        b"",
        WaitTaskResponse(task=TASK),
        lambda one: is_task(one["task"]) and "outcome" not in one,
    ),
    "list_tasks": Case(
        f"GET {TASKS}?pageSize=2",
        b"",
        ListTasksResponse(tasks=[TASK], next_page_token="n"),
        lambda one: is_task(one["tasks"][0]) and one["nextPageToken"] == "n",
        False,
    ),
    "submit_callback": Case(
        "POST /v1/callbacks/c",
        b" [1] ",
        SubmitCallbackResponse(task_id=TASK_ID),
        lambda one: one == {"repeated": False, "taskId": TASK_ID},
        False,
    ),
    "check_credentials": Case(
        "GET /v1/credentials:check",
        b"",
        CheckCredentialsResponse(login="1"),
        lambda one: one == {"login": "1", "companyId": ""},
        False,
    ),
}


@pytest.mark.parametrize(("kind", "case"), CASES.items(), ids=CASES)
async def test_what_exchange_carries(gateway: Gateway, server: ExchangeServer, kind: str, case: Case) -> None:
    method, _, path = case.request.partition(" ")
    asked = gateway.requesting(method, path, case.body)
    seen = await server.next()
    result: dict[str, Any] = {kind: case.result}
    reply(seen, Result(**result))

    answer = await asked
    assert (answer.status, seen.kind) == (200, kind)
    assert case.is_right(answer.json)
    assert answer.headers.get("Syncline-Task-Id") == (TASK_ID if case.has_task else None)


async def test_both_faces_answer(gateway: Gateway, server: ExchangeServer) -> None:
    server.answer = lambda _: Result(get_task=GetTaskResponse(task=TASK))
    for synchronous in (True, False):
        answer = await gateway.request("GET", f"/v1/tasks/{TASK_ID}", synchronous=synchronous)
        assert answer.json["taskId"] == TASK_ID


async def test_what_exchange_does_not_carry(gateway: Gateway, methods: Methods) -> None:
    rpc = RPCS["GetCompany"]
    methods.answer(rpc, GetCompanyResponse(company={"company_id": "i1", "title": "T"}))
    answer = await gateway.request("GET", "/v1/companies/me", Authorization="Bearer t", traceparent="00-" + "1" * 32)

    assert (answer.status, answer.json["companyId"]) == (200, "i1")
    assert (await methods.asked()).company_id == "me"
    metadata = await methods.metadata.get()
    assert metadata["authorization"] == "Bearer t"
    assert "traceparent" not in metadata


async def test_a_trace_goes_on(gateway: Gateway, server: ExchangeServer, methods: Methods) -> None:
    trace = f"00-{'1' * 32}-{'2' * 16}-01"
    server.answer = lambda _: Result(get_task=GetTaskResponse(task=TASK))
    methods.answer(RPCS["GetCompany"], GetCompanyResponse())
    await gateway.request("GET", f"/v1/tasks/{TASK_ID}", traceparent=trace)
    await gateway.request("GET", "/v1/companies/me", traceparent=trace, tracestate="a=1")

    assert (await server.next()).operation.traceparent == trace
    metadata = await methods.metadata.get()
    assert (metadata["traceparent"], metadata["tracestate"]) == (trace, "a=1")


# Waiting.


async def test_a_create_that_waits(gateway: Gateway, server: ExchangeServer) -> None:
    body = b'{"data":{},"wait":{"until":"WAIT_UNTIL_END","timeout":"30s"}}'
    asked = gateway.requesting("POST", TASKS, body)
    seen = await server.next()
    accept(seen)
    reply(seen, created('{"x":[1, 2]}'))

    answer = await asked
    assert seen.operation.create_task.wait.timeout.seconds == 30
    assert answer.json["outcome"]["data"] == {"x": [1, 2]}
    assert b'"data":{"x":[1, 2]}' in answer.body


async def test_a_wait_that_runs_out_is_no_error(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.requesting("POST", TASKS, b'{"wait":{"timeout":"1s"}}')
    seen = await server.next()
    accept(seen)
    reply(seen, created())

    answer = await asked
    assert (answer.status, list(answer.json)) == (200, ["task"])


async def test_a_wait_over_the_ceiling_is_the_ceiling(started: Started, server: ExchangeServer) -> None:
    server.answer = lambda _: created()
    async with started(max_wait_seconds=7) as gateway:
        for timeout in (b'{"timeout":"1000s"}', b"{}", b'{"timeout":"5s"}'):
            await gateway.request("POST", TASKS, b'{"wait":%b}' % timeout)

    # The usual minute is over the ceiling as well.
    asked = [(await server.next()).operation.create_task.wait for _ in range(3)]
    assert [(wait.HasField("timeout"), wait.timeout.seconds) for wait in asked] == [(True, 7), (True, 7), (True, 5)]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncline_gateway.operations.GRACE_SECONDS", 0.1)
    monkeypatch.setattr("syncline_gateway.rpcs.LOOK_SECONDS", 0.2)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("path", [TASKS, f"/v1/tasks/{TASK_ID}:wait?timeout=0s"])
async def test_when_the_time_runs_out_here_the_server_is_asked_for_the_task(
    gateway: Gateway, server: ExchangeServer, path: str
) -> None:
    is_create = path == TASKS
    asked = gateway.requesting(*(("POST", path, b'{"wait":{"timeout":"0s"}}') if is_create else ("GET", path)))
    accept(await server.next(), resume_token="the-token")
    again = await server.next()
    reply(again, Result(get_task=GetTaskResponse(task=TASK)))

    answer = await asked
    assert (again.operation.get_task.task_id, again.credentials) == (TASK_ID, Credentials(resume_token="the-token"))
    assert (answer.status, list(answer.json)) == (200, ["task"])
    assert answer.json["task"]["data"] == {"b": 1.10}
    assert answer.headers["Syncline-Task-Id"] == TASK_ID


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("how", ["silent", "refused", "away"])
async def test_when_the_time_runs_out_and_the_server_says_nothing_the_handle_is_the_answer(
    gateway: Gateway, server: ExchangeServer, how: str
) -> None:
    asked = gateway.requesting("POST", TASKS, b'{"wait":{"timeout":"0s"}}')
    accept(await server.next())
    if how == "away":
        await server.stop()
    else:
        again = await server.next()
        if how == "refused":
            reply(again, Result(error={"code": 5}))

    answer = await asked
    assert answer.status == 200
    handle = {"taskId": TASK_ID, "processId": "1234", "state": "TASK_STATE_WAITING"}
    assert handle.items() <= answer.json["task"].items()


async def test_a_deadline_that_comes_first_still_gives_the_handle(
    gateway: Gateway, server: ExchangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline_gateway.rpcs.HURRIED_LOOK_SECONDS", 2.5)  # a busy machine may take its time to answer
    asked = gateway.requesting("POST", TASKS, b'{"wait":{}}', Grpc_Timeout="30S")
    seen = await server.next()
    accept(seen)
    reply(seen, Result(error={"code": 4, "message": "late"}))
    reply(await server.next(), Result(get_task=GetTaskResponse(task=TASK)))

    answer = await asked
    assert 29 <= seen.operation.timeout.seconds + seen.operation.timeout.nanos / 1e9 <= 30
    assert (answer.status, answer.json["task"]["data"]) == (200, {"b": 1.10})


async def test_a_deadline_that_passes_here_gives_the_handle_in_time(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.requesting("GET", f"/v1/tasks/{TASK_ID}:wait", X_Server_Timeout="0.5")
    accept(await server.next())

    answer = await asked
    assert (answer.status, answer.json["task"]["taskId"]) == (200, TASK_ID)


async def test_a_parked_caller_outlives_the_server(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.requesting("GET", f"/v1/tasks/{TASK_ID}:wait")
    accept(await server.next())
    await server.stop()
    await asyncio.wait_for(gateway.upstream.until(lambda: not gateway.upstream.is_ready), 5)
    refused = await gateway.request("GET", f"/v1/tasks/{TASK_ID}")
    await server.start()
    outcome = Outcome(kind=OutcomeKind.OUTCOME_KIND_ANSWERED, data_json="[1]")
    reply(await server.next(), Result(wait_task=WaitTaskResponse(task=TASK, outcome=outcome)))

    answer = await asked
    assert (answer.status, answer.json["outcome"]["data"]) == (200, [1])
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    assert reasons(refused) == ["UNAVAILABLE"]


async def test_a_stop_tells_who_waits(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.requesting("POST", TASKS, b'{"wait":{}}')
    seen = await server.next()
    accept(seen)
    # What is sent on the same stream arrives after it.
    while True:
        other = gateway.requesting("GET", f"/v1/tasks/{TASK_ID}")
        probe = await server.next()
        reply(probe, Result(get_task=GetTaskResponse(task=TASK)))
        await other
        if probe.stream is seen.stream:
            break
    gateway.app.refuse_more()
    gateway.upstream.release()

    answer = await asked
    assert (answer.status, answer.headers["Retry-After"], answer.headers["Connection"]) == (503, "1", "close")
    assert answer.headers["Syncline-Task-Id"] == TASK_ID


@pytest.mark.parametrize(
    ("method", "path", "name"), [("GET", "/v1/companies/me", "GetCompany"), ("POST", "/v1/keys", "CreateKey")]
)
async def test_a_stop_tells_whose_call_is_stuck(
    gateway: Gateway, methods: Methods, method: str, path: str, name: str
) -> None:
    methods.serve(RPCS[name], lambda _, __: asyncio.sleep(60))
    asked = gateway.requesting(method, path)
    await methods.asked()
    gateway.app.refuse_more()
    gateway.upstream.release()
    await gateway.app.stop()

    answer = await asked
    assert (answer.status, reasons(answer)) == (503, ["UNAVAILABLE"])


# Callers who leave.


async def test_a_caller_who_leaves_ends_its_wait(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.requesting("GET", f"/v1/tasks/{TASK_ID}:wait")
    seen = await server.next()
    accept(seen)
    asked.cancel()

    assert await server.next_cancelled() == seen.operation.number


async def test_a_caller_who_leaves_ends_its_read(gateway: Gateway, methods: Methods) -> None:
    methods.serve(RPCS["GetCompany"], lambda _, __: asyncio.sleep(60))
    asked = gateway.requesting("GET", "/v1/companies/me")
    await methods.asked()
    asked.cancel()

    assert await methods.left() == "syncline.v1.AccessService/GetCompany"


async def test_a_caller_who_leaves_does_not_end_what_changes_something(gateway: Gateway, methods: Methods) -> None:
    may_end, has_ended = asyncio.Event(), asyncio.Event()

    async def deploy(_: Any, __: Context) -> DeployProcessResponse:
        await may_end.wait()
        has_ended.set()
        return DeployProcessResponse()

    methods.serve(RPCS["DeployProcess"], deploy)
    methods.serve(RPCS["GetCompany"], lambda _, __: asyncio.sleep(60))
    asked = [
        gateway.requesting("POST", "/v1/processes/1:deploy", b"{}"),
        gateway.requesting("GET", "/v1/companies/me"),
    ]
    for call in asked:
        await methods.asked()
        call.cancel()
    # Had the first call been cancelled, that would have been heard of before the second.
    assert await methods.left() == "syncline.v1.AccessService/GetCompany"
    may_end.set()

    await asyncio.wait_for(has_ended.wait(), 5)
    assert methods.cancelled.empty()


# What else HTTP has.


async def test_head_is_get_without_a_body(gateway: Gateway, server: ExchangeServer) -> None:
    server.answer = lambda _: Result(get_task=GetTaskResponse(task=TASK))
    got = await gateway.request("GET", f"/v1/tasks/{TASK_ID}")
    head = await gateway.request("HEAD", f"/v1/tasks/{TASK_ID}")

    assert (head.status, head.body) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Syncline-Task-Id"):
        assert head.headers[name] == got.headers[name]


async def test_head_of_a_wait_waits_for_nothing(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.requesting("HEAD", f"/v1/tasks/{TASK_ID}:wait?timeout=30s")
    seen = await server.next()
    reply(seen, Result(wait_task=WaitTaskResponse(task=TASK)))

    assert (await asked).status == 200
    wait = seen.operation.wait_task
    assert (wait.HasField("timeout"), wait.timeout.seconds) == (True, 0)


async def test_a_read_is_not_sent_twice_to_who_has_it(gateway: Gateway, server: ExchangeServer) -> None:
    task = Task(task_id=TASK_ID)
    server.answer = lambda _: Result(get_task=GetTaskResponse(task=task))
    first = await gateway.request("GET", f"/v1/tasks/{TASK_ID}")
    etag = first.headers["ETag"]
    again = await gateway.request("GET", f"/v1/tasks/{TASK_ID}", If_None_Match=f'"other", W/{etag}')
    task.node_id = "moved"
    changed = await gateway.request("GET", f"/v1/tasks/{TASK_ID}", If_None_Match=etag)

    assert first.headers["Cache-Control"] == "private, no-cache"
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)
    assert (changed.status, changed.headers["ETag"] == etag) == (200, False)


@pytest.mark.parametrize("is_asked_for", [True, False])
async def test_a_large_answer_is_compressed_when_asked(
    gateway: Gateway, server: ExchangeServer, is_asked_for: bool
) -> None:
    task = Task(task_id=TASK_ID, data_json=json.dumps({"x": "y" * LARGE_ANSWER_BYTES}))
    server.answer = lambda _: Result(get_task=GetTaskResponse(task=task))
    answer = await gateway.request(
        "GET", f"/v1/tasks/{TASK_ID}", Accept_Encoding="gzip" if is_asked_for else "identity"
    )

    assert answer.headers.get("Content-Encoding") == ("gzip" if is_asked_for else None)
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "ETag" not in answer.headers
    assert answer.json["data"] == {"x": "y" * LARGE_ANSWER_BYTES}


async def test_the_log_has_templates_and_no_rights(
    gateway: Gateway, server: ExchangeServer, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: Seen) -> Result:
        return Result(error={"code": 5, "message": "no"})

    server.answer = refuse
    with caplog.at_level(logging.DEBUG):
        await gateway.request("POST", "/v1/callbacks/secret-callback?secret=query", b"1")
        await gateway.request("POST", "/v1/callbacks/secret-callback", b"1")
        await gateway.request("GET", "/v1/secret-path")

    facts = [getattr(record, "facts", {}) for record in caplog.records if record.getMessage() == "request.failed"]
    template = "POST /v1/callbacks/{callback_id}"
    assert [(one["route"], one["status"]) for one in facts] == [(template, 400), (template, 404), ("unknown", 404)]
    shown = str([vars(record) for record in caplog.records if record.name.startswith("syncline")])
    assert "secret" not in shown
