"""What is counted in nodes."""

from __future__ import annotations

import logging
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline_server.engine import values
from syncline_server.runtime.counters import MOST_CHARACTERS, Counters
from syncline_server.store.memory import MemoryStore
from syncline_server.store.port import Batch

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = (7, "n", "s")


def summed(amounts: Sequence[object]) -> tuple[object, Batch]:
    counters, batch = Counters(MemoryStore()), Batch()
    for amount in amounts:
        assert counters.add(batch, *KEY, amount)
    return counters.get(*KEY), batch


def test_nothing_counted_is_none() -> None:
    assert Counters(MemoryStore()).get(*KEY) == 0


@pytest.mark.parametrize(
    ("amounts", "text"),
    [
        ([1, 1, 1], "3"),
        ([0.1, 0.2], "0.3"),
        ([values.Number("1.10"), 2], "3.1"),
        ([values.Number("1.10"), values.Number("0.90")], "2"),
        ([5, -5.0], "0"),
        ([2**70, 1], str(2**70 + 1)),
        ([values.Number("1e20"), 1], "100000000000000000001"),
        ([values.Number("1e-20"), 1], "1.00000000000000000001"),
        ([values.Number("-0"), 0.5], "0.5"),
        ([-1.5, 0.25], "-1.25"),
    ],
)
def test_sums_are_exact(amounts: list[object], text: str) -> None:
    total, batch = summed(amounts)

    assert values.dumps(total) == text
    assert batch.counters == {KEY: text}


@given(st.lists(st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=6).map(str), max_size=6))
def test_a_sum_is_what_arithmetic_says(amounts: list[int | str]) -> None:
    numbers = [values.number(one) if isinstance(one, str) else one for one in amounts]
    total, _ = summed(numbers)

    assert Fraction(values.dumps(total)) == sum((Fraction(one) for one in amounts), Fraction(0))


@pytest.mark.parametrize(
    "amount",
    [10**MOST_CHARACTERS, 10**5000, values.Number("1e501"), values.Number("1e-9999999999")],
    ids=["digits", "more digits than Python writes", "exponent", "fraction"],
)
def test_a_sum_that_would_be_too_long_stays(amount: object, caplog: pytest.LogCaptureFixture) -> None:
    counters, batch = Counters(MemoryStore()), Batch()
    counters.add(batch, *KEY, 5)
    with caplog.at_level(logging.WARNING):
        taken = counters.add(batch, *KEY, amount)

    assert not taken
    assert counters.get(*KEY) == 5
    assert batch.counters == {KEY: "5"}
    assert [record.message for record in caplog.records] == ["counter.too_long"]


def test_the_longest_sums_are_not_rounded() -> None:
    high, low = "9" * (MOST_CHARACTERS // 2), f"0.{'1' * (MOST_CHARACTERS // 2 - 2)}"
    total, _ = summed([values.number(high), values.number(low)])

    assert values.dumps(total) == high + low[1:]


async def test_counters_are_loaded_and_changes_that_were_lost_are_not() -> None:
    store = MemoryStore()
    first, batch = Counters(store), Batch()
    first.add(batch, *KEY, values.Number("1.10"))
    first.add(batch, 7, "n", "", 1)
    await store.commit(batch)
    first.add(Batch(), *KEY, 100)
    await first.load()
    second = Counters(store)
    await second.load()

    for counters in (first, second):
        assert counters.get(*KEY) == 1.1
        assert counters.get(7, "n", "") == 1
        assert counters.get(8, "n", "") == 0
