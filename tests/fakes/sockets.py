"""HTTP byte by byte."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fakes.exchange_server import SECONDS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Connect = Callable[..., Awaitable["Socket"]]


class Socket:
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def head(self) -> tuple[int, dict[str, str]]:
        """Return the next answer's status, and its headers with names in lower case."""
        async with asyncio.timeout(SECONDS):
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in lines[1:-2])}
        return int(lines[0].split()[1]), headers

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return the next answer's status, headers in lower case, and body."""
        status, headers = await self.head()
        async with asyncio.timeout(SECONDS):
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return status, headers, body

    async def chunk(self) -> bytes:
        """Return the next chunk of an answer's body; empty at its end."""
        async with asyncio.timeout(SECONDS):
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            return (await self.reader.readexactly(size + 2))[:-2]

    async def rest(self) -> bytes:
        """Return everything up to the end of the connection."""
        return await asyncio.wait_for(self.reader.read(), SECONDS)

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


def head(*lines: str, path: str, version: str = "1.1", method: str = "POST", host: str = "Host: x") -> bytes:
    """Return a request's head."""
    return "\r\n".join([f"{method} {path} HTTP/{version}", *([host] if host else []), *lines, "", ""]).encode()


def sized(body: bytes) -> str:
    """Return the header that says how long a body is."""
    return f"Content-Length: {len(body)}"
