"""What `decide` returns, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncline_server.engine.effects import HttpCall
    from syncline_server.engine.task import Step, Task


@dataclass(frozen=True, slots=True)
class TaskData:
    """Asks for the data of a task, the newest of a process with the ref. The fact is a dict, None without a task."""

    process: str
    """Decimal id, or `@alias`."""
    ref: str


FactKey = TaskData
Facts = Mapping[FactKey, object]
"""What the engine asked for, as the runtime read it; recorded with the event so that a replay sees the same."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The decision depends on facts from elsewhere: call again with these as well. Nothing has changed yet."""

    keys: frozenset[FactKey]


@dataclass(frozen=True, slots=True)
class Decision:
    """The task after an event, the calls it now wants made, and the steps that ended on the way."""

    task: Task
    effects: tuple[HttpCall, ...] = ()
    steps: tuple[Step, ...] = ()


class IllegalMove(Exception):
    """The event does not fit the task's state; nothing changes."""


class TooMuchData(IllegalMove):
    """A modification would take the task's data over a limit; nothing changes. The message is for whoever sent it."""
