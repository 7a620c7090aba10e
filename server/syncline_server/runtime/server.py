"""The runtime put together: it opens the store, brings back what was under way, and stops without losing anything."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING

from syncline_server.engine import IllegalMove, TimerFired
from syncline_server.runtime.access import Access
from syncline_server.runtime.callbacks import PATH
from syncline_server.runtime.calls import Calls
from syncline_server.runtime.catalogue import Catalogue
from syncline_server.runtime.commits import Committer
from syncline_server.runtime.counters import Counters
from syncline_server.runtime.creating import Creating
from syncline_server.runtime.deploying import Deploying
from syncline_server.runtime.env_vars import EnvVars
from syncline_server.runtime.facts import FactReader
from syncline_server.runtime.folding import Folding
from syncline_server.runtime.instances import Instances
from syncline_server.runtime.issuing import Issuing
from syncline_server.runtime.local_calls import LocalCalls
from syncline_server.runtime.node_callbacks import NodeCallbacks
from syncline_server.runtime.residents import Residents
from syncline_server.runtime.resume import ResumeTokens
from syncline_server.runtime.retention import Retention
from syncline_server.runtime.service import Tasks
from syncline_server.runtime.task_tokens import TaskTokens
from syncline_server.runtime.timers import Timers
from syncline_server.runtime.waits import Waits
from syncline_server.runtime.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from syncline_server.clock import Clock, Ids
    from syncline_server.engine import Limits, Task
    from syncline_server.runtime.commits import Change
    from syncline_server.runtime.performers import Performers
    from syncline_server.runtime.residents import Resident
    from syncline_server.store.port import Instance, Store

log = logging.getLogger(__name__)

_SEAL_KEY = "resume-token-key"
"""The name of a stored value: what resume tokens and task tokens are sealed with."""


class Runtime:
    """Everything between the RPCs and the disk. `start` before use, `stop` after."""

    tasks: Tasks
    waits: Waits
    access: Access
    issuing: Issuing
    node_callbacks: NodeCallbacks
    deploying: Deploying
    catalogue: Catalogue
    resume_tokens: ResumeTokens

    def __init__(
        self,
        *,
        store: Store,
        performers: Performers,
        clock: Clock,
        ids: Ids,
        limits: Limits,
        public_url: str,
        max_wait_seconds: float = 300.0,
        retention_seconds: float = 604_800.0,
        timestamp_window_seconds: float = 0.0,
    ) -> None:
        self._store = store
        self._performers = performers
        self._clock = clock
        self._ids = ids
        self._public_url = public_url
        self._max_wait_seconds = max_wait_seconds
        self._retention_seconds = retention_seconds
        self._window = timestamp_window_seconds
        self.catalogue = Catalogue(store, limits)
        self.timers = Timers(clock, self._ring)
        self.watch = Watch()
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the store and take up what was under way when it was last closed, however that was."""
        await self._store.open()
        seal_key = await self._token_key()
        self.resume_tokens, tokens_of_tasks = ResumeTokens(seal_key), TaskTokens(seal_key)
        self.committer = Committer(self._store, self)
        self.access = Access(
            self._store,
            self.committer,
            self._clock,
            resume_tokens=self.resume_tokens,
            task_tokens=tokens_of_tasks,
            timestamp_window=self._window,
        )
        self.counters = Counters(self._store)
        self._wire_resources()
        self.issuing = Issuing(
            access=self.access, committer=self.committer, clock=self._clock, tokens_of_tasks=tokens_of_tasks
        )
        self._wire(seal_key)
        await self.access.load()
        await self.counters.load()
        await self.env_vars.load()
        await self.instances.load()
        await self.catalogue.load()
        self.committer.start()
        count = await self.residents.recover()
        for resident in self.residents.all():
            self._take_up(resident)
        self._sweeping = asyncio.create_task(self.retention.run(), name="retention")
        log.info("runtime.started", extra={"facts": {"live_tasks": count}})

    def _wire_resources(self) -> None:
        self.env_vars = EnvVars(store=self._store, committer=self.committer, access=self.access, clock=self._clock)
        self.instances = Instances(store=self._store, committer=self.committer, access=self.access, clock=self._clock)

    def _wire(self, seal_key: bytes) -> None:
        self.residents = Residents(store=self._store, committer=self.committer, process_of=self.catalogue.definition)
        self.folding = self._folding()
        self.tasks = Tasks(
            store=self._store,
            catalogue=self.catalogue,
            access=self.access,
            committer=self.committer,
            residents=self.residents,
            folding=self.folding,
            creating=Creating(
                store=self._store,
                clock=self._clock,
                ids=self._ids,
                catalogue=self.catalogue,
                access=self.access,
                committer=self.committer,
                residents=self.residents,
                folding=self.folding,
                callback_base=self._public_url + PATH,
            ),
        )
        self.waits = Waits(
            tasks=self.tasks, watch=self.watch, store=self._store, max_wait_seconds=self._max_wait_seconds
        )
        self.node_callbacks = NodeCallbacks(
            catalogue=self.catalogue, tasks=self.tasks, seal_key=seal_key, public_url=self._public_url
        )
        self.calls = Calls(
            residents=self.residents,
            folding=self.folding,
            performers=self._performers,
            public_url=self._public_url,
            answer=self.tasks.answer,
            post_to_node=self.node_callbacks.perform,
            is_paused=self.catalogue.is_paused,
        )
        self.deploying = Deploying(
            catalogue=self.catalogue,
            access=self.access,
            committer=self.committer,
            clock=self._clock,
            on_resumed=self._resumed,
        )
        self.retention = Retention(
            store=self._store,
            clock=self._clock,
            committer=self.committer,
            residents=self.residents,
            access_tokens=self.access.tokens,
            retention_seconds=self._retention_seconds,
        )

    def _folding(self) -> Folding:
        facts = FactReader(
            catalogue=self.catalogue,
            residents=self.residents,
            counters=self.counters,
            env_vars=self.env_vars,
        )
        local = LocalCalls(
            residents=self.residents,
            catalogue=self.catalogue,
            clock=self._clock,
            ids=self._ids,
            public_url=self._public_url,
        )
        return Folding(
            residents=self.residents,
            committer=self.committer,
            clock=self._clock,
            facts=facts,
            local=local,
            counters=self.counters,
        )

    async def stop(self) -> None:
        """Send waiters away, commit what is waiting, close the store."""
        self.watch.close()
        self.timers.stop()
        if self._sweeping is not None:
            self._sweeping.cancel()
        await self.calls.stop()
        await self.committer.stop()
        await self._performers.close()
        await self._store.close()

    def instance_of(self, task: Task, instance_id: int) -> Instance | None:
        """Return a database instance of the task's company."""
        return self.instances.of_company(self.catalogue.get(task.process_id).company_id, instance_id)

    async def _token_key(self) -> bytes:
        text = await self._store.value(_SEAL_KEY)
        if text is None:
            text = secrets.token_hex(32)
            await self._store.set_value(_SEAL_KEY, text)
        return bytes.fromhex(text)

    # What the committer tells.

    def kept(self, changes: Sequence[Change]) -> None:
        """Perform what the committed versions want, and wake whoever waits for them."""
        for change in changes:
            resident, task = change.resident, change.task
            if change.is_removal:
                self.residents.release(resident)
                self.watch.deleted(task.task_id)
                if resident.kept is not None:
                    self._abandon(resident.kept, frozenset())
                continue
            before, resident.kept = resident.kept, task
            self.watch.changed(task.task_id)
            if before is not None and before.tokens:
                self._abandon(before, {token.step for token in task.tokens})
            for call in change.calls:
                if any(token.step == call.step and token.call is not None for token in task.tokens):
                    self.calls.start(resident, task, call)
            for token in task.tokens:
                if token.due_at is not None:
                    self.timers.set(task.task_id, token.step, token.due_at)
            self.residents.release_idle(resident)

    def _abandon(self, before: Task, standing: Set[int]) -> None:
        for token in before.tokens:
            if token.step not in standing:
                if token.call is not None:
                    self.calls.abandon(before, token.step)
                if token.due_at is not None:
                    self.timers.drop(before.task_id, token.step)

    def lost(self, changes: Sequence[Change]) -> None:
        """Go on with the tasks of a failed commit from where they are on disk."""
        changed = [change.resident for change in changes]
        for resident in self.residents.take_back(changed):
            self._take_up(resident)
        for resident in changed:
            if resident.kept is None:
                self.watch.deleted(resident.task.task_id)

    def _take_up(self, resident: Resident) -> None:
        """Set a task going again as it is on disk, but for what has happened to it since."""
        task = resident.kept
        if task is None or self.catalogue.is_paused(task.process_id):
            return
        standing = {token.step for token in resident.task.tokens}
        for token in task.tokens:
            if token.step not in standing:
                continue
            if token.due_at is not None:
                self.timers.set(task.task_id, token.step, token.due_at)
            if token.call is not None:
                self.calls.start(resident, task, token.call)

    # Time and pauses.

    def _ring(self, task_id: str, step: int) -> None:
        resident = self.residents.find(task_id)
        if resident is None or self.catalogue.is_paused(resident.task.process_id):
            return
        try:
            if any(token.step == step and token.due_at is not None for token in resident.task.tokens):
                self.folding.apply(resident, TimerFired(step))
        except IllegalMove:
            log.info("timer.stale", extra={"facts": {"task": task_id, "step": step}})
        except Exception:
            log.exception("timer.failed", extra={"facts": {"task": task_id, "step": step}})

    def _resumed(self, process_id: int) -> None:
        if self.catalogue.is_paused(process_id):
            return
        self.calls.go_on(process_id)
        for resident in self.residents.all():
            if resident.task.process_id == process_id:
                self._take_up(resident)
