"""Resume tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.leases import leases
from syncline_server.errors import BadCredentials
from syncline_server.runtime.resume import Place, ResumeTokens

if TYPE_CHECKING:
    from syncline_server.runtime.task_tokens import Lease

TOKENS = ResumeTokens(b"a key of this server")


@given(st.binary(min_size=12, max_size=12), st.integers(0, 2**63 - 1), st.booleans(), st.none() | leases())
def test_a_token_gives_back_its_place(task_id: bytes, sequence: int, is_last: bool, lease: Lease | None) -> None:
    place = Place(task_id.hex(), sequence, is_last, lease)

    assert TOKENS.read(TOKENS.make(place)) == place


@given(st.integers(0, 47), st.sampled_from("AZaz09-_"))
def test_a_changed_token_is_refused(position: int, letter: str) -> None:
    token = TOKENS.make(Place("00" * 12, 7))
    changed = token[:position] + letter + token[position + 1 :]

    if changed != token:
        with pytest.raises(BadCredentials):
            TOKENS.read(changed)


@given(st.binary(min_size=12, max_size=12))
def test_a_token_has_one_spelling(task_id: bytes) -> None:
    token = TOKENS.make(Place(task_id.hex(), 7))
    plain = token.translate(str.maketrans("-_", "+/"))

    for text in {plain, f"{token[:9]}!{token[9:]}", f"{token}\n", f"{token}===="} - {token}:
        with pytest.raises(BadCredentials):
            TOKENS.read(text)


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 48, "!" * 48])
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(BadCredentials):
        TOKENS.read(token)


def test_another_server_s_token_is_refused() -> None:
    token = ResumeTokens(b"another key").make(Place("00" * 12, 1))

    with pytest.raises(BadCredentials):
        TOKENS.read(token)
