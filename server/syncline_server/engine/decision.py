"""What `decide` returns, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncline_server.engine.effects import Call
    from syncline_server.engine.task import Step, Task


@dataclass(frozen=True, slots=True)
class TaskData:
    """Asks for the data of the live task of a state diagram with the ref.

    The fact is a dict; None without such a task; a `Refusal` where nobody may look.
    """

    process: str
    """Decimal id, or `@alias`."""
    ref: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is asked for may not be read: whoever sets a parameter by it has an error with these words."""

    tag: str
    """`access_denied` or `access_refused`."""
    description: str


@dataclass(frozen=True, slots=True)
class EnvVar:
    """Asks for an environment variable. The fact is its value, None when there is none that may be used here."""

    name: str
    use: str
    """What for, as the variable's scopes have it: `api_call`, `set_param`, or `` for anything else."""


@dataclass(frozen=True, slots=True)
class NodeCount:
    """Asks how many tasks are in a node, or for a final node how many have come to it. The fact is an int."""

    process: str
    """Decimal id, or `@alias`; empty for the task's own."""
    node_id: str


@dataclass(frozen=True, slots=True)
class NodeSum:
    """Asks what has been summed up in a node under a name. The fact is a number of `values`, 0 before the first."""

    process: str
    """Decimal id, or `@alias`; empty for the task's own."""
    node_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Secret:
    """The value of a secret environment variable, as a fact: whatever it is rendered into hides it from people."""

    value: object


FactKey = TaskData | EnvVar | NodeCount | NodeSum
Facts = Mapping[FactKey, object]
"""What the engine asked for, as the runtime read it; a replay sees the same when it is given the same."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The decision depends on facts from elsewhere: call again with these as well. Nothing has changed yet."""

    keys: frozenset[FactKey]


@dataclass(frozen=True, slots=True)
class Count:
    """Something to be added to what is counted in a node."""

    node_id: str
    name: str
    """Of a sum; empty for the tasks that have come to a final node."""
    amount: object
    """A number of `values`."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The task after an event, what it now asks for, the steps that ended on the way, and what they counted."""

    task: Task
    effects: tuple[Call, ...] = ()
    steps: tuple[Step, ...] = ()
    counts: tuple[Count, ...] = ()


class IllegalMove(Exception):
    """The event does not fit the task's state; nothing changes."""


class TooMuchData(IllegalMove):
    """A modification would take the task's data over a limit; nothing changes. The message is for whoever sent it."""

    def __init__(self, message: str, size: int = 0, limit: int = 0) -> None:
        super().__init__(message)
        self.size = size
        """Bytes; 0 when it is not the size that is too much."""
        self.limit = limit
