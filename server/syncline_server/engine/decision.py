"""What `decide` returns, and how it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncline_server.engine.effects import HttpCall
    from syncline_server.engine.task import Step, Task


@dataclass(frozen=True, slots=True)
class Decision:
    """The task after an event, the calls it now wants made, and the steps that ended on the way."""

    task: Task
    effects: tuple[HttpCall, ...] = ()
    steps: tuple[Step, ...] = ()


class IllegalMove(Exception):
    """The event does not fit the task's state; nothing changes."""
