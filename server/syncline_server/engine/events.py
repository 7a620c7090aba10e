"""What can happen to a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncline_server.engine.effects import News


@dataclass(frozen=True, slots=True)
class Started:
    """The task was made and enters its process's start node, or another one."""

    node_id: str = ""
    """Empty for the start node."""


@dataclass(frozen=True, slots=True)
class Modified:
    """Somebody set members of its data; a node that waits for that lets it go on."""

    data: dict[str, object]
    request_id: str = ""
    """Told apart by the runtime from a repeat; remembered by the task. Empty for none."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody posted an answer to its callback."""

    text: str
    """The JSON text as it was posted."""


@dataclass(frozen=True, slots=True)
class CallReturned:
    """There is news of what one of its steps asked for."""

    step: int
    reply: News


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The time semaphor of the node that a step stands in is due."""

    step: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Another task took it out of the queue in which a step of it stands."""

    step: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Somebody ended it."""


Event = Started | Modified | Answered | CallReturned | TimerFired | Taken | Cancelled
