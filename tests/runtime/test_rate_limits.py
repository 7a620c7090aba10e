from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import FakeClock
from syncline_server.runtime.rate_limits import RateLimits


def test_a_seconds_worth_passes_at_once_and_then_one_at_a_time() -> None:
    clock = FakeClock()
    limits = RateLimits(clock)
    assert [limits.spend("1", 4, 1) for _ in range(5)] == [True, True, True, True, False]
    clock.move(seconds=0.249)
    assert not limits.spend("1", 4, 1)
    clock.move(seconds=0.001)
    assert limits.spend("1", 4, 1)
    assert not limits.spend("1", 4, 1)


def test_operations_that_come_together_pass_together_or_not_at_all() -> None:
    limits = RateLimits(FakeClock())
    assert not limits.spend("1", 10, 11)
    assert limits.spend("1", 10, 6)
    assert not limits.spend("1", 10, 5)
    assert limits.spend("1", 10, 4)


@pytest.mark.parametrize(("limit", "count"), [(0, 10**9), (-1, 1), (1, 0)])
def test_without_a_limit_or_operations_all_passes(limit: int, count: int) -> None:
    limits = RateLimits(FakeClock())
    assert all(limits.spend("1", limit, count) for _ in range(100))


def test_a_lowered_limit_counts_at_once_and_a_raised_one_fills_faster() -> None:
    clock = FakeClock()
    limits = RateLimits(clock)
    assert limits.spend("1", 100, 1)
    assert not limits.spend("1", 5, 6)
    assert limits.spend("1", 5, 5)
    clock.move(seconds=0.1)
    assert limits.spend("1", 100, 10)
    assert not limits.spend("1", 100, 1)


def test_a_clock_that_was_set_back_neither_gives_nor_locks_out() -> None:
    clock = FakeClock()
    limits = RateLimits(clock)
    assert limits.spend("1", 5, 5)
    clock.move(seconds=-3600)
    assert not limits.spend("1", 5, 1)
    clock.move(seconds=1)
    assert limits.spend("1", 5, 5)


def test_memory_is_bounded_and_the_key_used_last_is_kept() -> None:
    limits = RateLimits(FakeClock(), most=3)
    for login in ("1", "2", "3", "1", "4", "5"):
        limits.spend(login, 2, 1)
    assert len(limits._buckets) == 3
    assert not limits.spend("1", 2, 1)
    assert limits.spend("2", 2, 2)


Spending = st.lists(st.tuples(st.integers(0, 1500), st.integers(1, 12)), max_size=60)
"""Milliseconds to the next spending, and how many operations it asks for."""


@given(limit=st.integers(1, 10), spending=Spending)
def test_in_no_stretch_of_time_pass_more_than_its_share_and_a_burst(
    limit: int, spending: list[tuple[int, int]]
) -> None:
    clock = FakeClock()
    limits = RateLimits(clock)
    passed: list[tuple[int, int]] = []
    for wait, count in spending:
        clock.at += wait
        if limits.spend("1", limit, count):
            passed.append((clock.at, count))
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            milliseconds = passed[last][0] - passed[first][0]
            operations = sum(count for _, count in passed[first : last + 1])
            assert operations * 1000 <= limit * (milliseconds + 1000)


@given(limit=st.integers(1, 10), spending=Spending)
def test_whoever_keeps_to_the_limit_is_never_refused(limit: int, spending: list[tuple[int, int]]) -> None:
    clock = FakeClock()
    limits = RateLimits(clock)
    for _, asked in spending:
        count = min(asked, limit)
        clock.at += -(-count * 1000 // limit)
        assert limits.spend("1", limit, count)


@given(limit=st.integers(1, 10), spending=Spending)
def test_a_refusal_takes_nothing_and_a_quiet_second_gives_all_back(limit: int, spending: list[tuple[int, int]]) -> None:
    clock = FakeClock()
    limits, again = RateLimits(clock), RateLimits(clock)
    outcomes = []
    for wait, count in spending:
        clock.at += wait
        outcomes.append(limits.spend("1", limit, count))
        assert again.spend("1", limit, limit + 1) is False
        assert again.spend("1", limit, count) is outcomes[-1]
    clock.move(seconds=1)
    assert limits.spend("1", limit, limit)


@given(spending=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 300), st.integers(1, 6)), max_size=60))
def test_keys_do_not_share(spending: list[tuple[str, int, int]]) -> None:
    clock = FakeClock()
    shared, own = RateLimits(clock), {login: RateLimits(clock) for login in "abc"}
    for login, wait, count in spending:
        clock.at += wait
        assert shared.spend(login, 5, count) is own[login].spend(login, 5, count)


@given(times=st.lists(st.integers(0, 5000), min_size=2, max_size=40))
def test_a_bucket_counts_as_exact_arithmetic_does(times: list[int]) -> None:
    """Against a model that keeps no bucket but adds up the whole history."""
    clock = FakeClock()
    limits = RateLimits(clock)
    limit, left = 3, 3000
    assert limits.spend("1", limit, 0)
    for before, now in pairwise([0, *sorted(times)]):
        clock.at += now - before
        left = min(3000, left + (now - before) * limit)
        passes = left >= 1000
        assert limits.spend("1", limit, 1) is passes
        left -= 1000 if passes else 0
