"""The watcher: it wakes every parked caller whose task has changed.

Nobody polls. A commit names the tasks that it changed, and only the callers parked on those are woken; each then looks
whether the new version is what it waits for. A caller parks first and looks at the task afterwards, so that no change
is missed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from syncline_server.engine import LIVE, OutcomeKind, TaskState
from syncline_server.errors import TaskNotFound, Unavailable
from syncline_server.runtime.requests import Until

if TYPE_CHECKING:
    from syncline_server.engine import Task
    from syncline_server.runtime.requests import Goal


def is_reached(task: Task, goal: Goal) -> bool:
    """Tell whether a version of a task shows by itself that the goal is reached.

    A node that the task only passed through does not show here; its steps tell.
    """
    match goal.until:
        case Until.OUTCOME:
            return task.outcome is not None
        case Until.END:
            return task.state not in LIVE
        case Until.NODE:
            return task.state not in LIVE or any(token.node_id == goal.node_id for token in task.tokens)
        case Until.ANSWER:
            answered = task.outcome is not None and task.outcome.kind is OutcomeKind.ANSWERED
            return answered or task.state is TaskState.CANCELLED


class Parked:
    """A caller who waits for news of one task, as a context manager."""

    __slots__ = ("_closing", "_deleted", "_news", "_versions", "_watch", "task_id")

    def __init__(self, watch: Watch, task_id: str) -> None:
        self.task_id = task_id
        self._watch = watch
        self._versions = 0
        self._deleted = False
        self._closing = False
        self._news: asyncio.Future[bool] | None = None

    def __enter__(self) -> Parked:
        self._watch.enter(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.leave(self)

    async def next(self, deadline: float) -> bool:
        """Wait for a change since the last call; False when the event loop's clock came to the deadline first.

        Raises `TaskNotFound` when the task was deleted, `Unavailable` when the server is stopping.
        """
        if not self._versions and not self._deleted and not self._closing:
            loop = asyncio.get_running_loop()
            self._news = loop.create_future()
            alarm = loop.call_at(deadline, self._expire)
            try:
                if not await self._news:
                    return False
            finally:
                alarm.cancel()
                self._news = None
        if self._closing:
            raise Unavailable
        if self._deleted:
            raise TaskNotFound
        self._versions = 0
        return True

    def tell(self, *, deleted: bool = False, closing: bool = False) -> None:
        """Wake the caller."""
        self._versions += 1
        self._deleted |= deleted
        self._closing |= closing
        if self._news is not None and not self._news.done():
            self._news.set_result(True)

    def _expire(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(False)


class Watch:
    """Callers parked by task."""

    def __init__(self) -> None:
        self._parked: dict[str, list[Parked]] = {}
        self._closed = False

    def park(self, task_id: str) -> Parked:
        """Return the means to wait for a task's next committed version, to be used in a `with`."""
        return Parked(self, task_id)

    def enter(self, parked: Parked) -> None:
        """Begin to tell the caller."""
        self._parked.setdefault(parked.task_id, []).append(parked)
        if self._closed:
            parked.tell(closing=True)

    def leave(self, parked: Parked) -> None:
        """Tell the caller no more."""
        group = self._parked[parked.task_id]
        group.remove(parked)
        if not group:
            del self._parked[parked.task_id]

    def changed(self, task_id: str) -> None:
        """Wake the callers parked on a task whose new version is on disk."""
        for parked in self._parked.get(task_id, ()):
            parked.tell()

    def deleted(self, task_id: str) -> None:
        """Wake the callers parked on a task that is gone."""
        for parked in self._parked.get(task_id, ()):
            parked.tell(deleted=True)

    def close(self) -> None:
        """Send every caller away, and whoever comes later too: the server is stopping."""
        self._closed = True
        for group in self._parked.values():
            for parked in group:
                parked.tell(closing=True)

    def __len__(self) -> int:
        return sum(len(group) for group in self._parked.values())
