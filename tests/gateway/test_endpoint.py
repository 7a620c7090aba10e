"""The real listeners and the real upstream, as an HTTP client and a gRPC server see them."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from typing import TYPE_CHECKING

import aiohttp
import pytest

from fakes.exchange_server import accept, created, fail, reply
from fakes.gateway import ECHO, OPS
from fakes.sockets import Socket, head
from syncline.v1.exchange_pb2 import Result
from syncline.v1.task_calls_pb2 import (
    GetTaskResponse,
    SubmitCallbackResponse,
    SubmitNodeCallbackResponse,
    WaitTaskResponse,
)
from syncline.v1.task_pb2 import Outcome, OutcomeKind, Task
from syncline_gateway.http.answering import LARGE_ANSWER_BYTES

if TYPE_CHECKING:
    from fakes.exchange_server import ExchangeServer
    from fakes.gateway import Gateway, Started

TASK_ID = "a" * 24
CALLBACK = "/api/1/plugins/callback/" + "b" * 56
NODE_CALLBACK = f"/api/1/plugins/callback/node/1234/{'e' * 24}/{'d' * 32}"
DIRECT = "/api/1/json/public/1234/0123456789abcdef0123456789abcdef01234567"


async def test_a_synchronous_create(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.asking(ECHO)
    seen = await server.next()
    accept(seen, task_id=TASK_ID)
    reply(seen, created('{"b": 1.10}', task_id=TASK_ID))

    answer = await asked
    assert answer.status == 200
    assert answer.body == b'{"request_proc":"ok","ops":[{"proc":"ok","data":{"b": 1.10}}]}'
    assert answer.headers["Syncline-Task-Id"] == TASK_ID
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert "Content-Encoding" not in answer.headers


async def test_what_the_server_is_told_of_a_synchronous_create(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.asking(ECHO, timeout=30)
    seen = await server.next()
    reply(seen, created("{}"))
    await asked

    assert seen.credentials is not None
    assert (seen.credentials.signed.login, seen.credentials.signed.timestamp) == ("13000", "1700000000")
    assert json.loads(seen.credentials.signed.body) == {"timeout": 30, "ops": [ECHO]}
    request = seen.operation.create_task
    assert (request.without_callback, seen.operation.hold_calls) == (False, False)
    assert json.loads(request.headers_json)["user-agent"].startswith("Python")
    assert request.request_id


async def test_an_asynchronous_create_is_delivered_after_its_answer(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.asking(ECHO, synchronous=False)
    seen = await server.next()
    reply(seen, created(None))

    assert (await asked).op == {"id": "", "proc": "ok", "obj": "task", "ref": None, "obj_id": TASK_ID}
    assert await server.next_delivered() == seen.operation.number
    assert (seen.operation.create_task.without_callback, seen.operation.hold_calls) == (True, True)
    assert not seen.operation.create_task.HasField("wait")


@pytest.mark.parametrize("synchronous", [True, False])
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_callback(gateway: Gateway, server: ExchangeServer, synchronous: bool, method: str) -> None:
    server.answer = lambda _: Result(submit_callback=SubmitCallbackResponse())

    answer = await gateway.request(method, CALLBACK + "?conv_id=1&x", b' {"a":1}\n', synchronous=synchronous)
    assert (answer.status, answer.body, answer.headers["Syncline-Callback"]) == (200, b"{}", "accepted")
    submitted = server.frames[0].operations[0]
    assert submitted.submit_callback.callback_id == "b" * 56
    assert (submitted.submit_callback.data_json, submitted.credentials_index) == ('{"a":1}', 0)


@pytest.mark.parametrize("synchronous", [True, False])
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_nodes_callback(gateway: Gateway, server: ExchangeServer, synchronous: bool, method: str) -> None:
    server.answer = lambda _: Result(submit_node_callback=SubmitNodeCallbackResponse(task_id=TASK_ID))

    answer = await gateway.request(method, NODE_CALLBACK + "?conv_id=1&x", b' {"a":1}\n', synchronous=synchronous)

    assert (answer.status, answer.body, answer.headers["Syncline-Callback"]) == (200, b"{}", "accepted")
    (submitted,) = server.frames[0].operations
    post = submitted.submit_node_callback
    assert (post.process_id, post.node_id, post.hash) == ("1234", "e" * 24, "d" * 32)
    assert (post.data_json, submitted.credentials_index) == ('{"a":1}', 0)


@pytest.mark.parametrize("synchronous", [True, False])
async def test_a_direct_url(gateway: Gateway, server: ExchangeServer, synchronous: bool) -> None:
    server.answer = lambda _: created(None)

    answer = await gateway.request("POST", DIRECT, b'{"text":"Hello!"}', synchronous=synchronous)
    assert answer.json == {"request_proc": "ok", "ops": {"proc": "ok", "obj": "task", "ref": None, "obj_id": TASK_ID}}
    assert answer.headers["Syncline-Task-Id"] == TASK_ID
    assert await server.next_delivered()


async def test_a_history_takes_several_turns(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.asking({"type": "list", "obj": "task_history", "obj_id": TASK_ID})
    reply(await server.next(), Result(get_task=GetTaskResponse(task=Task(task_id=TASK_ID, process_id="1"))))
    steps = await server.next()
    fail(steps, "TASK_NOT_FOUND")

    assert (await asked).op["proc"] == "obj_id_not_found"
    assert steps.credentials is not None
    assert steps.credentials.signed.login == "13000"


@pytest.mark.parametrize(
    ("sent", "passed"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", False),
    ],
)
async def test_the_callers_trace_goes_along(gateway: Gateway, server: ExchangeServer, sent: str, passed: bool) -> None:
    server.answer = lambda _: created("1")
    await gateway.request("POST", OPS, json.dumps({"ops": [ECHO, ECHO]}).encode(), traceparent=sent)

    told = [operation.traceparent for operation in server.frames[0].operations]
    assert told == [sent if passed else ""] * 2


# Time.


async def test_the_timeout_answer_has_the_handle(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.asking(ECHO, timeout=0.2)
    seen = await server.next()
    accept(seen, task_id=TASK_ID)

    answer = await asked
    assert (answer.status, answer.op) == (200, {"proc": "error", "description": "Timeout for create task"})
    assert answer.headers["Syncline-Task-Id"] == TASK_ID
    assert await server.next_cancelled() == seen.operation.number


async def test_a_caller_who_hangs_up_is_released(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.asking(ECHO)
    seen = await server.next()
    accept(seen)
    asked.cancel()

    assert await server.next_cancelled() == seen.operation.number


# The server comes and goes.


async def test_a_parked_caller_is_answered_though_the_server_was_away(gateway: Gateway, server: ExchangeServer) -> None:
    asked = gateway.asking(ECHO)
    accept(await server.next(), task_id=TASK_ID)
    await server.stop()
    await asyncio.wait_for(gateway.upstream.until(lambda: not gateway.upstream.is_ready), 5)
    await server.start()
    again = await server.next()
    outcome = Outcome(kind=OutcomeKind.OUTCOME_KIND_ANSWERED, data_json="[1]")
    reply(again, Result(wait_task=WaitTaskResponse(task=Task(task_id=TASK_ID), outcome=outcome)))

    answer = await asked
    assert answer.op == {"proc": "ok", "data": [1]}
    assert answer.headers["Syncline-Task-Id"] == TASK_ID


@pytest.mark.parametrize("path", [OPS, CALLBACK, DIRECT])
async def test_new_requests_are_refused_while_the_server_is_away(
    gateway: Gateway, server: ExchangeServer, path: str
) -> None:
    await server.stop()
    await asyncio.wait_for(gateway.upstream.until(lambda: not gateway.upstream.is_ready), 5)
    answer = await gateway.request("POST", path, json.dumps({"ops": [ECHO]}).encode())

    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json


async def test_health(gateway: Gateway, server: ExchangeServer) -> None:
    assert (await gateway.request("GET", "/healthz")).json == {"status": "ok"}
    assert (await gateway.request("GET", "/readyz?x=1")).status == 200
    assert (await gateway.request("HEAD", "/readyz", synchronous=False)).body == b""
    await server.stop()
    await asyncio.wait_for(gateway.upstream.until(lambda: not gateway.upstream.is_ready), 5)

    away = await gateway.request("GET", "/readyz")
    assert (away.status, away.headers["Retry-After"]) == (503, "1")
    assert (await gateway.request("GET", "/healthz")).status == 200


async def test_a_stop_answers_those_who_wait(gateway: Gateway, server: ExchangeServer) -> None:
    # Large requests share one stream, so that what comes for the second comes after what came for the first.
    large = {**ECHO, "data": {"a": "x" * 300_000}}
    asked = gateway.asking(large)
    accept(await server.next(), task_id=TASK_ID)
    other = gateway.asking(large)
    reply(await server.next(), created("1"))
    await other
    gateway.app.refuse_more()
    gateway.upstream.release()

    answer = await asked
    assert (answer.status, answer.headers["Retry-After"], answer.headers["Connection"]) == (503, "1", "close")
    assert answer.headers["Syncline-Task-Id"] == TASK_ID
    assert answer.op["proc"] == "error"


# What HTTP is used for.


async def test_an_unknown_path(gateway: Gateway) -> None:
    for path in ("/", "/api/1/json/1/2", "/api/3/json/1/2/3", "/api/1/json/1/2/3/4", "/api/1/plugins/callback/a/b"):
        answer = await gateway.request("POST", path)
        assert (answer.status, answer.json) == (404, {"error": "No such path."})


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", OPS, "POST"),
        ("GET", CALLBACK, "POST, PUT"),
        ("DELETE", DIRECT, "POST"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
async def test_a_wrong_method(gateway: Gateway, method: str, path: str, allowed: str) -> None:
    answer = await gateway.request(method, path)

    assert (answer.status, answer.headers["Allow"]) == (405, allowed)
    assert answer.json


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf8",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        'text/xml; charset="utf-8"',
        "multipart/form-data; boundary=x",
    ],
)
async def test_the_content_type_means_nothing(gateway: Gateway, server: ExchangeServer, content_type: str) -> None:
    server.answer = lambda _: created("1")
    answer = await gateway.request("POST", OPS, json.dumps({"ops": ECHO}).encode(), Content_Type=content_type)

    assert answer.op == {"proc": "ok", "data": 1}


async def test_a_compressed_body_is_refused(gateway: Gateway) -> None:
    answer = await gateway.request("POST", OPS, gzip.compress(b"{}"), Content_Encoding="gzip")

    assert answer.status == 415


@pytest.mark.parametrize(
    ("accepted", "size", "is_compressed"),
    [
        ("gzip", LARGE_ANSWER_BYTES, True),
        ("br, gzip;q=0.5", LARGE_ANSWER_BYTES, True),
        ("gzip;q=0", LARGE_ANSWER_BYTES, False),
        ("gzip ; Q=0.000", LARGE_ANSWER_BYTES, False),
        ("*", LARGE_ANSWER_BYTES, False),
        ("identity", LARGE_ANSWER_BYTES, False),
        ("gzip", 1000, False),
    ],
)
async def test_only_large_answers_are_compressed_and_only_when_asked(
    gateway: Gateway, server: ExchangeServer, accepted: str, size: int, is_compressed: bool
) -> None:
    data = json.dumps("x" * size)
    server.answer = lambda _: created(data)
    body = json.dumps({"ops": [ECHO]}).encode()
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.post(gateway.http + OPS, data=body, headers={"Accept-Encoding": accepted}) as response,
    ):
        raw = await response.read()

    assert (response.headers.get("Content-Encoding") == "gzip") == is_compressed
    assert response.headers["Content-Length"] == str(len(raw))
    text = gzip.decompress(raw) if is_compressed else raw
    assert json.loads(text)["ops"][0]["data"] == "x" * size


async def test_host_names_select_the_face(started: Started, server: ExchangeServer) -> None:
    server.answer = lambda _: created("1")
    body = json.dumps({"ops": [ECHO]}).encode()
    async with started(sync_hosts=("sync.test", "::1"), async_hosts=("async.test",)) as gateway:
        synchronous = await gateway.request("POST", OPS, body, synchronous=False, Host="SYNC.test:8080")
        numeric = await gateway.request("POST", OPS, body, synchronous=False, Host="[::1]:80")
        asynchronous = await gateway.request("POST", OPS, body, synchronous=True, Host="async.test")
        other = await gateway.request("POST", OPS, body, synchronous=True, Host="elsewhere.test")

    assert synchronous.op == numeric.op == other.op == {"proc": "ok", "data": 1}
    assert asynchronous.op["obj_id"] == TASK_ID


async def test_a_body_over_the_limit(started: Started) -> None:
    async with started(max_body_bytes=1000) as gateway:
        answer = await gateway.request("POST", OPS, b" " * 1001)
        allowed = await gateway.request("POST", OPS, b" " * 1000)

    assert answer.status == 413
    assert answer.op["proc"] == "error"
    assert "1000 bytes" in answer.op["description"]
    assert allowed.status == 400


async def test_the_log_says_what_failed_and_shows_no_rights(
    gateway: Gateway, server: ExchangeServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer = lambda _: created("1")
    with caplog.at_level(logging.DEBUG, "syncline_gateway"):
        await gateway.ops(ECHO)
        await gateway.request("POST", OPS, b"secret-body")
        await gateway.request("GET", CALLBACK)
        await gateway.request("POST", NODE_CALLBACK, b"x")
        await gateway.request("POST", DIRECT, b"x")
    facts = [getattr(record, "facts", {}) for record in caplog.records if record.getMessage() == "request.failed"]

    failed = [("ops", 400), ("callback", 405), ("node_callback", 400), ("direct", 400)]
    assert [(fact["route"], fact["status"]) for fact in facts] == failed
    shown = str([vars(record) for record in caplog.records if record.name.startswith("syncline")])
    assert not any(right in shown for right in (OPS[-40:], "secret-body", "b" * 56, NODE_CALLBACK[-32:], DIRECT[-40:]))


async def test_a_stop_answers_what_was_on_its_way(gateway: Gateway, server: ExchangeServer) -> None:
    """A client that was just answered sends its next request as the stop begins."""
    host, _, port = gateway.http.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps({"ops": [ECHO]}).encode()
    request = head(f"Content-Length: {len(body)}", path=OPS) + body
    client = Socket(reader, writer)
    await client.send(request)
    reply(await server.next(), created("1"))
    assert (await client.answer())[0] == 200

    gateway.app.refuse_more()
    gateway.upstream.release()
    stopping = asyncio.ensure_future(gateway.app.stop())
    for _ in range(10):
        await asyncio.sleep(0)
    await client.send(request)

    status, headers, _ = await client.answer()
    assert (status, headers["retry-after"], headers["connection"]) == (503, "1", "close")
    assert await client.rest() == b""
    await asyncio.wait_for(stopping, 5)
    await client.close()
