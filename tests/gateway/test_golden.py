"""Each folder of `golden/<dialect>/<case>` is one conversation: a request, what the server is asked, what it replies,
and the response. `call.json` and `reply.json` hold one entry for each turn; a case that needs no server has neither.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.rpc import error_details_pb2

from syncline.v1.exchange_pb2 import Accepted, Result
from syncline_gateway.dialect import Call, HttpRequest, HttpResponse, Reply
from syncline_gateway.routes import make_routes

if TYPE_CHECKING:
    from syncline_gateway.dialect import Dialect

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*/*"))
ERRORS = error_details_pb2.DESCRIPTOR.name
"""Imported so that ProtoJSON knows the types of error details."""


@pytest.mark.parametrize("case", CASES, ids=[f"{case.parent.name}-{case.name}" for case in CASES])
def test_conversation(case: Path) -> None:
    request = read_request(case)
    dialect = dialect_for(request.path)
    calls, turns = load(case, "call.json", []), load(case, "reply.json", [])
    answer: Call | HttpResponse = dialect.decode(request)
    for expected, replies in zip(calls, turns, strict=True):
        assert isinstance(answer, Call)
        assert expected == show(answer, request)
        answer = dialect.encode(answer, [read_reply(reply) for reply in replies])

    assert isinstance(answer, HttpResponse)
    expected = load(case, "response.json", None)
    assert expected["status"] == answer.status
    assert expected["headers"] == {name.lower(): text for name, text in answer.headers.items()}
    if "text" in expected:
        assert expected["text"] == answer.body.decode()
    else:
        assert expected["body"] == json.loads(answer.body)


def test_there_are_cases_of_every_dialect() -> None:
    assert {case.parent.name for case in CASES} == {"callback", "direct", "node_callback", "ops"}


def load(case: Path, name: str, otherwise: Any) -> Any:
    path = case / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else otherwise


def read_request(case: Path) -> HttpRequest:
    shown = load(case, "request.json", None)
    body = shown.pop("body")
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return HttpRequest(**shown, body=text.encode())


def dialect_for(path: str) -> Dialect:
    route = make_routes(max_wait=300.0).find(path)
    assert route is not None
    return route.dialect


def show(call: Call, request: HttpRequest) -> dict[str, Any]:
    credentials = None
    if call.credentials is not None:
        credentials = MessageToDict(call.credentials)
        if "signed" in credentials:
            # In full it would be the request's body once more, in base64.
            del credentials["signed"]["body"]
            assert call.credentials.signed.body == request.body
    operations = [MessageToDict(operation) for operation in call.operations]
    return {"timeout": call.timeout, "credentials": credentials, "operations": operations}


def read_reply(shown: dict[str, Any]) -> Reply:
    accepted = ParseDict(shown["accepted"], Accepted()) if "accepted" in shown else None
    result = ParseDict(shown["result"], Result()) if "result" in shown else None
    return Reply(accepted=accepted, result=result)
