"""What is counted in nodes: the tasks that came to a final node, and the sums that nodes add up. Held in memory.

Whoever counts puts the new numbers into the batch that holds what made them so: a count is on disk exactly when its
task is. No sum is rounded; one that would be too long is not added.
"""

from __future__ import annotations

import logging
from decimal import Decimal, DecimalException
from typing import TYPE_CHECKING

from syncline_server.engine import values

if TYPE_CHECKING:
    from syncline_server.store.port import Batch, CounterKey, Store

log = logging.getLogger(__name__)

MOST_CHARACTERS = 500
"""Of a number in text. `values.total` is exact to twice as many digits, so that no sum of two such is rounded."""


class Counters:
    """Numbers by process, node and name, with what is on its way to the disk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers: dict[CounterKey, object] = {}

    async def load(self) -> None:
        """Hold what is on disk and nothing else: at the start, and when a commit that held counters was lost."""
        self._numbers = {key: values.number(text) for key, text in (await self._store.counters()).items()}

    def get(self, process_id: int, node_id: str, name: str) -> object:
        """Return a sum as a number of `values`, or for an empty name how many tasks came to the node; 0 at first."""
        return self._numbers.get((process_id, node_id, name), 0)

    def add(self, batch: Batch, process_id: int, node_id: str, name: str, amount: object) -> bool:
        """Add a number of `values`, exactly, and put what comes out into the batch.

        Returns False, and changes nothing, when that would have more than `MOST_CHARACTERS`.
        """
        key = (process_id, node_id, name)
        total, text = _sum(self._numbers.get(key, 0), amount)
        if len(text) > MOST_CHARACTERS:
            log.warning("counter.too_long", extra={"facts": {"process": process_id, "node": node_id, "name": name}})
            return False
        self._numbers[key] = total
        batch.counters[key] = text
        return True


_TOO_LONG = (0, "9" * (MOST_CHARACTERS + 1))


def _sum(one: object, other: object) -> tuple[object, str]:
    """Return a sum, and its text; a text that is too long for one that nobody can write."""
    try:
        if type(one) is int and type(other) is int:
            return one + other, str(one + other)
        if max(len(_plain(one)), len(_plain(other))) > MOST_CHARACTERS:
            return _TOO_LONG
        total = values.number(_plain(values.total((one, other))))
        return total, values.dumps(total)
    except (DecimalException, ValueError):
        return _TOO_LONG


def _plain(value: object) -> str:
    """Return a number without an exponent and without zeros that say nothing; one too long to write as it is."""
    exact = Decimal(values.dumps(value))
    if abs(exact.adjusted()) > MOST_CHARACTERS:
        return _TOO_LONG[1]
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
