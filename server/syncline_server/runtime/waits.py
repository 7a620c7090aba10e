"""Waiting for tasks: once, as a long poll, or event by event, as a stream."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from syncline_server.engine import LIVE, TaskState
from syncline_server.errors import InvalidRequest
from syncline_server.runtime.requests import Arrival, Goal, Quiet, Reached, Target, Until, Waited
from syncline_server.runtime.watch import is_reached

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from syncline_server.engine import Outcome, Task
    from syncline_server.runtime.requests import Caller, TaskEvent
    from syncline_server.runtime.resume import Place
    from syncline_server.runtime.service import Tasks
    from syncline_server.runtime.watch import Watch
    from syncline_server.store.port import Store

DEFAULT_SECONDS = 60.0
_PAGE = 200


class Waits:
    """Parks callers until a task has come to what they wait for."""

    def __init__(self, *, tasks: Tasks, watch: Watch, store: Store, max_wait_seconds: float) -> None:
        self._tasks = tasks
        self._watch = watch
        self._store = store
        self._ceiling = max_wait_seconds

    def seconds(self, asked: float | None) -> float:
        """Return how long a caller who asked for so many seconds stays; None is 60."""
        wanted = DEFAULT_SECONDS if asked is None else asked
        if wanted < 0:
            raise InvalidRequest("A timeout is 0 seconds or more.", field="timeout")
        return min(wanted, self._ceiling)

    def look(self, task: Task, goal: Goal) -> Waited:
        """Return what a wait comes to that ends at once."""
        reached = is_reached(task, goal)
        return Waited(task, reached, outcome_for(task, goal) if reached else None)

    async def wait(self, caller: Caller, target: Target, goal: Goal, seconds: float) -> Waited:
        """Wait for a task that the caller may read."""
        check_goal(goal)
        return await self.wait_for(await self._tasks.find(caller, target), goal, seconds)

    async def wait_for(self, task: Task, goal: Goal, seconds: float) -> Waited:
        """Wait until the goal is reached or the time is over; a caller who leaves is simply cancelled."""
        if is_reached(task, goal) or (goal.until is not Until.NODE and seconds <= 0):
            return self.look(task, goal)
        deadline = asyncio.get_running_loop().time() + seconds
        passed = _Passed(self._store, task.task_id, goal)
        with self._watch.park(task.task_id) as parked:
            while True:
                task = await self._tasks.read(task.task_id)
                if is_reached(task, goal) or await passed.has_visited():
                    return Waited(task, True, outcome_for(task, goal))
                if not await parked.next(deadline):
                    return Waited(task, False, None)

    async def follow(
        self, caller: Caller, target: Target, goal: Goal, *, after: int, heartbeat: float
    ) -> AsyncGenerator[TaskEvent, None]:
        """Yield what happened to a task after a place in its history, and what happens, until the goal is reached."""
        check_goal(goal)
        task = await self._tasks.find(caller, target)
        passed = _Passed(self._store, task.task_id, goal)
        with self._watch.park(task.task_id) as parked:
            while True:
                visited = await passed.has_visited()
                task = await self._tasks.find(caller, Target(task_id=task.task_id))
                for arrival in _up_to_goal(await self._arrivals(task, after), task, goal, passed.at):
                    after = arrival.sequence
                    yield arrival
                if visited or is_reached(task, goal):
                    yield _reached(task, goal, after)
                    return
                while not await parked.next(asyncio.get_running_loop().time() + heartbeat):
                    yield Quiet()

    async def is_told(self, task: Task, goal: Goal, place: Place) -> bool:
        """Tell whether whoever followed the task up to a place has heard all: the goal is reached, and how is known."""
        passed = _Passed(self._store, task.task_id, goal)
        if not (await passed.has_visited() or is_reached(task, goal)):
            return False
        outcome = outcome_for(task, goal)
        if outcome is not None and not (place.is_last and outcome.sequence <= place.sequence):
            return False
        return not _up_to_goal(await self._arrivals(task, place.sequence), task, goal, passed.at)

    async def _arrivals(self, task: Task, after: int) -> Sequence[Arrival]:
        found = [
            Arrival(token.step, token.node_id, token.previous_node_id, token.entered_at, task.state)
            for token in task.tokens
            if token.step > after
        ]
        seen = after
        while steps := await self._store.steps(task.task_id, after=seen, limit=_PAGE):
            found.extend(
                Arrival(s.sequence, s.node_id, s.previous_node_id, s.started_at, TaskState.RUNNING)
                for s in steps
                if s.sequence <= task.sequence  # what came after this version is told with the next
            )
            seen = steps[-1].sequence
        unique = {arrival.sequence: arrival for arrival in found}
        arrivals = [unique[sequence] for sequence in sorted(unique)]
        if arrivals and task.state not in LIVE:
            arrivals[-1] = replace(arrivals[-1], state=task.state)
        return arrivals


def _up_to_goal(arrivals: Sequence[Arrival], task: Task, goal: Goal, visited_at: int | None) -> Sequence[Arrival]:
    """Leave out what came after the goal: who comes late sees what those saw who were there."""
    last = None
    if goal.until is Until.NODE:
        standing = [token.step for token in task.tokens if token.node_id == goal.node_id]
        last = min(standing, default=None) if visited_at is None else visited_at
    elif goal.until is not Until.END and is_reached(task, goal) and task.outcome is not None:
        last = task.outcome.sequence
    return arrivals if last is None else [arrival for arrival in arrivals if arrival.sequence <= last]


def _reached(task: Task, goal: Goal, after: int) -> Reached:
    outcome = outcome_for(task, goal)
    own = 0 if outcome is None else outcome.sequence
    ends_with_outcome = goal.until in (Until.OUTCOME, Until.ANSWER)
    return Reached(own if ends_with_outcome or own > after else after + 1, task, outcome)


class _Passed:
    """Whether a task has been in a node, as its ended steps tell: each is read once."""

    def __init__(self, store: Store, task_id: str, goal: Goal) -> None:
        self._store = store
        self._task_id = task_id
        self._goal = goal
        self._seen = 0
        self.at: int | None = None
        """The sequence number of the first visit."""

    async def has_visited(self) -> bool:
        if self._goal.until is not Until.NODE or self.at is not None:
            return self.at is not None
        while steps := await self._store.steps(self._task_id, after=self._seen, limit=_PAGE):
            self._seen = steps[-1].sequence
            self.at = next((step.sequence for step in steps if step.node_id == self._goal.node_id), None)
            if self.at is not None:
                return True
        return False


def check_goal(goal: Goal) -> None:
    """Raise `InvalidRequest` unless exactly a wait for a node names one."""
    if (goal.until is Until.NODE) != bool(goal.node_id):
        raise InvalidRequest("`node_id` goes with WAIT_UNTIL_NODE, and only with it.", field="node_id")


def outcome_for(task: Task, goal: Goal) -> Outcome | None:
    """Return the outcome that a caller with the goal gets: none for a node that a live task has come to."""
    if goal.until is Until.NODE and task.state in LIVE:
        return None
    return task.outcome
