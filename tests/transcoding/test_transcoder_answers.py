"""Answers: whole responses, one field of them, raw bodies, records of streams."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf import text_format
from google.protobuf.empty_pb2 import Empty

from syncline_gateway.transcoding.protojson import Unprintable
from syncline_gateway.transcoding.transcoder import Body
from transcoding.shapes import Reply, target

# --- answers --------------------------------------------------------------------------------------------------------


def reply(text: str) -> Any:
    return text_format.Parse(text, Reply())


ANSWERS = [
    ("book", "book {name: 'a'}", {"name": "a"}),
    ("books", "books {name: 'a'} books {name: 'b'}", [{"name": "a"}, {"name": "b"}]),
    ("books", "", []),
    ("words", "words: 'a' words: 'b'", ["a", "b"]),
    ("words", "", []),
    ("text", "text: 'x'", "x"),
    ("text", "", ""),
    ("count", "count: 9007199254740993", "9007199254740993"),
    ("count", "", "0"),
    ("counts", "counts {key: 'a' value: 1}", {"a": 1}),
    ("counts", "", {}),
    ("time", "time {seconds: 1}", "1970-01-01T00:00:01Z"),
    ("inline", "answer_json: '{\"a\":[1,2]}'", {"a": [1, 2]}),
    ("inline", "answer_json: '7'", 7),
    ("kind", "kind: KIND_LARGE", "KIND_LARGE"),
    ("kind", "", "KIND_UNSPECIFIED"),
    ("done", "", False),
]


@pytest.mark.parametrize(("name", "text", "expected"), ANSWERS)
def test_response_body_is_one_field(name: str, text: str, expected: Any) -> None:
    body = target("GET", f"/v1/answer/{name}")[0].response(reply(text))
    printed = json.loads(body.data)

    assert body.content_type == "application/json"
    if isinstance(expected, dict):
        assert expected.items() <= printed.items()
    elif isinstance(expected, list) and expected and isinstance(expected[0], dict):
        assert [one["name"] for one in printed] == [one["name"] for one in expected]
    else:
        assert printed == expected


def test_whole_response_prints_scalars_always_and_messages_when_set() -> None:
    printed = json.loads(target("GET", "/v1/answer/whole")[0].response(Reply()).data)

    assert printed.items() >= {"text": "", "books": [], "words": [], "count": "0", "counts": {}, "done": False}.items()
    assert printed["kind"] == "KIND_UNSPECIFIED"
    assert {"book", "time", "file", "maybe"}.isdisjoint(printed)


def test_empty_response_is_an_empty_object() -> None:
    assert target("GET", "/v1/answer/nothing")[0].response(Empty()) == Body("application/json", b"{}")


RAW = [
    ("image/png", "image/png"),
    ("text/html; charset=utf-8", "text/html; charset=utf-8"),
    ("", "application/octet-stream"),
    ("text/plain\r\nX-Evil: 1", "application/octet-stream"),
    ("text/plain\n", "application/octet-stream"),
    ("text/plain\0", "application/octet-stream"),
    ("täxt/plain", "application/octet-stream"),
]


@pytest.mark.parametrize(("content_type", "expected"), RAW)
def test_raw_answer_has_its_own_type_when_that_can_be_a_header(content_type: str, expected: str) -> None:
    raw = HttpBody(content_type=content_type, data=b"\x00\n\xff")

    assert target("GET", "/v1/answer/raw")[0].response(raw) == Body(expected, b"\x00\n\xff")
    assert target("GET", "/v1/answer/file")[0].response(Reply(file=raw)) == Body(expected, b"\x00\n\xff")


def test_raw_answer_that_is_not_set_is_empty() -> None:
    assert target("GET", "/v1/answer/file")[0].response(Reply()) == Body("application/octet-stream", b"")


def test_record_of_a_stream_is_one_line() -> None:
    message = reply('answer_json: "{\\n  \\"a\\": 1,\\r\\n \\"b\\": \\"\\\\n\\"}" text: "\\n\\r"')
    record = target("GET", "/v1/answer/whole")[0].record(message)

    assert b"\n" not in record
    assert b"\r" not in record
    assert json.loads(record)["answer"] == {"a": 1, "b": "\n"}
    assert json.loads(record)["text"] == "\n\r"


@pytest.mark.parametrize("blank", ["\\n", "\\r", "\\r\\n"])
def test_line_break_of_inline_json_is_a_blank_in_a_record(blank: str) -> None:
    message = reply(f"answer_json: '[1,{blank}2]'")

    answer = json.loads(target("GET", "/v1/answer/whole")[0].record(message))["answer"]

    assert answer == [1, 2]
    assert b"\n" not in target("GET", "/v1/answer/inline")[0].record(message)
    assert b"\r" not in target("GET", "/v1/answer/inline")[0].record(message)


def test_record_of_a_stream_obeys_response_body() -> None:
    found = target("GET", "/v1/watch-books")[0]

    assert json.loads(found.record(reply("book {name: 'a'} text: 'x'")))["name"] == "a"


def test_record_of_a_raw_stream_is_its_bytes() -> None:
    found = target("GET", "/v1/downloads/x")[0]

    assert found.record(HttpBody(content_type="a/b", data=b"\r\n\x00")) == b"\r\n\x00"
    assert found.response(HttpBody(content_type="a/b", data=b"x")).content_type == "a/b"


def test_message_without_json_is_the_services_mistake() -> None:
    with pytest.raises(Unprintable):
        target("GET", "/v1/answer/whole")[0].response(reply("time {seconds: 999999999999}"))
