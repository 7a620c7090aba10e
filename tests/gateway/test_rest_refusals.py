"""Every way in which a transcoded request is refused: its HTTP status, its Status in JSON, its headers."""

from __future__ import annotations

import asyncio
import gzip
import logging
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.api.http_pb2 import CustomHttpPattern, HttpRule
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from fakes import protos
from fakes.exchange_server import created
from fakes.gateway import Answer
from fakes.sockets import head
from syncline.v1.exchange_pb2 import Result
from syncline.v1.task_calls_pb2 import GetTaskResponse
from syncline_gateway import reasons
from syncline_gateway.contract import make_transcoder
from syncline_gateway.http.rest import refusing
from syncline_gateway.transcoding.faults import HTTP_STATUS
from syncline_gateway.transcoding.transcoder import Transcoder

if TYPE_CHECKING:
    from fakes.exchange_server import ExchangeServer
    from fakes.gateway import Gateway, Started
    from fakes.methods import Context, Methods
    from fakes.sockets import Connect, Socket

(GET_COMPANY,) = (rpc for rpc in make_transcoder().rpcs if rpc.name.endswith("/GetCompany"))
TASK = f"/v1/tasks/{'a' * 24}"
TASKS = "/v1/processes/1/tasks"


def details(answer: Answer, kind: str) -> Any:
    (found,) = [one for one in answer.json["details"] if one["@type"] == f"type.googleapis.com/google.rpc.{kind}"]
    return found


def reason(answer: Answer) -> str:
    info = details(answer, "ErrorInfo")
    assert info["domain"] == "syncline"
    given: str = info["reason"]
    assert given in reasons.NAMES
    return given


# What is wrong with the request.


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("GET", TASK + "?surprise=1", b"", "surprise"),
        ("GET", TASK, b"{}", ""),
        ("GET", "/v1/tasks/%ff", b"", "taskId"),
        ("PATCH", TASK, b'{"taskId":"x"}', "taskId"),
        ("PATCH", TASK, b'{"task_id":"x"}', "taskId"),
        ("POST", TASKS, b"{", ""),
        ("POST", TASKS, b"[]", ""),
        ("POST", TASKS, b'{"surprise":1}', "surprise"),
        ("POST", TASKS, b'{"ref":"a","ref":"b"}', "ref"),
        ("POST", TASKS, b'{"process":"2"}', "process"),
        ("POST", TASKS, b'{"wait":{"timeout":"soon"}}', "wait.timeout"),
    ],
)
async def test_400(gateway: Gateway, method: str, path: str, body: bytes, field: str) -> None:
    answer = await gateway.request(method, path, body)

    assert (answer.status, answer.json["code"]) == (400, 3)
    assert reason(answer) in ("INVALID_REQUEST", "INVALID_JSON")
    if field:
        assert [one["field"] for one in details(answer, "BadRequest")["fieldViolations"]] == [field]
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1?x=1", "/v1/", "/v1/nothing", "/v1/tasks/", TASK + "/", TASK + ":sing", "/v1/processes/1/tasks/2/3"],
)
async def test_404(gateway: Gateway, path: str) -> None:
    answer = await gateway.request("GET", path)

    assert (answer.status, answer.json["code"], reason(answer)) == (404, 5, "ROUTE_NOT_FOUND")


async def test_other_paths_are_not_of_this_api(gateway: Gateway) -> None:
    for path in ("/v2", "/v2/tasks", "/v1x/tasks"):
        answer = await gateway.request("GET", path)
        assert (answer.status, answer.json) == (404, {"error": "No such path."})


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", TASK, "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("TRACE", TASK, "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("QUERY", TASKS, "GET, HEAD, OPTIONS, POST"),
        ("GET", TASK + ":cancel", "OPTIONS, POST"),
        ("HEAD", TASK + ":await", "GET, OPTIONS"),
        ("POST", TASK + ":await", "GET, OPTIONS"),
    ],
)
async def test_405(gateway: Gateway, method: str, path: str, allow: str) -> None:
    answer = await gateway.request(method, path)

    assert (answer.status, answer.headers["Allow"]) == (405, allow)
    if method != "HEAD":
        assert (answer.json["code"], reason(answer)) == (12, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("method", ["PROPFIND", "PURGE", "FOO", "get"])
@pytest.mark.parametrize("path", [TASK, TASKS, "/v1/nothing", "/v1"])
async def test_501_for_a_method_that_no_path_takes(connect: Connect, gateway: Gateway, method: str, path: str) -> None:
    client = await connect(gateway)
    await client.send(head("Content-Length: 0", path=path, method=method))

    answer = await _answer(client)
    assert (answer.status, answer.json["code"], reason(answer)) == (501, 12, "UNIMPLEMENTED")


@pytest.mark.parametrize(("method", "status"), [("PURGE", 405), ("PROPFIND", 501)])
async def test_methods_of_the_contract_are_known(started: Started, method: str, status: int) -> None:
    purge = HttpRule(
        selector="conformance.v1.AnswerService.GetWhole",
        custom=CustomHttpPattern(kind="PURGE", path="/v1/whole"),
        additional_bindings=[HttpRule(get="/v1/other")],
    )
    service = protos.load("conformance.proto").service("AnswerService")
    async with started(Transcoder([service], domain="syncline", rules=[purge])) as gateway:
        answer = await gateway.request(method, "/v1/other")

    assert answer.status == status


async def test_the_method_is_what_it_is(gateway: Gateway, server: ExchangeServer) -> None:
    server.answer = lambda _: Result(get_task=GetTaskResponse())
    await gateway.request("GET", TASK, X_HTTP_Method_Override="DELETE")

    assert (await server.next()).kind == "get_task"


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        (TASK, "text/html"),
        (TASK, "application/json;q=0"),
        (TASK, "application/json;q=0, */*"),
        (TASK, "*/*;q=0"),
        (TASK + ":await", "text/html"),
        (TASK + ":await", "text/event-stream;q=0"),
    ],
)
async def test_406(gateway: Gateway, path: str, accept: str) -> None:
    answer = await gateway.request("GET", path, Accept=accept)

    assert (answer.status, answer.json["code"], reason(answer)) == (406, 3, "NOT_ACCEPTABLE")
    assert answer.headers["Content-Type"] == "application/json"


async def test_408(connect: Connect, started: Started) -> None:
    async with started(body_seconds=0.1) as gateway:
        client = await connect(gateway)
        await client.send(head("Content-Length: 10", path=TASKS), b"{")

        answer = await _answer(client)
        assert (answer.status, answer.json["code"], reason(answer)) == (408, 4, "BODY_TIMEOUT")
        assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("is_chunked", [True, False])
async def test_413(connect: Connect, started: Started, is_chunked: bool) -> None:
    async with started(max_body_bytes=1000) as gateway:
        client = await connect(gateway)
        if is_chunked:
            await client.send(head("Transfer-Encoding: chunked", path=TASKS), b"7d0\r\n" + b"x" * 2000)
        else:
            await client.send(head("Content-Length: 999999999999", path=TASKS))

        answer = await _answer(client)
        assert (answer.status, answer.json["code"], reason(answer)) == (413, 8, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json;charset=x"]
)
async def test_415(gateway: Gateway, content_type: str) -> None:
    answer = await gateway.request("POST", TASKS, b"{}", Content_Type=content_type)

    assert (answer.status, answer.json["code"], reason(answer)) == (415, 3, "UNSUPPORTED_MEDIA_TYPE")


async def test_415_for_what_is_compressed(gateway: Gateway) -> None:
    answer = await gateway.request("POST", TASKS, gzip.compress(b"{}"), Content_Encoding="gzip")

    assert (answer.status, reason(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_417(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    await client.send(head("Content-Length: 2", "Expect: tea", path=TASKS))

    answer = await _answer(client)
    assert (answer.status, reason(answer)) == (417, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "lines",
    [
        [f"X: {'y' * 40_000}"],
        [f"X-{number}: {'y' * 600}" for number in range(60)],
    ],
)
async def test_431(connect: Connect, gateway: Gateway, lines: list[str]) -> None:
    client = await connect(gateway)
    await client.send(head(*lines, path=TASK, method="GET"))

    answer = await _answer(client)
    assert (answer.status, reason(answer)) == (431, "INVALID_REQUEST")


async def test_414(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    await client.send(head(path=f"/v1/tasks?filter={'x' * 10_000}", method="GET"))

    answer = await _answer(client)
    assert (answer.status, answer.json["code"], reason(answer)) == (414, 3, "INVALID_REQUEST")


async def test_what_is_no_request_gets_a_status_too(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    await client.send(b"nonsense\r\n\r\n")

    answer = await _answer(client)
    assert (answer.status, answer.json["code"], reason(answer)) == (400, 3, "INVALID_REQUEST")


async def test_a_body_that_does_not_come_whole(connect: Connect, gateway: Gateway, server: ExchangeServer) -> None:
    client = await connect(gateway)
    client.writer.write(head("Content-Length: 10", path=TASKS) + b"{}")
    client.writer.write_eof()

    assert (await _answer(client)).status == 400
    assert server.seen.empty()


# What the server says.


def refusing_server(server: ExchangeServer, status: Status) -> None:
    server.answer = lambda _: Result(error=status)


@pytest.mark.parametrize(("code", "http_status"), [pair for pair in HTTP_STATUS.items() if pair[0]])
async def test_every_code_has_its_status(gateway: Gateway, server: ExchangeServer, code: int, http_status: int) -> None:
    status = Status(code=code, message="Words.")
    status.details.add().Pack(ErrorInfo(reason="TASK_NOT_FOUND", domain="syncline", metadata={"task": "x"}))
    refusing_server(server, status)
    answer = await gateway.request("GET", TASK)

    assert (answer.status, answer.json["code"], answer.json["message"]) == (http_status, code, "Words.")
    assert details(answer, "ErrorInfo")["metadata"] == {"task": "x"}
    assert ("Retry-After" in answer.headers) == (http_status in (429, 503))


async def test_a_code_that_is_none(gateway: Gateway, server: ExchangeServer) -> None:
    refusing_server(server, Status(code=99, message="Words."))

    assert (await gateway.request("GET", TASK)).status == 500


async def test_401_is_a_challenge(gateway: Gateway, server: ExchangeServer) -> None:
    refusing_server(server, Status(code=16, message="Who?"))
    answer = await gateway.request("GET", TASK)

    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="syncline", Bearer')
    assert reason(answer) == "BAD_CREDENTIALS"


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [(Duration(seconds=7), "7"), (Duration(seconds=1, nanos=1), "2"), (Duration(), "1"), (None, "1")],
)
async def test_429_says_when_to_try_again(
    gateway: Gateway, server: ExchangeServer, delay: Duration | None, seconds: str
) -> None:
    status = Status(code=8, message="Slowly.")
    status.details.add().Pack(ErrorInfo(reason="RATE_LIMITED", domain="syncline", metadata={"limit": "5"}))
    if delay is not None:
        status.details.add().Pack(RetryInfo(retry_delay=delay))
    refusing_server(server, status)
    answer = await gateway.request("GET", TASK)

    assert (answer.status, answer.headers["Retry-After"], reason(answer)) == (429, seconds, "RATE_LIMITED")


async def test_an_overloaded_server_is_503(gateway: Gateway, server: ExchangeServer) -> None:
    status = Status(code=8, message="Too much.")
    status.details.add().Pack(ErrorInfo(reason="OVERLOADED", domain="syncline"))
    refusing_server(server, status)
    answer = await gateway.request("GET", TASK)

    assert (answer.status, answer.headers["Retry-After"], answer.json["code"]) == (503, "1", 8)


@pytest.mark.parametrize("path", [TASK, "/v1/companies/me", TASK + ":await"])
async def test_503_while_the_server_is_away(gateway: Gateway, server: ExchangeServer, path: str) -> None:
    await server.stop()
    await asyncio.wait_for(gateway.upstream.until(lambda: not gateway.upstream.is_ready), 5)
    answer = await gateway.request("GET", path)

    assert (answer.status, answer.headers["Retry-After"], answer.json["code"]) == (503, "1", 14)
    assert reason(answer) == "UNAVAILABLE"
    assert details(answer, "RetryInfo")["retryDelay"] == "1s"


@pytest.mark.parametrize("path", [TASK, "/v1/companies/me"])
async def test_504_when_the_callers_time_is_over(gateway: Gateway, methods: Methods, path: str) -> None:
    methods.serve(GET_COMPANY, lambda _, __: asyncio.sleep(60))
    answer = await gateway.request("GET", path, X_Server_Timeout="0.1")

    assert (answer.status, answer.json["code"], reason(answer)) == (504, 4, "DEADLINE_EXCEEDED")


async def test_504_before_anything_is_asked(gateway: Gateway, server: ExchangeServer) -> None:
    answer = await gateway.request("POST", TASKS, b"{}", Grpc_Timeout="0S")

    assert (answer.status, reason(answer)) == (504, "DEADLINE_EXCEEDED")
    assert server.seen.empty()


@pytest.mark.parametrize(("code", "said"), [(grpc.StatusCode.UNIMPLEMENTED, 501), (grpc.StatusCode.CANCELLED, 499)])
async def test_of_an_error_without_a_reason(
    gateway: Gateway, methods: Methods, code: grpc.StatusCode, said: int
) -> None:
    async def abort(_: Any, context: Context) -> None:
        await context.abort(code, "secret text")

    methods.serve(GET_COMPANY, abort)
    answer = await gateway.request("GET", "/v1/companies/me")

    assert (answer.status, reason(answer)) == (said, code.name)
    assert b"secret" not in answer.body


async def test_an_exception_of_the_server_is_not_shown(gateway: Gateway, methods: Methods) -> None:
    async def fail(_: Any, __: Context) -> None:
        raise ValueError("secret text")

    methods.serve(GET_COMPANY, fail)
    answer = await gateway.request("GET", "/v1/companies/me")

    assert (answer.status, reason(answer)) == (500, "INTERNAL")
    assert b"secret" not in answer.body


async def test_an_answer_that_is_none(
    gateway: Gateway, server: ExchangeServer, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be shown as JSON is a fault of ours: logged once, told in words of ours."""
    server.answer = lambda _: Result(get_task=GetTaskResponse(task={"task_id": "x", "data_json": "{secret"}))
    with caplog.at_level(logging.ERROR):
        answer = await gateway.request("GET", TASK)

    assert (answer.status, answer.json["code"], reason(answer)) == (500, 13, "INTERNAL")
    assert b"secret" not in answer.body
    assert [record.getMessage() for record in caplog.records] == ["request.fault"]


async def test_a_result_of_another_kind(gateway: Gateway, server: ExchangeServer) -> None:
    server.answer = lambda _: created()

    assert (await gateway.request("GET", TASK)).status == 500


async def test_details_of_unknown_types_are_left_out(gateway: Gateway, server: ExchangeServer) -> None:
    status = Status(code=9, message="Words.")
    status.details.add(type_url="type.googleapis.com/secret.Thing", value=b"\x01")
    status.details.add(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\xff")
    refusing_server(server, status)
    answer = await gateway.request("GET", TASK)

    assert (answer.status, reason(answer)) == (400, "INTERNAL")
    assert len(answer.json["details"]) == 1


async def test_faults_of_fields_come_through_in_json_names(gateway: Gateway, server: ExchangeServer) -> None:
    status = Status(code=3, message="Words.")
    violation = BadRequest.FieldViolation(field="wait.node_id", description="Needed.")
    status.details.add().Pack(BadRequest(field_violations=[violation]))
    refusing_server(server, status)

    violations = details(await gateway.request("GET", TASK), "BadRequest")["fieldViolations"]
    assert violations == [{"field": "wait.nodeId", "description": "Needed.", "reason": ""}]


def test_every_code_without_a_reason_gets_one_of_the_contract() -> None:
    for code in HTTP_STATUS:
        _, given = refusing.with_reason(Status(code=code))
        assert given in reasons.NAMES


async def _answer(client: Socket) -> Answer:
    return Answer(*await client.answer())
