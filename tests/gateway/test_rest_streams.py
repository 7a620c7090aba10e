"""Streams over HTTP: how they begin, what each record is, and that the last one always comes."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from fakes.conformance import message, rpc, transcoder
from fakes.methods import fail
from fakes.sockets import head
from syncline.v1.task_calls_pb2 import AwaitTaskResponse, Heartbeat, Moved
from syncline.v1.task_pb2 import Outcome, OutcomeKind
from syncline_gateway.contract import make_transcoder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.exchange_server import ExchangeServer
    from fakes.gateway import Gateway, Started
    from fakes.methods import Context, Methods
    from fakes.sockets import Connect

TASK_ID = "a" * 24
PATH = f"/v1/tasks/{TASK_ID}:await"
EVENTS = "text/event-stream"
LINES = "application/x-ndjson"
OPENING = b": stream\nretry: 1000\n\n"
(AWAIT,) = (one for one in make_transcoder().rpcs if one.name.endswith("/AwaitTask"))
MOVED = AwaitTaskResponse(sequence=1, resume_token="t1", moved=Moved(node_id="n"))
QUIET = AwaitTaskResponse(sequence=1, resume_token="t1", heartbeat=Heartbeat())
OUTCOME = AwaitTaskResponse(
    sequence=2,
    resume_token="t2",
    outcome=Outcome(kind=OutcomeKind.OUTCOME_KIND_ANSWERED, data_json='{"b": 1.10}'),
)


async def begin(context: Context) -> None:
    await context.send_initial_metadata((("syncline-task-id", TASK_ID), ("secret", "metadata")))


async def whole(_: Any, context: Context) -> None:
    await begin(context)
    for response in (MOVED, QUIET, OUTCOME):
        await context.write(response)


async def parked(_: Any, context: Context) -> None:
    await begin(context)
    await context.write(MOVED)
    await asyncio.sleep(60)


async def test_lines(gateway: Gateway, methods: Methods) -> None:
    methods.serve(AWAIT, whole)
    answer = await gateway.request("GET", PATH, Accept=LINES)

    lines = [json.loads(line) for line in answer.body.decode().splitlines()]
    assert answer.status == 200
    assert answer.headers["Content-Type"] == LINES
    assert [list(line) for line in lines] == [["result"], ["result"], ["result"], ["end"]]
    assert lines[0]["result"]["moved"]["nodeId"] == "n"
    assert lines[1]["result"]["heartbeat"] == {}
    assert lines[2]["result"]["outcome"]["data"] == {"b": 1.10}
    assert lines[3] == {"end": {}}


async def test_events(gateway: Gateway, methods: Methods) -> None:
    methods.serve(AWAIT, whole)
    answer = await gateway.request("GET", PATH, Accept=EVENTS)

    assert (answer.status, answer.headers["Content-Type"]) == (200, EVENTS)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Syncline-Task-Id"] == TASK_ID
    assert "secret" not in answer.headers
    assert answer.body.startswith(OPENING)
    blocks = answer.body.removeprefix(OPENING).split(b"\n\n")
    assert [block.split(b"\n")[0] for block in blocks] == [b"id: t1", b":", b"id: t2", b"event: end", b""]
    assert json.loads(blocks[2].split(b"\ndata: ")[1])["outcome"]["data"] == {"b": 1.10}
    assert blocks[3] == b"event: end\ndata: {}"


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
async def test_lines_are_what_others_get(gateway: Gateway, methods: Methods, accept: str) -> None:
    methods.serve(AWAIT, whole)
    answer = await gateway.request("GET", PATH, Accept=accept)

    assert (answer.headers["Content-Type"], answer.body[-11:]) == (LINES, b'{"end":{}}\n')


async def test_the_answer_begins_before_anything_happens(gateway: Gateway, methods: Methods) -> None:
    may_go_on = asyncio.Event()

    async def slow(_: Any, context: Context) -> None:
        await begin(context)
        await may_go_on.wait()
        await context.write(MOVED)

    methods.serve(AWAIT, slow)
    async with gateway.opened("GET", PATH, Accept=EVENTS) as answer:
        assert (answer.status, answer.headers["Syncline-Task-Id"]) == (200, TASK_ID)
        assert await answer.content.readexactly(len(OPENING)) == OPENING
        may_go_on.set()
        assert await answer.content.readline() == b"id: t1\n"


async def test_every_record_is_sent_at_once(gateway: Gateway, methods: Methods) -> None:
    turns: asyncio.Queue[None] = asyncio.Queue()

    async def stepwise(_: Any, context: Context) -> None:
        await begin(context)
        for _ in range(3):
            await turns.get()
            await context.write(MOVED)

    methods.serve(AWAIT, stepwise)
    async with gateway.opened("GET", PATH, Accept=LINES) as answer:
        for _ in range(3):
            turns.put_nowait(None)
            assert "result" in json.loads(await answer.content.readline())


# What a stream is resumed by.


async def ended(_: Any, __: Context) -> None:
    """Nothing is left to say."""


@pytest.mark.parametrize("accept", [EVENTS, LINES])
async def test_a_stream_with_nothing_left_to_say(gateway: Gateway, methods: Methods, accept: str) -> None:
    methods.serve(AWAIT, ended)
    answer = await gateway.request("GET", PATH, Accept=accept, Last_Event_ID="t2")

    assert (answer.status, answer.body) == ((204, b"") if accept == EVENTS else (200, b'{"end":{}}\n'))
    assert (await methods.asked()).resume_token == "t2"


async def test_the_header_goes_over_the_query(gateway: Gateway, methods: Methods) -> None:
    methods.serve(AWAIT, ended)
    await gateway.request("GET", PATH + "?resumeToken=old", Accept=EVENTS, Last_Event_ID="new")
    await gateway.request("GET", PATH + "?resumeToken=old", Accept=EVENTS)

    assert [(await methods.asked()).resume_token for _ in range(2)] == ["new", "old"]


async def test_an_id_that_was_never_given_out(connect: Connect, gateway: Gateway, methods: Methods) -> None:
    methods.serve(AWAIT, ended)
    client = await connect(gateway)
    await client.send(head(path=PATH, method="GET")[:-2] + b"Last-Event-ID: \xff\r\n\r\n")

    status, _, body = await client.answer()
    assert (status, json.loads(body)["code"]) == (400, 3)


async def test_who_resumes_is_kept_while_the_server_is_away(
    gateway: Gateway, server: ExchangeServer, methods: Methods
) -> None:
    """A browser's EventSource takes no 503 for an answer: it would give up for good."""
    methods.serve(AWAIT, whole)
    await server.stop()
    await asyncio.wait_for(gateway.upstream.until(lambda: not gateway.upstream.is_ready), 5)
    asked = gateway.requesting("GET", PATH, Accept=EVENTS, Last_Event_ID="t1")
    refused = await gateway.request("GET", PATH, Accept=EVENTS)
    await server.start()

    answer = await asked
    assert refused.status == 503
    assert answer.status == 200
    assert answer.body.endswith(b"event: end\ndata: {}\n\n")


async def test_who_resumes_is_not_kept_for_ever(
    gateway: Gateway, server: ExchangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline_gateway.http.rest.streams.RESUME_SECONDS", 0.1)
    await server.stop()
    await asyncio.wait_for(gateway.upstream.until(lambda: not gateway.upstream.is_ready), 5)

    assert (await gateway.request("GET", PATH, Accept=EVENTS, Last_Event_ID="t1")).status == 503


async def test_who_resumes_is_not_kept_over_its_own_deadline(gateway: Gateway, server: ExchangeServer) -> None:
    await server.stop()
    await asyncio.wait_for(gateway.upstream.until(lambda: not gateway.upstream.is_ready), 5)
    answer = await gateway.request("GET", PATH, Accept=EVENTS, Last_Event_ID="t1", Grpc_Timeout="200m")

    assert answer.status == 504


# How streams fail.


async def test_an_error_before_the_first_record_has_its_status(gateway: Gateway, methods: Methods) -> None:
    status = Status(code=5, message="No such task.")
    status.details.add().Pack(ErrorInfo(reason="TASK_NOT_FOUND", domain="syncline"))
    methods.serve(AWAIT, lambda _, context: fail(context, status))
    answer = await gateway.request("GET", PATH, Accept=EVENTS)

    assert (answer.status, answer.json["code"], answer.json["message"]) == (404, 5, "No such task.")
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("accept", [EVENTS, LINES])
async def test_an_error_after_it_is_the_last_record(gateway: Gateway, methods: Methods, accept: str) -> None:
    async def breaks(_: Any, context: Context) -> None:
        await begin(context)
        await context.write(MOVED)
        await fail(context, Status(code=14, message="The server is stopping."))

    methods.serve(AWAIT, breaks)
    answer = await gateway.request("GET", PATH, Accept=accept)

    assert answer.status == 200
    error = last_record(answer.body, accept)
    assert (error["code"], error["message"]) == (14, "The server is stopping.")
    assert error["details"][0]["reason"] == "UNAVAILABLE"


def last_record(body: bytes, accept: str) -> Any:
    """Return the status in the last record of a stream that failed."""
    if accept == LINES:
        return json.loads(body.splitlines()[-1])["error"]
    *_, last, end = body.split(b"\n\n")
    assert end == b""
    assert last.startswith(b"event: error\ndata: ")
    return json.loads(last.removeprefix(b"event: error\ndata: "))


@pytest.mark.parametrize("accept", [EVENTS, LINES])
async def test_a_server_that_dies_is_told_in_the_last_record(
    gateway: Gateway, server: ExchangeServer, methods: Methods, accept: str
) -> None:
    methods.serve(AWAIT, parked)
    async with gateway.opened("GET", PATH, Accept=accept) as answer:
        await answer.content.readline()
        await server.stop()
        body = await answer.content.read()

    error = last_record(body, accept)
    assert (error["code"], error["details"][0]["reason"]) == (14, "UNAVAILABLE")


@pytest.mark.parametrize("accept", [EVENTS, LINES])
async def test_a_stop_of_the_gateway_is_told_in_the_last_record(
    gateway: Gateway, methods: Methods, accept: str
) -> None:
    methods.serve(AWAIT, parked)
    async with gateway.opened("GET", PATH, Accept=accept) as answer:
        await answer.content.readline()
        gateway.app.refuse_more()
        gateway.upstream.release()
        await gateway.app.stop()
        body = await answer.content.read()

    assert last_record(body, accept)["details"][0]["reason"] == "UNAVAILABLE"


async def test_a_deadline_ends_a_stream(gateway: Gateway, methods: Methods) -> None:
    methods.serve(AWAIT, parked)
    answer = await gateway.request("GET", PATH, Accept=LINES, Grpc_Timeout="300m")

    assert last_record(answer.body, LINES)["code"] == 4


async def test_what_cannot_be_shown_ends_a_stream(
    gateway: Gateway, methods: Methods, caplog: pytest.LogCaptureFixture
) -> None:
    async def odd(_: Any, context: Context) -> None:
        await begin(context)
        await context.write(AwaitTaskResponse(outcome=Outcome(data_json="{secret")))
        await asyncio.sleep(60)

    methods.serve(AWAIT, odd)
    with caplog.at_level(logging.ERROR):
        answer = await gateway.request("GET", PATH, Accept=LINES)

    assert last_record(answer.body, LINES)["code"] == 13
    assert b"secret" not in answer.body
    assert [record.getMessage() for record in caplog.records] == ["request.fault"]
    assert await methods.left() == AWAIT.name


# Clients.


@pytest.mark.parametrize("has_begun", [True, False])
async def test_a_client_that_leaves_ends_the_call(gateway: Gateway, methods: Methods, has_begun: bool) -> None:
    async def silent(_: Any, __: Context) -> None:
        await asyncio.sleep(60)

    methods.serve(AWAIT, parked if has_begun else silent)
    if has_begun:
        async with gateway.opened("GET", PATH, Accept=EVENTS) as answer:
            await answer.content.readline()
            answer.close()
    else:
        asked = gateway.requesting("GET", PATH, Accept=EVENTS)
        await methods.asked()
        asked.cancel()

    assert await methods.left() == AWAIT.name


LARGE = AwaitTaskResponse(resume_token="t", outcome=Outcome(data_json=json.dumps("x" * 100_000)))


async def flood(_: Any, context: Context) -> None:
    await begin(context)
    while True:
        await context.write(LARGE)


async def test_a_client_that_stops_reading_is_cut(
    connect: Connect, gateway: Gateway, methods: Methods, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline_gateway.http.rest.relay.STALLED_SECONDS", 0.2)
    methods.serve(AWAIT, flood)
    client = await connect(gateway)
    await client.send(head(f"Accept: {LINES}", path=PATH, method="GET"))
    await client.head()
    client.reader._transport.pause_reading()  # type: ignore[attr-defined]

    assert await methods.left() == AWAIT.name


async def test_a_client_that_does_not_read_the_end_is_cut(
    gateway: Gateway, methods: Methods, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records wait in the gateway's own buffer, where only the end of the answer waits for them to leave it."""
    monkeypatch.setattr("syncline_gateway.http.rest.relay.STALLED_SECONDS", 0.2)
    (server, _) = gateway.app._servers

    async def short(_: Any, context: Context) -> None:
        (connection,) = server.connections
        transport = connection.transport
        assert transport is not None
        transport.set_write_buffer_limits(high=0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        await begin(context)
        await context.write(AwaitTaskResponse(outcome=Outcome(data_json=json.dumps("x" * 50_000))))

    methods.serve(AWAIT, short)
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        client.setblocking(False)
        await loop.sock_connect(client, ("127.0.0.1", gateway.port))
        await loop.sock_sendall(client, head(f"Accept: {LINES}", path=PATH, method="GET"))
        await methods.asked()
        assert await server.until_empty(5)


async def test_a_client_that_reads_slowly_gets_everything(connect: Connect, gateway: Gateway, methods: Methods) -> None:
    async def much(_: Any, context: Context) -> None:
        await begin(context)
        for _ in range(50):
            await context.write(LARGE)

    methods.serve(AWAIT, much)
    client = await connect(gateway)
    await client.send(head(f"Accept: {LINES}", "Connection: close", path=PATH, method="GET"))
    await client.head()
    body = b""
    while chunk := await client.chunk():
        body += chunk

    assert body.count(b'{"result":') == 50
    assert body.endswith(b'{"end":{}}\n')


async def test_a_stream_over_http_1_0_ends_with_its_connection(
    connect: Connect, gateway: Gateway, methods: Methods
) -> None:
    methods.serve(AWAIT, whole)
    client = await connect(gateway)
    await client.send(head(f"Accept: {LINES}", path=PATH, method="GET", version="1.0"))

    status, headers = await client.head()
    assert (status, "transfer-encoding" in headers) == (200, False)
    assert (await client.rest()).endswith(b'{"end":{}}\n')


async def test_a_connection_is_of_use_after_a_stream(connect: Connect, gateway: Gateway, methods: Methods) -> None:
    methods.serve(AWAIT, whole)
    client = await connect(gateway)
    for _ in range(2):
        await client.send(head(f"Accept: {LINES}", path=PATH, method="GET"))
        assert (await client.head())[0] == 200
        while await client.chunk():
            continue


# The token in a URL.


async def test_a_token_in_the_query_goes_on_as_a_header(gateway: Gateway, methods: Methods) -> None:
    methods.serve(AWAIT, ended)
    answer = await gateway.request("GET", PATH + "?token=a.b-c_d%3D&resumeToken=r", Accept=EVENTS)

    assert answer.status == 204
    assert (await methods.metadata.get())["authorization"] == "Bearer a.b-c_d="
    assert (await methods.asked()).resume_token == "r"


@pytest.mark.parametrize(
    ("path", "authorization"),
    [
        (PATH + "?token=t", "Basic x"),
        (PATH + "?token=t&token=u", ""),
        (PATH + "?token=", ""),
        (PATH + "?token=a%20b", ""),
        (PATH + "?token=a%0d%0ab", ""),
        (PATH + "?Token=t", ""),
        (f"/v1/tasks/{TASK_ID}?token=t", ""),
        (f"/v1/tasks/{TASK_ID}:wait?token=t", ""),
    ],
)
async def test_a_token_is_taken_nowhere_else(
    gateway: Gateway, methods: Methods, server: ExchangeServer, path: str, authorization: str
) -> None:
    methods.serve(AWAIT, ended)
    if authorization:
        answer = await gateway.request("GET", path, Authorization=authorization)
    else:
        answer = await gateway.request("GET", path)

    assert (answer.status, answer.json["code"]) == (400, 3)
    assert methods.metadata.empty()
    assert server.seen.empty()


async def test_a_token_is_in_no_log(gateway: Gateway, methods: Methods, caplog: pytest.LogCaptureFixture) -> None:
    methods.serve(AWAIT, lambda _, context: fail(context, Status(code=16, message="no")))
    with caplog.at_level(logging.DEBUG):
        answer = await gateway.request("GET", PATH + "?token=the-secret", Accept=EVENTS)

    facts = [getattr(record, "facts", {}) for record in caplog.records if record.getMessage() == "request.failed"]
    assert (answer.status, facts[0]["route"]) == (401, "GET /v1/tasks/{task_id}:await")
    shown = str([vars(record) for record in caplog.records if record.name.startswith("syncline")])
    assert "the-secret" not in shown


# Other services.


@pytest.fixture
async def other(started: Started) -> AsyncIterator[Gateway]:
    async with started(transcoder()) as gateway:
        yield gateway


async def test_an_answer_begins_with_the_first_message(other: Gateway, methods: Methods) -> None:
    async def two(_: Any, context: Context) -> None:
        await context.write(message("Reply", book={"title": "T"}))
        await context.write(message("Reply", book={"title": "U"}))

    methods.serve(rpc("StreamService/WatchBare"), two)
    answer = await other.request("GET", "/v1/watch-books", Accept=EVENTS)

    blocks = answer.body.removeprefix(OPENING).split(b"\n\n")
    assert [json.loads(block.removeprefix(b"data: "))["title"] for block in blocks[:2]] == ["T", "U"]
    assert blocks[2:] == [b"event: end\ndata: {}", b""]


async def test_many_who_watch_get_the_same(other: Gateway, methods: Methods) -> None:
    async def one(request: Any, context: Context) -> None:
        await context.write(message("Event", cursor="1", book={"title": request.name}))
        await context.write(message("Event", cursor="2", quiet={}))

    methods.serve(rpc("StreamService/WatchBooks"), one)
    wanted = [(name, accept) for name in "abab" for accept in (EVENTS, LINES)]
    answers = await asyncio.gather(
        *(other.request("GET", f"/v1/watch/{name}", Accept=accept) for name, accept in wanted)
    )

    for (name, accept), answer in zip(wanted, answers, strict=True):
        assert f'"title":"{name}"'.encode() in answer.body
        assert (answer.body.count(b"id: 1\n"), answer.body.count(b"\n:\n")) == ((1, 1) if accept == EVENTS else (0, 0))


async def test_nothing_that_was_told_is_kept(other: Gateway, methods: Methods) -> None:
    async def secret(_: Any, context: Context) -> None:
        await context.write(message("Event", cursor="1", book={"title": "secret"}))

    methods.serve(rpc("StreamService/WatchBooks"), secret)
    await other.request("GET", "/v1/watch/x")

    assert not other.app._relay._last


async def test_a_raw_stream_is_bytes(other: Gateway, methods: Methods) -> None:
    async def parts(_: Any, context: Context) -> None:
        for data in (b"\x00\x01", b"", b"\n\xff"):
            await context.write(raw(content_type="image/png", data=data))

    download = rpc("StreamService/Download")
    raw = download.output
    methods.serve(download, parts)
    answer = await other.request("GET", "/v1/downloads/x", Accept="image/png")

    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.body == b"\x00\x01\n\xff"


async def test_a_raw_stream_of_nothing(other: Gateway, methods: Methods) -> None:
    methods.serve(rpc("StreamService/Download"), ended)
    answer = await other.request("GET", "/v1/downloads/x")

    assert (answer.status, answer.body) == (200, b"")


async def test_a_raw_stream_that_fails_is_cut(connect: Connect, other: Gateway, methods: Methods) -> None:
    download = rpc("StreamService/Download")

    async def breaks(_: Any, context: Context) -> None:
        await context.write(download.output(data=b"x" * 10))
        await fail(context, Status(code=13, message="no"))

    methods.serve(download, breaks)
    client = await connect(other)
    await client.send(head(path="/v1/downloads/x", method="GET"))
    assert (await client.head())[0] == 200
    try:
        rest = await client.rest()
    except ConnectionResetError:
        rest = b""

    assert not rest.endswith(b"0\r\n\r\n")
