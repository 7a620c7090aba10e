"""What a worker process and the server say to each other: a request for each script, one reply to each.

Both ends are bytes with their lengths before them. The worker reads and writes with blocking calls on a descriptor; the
server has streams. Neither sends anything else, and the server sends no request before it has the last one's reply.
"""

from __future__ import annotations

import os
import struct
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

_REQUEST = struct.Struct("!II")
_REPLY = struct.Struct("!cI")
_PIECE = 1 << 20

ROOM = 8192
"""How many bytes more than its data or its longest description a reply may have."""


class Outcome(StrEnum):
    """What became of a script; the value is its letter in a reply."""

    DATA = "d"
    """The text is what it left in `data`."""
    EXECUTING = "e"
    """The text is what it threw, for the author."""
    FORMAT = "f"
    """The text says what is wrong with what it left in `data`."""
    TIMEOUT = "t"
    """It was stopped when its time was over."""
    BROKEN = "b"
    """It was not run, for want of a process."""


_LETTERS = [outcome.encode() for outcome in Outcome]


def request(source: str, data: str) -> bytes:
    """Return the frame that asks for a script to be run on JSON text.

    Half a surrogate pair, which has no UTF-8, goes as the escape that JSON and JavaScript have for it.
    """
    script, text = source.encode("utf-8", "backslashreplace"), data.encode("utf-8", "backslashreplace")
    return _REQUEST.pack(len(script), len(text)) + script + text


async def read_reply(reader: asyncio.StreamReader, max_bytes: int) -> tuple[Outcome, str]:
    """Return the reply to the last request. Raises `EOFError` or `ValueError` for anything else than a reply."""
    letter, length = _REPLY.unpack(await reader.readexactly(_REPLY.size))
    if length > max_bytes:
        raise ValueError("the reply is too long")
    return Outcome(letter.decode()), (await reader.readexactly(length)).decode()


def read_request(channel: int) -> tuple[str, str]:
    """Return source and data of the next request. Raises `EOFError` when nobody asks any more."""
    script, text = _REQUEST.unpack(_read(channel, _REQUEST.size))
    return _read(channel, script).decode(), _read(channel, text).decode()


def parse_reply(frame: bytearray) -> tuple[Outcome, bytes] | None:
    """Return what a whole reply says; None for anything else."""
    if len(frame) < _REPLY.size:
        return None
    letter, length = _REPLY.unpack_from(frame)
    text = bytes(frame[_REPLY.size :])
    if len(text) != length or letter not in _LETTERS:
        return None
    return Outcome(letter.decode()), text


def write_reply(channel: int, outcome: Outcome, text: bytes) -> None:
    """Send a reply; raises `OSError` when nobody is there to read it."""
    left = memoryview(_REPLY.pack(outcome.encode(), len(text)) + text)
    while left:
        left = left[os.write(channel, left[:_PIECE]) :]


def _read(channel: int, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = os.read(channel, min(length - len(parts), _PIECE))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
