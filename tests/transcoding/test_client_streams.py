"""Client streams out of HTTP bodies: lines of JSON and raw chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.api.httpbody_pb2 import HttpBody

from syncline_gateway.transcoding.faults import Fault
from transcoding.shapes import PROTOS, everything, target

if TYPE_CHECKING:
    from google.protobuf.message import Message

Upload: Any = PROTOS.message("Upload")


def collected(
    url: str, body: bytes, *, cut: int = 10_000, content_type: str | None = None, limit: int = 1_000
) -> list[Message]:
    """Return the messages of a body that comes in pieces of so many bytes."""
    found, query = target("POST", url)
    reader = found.requests(query, content_type, max_message_bytes=limit)
    messages: list[Message] = []
    for start in range(0, len(body), cut):
        messages += reader.feed(body[start : start + cut])
    return messages + reader.finish()


def refused(url: str, body: bytes, content_type: str | None = None, limit: int = 1_000) -> Fault:
    with pytest.raises(Fault) as caught:
        collected(url, body, content_type=content_type, limit=limit)
    return caught.value


STREAMS = [
    ("/v1/collect", b"", []),
    ("/v1/collect", b"\n\n", []),
    ("/v1/collect", b'{"anInt32":1}', ["an_int32: 1"]),
    ("/v1/collect", b'{"anInt32":1}\n', ["an_int32: 1"]),
    ("/v1/collect", b'{"anInt32":1}\n{"anInt32":2}\n', ["an_int32: 1", "an_int32: 2"]),
    ("/v1/collect", b'{"anInt32":1}\n{"anInt32":2}', ["an_int32: 1", "an_int32: 2"]),
    ("/v1/collect", b'\n \r\n{"anInt32":1}\r\n\n{"anInt32":2}\r\n', ["an_int32: 1", "an_int32: 2"]),
    ("/v1/collect", b"{}\n{}\n", ["", ""]),
    ("/v1/collect/x", b'{"anInt32":1}\n{"anInt32":2}\n', ["a_string: 'x' an_int32: 1", "an_int32: 2"]),
    ("/v1/collect/x", b'{}\n{"aString":"y"}\n', ["a_string: 'x'", "a_string: 'y'"]),
    ("/v1/collect/x", b"", ["a_string: 'x'"]),
    ("/v1/collect/x", b" \n ", ["a_string: 'x'"]),
    (
        "/v1/collect/x/nodes?an_int32=5",
        b'{"name":"a"}\n{"name":"b"}\n',
        ["a_string: 'x' an_int32: 5 node {name: 'a'}", "node {name: 'b'}"],
    ),
    ("/v1/collect/x/nodes?an_int32=5", b"", ["a_string: 'x' an_int32: 5"]),
]


@pytest.mark.parametrize("cut", [1, 2, 7, 10_000])
@pytest.mark.parametrize(("url", "body", "expected"), STREAMS)
def test_lines_are_messages_however_they_come_in(url: str, body: bytes, expected: list[str], cut: int) -> None:
    assert collected(url, body, cut=cut) == [everything(one) for one in expected]


def test_message_is_there_as_soon_as_its_line_is() -> None:
    reader = target("POST", "/v1/collect")[0].requests("", None)

    assert reader.feed(b'{"anInt32":') == []
    assert reader.feed(b'1}\n{"anInt32"') == [everything("an_int32: 1")]
    assert reader.feed(b":2}") == []
    assert reader.finish() == [everything("an_int32: 2")]


WRONG_LINES = [
    (b"x\n", "[1]", "INVALID_JSON"),
    (b"{}\n[]\n", "[2]", "INVALID_JSON"),
    (b'{}\n\n\n{"anInt32":"x"}\n', "[4].anInt32", "INVALID_REQUEST"),
    (b'{}\n{"nodes":[{},{"weight":"x"}]}', "[2].nodes[1].weight", "INVALID_REQUEST"),
    (b'{"nothing":1}', "[1].nothing", "INVALID_REQUEST"),
    (b"{} {}\n", "[1]", "INVALID_JSON"),
    (b"[{},{}]\n", "[1]", "INVALID_JSON"),
    (b"{}\r{}\n", "[1]", "INVALID_JSON"),
]


@pytest.mark.parametrize(("body", "field", "reason"), WRONG_LINES)
def test_wrong_line_is_a_400_that_counts_it(body: bytes, field: str, reason: str) -> None:
    fault = refused("/v1/collect", body)

    assert (fault.http_status, fault.field, fault.reason) == (400, field, reason)
    assert fault.message.startswith(f"Line {field[1]}: ")
    assert fault.metadata == {"field": field}


def test_first_message_must_not_have_what_the_path_has() -> None:
    assert refused("/v1/collect/x", b'\n{"aString":"x"}').field == "[2].aString"


EARLY = [
    ("/v1/collect?an_int32=5", 400, "an_int32"),
    ("/v1/collect/x/nodes?a_string=y", 400, "a_string"),
    ("/v1/collect/x/nodes?nothing", 400, "nothing"),
]


@pytest.mark.parametrize(("url", "status", "field"), EARLY)
def test_wrong_query_is_told_before_the_body_is_read(url: str, status: int, field: str) -> None:
    found, query = target("POST", url)

    with pytest.raises(Fault) as caught:
        found.requests(query, None)

    assert (caught.value.http_status, caught.value.field) == (status, field)


@pytest.mark.parametrize(
    "content_type",
    [None, "", "application/json", "application/x-ndjson", "application/ndjson; charset=utf-8", "application/jsonl"],
)
def test_lines_may_be_called_by_their_names(content_type: str | None) -> None:
    assert collected("/v1/collect", b"{}", content_type=content_type) == [everything("")]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-ndjson; charset=latin-1", "application/json-seq"]
)
def test_lines_of_another_type_are_a_415(content_type: str) -> None:
    assert refused("/v1/collect", b"{}", content_type).http_status == 415


@pytest.mark.parametrize("cut", [3, 10_000])
def test_message_over_the_limit_is_a_413(cut: int) -> None:
    line = b'{"aString":"%s"}' % (b"x" * 50)

    assert len(collected("/v1/collect", line + b"\n" + line, cut=cut, limit=len(line))) == 2
    fault = refused("/v1/collect", b"{}\n" + line, limit=len(line) - 1)
    assert (fault.http_status, fault.reason, fault.code) == (413, "BODY_TOO_LARGE", 8)


def test_line_without_an_end_is_refused_as_soon_as_it_is_too_long() -> None:
    reader = target("POST", "/v1/collect")[0].requests("", None, max_message_bytes=10)
    reader.feed(b" " * 10)

    with pytest.raises(Fault):
        reader.feed(b" ")


def test_raw_chunks_are_messages() -> None:
    assert collected("/v1/collect-raw", b"abcd", cut=2, content_type="a/b") == [
        HttpBody(content_type="a/b", data=b"ab"),
        HttpBody(data=b"cd"),
    ]


def test_raw_chunk_over_the_limit_is_cut() -> None:
    messages: list[Any] = collected("/v1/collect-raw", b"abcde", limit=2)

    assert [message.data for message in messages] == [b"ab", b"cd", b"e"]


def test_raw_body_without_bytes_is_one_message() -> None:
    assert collected("/v1/collect-raw", b"", content_type="a/b") == [HttpBody(content_type="a/b")]


def test_path_and_query_are_in_the_first_raw_message() -> None:
    assert collected("/v1/collect-files/x?note=y", b"abcd", cut=2, content_type="a/b") == [
        Upload(name="x", note="y", file=HttpBody(content_type="a/b", data=b"ab")),
        Upload(file=HttpBody(data=b"cd")),
    ]
    assert collected("/v1/collect-files/x", b"") == [Upload(name="x", file=HttpBody())]
