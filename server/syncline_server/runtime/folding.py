"""Folding: an event, and all that follows from it without leaving the machine, applied to tasks before one commit.

Rule 1: events are applied one after another; what one leads to comes before whatever else is waiting.
Rule 2: whoever asked something of another task gets the news in the same go, so that one commit holds both.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, TypeAlias

from syncline_server.engine import LIVE, CallReturned, IllegalMove, Modified, Needs, decide
from syncline_server.runtime.local_calls import NotNow, lost_modification
from syncline_server.runtime.standing import has_step

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from syncline_server.clock import Clock
    from syncline_server.engine import Decision, Event, FactKey, Process, Task, Token
    from syncline_server.engine.effects import Call
    from syncline_server.runtime.commits import Committer
    from syncline_server.runtime.counters import Counters
    from syncline_server.runtime.facts import FactReader
    from syncline_server.runtime.local_calls import LocalCalls, Work
    from syncline_server.runtime.residents import Resident, Residents

    Asked: TypeAlias = tuple[Resident, Call]

log = logging.getLogger(__name__)

MOST_FOLDED = 32
"""Calls folded into one commit. What asks for more goes on after it: no task holds the loop."""
LONGEST_SECONDS = 0.05
"""After so long no more are folded into it, either."""


class Folding:
    """Applies events to tasks in memory and hands the results to the committer."""

    def __init__(
        self,
        *,
        residents: Residents,
        committer: Committer,
        clock: Clock,
        facts: FactReader,
        local: LocalCalls,
        counters: Counters,
    ) -> None:
        self._residents = residents
        self._committer = committer
        self._clock = clock
        self._facts = facts
        self._local = local
        self._counters = counters

    def begin(self, task: Task, process: Process, event: Event, *, hold: asyncio.Event | None = None) -> Resident:
        """Hold a new task and apply its first event."""
        resident = self._residents.add(task, process)
        resident.hold = hold
        try:
            self.apply(resident, event)
        except BaseException:
            self._residents.release(resident)
            raise
        return resident

    def apply(self, resident: Resident, event: Event) -> None:
        """Apply an event, fold what follows from it, and put the result into the next commit.

        Raises IllegalMove when the event does not fit the task; then nothing has changed.
        """
        if resident.deleted:
            raise IllegalMove
        self._run(self._kept((resident, event, ()), self._decide(resident, event)))

    def remove(self, resident: Resident) -> None:
        """Put a task's removal into the next commit, and fold what follows from it; no event touches it any more."""
        self._residents.remove(resident)
        self._run(self._moved(resident, resident.task.tokens, ()))

    def perform(self, resident: Resident, call: Call) -> None:
        """Do what a call on disk asks for that does not leave the machine; raise `NotNow`."""
        self._run(self._local.work(resident, call))

    def takes(self, task: Task, call: Call) -> bool:
        """Tell whether a call does not leave the machine."""
        return self._local.takes(task, call)

    def _run(self, first: Sequence[Work | Asked]) -> None:
        stack = [*reversed(first)]
        folded, until = 0, time.monotonic() + LONGEST_SECONDS
        while stack:
            item = stack.pop()
            if len(item) == 2:  # a call, whose events depend on how things are now
                folded += 1
                may_fold = folded <= MOST_FOLDED and time.monotonic() < until
                stack += reversed(self._asked(item, may_fold=may_fold))
            else:
                stack += reversed(self._follow(item))

    def _follow(self, work: Work) -> Sequence[Work | Asked]:
        """Apply an event that another one led to; whatever becomes of it, the others go on."""
        resident, event, _ = work
        if resident.deleted:
            return ()
        try:
            return self._kept(work, self._decide(resident, event))
        except IllegalMove as error:
            return _instead(work, error)
        except Exception:
            self._failed(resident)
            return ()

    def _failed(self, resident: Resident) -> None:
        log.exception("event.failed", extra={"facts": {"task": resident.task.task_id}})
        if not resident.task.sequence:  # it was never begun, and nobody may believe that it was
            self._residents.release(resident)

    def _asked(self, asked: Asked, *, may_fold: bool) -> tuple[Work, ...]:
        resident, call = asked
        if not has_step(resident.task.tokens, call.step):
            return ()  # its task has left meanwhile
        if may_fold:
            try:
                return self._local.work(resident, call)
            except NotNow:
                log.debug("call.not_folded", extra={"facts": {"task": resident.task.task_id, "step": call.step}})
        self._committer.change(resident, resident.task, (), (call,))
        return ()

    def _decide(self, resident: Resident, event: Event) -> Decision:
        """Return the decision about an event, with all the facts that it asks for."""
        known: dict[FactKey, object] = {}
        while True:
            decision = decide(resident.task, event, resident.process, known, self._clock.now())
            if not isinstance(decision, Needs):
                return decision
            known |= {key: self._facts.read(resident.task, key) for key in decision.keys - known.keys()}

    def _kept(self, work: Work, decision: Decision) -> list[Work | Asked]:
        """Put a decision into the next commit; return what is to be done after it."""
        resident, _, then = work
        before, task = resident.task, decision.task
        resident.task = task
        after: list[Work | Asked] = [*then]
        leaving = []
        for call in decision.effects:
            if self._local.takes(task, call):
                after.append((resident, call))
            else:
                leaving.append(call)
        self._committer.change(resident, task, decision.steps, leaving)
        if decision.counts:
            self._committer.count(self._counters, task.process_id, decision.counts)
        if before.tokens is not task.tokens:
            after += self._moved(resident, before.tokens, task.tokens)
        if task.state not in LIVE:
            self._residents.free_ref(task)
        return after

    def _moved(self, resident: Resident, before: Sequence[Token], after: Sequence[Token]) -> Sequence[Work]:
        """Note where a task stands now; return the tasks that tell of nodes that got too full, or are no longer."""
        task, standing, alerts = resident.task, self._residents.standing, resident.process.alerts
        if not alerts:
            standing.moved(task, before, after)
            return ()
        nodes = {token.node_id for token in (*before, *after)} & alerts.keys()
        counts = {node_id: standing.count(task.process_id, node_id) for node_id in nodes}
        standing.moved(task, before, after)
        found = []
        for node_id in sorted(nodes):
            alert, now = alerts[node_id], standing.count(task.process_id, node_id)
            if counts[node_id] < alert.at <= now:
                found.append(self._local.alert(resident, alert.to, begins=True))
            elif now < alert.at <= counts[node_id]:
                found.append(self._local.alert(resident, alert.to, begins=False))
        return found


def _instead(work: Work, error: IllegalMove) -> tuple[Work, ...]:
    """Return what comes of an event that its task could not take: whoever asked for a modification is told."""
    resident, event, then = work
    log.info("event.stale", extra={"facts": {"task": resident.task.task_id}})
    if not isinstance(event, Modified):
        return then
    return tuple(
        (asking, CallReturned(returned.step, lost_modification(error)), more)
        for asking, returned, more in then
        if isinstance(returned, CallReturned)
    )
