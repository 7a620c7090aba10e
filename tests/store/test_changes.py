"""Batches as statements."""

from __future__ import annotations

import pytest

from store.records import key, name, step, task
from store.schema import NAMED
from syncline_server.store import rows
from syncline_server.store.changes import Changes, pages
from syncline_server.store.port import Batch

CHANGES = Changes(NAMED)
WIDTH = len(rows.TASK_COLUMNS) + 7


@pytest.mark.parametrize(("count", "size"), [(1, 1), (2, 4), (4, 4), (16, 16), (50, 64), (65, 256), (256, 256)])
def test_the_everyday_batch_is_one_statement(count: int, size: int) -> None:
    batch = Batch(
        tasks={name(n): task(n) for n in range(count)},
        steps=[(name(n), (step(1),)) for n in range(count)],
        counters={(n, "n", ""): "1" for n in range(count)},
    )
    ((query, parameters),) = CHANGES.statements(batch)

    assert query.count("?") == len(parameters) == size * WIDTH
    assert list(parameters[0 : count * WIDTH : WIDTH]) == [name(n) for n in range(count)]
    assert list(parameters[WIDTH - 4 : count * WIDTH : WIDTH]) == list(range(count))
    assert set(parameters[count * WIDTH :]) <= {None}


def test_a_large_batch_is_several() -> None:
    batch = Batch(tasks={name(n): task(n) for n in range(600)})

    assert [query.count("?") // WIDTH for query, _ in CHANGES.statements(batch)] == [256, 256, 256]


def test_counters_that_find_no_task_are_statements_of_their_own() -> None:
    batch = Batch(tasks={name(1): task(1)}, counters={(n, "n", ""): "1" for n in range(3)})

    assert [len(parameters) for _, parameters in CHANGES.statements(batch)] == [WIDTH, 4, 4]


def test_deletions_take_as_many_statements_as_one() -> None:
    batch = Batch(deleted_tasks={name(n): n for n in range(500)})

    assert len(CHANGES.statements(batch)) == 3


def test_an_empty_batch_is_nothing() -> None:
    assert CHANGES.statements(Batch(steps=[(name(1), ())])) == []


def test_what_is_written_is_measured() -> None:
    """Roughly: some pages of indexes, and as many as the data, the answers and the steps of tasks fill."""

    def batch(text: str) -> Batch:
        return Batch(tasks={name(1): task(1, data={"a": text})}, steps=[(name(1), (step(1, input=text),))])

    small = pages(CHANGES.statements(batch("")))

    assert 1 < small < 20
    assert pages(CHANGES.statements(batch("x" * 40_960))) == small + 20
    assert pages(CHANGES.statements(Batch(keys=[key("1")]))) > 0
