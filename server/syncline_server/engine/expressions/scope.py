"""What a template can see while it is rendered, and how much it may write."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING, Final, Literal

from syncline_server.engine import values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline_server.engine.decision import FactKey, Facts, Refusal
    from syncline_server.engine.process import Process
    from syncline_server.engine.task import Task


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


MISSING: Final[Literal[Missing.MISSING]] = Missing.MISSING
"""What a reference to nothing gives; `null` is something."""


MAX_WORK = 400_000
"""Units of work of one decision, about a tenth of a second: see `functions.arrays`."""


MAX_EFFORT = 1_500_000
"""Characters of one decision, about a tenth of a second: then its task waits for its next turn.

A node that does twice as much fails.
"""


class Scope:
    """One task in one node, as templates see it."""

    __slots__ = (
        *("asked", "data", "draws", "effort", "facts", "hidden", "node_id", "now", "previous_node_id", "process"),
        *("refusal", "room", "task", "use", "work"),
    )

    def __init__(self, task: Task, process: Process, facts: Facts, now: int) -> None:
        self.task = task
        self.process = process
        self.facts = facts
        self.now = now
        self.data = task.data
        self.node_id = task.node_id
        self.previous_node_id = task.previous_node_id
        self.room = process.limits.max_task_bytes
        """Characters that may still be written in this node; below 0 all renders as nothing, and the node fails."""
        self.asked: set[FactKey] = set()
        """Facts that were looked for and are not known: when there are any, all that was rendered is void."""
        self.refusal: Refusal | None = None
        """Of the last task's data that was looked for and may not be read."""
        self.use = ""
        """What is rendered now, as the scopes of environment variables have it; see `EnvVar`."""
        self.hidden: set[str] = set()
        """Texts of secrets that were rendered, and of what was computed from them."""
        self.draws = count()
        """Numbers the random values of the decision."""
        self.work = MAX_WORK
        """Units of work that `$.map` and `$.filter` may still do in this decision."""
        self.effort = MAX_EFFORT
        """Characters that may still be read and written before others have their turn."""

    def fact(self, key: FactKey) -> object:
        """Return a fact; note that it is asked for and return `MISSING` when it is not known."""
        found = self.facts.get(key, MISSING)
        if found is MISSING:
            self.asked.add(key)
        return found

    def spend(self, characters: int) -> bool:
        """Take characters from the room; tell whether there were as many."""
        self.room -= characters
        self.charge(characters)
        return self.room >= 0

    def charge(self, characters: int) -> None:
        """Take characters that are read or written from what the decision may do; without that there is no room."""
        self.effort -= characters
        if self.effort < -MAX_EFFORT:
            self.room = min(self.room, -1)

    def beside(self, members: dict[str, object]) -> Scope:
        """Return a scope of the same task that also sees these members, before the task's own."""
        scope = Scope(self.task, self.process, self.facts, self.now)
        scope.node_id, scope.previous_node_id = self.node_id, self.previous_node_id
        scope.room, scope.asked = self.room, self.asked
        scope.use, scope.hidden, scope.draws, scope.work = self.use, self.hidden, self.draws, self.work
        scope.effort = self.effort
        scope.data = {**self.data, **members}
        return scope


def text(value: object) -> str:
    """Return a value as it stands inside text: null and what is missing as nothing, objects and arrays as JSON text."""
    if isinstance(value, str):
        return value
    if value is MISSING or value is None:
        return ""
    return values.dumps(value)


Lookup = Callable[[Scope], object]
"""Finds a value or computes it, or gives `MISSING`."""


PART_EFFORT = 5
"""What looking something up takes, beside what is found."""


def join(parts: Iterable[str | Lookup], scope: Scope) -> str:
    """Put literal text and the text of what is looked up together; nothing when there is no room for it."""
    pieces: list[str] = []
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
        elif scope.room < 0:
            return ""
        else:
            piece = text(part(scope))
            scope.effort -= PART_EFFORT
            if not scope.spend(len(piece)):
                return ""
            pieces.append(piece)
    return "".join(pieces)
