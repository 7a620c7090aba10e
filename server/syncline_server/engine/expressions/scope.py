"""What a template can see while it is rendered, and how much it may write."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

from syncline_server.engine import values

if TYPE_CHECKING:
    from syncline_server.engine.decision import FactKey, Facts
    from syncline_server.engine.process import Process
    from syncline_server.engine.task import Task


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


MISSING: Final[Literal[Missing.MISSING]] = Missing.MISSING
"""What a reference to nothing gives; `null` is something."""


class Scope:
    """One task in one node, as templates see it."""

    __slots__ = ("asked", "data", "facts", "node_id", "now", "previous_node_id", "process", "room", "task")

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

    def fact(self, key: FactKey) -> object:
        """Return a fact; note that it is asked for and return `MISSING` when it is not known."""
        found = self.facts.get(key, MISSING)
        if found is MISSING:
            self.asked.add(key)
        return found

    def spend(self, characters: int) -> bool:
        """Take characters from the room; tell whether there were as many."""
        self.room -= characters
        return self.room >= 0

    def beside(self, members: dict[str, object]) -> Scope:
        """Return a scope of the same task that also sees these members, before the task's own."""
        scope = Scope(self.task, self.process, self.facts, self.now)
        scope.node_id, scope.previous_node_id = self.node_id, self.previous_node_id
        scope.room, scope.asked = self.room, self.asked
        scope.data = {**self.data, **members}
        return scope


def text(value: object) -> str:
    """Return a value as it stands inside text: null and what is missing as nothing, objects and arrays as JSON text."""
    if isinstance(value, str):
        return value
    if value is MISSING or value is None:
        return ""
    return values.dumps(value)
