"""What the headers of a transcoded request say, and that nothing else of them gets to the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from fakes.conformance import message, rpc, transcoder
from fakes.gateway import Answer
from fakes.sockets import head
from syncline_gateway.http.reading import NotRead, has_etag
from syncline_gateway.http.rest.headers import (
    MAX_AUTHORIZATION,
    accepts_json,
    asker_of,
    check_size,
    framing_of,
)
from syncline_gateway.transcoding.faults import Fault
from syncline_gateway.transcoding.framing import NDJSON, SERVER_SENT_EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakes.gateway import Started
    from fakes.methods import Methods
    from fakes.sockets import Connect
    from syncline_gateway.http.reading import Headers

TRACE = f"00-{'1' * 32}-{'2' * 16}-01"


def headers(*lines: tuple[str, str]) -> Headers:
    return CIMultiDictProxy(CIMultiDict(lines))


def accepting(accept: str | None) -> Headers:
    return headers() if accept is None else headers(("Accept", accept))


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/*",
        "text/html, application/xhtml+xml, */*;q=0.8",
        "application/json;q=0.001",
        "text/html;q=1, application/json ; q=0.5",
        "*/*;q=0, application/json",
    ],
)
def test_who_takes_json(accept: str | None) -> None:
    assert accepts_json(accepting(accept))


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/json;q=0",
        "application/json;q=0.000, */*",
        "application/*;q=0",
        "application/json;q=2",
        "application/json;q=",
        "application",
        ",;,",
    ],
)
def test_who_does_not_take_json(accept: str) -> None:
    assert not accepts_json(accepting(accept))


def test_several_lines_are_one_list() -> None:
    assert accepts_json(headers(("Accept", "text/html"), ("Accept", "application/json")))


@pytest.mark.parametrize(
    ("accept", "framing"),
    [
        (None, NDJSON),
        ("*/*", NDJSON),
        ("application/json", NDJSON),
        ("application/x-ndjson", NDJSON),
        ("text/event-stream", SERVER_SENT_EVENTS),
        ("text/*", SERVER_SENT_EVENTS),
        ("text/event-stream, */*", SERVER_SENT_EVENTS),
        ("text/event-stream, */*;q=0.1", SERVER_SENT_EVENTS),
        ("application/x-ndjson, text/event-stream", NDJSON),
        ("application/x-ndjson;q=0.5, text/event-stream;q=0.9", SERVER_SENT_EVENTS),
        ("text/event-stream;q=0.5, application/json", NDJSON),
        ("text/html, */*;q=0.8", NDJSON),
        ("text/event-stream;q=0, */*", NDJSON),
        ("application/x-ndjson;q=0, application/json;q=0, */*", SERVER_SENT_EVENTS),
        ("application/x-ndjson;q=0, */*", SERVER_SENT_EVENTS),
        ("application/x-ndjson;q=0.2, */*;q=0.5", SERVER_SENT_EVENTS),
        ("application/json;q=0, */*", NDJSON),
    ],
)
def test_how_a_stream_is_wanted(accept: str | None, framing: object) -> None:
    assert framing_of(accepting(accept)) is framing


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/xml", "text/event-stream;q=0", "*/*;q=0", "application/json, application/x-ndjson;q=0"],
)
def test_who_takes_no_stream(accept: str) -> None:
    with pytest.raises(Fault) as refused:
        framing_of(accepting(accept))
    assert (refused.value.http_status, refused.value.reason) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        ([("Grpc-Timeout", "5S")], 5),
        ([("grpc-timeout", "99999999n")], 0.099999999),
        ([("Grpc-Timeout", "250m")], 0.25),
        ([("Grpc-Timeout", "7u")], 7e-6),
        ([("Grpc-Timeout", "1M")], 60),
        ([("Grpc-Timeout", "1H")], 100),
        ([("Connect-Timeout-Ms", "1500")], 1.5),
        ([("X-Server-Timeout", "2.5")], 2.5),
        ([("X-Server-Timeout", ".5")], 0.5),
        ([("X-Server-Timeout", "3.")], 3),
        ([("X-Server-Timeout", "0")], 0),
        ([("Connect-Timeout-Ms", "9999999999")], 100),
        ([("X-Envoy-Upstream-Rq-Timeout-Ms", "1500")], 1.5),
        ([("X-Envoy-Upstream-Rq-Timeout-Ms", "0")], 100),
        ([("Grpc-Timeout", "5S"), ("X-Server-Timeout", "4"), ("Connect-Timeout-Ms", "6000")], 4),
        ([("Grpc-Timeout", "5S"), ("Grpc-Timeout", "3S")], 3),
    ],
)
def test_a_deadline(lines: list[tuple[str, str]], seconds: float) -> None:
    asker = asker_of(headers(*lines), 1000.0, ceiling=100)

    assert asker.deadline is not None
    assert asker.deadline - 1000 == pytest.approx(seconds)


def test_no_deadline() -> None:
    assert asker_of(headers(), 1000.0, ceiling=100).deadline is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Grpc-Timeout", "5"),
        ("Grpc-Timeout", "123456789S"),
        ("Grpc-Timeout", "5s"),
        ("Grpc-Timeout", "-5S"),
        ("Grpc-Timeout", " 5S"),
        ("Grpc-Timeout", ""),
        ("Grpc-Timeout", "٥S"),
        ("Connect-Timeout-Ms", "12345678901"),
        ("Connect-Timeout-Ms", "1.5"),
        ("X-Envoy-Upstream-Rq-Timeout-Ms", "1s"),
        ("X-Server-Timeout", "nan"),
        ("X-Server-Timeout", "inf"),
        ("X-Server-Timeout", "1e3"),
        ("X-Server-Timeout", "-1"),
        ("X-Server-Timeout", "."),
    ],
)
def test_a_deadline_that_is_none_is_named(name: str, value: str) -> None:
    with pytest.raises(Fault) as refused:
        asker_of(headers((name, value)), 0.0, ceiling=100)
    assert (refused.value.http_status, refused.value.field) == (400, name)


@pytest.mark.parametrize(
    "lines",
    [
        [("Authorization", "Basic a"), ("authorization", "Basic b")],
        [("Authorization", "Basic a"), ("Authorization", "Basic a")],
        [("Authorization", "x" * (MAX_AUTHORIZATION + 1))],
        [("Authorization", "Basic \u00e9")],
        [("Authorization", "Basic \x01")],
    ],
)
def test_credentials_that_cannot_go_on(lines: list[tuple[str, str]]) -> None:
    with pytest.raises(Fault) as refused:
        asker_of(headers(*lines), 0.0, ceiling=100)
    assert (refused.value.http_status, refused.value.field) == (400, "Authorization")
    assert lines[0][1] not in refused.value.message


@pytest.mark.parametrize("trace", [TRACE.upper().replace("-01", "-0A"), TRACE + "-more", "x", TRACE[:-1]])
def test_a_trace_that_is_none_stays_here(trace: str) -> None:
    asker = asker_of(headers(("traceparent", trace), ("tracestate", "a=1")), 0.0, ceiling=100)
    assert (asker.traceparent, asker.tracestate) == ("", "")


@pytest.mark.parametrize("state", ["x" * 600, "a=\u00e9", ""])
def test_a_state_that_is_none_stays_here(state: str) -> None:
    asker = asker_of(headers(("traceparent", TRACE), ("tracestate", state)), 0.0, ceiling=100)
    assert (asker.traceparent, asker.tracestate) == (TRACE, "")


def test_too_many_headers() -> None:
    with pytest.raises(NotRead) as refused:
        check_size(headers(*((f"x-{number}", "y" * 600) for number in range(60))))
    assert refused.value.status == 431


@pytest.mark.parametrize(
    ("known", "has"),
    [(None, False), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("a", False)],
)
def test_what_the_caller_has(known: str | None, has: bool) -> None:
    given = headers() if known is None else headers(("If-None-Match", known))
    assert has_etag(given, '"a"') is has
    assert has_etag(given, 'W/"a"') is has


def test_what_the_caller_has_may_be_said_in_several_headers() -> None:
    assert has_etag(headers(("If-None-Match", '"b"'), ("If-None-Match", '"a"')), '"a"')


# What gets through.

SMUGGLED = (
    "grpc-timeout-x: 1S",
    "grpc-encoding: gzip",
    "grpc-status: 0",
    "grpc-previous-rpc-attempts: 9",
    "grpc-tags-bin: AAAA",
    "Grpc-Metadata-Authorization: Basic evil",
    "Grpc-Metadata-X-User-Id: root",
    "grpcgateway-authorization: Basic evil",
    "x-user-id: root",
    "x-tenant: other",
    "x-forwarded-for: 1.2.3.4",
    "x-evil-bin: AAAA",
    "Authorization-Bin: AAAA",
    "Proxy-Authorization: Basic evil",
    "Te: trailers",
    "Connection: keep-alive, x-user-id",
    "Keep-Alive: 1",
    "Upgrade: h2c",
    "Cookie: a=b",
    ":authority: evil",
    "lb-token: evil",
    "user-agent: evil",
    "syncline-task-id: evil",
)
OWN = {"user-agent", "authorization", "traceparent"}
"""What a call has by itself, and what is let through."""


@pytest.mark.parametrize("line", SMUGGLED)
@pytest.mark.parametrize("name", ["AnswerService/GetWhole", "StreamService/WatchBare"])
async def test_nothing_else_gets_through(
    connect: Connect, started: Started, methods: Methods, line: str, name: str
) -> None:
    async def answer(_: Any, context: Any) -> Any:
        if name.endswith("WatchBare"):
            await context.write(message("Reply"))
        return message("Reply")

    methods.serve(rpc(name), answer)
    path = {"AnswerService/GetWhole": "/v1/answer/whole", "StreamService/WatchBare": "/v1/watch-books"}[name]
    async with started(transcoder()) as gateway:
        client = await connect(gateway)
        await client.send(head(line, "Authorization: Basic good", f"traceparent: {TRACE}", path=path, method="GET"))
        status, _ = await client.head()

    if line.startswith(":"):  # is no header at all
        assert status == 400
        return
    assert status == 200
    metadata = await methods.metadata.get()
    assert set(metadata) == OWN
    assert (metadata["authorization"], metadata["traceparent"]) == ("Basic good", TRACE)
    assert "evil" not in str(metadata)


@pytest.mark.parametrize(
    "lines",
    [
        ["Authorization: Basic a", "Authorization: Basic b"],
        ["Authorization: Basic a", "AUTHORIZATION: Basic a"],
        [f"Authorization: Basic {'a' * 8000}"],
        ["Authorization: Basic a\r\n b"],
        ["Authorization : Basic a"],
        ["Grpc-Timeout: 1 S"],
    ],
)
async def test_what_is_ambiguous_is_refused(
    connect: Connect, started: Started, methods: Methods, lines: Iterable[str]
) -> None:
    methods.answer(rpc("AnswerService/GetWhole"), message("Reply"))
    async with started(transcoder()) as gateway:
        client = await connect(gateway)
        await client.send(head(*lines, path="/v1/answer/whole", method="GET"))
        answer = Answer(*await client.answer())

    assert (answer.status, answer.json["code"]) == (400, 3)
    assert methods.metadata.empty()
