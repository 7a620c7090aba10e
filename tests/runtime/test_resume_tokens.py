"""Resume tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline_server.errors import BadCredentials
from syncline_server.runtime.resume import Place, ResumeTokens

TOKENS = ResumeTokens(b"a key of this server")


@given(st.binary(min_size=12, max_size=12), st.integers(0, 2**62 - 1), st.booleans(), st.booleans())
def test_a_token_gives_back_its_place(task_id: bytes, sequence: int, is_last: bool, for_watcher: bool) -> None:
    token = TOKENS.make(task_id.hex(), sequence, is_last=is_last, for_watcher=for_watcher)

    assert TOKENS.read(token) == Place(task_id.hex(), sequence, is_last, for_watcher)


@given(st.integers(0, 47), st.sampled_from("AZaz09-_"))
def test_a_changed_token_is_refused(position: int, letter: str) -> None:
    token = TOKENS.make("00" * 12, 7)
    changed = token[:position] + letter + token[position + 1 :]

    if changed != token:
        with pytest.raises(BadCredentials):
            TOKENS.read(changed)


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 48, "!" * 48])
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(BadCredentials):
        TOKENS.read(token)


def test_another_server_s_token_is_refused() -> None:
    token = ResumeTokens(b"another key").make("00" * 12, 1)

    with pytest.raises(BadCredentials):
        TOKENS.read(token)
