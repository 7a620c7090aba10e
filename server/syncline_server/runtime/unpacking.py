"""Takes the content coding off a body, making no more of it than is asked for. Pure.

The client library could do it, but it takes a stream that breaks off for a whole one.
"""

from __future__ import annotations

import zlib

_MOST_MEMBERS = 16
"""Of a gzip stream; each costs a copy of all that follows it."""
_GZIP, _ZLIB, _BARE = 31, 15, -15


def unpack(coding: str, packed: bytes, at_most: int) -> bytes:
    """Return the first *at_most* bytes of the body; raise `ValueError` when it breaks off or is of another coding."""
    coding = coding.strip().lower()
    if coding in ("", "identity") or not packed:
        return packed[:at_most]
    if coding in ("gzip", "x-gzip"):
        return _inflate(packed, _GZIP, at_most)
    if coding == "deflate":
        # Some peers leave out the zlib header, whose first byte always names method 8.
        return _inflate(packed, _ZLIB if packed[0] & 15 == 8 else _BARE, at_most)
    raise ValueError("unknown content coding")


def _inflate(packed: bytes, window: int, at_most: int) -> bytes:
    whole = b""
    for _ in range(_MOST_MEMBERS):
        member = zlib.decompressobj(window)
        try:
            whole += member.decompress(packed, at_most - len(whole))
        except zlib.error:
            raise ValueError("not of its content coding") from None
        if len(whole) >= at_most:
            return whole
        if not member.eof:
            raise ValueError("the body breaks off")
        packed = member.unused_data
        if window != _GZIP or not packed.startswith(b"\x1f\x8b"):
            return whole
    raise ValueError("too many members")
