"""Rules of the ops dialect that no single conversation shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.rpc.error_details_pb2 import ErrorInfo

from syncline.v1.error_pb2 import ErrorReason
from syncline.v1.exchange_pb2 import Accepted, Result
from syncline.v1.task_calls_pb2 import CreateTaskResponse
from syncline.v1.task_pb2 import Task, TaskState
from syncline_gateway import reasons
from syncline_gateway.dialect import Call, HttpRequest, HttpResponse, Reply
from syncline_gateway.dialects import callback, node_callback
from syncline_gateway.dialects.direct import Direct
from syncline_gateway.dialects.ops import Ops
from syncline_gateway.dialects.ops_answer import _STATES
from syncline_gateway.dialects.ops_words import words_for

PATH = "/api/2/json/13000/1700000000/16054e823ea95e74474f8445851f6424b3ff13b4"
CREATE: dict[str, Any] = {"type": "create", "obj": "task", "conv_id": 1234, "data": {"param": 1}}


def request(body: object, *, synchronous: bool = True, headers: dict[str, str] | None = None) -> HttpRequest:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpRequest(method="POST", path=PATH, headers=headers or {}, body=text, synchronous=synchronous)


def call(body: object, *, synchronous: bool = True, headers: dict[str, str] | None = None) -> Call:
    decoded = Ops(max_wait=300).decode(request(body, synchronous=synchronous, headers=headers))
    assert isinstance(decoded, Call)
    return decoded


def waiting(timeout: str) -> float:
    return call(b'{"timeout":%s,"ops":[%s]}' % (timeout.encode(), json.dumps(CREATE).encode())).timeout


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ("60", 59.75),
        ("null", 59.75),
        ("0", 0),
        ("-0", 0),
        ("5", 4.75),
        ("1", 0.95),
        ("0.1", 0.095),
        ("1.5e1", 14.75),
        ('"30"', 29.75),
        ('" 30.0 "', 29.75),
        ("300", 299.75),
        ("301", 299.75),
        ("1e999", 299.75),
        ("9" * 5000, 299.75),
    ],
)
def test_how_long_a_caller_stays(sent: str, seconds: float) -> None:
    assert waiting(sent) == pytest.approx(seconds)


def test_without_a_timeout_it_is_a_minute() -> None:
    assert call({"ops": [CREATE]}).timeout == 59.75


@pytest.mark.parametrize(
    "sent", ["-1", "-0.5", '"soon"', '""', "true", "[]", "{}", '"-1"', '"NaN"', '"inf"', '"1_0"', '"0x10"', '"1 2"']
)
def test_a_timeout_that_is_none(sent: str) -> None:
    body = b'{"timeout":%s,"ops":[%s]}' % (sent.encode(), json.dumps(CREATE).encode())

    refused = Ops().decode(request(body))
    assert isinstance(refused, HttpResponse)
    assert refused.status == 400
    assert isinstance(Ops().decode(request(body, synchronous=False)), Call)


def test_the_server_waits_as_long_as_the_caller() -> None:
    (operation,) = call({"timeout": 2.5, "ops": [CREATE]}).operations

    assert operation.create_task.wait.timeout.ToMilliseconds() == 2375


def test_headers_go_along_without_those_that_are_rights() -> None:
    rights = {"authorization": "Basic eA==", "cookie": "a=b", "x-api-key": "k"}
    (operation,) = call({"ops": [CREATE]}, headers={"user-agent": "x", "connection": "close", **rights}).operations

    assert json.loads(operation.create_task.headers_json) == {"user-agent": "x"}


def test_headers_that_would_take_too_much_are_left_out() -> None:
    operations = call({"ops": [CREATE] * 300}, headers={"big": "x" * 1000}).operations

    assert {operation.create_task.headers_json for operation in operations} == {"{}"}


# fmt: off
INCORRECT = (
    b"", b"{", b"[]", b"null", b"5", b"{}", b'{"ops":1}', b'{"ops":null}', b'{"ops":[1]}', b'{"ops":[]}',
    b'{"ops":[[]]}', b'{"ops":"x"}', b'\xef\xbb\xbf{"ops":[{}]}', b'{"ops":[{"a":"\xff"}]}', b'{"ops":[{}]} x',
    b'{"ops":[{}],}', b'{"ops":[{"data":{"a":Infinity}}]}', b'{"ops":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    b"a=b&c=d", b'{"ops":[{}],"ops":1}', b'{"ops":{"data":{"a":"\\ud800"}}}',
)
# fmt: on


@pytest.mark.parametrize("body", INCORRECT)
@pytest.mark.parametrize("synchronous", [True, False])
def test_an_incorrect_body(body: bytes, synchronous: bool) -> None:
    refused = Ops().decode(request(body, synchronous=synchronous))

    assert isinstance(refused, HttpResponse)
    assert refused.status == 400
    assert json.loads(refused.body) == {
        "request_proc": "ok",
        "ops": [{"proc": "error", "description": "Incorrect body"}],
    }


def test_more_ops_than_a_request_may_have() -> None:
    refused = Ops().decode(request({"ops": [CREATE] * 1001}))

    assert isinstance(refused, HttpResponse)
    assert refused.status == 400
    assert "1001" in json.loads(refused.body)["ops"][0]["description"]
    assert len(call({"ops": [CREATE] * 1000}).operations) == 1000


def test_of_repeated_keys_the_last_wins() -> None:
    op = b'{"type":"show","type":"create","obj":"task","conv_id":1,"conv_id":2,"data":{"a":1,"a":2}}'
    body = b'{"ops":1,"ops":["x"],"ops":[%s]}' % op
    (operation,) = call(body).operations

    assert operation.create_task.process == "2"
    assert operation.create_task.data_json == '{"a":1,"a":2}'


def task(number: int) -> str:
    return f"{number:024x}"


@pytest.mark.parametrize("count", [1, 64, 65, 200])
def test_many_handles_move_from_the_header_into_the_entries(count: int) -> None:
    asked = call({"ops": [CREATE] * count})
    accepted = [Reply(accepted=Accepted(task_id=task(number))) for number in range(count)]

    response = Ops().encode(asked, accepted)
    assert isinstance(response, HttpResponse)
    entries = json.loads(response.body)["ops"]
    if count <= 64:
        assert response.headers["Syncline-Task-Id"] == ",".join(map(task, range(count)))
        assert all("obj_id" not in entry for entry in entries)
    else:
        assert "Syncline-Task-Id" not in response.headers
        assert [entry["obj_id"] for entry in entries] == [task(number) for number in range(count)]


def test_no_header_when_no_task_was_made() -> None:
    response = Ops().encode(call({"ops": [CREATE]}), [Reply(result=Result(error=reasons.make("CANCELLED", "")))])

    assert isinstance(response, HttpResponse)
    assert "Syncline-Task-Id" not in response.headers


def test_a_server_away_before_anything_was_sent() -> None:
    response = Ops().away(call({"ops": [CREATE]}))

    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert json.loads(response.body)["ops"][0]["proc"] == "error"


def test_a_request_that_was_never_decoded() -> None:
    response = Ops().refuse(413, "too large")

    assert response.status == 413
    assert json.loads(response.body) == {"request_proc": "ok", "ops": [{"proc": "error", "description": "too large"}]}


# Tables hold a line for everything that the contract may say.


@pytest.mark.parametrize("reason", sorted(reasons.NAMES))
def test_every_reason_has_its_words(reason: str) -> None:
    words = words_for(reason)

    assert words.status in (200, 503)
    assert words.description
    for answer_for in (callback.answer_for, node_callback.answer_for):
        status, message = answer_for(reason)
        assert status in (200, 400, 404, 409, 413, 429, 500, 503)
        assert message


def test_the_reasons_are_those_of_the_contract() -> None:
    assert len(reasons.NAMES) == len(ErrorReason.DESCRIPTOR.values) - 1


@pytest.mark.parametrize("state", TaskState.DESCRIPTOR.values_by_number)
def test_every_state_has_its_word(state: int) -> None:
    words = {int(known): word for known, word in _STATES.items()}

    assert words[state] in {"created", "processing", "delayed", "processed", "canceled"}


@pytest.mark.parametrize("reason", ["RATE_LIMITED", "STORE_FAILED", "INTERNAL", "CANCELLED", "TASK_TOO_LARGE"])
def test_an_error_of_an_op_leaves_the_http_status_alone(reason: str) -> None:
    status = reasons.make("CANCELLED", "")
    status.details[0].Pack(ErrorInfo(reason=reason, domain="syncline"))

    response = Ops().encode(call({"ops": [CREATE]}, synchronous=False), [Reply(result=Result(error=status))])
    assert isinstance(response, HttpResponse)
    assert response.status == 200


def test_an_error_that_names_no_reason_of_ours_is_internal() -> None:
    status = reasons.make("CANCELLED", "secret text")
    status.details[0].Pack(ErrorInfo(reason="UNAVAILABLE", domain="elsewhere"))

    response = Ops().encode(call({"ops": [CREATE]}), [Reply(result=Result(error=status))])
    assert isinstance(response, HttpResponse)
    assert b"secret" not in response.body
    assert json.loads(response.body)["ops"][0]["description"] == "Internal server error"


# Ops that are wrong by themselves.


def checked(reply: Reply) -> HttpResponse:
    asked = call({"ops": [{"type": "list", "obj": "conv"}]})
    assert [operation.WhichOneof("request") for operation in asked.operations] == ["check_credentials"]
    response = Ops().encode(asked, [reply])
    assert isinstance(response, HttpResponse)
    return response


def refused(reason: str) -> Reply:
    status = reasons.make("CANCELLED", "")
    status.details[0].Pack(ErrorInfo(reason=reason, domain="syncline"))
    return Reply(result=Result(error=status))


def test_a_key_over_its_limit_is_told_what_is_wrong_with_an_op() -> None:
    response = checked(refused("RATE_LIMITED"))

    assert (response.status, json.loads(response.body)["ops"][0]["description"]) == (200, "bad object")


@pytest.mark.parametrize("reply", [Reply(), refused("UNAVAILABLE"), refused("INTERNAL")])
def test_whoever_may_be_anybody_is_told_nothing(reply: Reply) -> None:
    response = checked(reply)

    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert b"bad object" not in response.body


def test_the_right_url_of_another_process_denies_only_what_it_has_no_right_to() -> None:
    ops = [{**CREATE, "conv_id": 1}, {**CREATE, "conv_id": 2}, {**CREATE, "data": 5}]
    path = "/api/1/json/public/1/" + "0" * 40
    asked = Direct().decode(HttpRequest(method="POST", path=path, body=json.dumps({"ops": ops}).encode()))
    assert isinstance(asked, Call)
    made = Result(create_task=CreateTaskResponse(task=Task(task_id=task(1))))

    response = Direct().encode(asked, [Reply(result=made), refused("BAD_CREDENTIALS")])
    assert isinstance(response, HttpResponse)
    assert [entry["proc"] for entry in json.loads(response.body)["ops"]] == ["ok", "access_denied", "error"]
