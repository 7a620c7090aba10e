from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline_server.runtime.unpacking import unpack

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 1000


def bare(body: bytes) -> bytes:
    """Deflate without the zlib header, as some servers send it."""
    return zlib.compress(body, wbits=-15)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "X-GZIP ": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": bare,
    "identity": bytes,
    "": bytes,
}


@given(coding=st.sampled_from(sorted(PACKERS)), body=st.binary(max_size=3 * LIMIT))
def test_what_was_packed_comes_out_up_to_the_limit(coding: str, body: bytes) -> None:
    assert unpack(coding, PACKERS[coding](body), LIMIT) == body[:LIMIT]


def test_a_bomb_gives_no_more_than_was_asked_for() -> None:
    assert unpack("gzip", gzip.compress(bytes(100_000_000), 1), LIMIT) == bytes(LIMIT)


def test_an_empty_body_has_no_coding() -> None:
    assert unpack("gzip", b"", LIMIT) == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_that_breaks_off_is_refused(coding: str) -> None:
    packed = PACKERS[coding](b"some text, some text")
    for size in range(1, len(packed)):
        with pytest.raises(ValueError, match=r"breaks off|not of its"):
            unpack(coding, packed[:size], LIMIT)


def test_gzip_members_are_joined_and_what_pads_them_is_left_out() -> None:
    packed = b"".join(gzip.compress(piece) for piece in (b"a", b"", b"bc")) + bytes(8)
    assert unpack("gzip", packed, LIMIT) == b"abc"
    assert unpack("gzip", packed, 2) == b"ab"


@pytest.mark.parametrize(
    ("coding", "packed", "words"),
    [
        ("br", b"x", "unknown content coding"),
        ("gzip, gzip", b"x", "unknown content coding"),
        ("gzip", b"{}", "not of its content coding"),
        ("deflate", b"\x78{}", "not of its content coding"),
        ("gzip", gzip.compress(b"a", mtime=0) * 17, "too many members"),
    ],
)
def test_what_cannot_be_unpacked_is_refused(coding: str, packed: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        unpack(coding, packed, LIMIT)
