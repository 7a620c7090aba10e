"""HTTP as odd clients speak it, byte by byte, against the real gateway."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import pytest

from syncline_cli.signing import create_body, signed_path

if TYPE_CHECKING:
    from fakes.clients import Caller

BODY = create_body("@echo", '{"param":"1"}')
GOOD = {"proc": "ok", "data": {"info": {"param": "1"}}}


async def talk(client: Caller, *parts: bytes, until_closed: bool = True) -> bytes:
    """Send bytes, return all that comes back up to the end of the connection."""
    host, _, port = client.key.http.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for part in parts:
        writer.write(part)
        await writer.drain()
    async with asyncio.timeout(20):
        answer = await reader.read() if until_closed else await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return answer


def head(client: Caller, body: bytes, *lines: str, version: str = "1.1", path: str = "") -> bytes:
    where = path or signed_path(client.key.login, client.key.secret, int(time.time()), body)
    return "\r\n".join([f"POST {where} HTTP/{version}", "host: x", *lines, "", ""]).encode()


def entry(answer: bytes) -> object:
    return json.loads(answer.partition(b"\r\n\r\n")[2])["ops"][0]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_a_plain_request_of_either_version(client: Caller, version: str) -> None:
    lines = (f"content-length: {len(BODY)}", "connection: close", "te: ")

    assert entry(await talk(client, head(client, BODY, *lines, version=version), BODY)) == GOOD


async def test_a_chunked_body(client: Caller) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, BODY[i : i + 1]) for i in range(len(BODY))) + b"0\r\n\r\n"

    answer = await talk(client, head(client, BODY, "transfer-encoding: chunked", "connection: close"), chunks)

    assert entry(answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + answer.partition(b"\r\n\r\n")[2]) == GOOD


async def test_a_large_body_that_asks_first(client: Caller) -> None:
    body = create_body("@echo", json.dumps({"param": "1", "more": "x" * 1_000_000}))
    lines = (f"content-length: {len(body)}", "connection: close", "expect: 100-continue")

    answer = await talk(client, head(client, body, *lines), body)

    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert entry(answer.partition(b"\r\n\r\n")[2]) == GOOD


async def test_a_body_over_the_limit_is_refused_before_it_is_sent(client: Caller) -> None:
    lines = (f"content-length: {17 * 1024 * 1024}", "expect: 100-continue")

    answer = await talk(client, head(client, b"", *lines), until_closed=False)

    assert answer.split(b"\r\n")[0].split()[1] == b"413"


async def test_a_truncated_body_harms_nobody(client: Caller) -> None:
    host, _, port = client.key.http.removeprefix("http://").rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(head(client, BODY, f"content-length: {len(BODY)}") + BODY[:-5])
    await writer.drain()
    writer.close()

    assert (await client.call("echo", {"param": "1"})).op == GOOD


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("POST", "/api/9/json/1/2/3/4", 404),
        ("GET", "/api/1/json/1/2/3", 405),
        ("DELETE", "/api/1/plugins/callback/" + "0" * 56, 405),
        ("GET", "/healthz", 200),
        ("HEAD", "/readyz", 200),
        ("POST", "/healthz", 405),
    ],
)
async def test_paths_and_methods(client: Caller, method: str, path: str, status: int) -> None:
    request = f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()

    answer = await talk(client, request)
    lines, _, body = answer.partition(b"\r\n\r\n")

    assert int(lines.split()[1]) == status
    assert (b"\r\nallow:" in lines.lower()) == (status == 405)
    if method != "HEAD":
        assert json.loads(body) is not None
