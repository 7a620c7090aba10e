"""The wire form of an Exchange frame, put together from messages that are serialised already.

A response that is filled, copied into a Result, and the Result into a frame, would be serialised three times. Here its
bytes are written once and framed by hand: a `Result` is its number and one phase, a frame is a list of results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.v1 import exchange_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BYTES, _VARINT = 2, 0


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _tag(message: object, field: str, kind: int) -> bytes:
    return _varint(message.DESCRIPTOR.fields_by_name[field].number << 3 | kind)  # type: ignore[attr-defined]


_SHORT = tuple(_varint(value) for value in range(1 << 14))
"""Lengths and numbers are mostly small."""
_NUMBER = _tag(exchange_pb2.Result, "number", _VARINT)
_RESULTS = _tag(exchange_pb2.ExchangeResponse, "results", _BYTES)
PHASES: Mapping[str, bytes] = {
    field.name: _tag(exchange_pb2.Result, field.name, _BYTES)
    for field in exchange_pb2.Result.DESCRIPTOR.oneofs_by_name["phase"].fields
}
"""The tag of each phase of a result."""


def result(number: int, phase: str, message: bytes) -> bytes:
    """Return one result as it stands in a frame: its number, and a phase with its serialised message."""
    size = len(message)
    head = b"".join(
        (
            _NUMBER,
            _SHORT[number] if number < 16384 else _varint(number),
            PHASES[phase],
            _SHORT[size] if size < 16384 else _varint(size),
        )
    )
    size += len(head)
    return b"".join((_RESULTS, _SHORT[size] if size < 16384 else _varint(size), head, message))


def frame(results: Iterable[bytes]) -> bytes:
    """Return a frame that holds the results."""
    return b"".join(results)


def first(credit: int) -> bytes:
    """Return the first frame of a stream."""
    return exchange_pb2.ExchangeResponse(credit=credit).SerializeToString()


GOING_AWAY = exchange_pb2.ExchangeResponse(going_away=True).SerializeToString()
"""The frame that says that the server is stopping."""
