"""Streams in HTTP bodies, record by record."""

from __future__ import annotations

import json

import pytest

from syncline_gateway.transcoding.framing import NDJSON, RETRY_MILLISECONDS, SERVER_SENT_EVENTS

MESSAGE = '{"a":"x\u2028y","b":1.10}'.encode()
STATUS = b'{"code":14,"message":"gone"}'


def test_lines() -> None:
    body = NDJSON.opening + NDJSON.record(MESSAGE, "7") + NDJSON.sign_of_life(b"{}", "7") + NDJSON.end

    lines = body.decode().split("\n")
    assert lines.pop() == ""
    assert lines[0] == '{"result":' + MESSAGE.decode() + "}"
    assert [json.loads(line) for line in lines[1:]] == [{"result": {}}, {"end": {}}]


def test_the_last_line_of_a_failure() -> None:
    assert json.loads(NDJSON.error(STATUS)) == {"error": {"code": 14, "message": "gone"}}
    assert NDJSON.error(STATUS).count(b"\n") == 1


def test_events() -> None:
    body = SERVER_SENT_EVENTS.record(MESSAGE, "7") + SERVER_SENT_EVENTS.record(b"{}", "") + SERVER_SENT_EVENTS.end

    assert body.decode().split("\n\n") == [
        "id: 7\ndata: " + MESSAGE.decode(),
        "data: {}",
        "event: end\ndata: {}",
        "",
    ]


def test_events_open_with_a_comment_and_the_time_to_wait() -> None:
    assert SERVER_SENT_EVENTS.opening == f": stream\nretry: {RETRY_MILLISECONDS}\n\n".encode()


def test_a_sign_of_life_is_a_comment() -> None:
    assert SERVER_SENT_EVENTS.sign_of_life(MESSAGE, "7") == b":\n\n"


def test_the_last_event_of_a_failure() -> None:
    assert SERVER_SENT_EVENTS.error(STATUS) == b"event: error\ndata: " + STATUS + b"\n\n"


@pytest.mark.parametrize("event_id", ["", "a\nb", "a\rb", "a\0b", "\u2028"])
def test_an_id_that_cannot_stand_in_a_line_is_left_out(event_id: str) -> None:
    assert SERVER_SENT_EVENTS.record(b"{}", event_id) == b"data: {}\n\n"


def test_an_id_of_any_letters() -> None:
    assert SERVER_SENT_EVENTS.record(b"{}", "é-1") == "id: é-1\ndata: {}\n\n".encode()
