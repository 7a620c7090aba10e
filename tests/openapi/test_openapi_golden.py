"""Each folder of `golden/<operation>/<case>` is one exchange under `/v1`, and an example of the document.

It holds a request, the call it becomes, what the server replies (a message, an error, or what a stream brings), and the
response. A request that goes no further than the gateway has neither call nor reply.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status

from syncline_gateway.contract import make_transcoder
from syncline_gateway.http.rest import refusing
from syncline_gateway.transcoding.faults import Fault
from syncline_gateway.transcoding.framing import NDJSON, SERVER_SENT_EVENTS

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from syncline_gateway.transcoding.framing import Framing
    from syncline_gateway.transcoding.transcoder import Target

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*/*"))
TRANSCODER = make_transcoder()
ERRORS = error_details_pb2.DESCRIPTOR.name
"""Imported so that ProtoJSON knows the types of error details."""
TOLD = ("content-type", "retry-after", "www-authenticate")
"""Headers that a golden response names."""


@pytest.mark.parametrize("case", CASES, ids=[f"{case.parent.name}-{case.name}" for case in CASES])
def test_exchange(case: Path) -> None:
    response = load(case, "response.json")

    status, headers, body = answer(case)

    assert response["status"] == status
    assert response["headers"] == headers
    if "text" in response:
        assert response["text"] == body.decode()
    else:
        assert response["body"] == json.loads(body)


def test_every_method_has_a_case_that_goes_well() -> None:
    shown = {
        load(case, "call.json")["rpc"]
        for case in CASES
        if (case / "call.json").exists() and load(case, "response.json")["status"] == 200
    }

    assert {rpc.name for rpc in TRANSCODER.rpcs} == shown


def answer(case: Path) -> tuple[int, dict[str, str], bytes]:
    request = load(case, "request.json")
    try:
        target = TRANSCODER.find(request["method"], request["path"])
        message = target.request(request["query"], body_of(request), request["headers"].get("content-type"))
    except Fault as fault:
        refusal = refusing.of_fault(fault)
        return refusal.status, told(refusal.headers), refusal.body
    call = load(case, "call.json")
    assert call["rpc"] == target.rpc.name
    assert call["request"] == MessageToDict(message)
    reply = load(case, "reply.json")
    if isinstance(reply, list):
        framing = SERVER_SENT_EVENTS if "event-stream" in request["headers"].get("accept", "") else NDJSON
        return 200, {"content-type": framing.content_type}, streamed(target, framing, reply)
    if "error" in reply:
        refusal = refusing.of_status(ParseDict(reply["error"], Status()))
        return refusal.status, told(refusal.headers), refusal.body
    made = target.response(ParseDict(reply, target.rpc.output()))
    return 200, {"content-type": made.content_type}, made.data


def streamed(target: Target, framing: Framing, reply: list[dict[str, Any]]) -> bytes:
    text = framing.opening
    for one in reply:
        if "error" in one:
            return text + framing.error(refusing.error_json(ParseDict(one["error"], Status())))
        text += record(target, framing, ParseDict(one, target.rpc.output()))
    return text + framing.end


def record(target: Target, framing: Framing, message: Message) -> bytes:
    events = target.rpc.event_stream
    assert events is not None
    write = framing.sign_of_life if message.HasField(events.comment_field) else framing.record
    return write(target.record(message), getattr(message, events.id_field))


def body_of(request: dict[str, Any]) -> bytes:
    body = request.get("body", "")
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


def told(headers: Any) -> dict[str, str]:
    return {name.lower(): text for name, text in headers.items() if name.lower() in TOLD}


def load(case: Path, name: str) -> Any:
    return json.loads((case / name).read_text(encoding="utf-8"))
