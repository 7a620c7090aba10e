"""OPTIONS, and what pages of other origins may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.sockets import head
from syncline.v1.exchange_pb2 import Result
from syncline.v1.task_calls_pb2 import GetTaskResponse
from syncline.v1.task_pb2 import Task

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.exchange_server import ExchangeServer
    from fakes.gateway import Answer, Gateway, Started
    from fakes.sockets import Connect

TASK = f"/v1/tasks/{'a' * 24}"
ORIGIN = "https://page.test"


def cors(headers: object) -> set[str]:
    return {name for name in headers if name.startswith("Access-Control-")}  # type: ignore[attr-defined]


@pytest.fixture
async def open_gateway(started: Started, server: ExchangeServer) -> AsyncIterator[Gateway]:
    server.answer = lambda _: Result(get_task=GetTaskResponse(task=Task(task_id="a" * 24)))
    async with started(cors_origins=(ORIGIN, "https://other.test")) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        (TASK, "DELETE, GET, HEAD, OPTIONS, PATCH"),
        (TASK + ":await", "GET, OPTIONS"),
        (TASK + ":cancel", "OPTIONS, POST"),
        ("/v1/callbacks/x", "OPTIONS, POST"),
    ],
)
async def test_options_says_which_methods_there_are(gateway: Gateway, path: str, allow: str) -> None:
    answer = await gateway.request("OPTIONS", path)

    assert (answer.status, answer.body, answer.headers["Allow"]) == (204, b"", allow)


async def test_options_of_nothing(gateway: Gateway) -> None:
    assert (await gateway.request("OPTIONS", "/v1/nothing")).status == 404
    assert (await gateway.request("OPTIONS", "/v1/tasks/%ff")).status == 400


async def test_options_of_the_whole_server(connect: Connect, gateway: Gateway) -> None:
    client = await connect(gateway)
    await client.send(head(path="*", method="OPTIONS"))

    status, headers, body = await client.answer()
    assert (status, headers["allow"], body) == (204, "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT", b"")


async def preflight(gateway: Gateway) -> Answer:
    return await gateway.request(
        "OPTIONS",
        TASK,
        Origin=ORIGIN,
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="authorization",
    )


async def test_no_page_may_do_anything_at_first(gateway: Gateway, server: ExchangeServer) -> None:
    server.answer = lambda _: Result(get_task=GetTaskResponse())
    asked = await preflight(gateway)
    answer = await gateway.request("GET", TASK, Origin=ORIGIN)

    assert (asked.status, answer.status) == (204, 200)
    assert cors(asked.headers) == cors(answer.headers) == set()
    assert "Vary" not in answer.headers


async def test_a_preflight(open_gateway: Gateway) -> None:
    answer = await preflight(open_gateway)

    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Methods"] == "DELETE, GET, HEAD, OPTIONS, PATCH"
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type", "last-event-id", "grpc-timeout", "traceparent"} <= set(allowed)
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_an_answer_shows_its_headers(open_gateway: Gateway) -> None:
    answer = await open_gateway.request("GET", TASK, Origin=ORIGIN)

    assert (answer.headers["Access-Control-Allow-Origin"], answer.headers["Vary"]) == (ORIGIN, "Origin")
    shown = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert set(shown) == {"ETag", "Retry-After", "Syncline-Task-Id", "WWW-Authenticate"}


async def test_so_does_an_error(open_gateway: Gateway) -> None:
    for path in (TASK + "?surprise=1", "/v1/nothing"):
        answer = await open_gateway.request("GET", path, Origin=ORIGIN)
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_so_does_a_stream(open_gateway: Gateway) -> None:
    answer = await open_gateway.request("GET", TASK + ":await", Origin=ORIGIN)

    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (501, ORIGIN)


@pytest.mark.parametrize("origin", ["https://evil.test", "https://page.test.evil.test", "null", "http://page.test"])
async def test_other_origins(open_gateway: Gateway, origin: str) -> None:
    asked = await open_gateway.request("OPTIONS", TASK, Origin=origin, Access_Control_Request_Method="GET")
    answer = await open_gateway.request("GET", TASK, Origin=origin)

    assert cors(asked.headers) == cors(answer.headers) == set()
    assert asked.headers["Vary"] == answer.headers["Vary"] == "Origin"


async def test_every_origin(started: Started) -> None:
    async with started(cors_origins=("*",)) as gateway:
        answer = await gateway.request("OPTIONS", TASK, Origin="null", Access_Control_Request_Method="GET")

    assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_dialects_are_not_for_pages(open_gateway: Gateway) -> None:
    answer = await open_gateway.request("POST", "/api/1/json/1/2/3", b"{}", Origin=ORIGIN)

    assert cors(answer.headers) == set()
