"""What a handler may rely on besides its caller and its request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from syncline_server.engine.task import Task
    from syncline_server.runtime.server import Runtime

T = TypeVar("T")

MARGIN_SECONDS = 0.25
MARGIN_SHARE = 0.1
"""So much before its caller's deadline a wait ends, or this share of it if that is less, to get the handle there."""

_finishing: set[asyncio.Task[object]] = set()


class Context:
    """One call: unary as it stands here; `exchange` has its own for the operations of a stream."""

    __slots__ = ("deadline", "hold", "may_repeat", "runtime")

    def __init__(self, runtime: Runtime, *, deadline: float | None = None, may_repeat: bool = True) -> None:
        self.runtime = runtime
        self.deadline = deadline
        """By the event loop's clock; None when the caller set none."""
        self.may_repeat = may_repeat
        """False when the request is surely sent for the first time."""
        self.hold: asyncio.Event | None = None
        """The task's outgoing calls wait for this."""

    def accepted(self, task: Task) -> None:
        """Say that the caller is now parked on a task that is on disk."""

    def seconds(self, asked: float | None) -> float:
        """Return how long a caller who asked for so many seconds (None for the usual number) stays."""
        wanted = self.runtime.waits.seconds(asked)
        if self.deadline is None:
            return wanted
        left = self.deadline - asyncio.get_running_loop().time()
        return max(0.0, min(wanted, left - min(MARGIN_SECONDS, left * MARGIN_SHARE)))


async def to_the_end(work: Coroutine[object, object, T]) -> T:
    """Do work that is not to be cut in two when its caller leaves: a cancelled caller leaves it running."""
    task = asyncio.create_task(work)
    _finishing.add(task)
    task.add_done_callback(_finished)
    return await asyncio.shield(task)


def _finished(task: asyncio.Task[object]) -> None:
    _finishing.discard(task)
    if not task.cancelled():
        task.exception()  # Read, so that a failure that no caller is left to hear of is no complaint of the loop.
