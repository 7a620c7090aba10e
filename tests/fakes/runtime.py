"""A whole runtime for a test: memory store, still clock, scripted peers, one company with its owner."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakes.clock import CountedIds, FakeClock
from fakes.credentials import basic
from fakes.databases import FakeDatabases
from fakes.performer import FakePerformer
from fakes.scripts import FakeScripts
from syncline_server.engine import Limits
from syncline_server.runtime.performers import Performers
from syncline_server.runtime.requests import Caller, Goal, NewTask, Target, Until, Waited
from syncline_server.runtime.server import Runtime
from syncline_server.store.memory import MemoryStore
from syncline_server.store.port import TaskFilter

if TYPE_CHECKING:
    from syncline_server.engine import Task
    from syncline_server.store.port import Store

PUBLIC_URL = "http://syncline.test"
LIMITS = Limits(min_timer_seconds=0.0)
PATIENCE = 10.0
"""Seconds after which a wait in a test has failed."""


@dataclass(slots=True, kw_only=True)
class World:
    """The runtime and everything that a test turns."""

    runtime: Runtime
    store: Store
    performer: FakePerformer
    scripts: FakeScripts
    databases: FakeDatabases
    clock: FakeClock
    owner: Caller

    async def deploy(self, text: str, alias: str) -> int:
        """Import a process; return its id."""
        made = await self.runtime.deploying.import_file(self.owner, text, deploy=True, alias=alias)
        return made.processes[0].process_id

    async def create(self, process: str, data: str = "{}", **more: object) -> Task:
        return await self.runtime.tasks.create(self.owner, NewTask(process=process, data=data, **more))  # type: ignore[arg-type]

    async def wait(self, task: Task, until: Until = Until.OUTCOME, seconds: float = PATIENCE, node: str = "") -> Waited:
        return await self.runtime.waits.wait(self.owner, Target(task_id=task.task_id), Goal(until, node), seconds)

    async def read(self, task: Task) -> Task:
        return await self.runtime.tasks.find(self.owner, Target(task_id=task.task_id))

    def callback_id(self, task: Task) -> str:
        return task.task_id + task.callback_secret

    async def restart(self, *, limits: Limits = LIMITS) -> None:
        """Drop everything in memory, as a killed program does, and start again on the same store."""
        self.runtime.timers.stop()
        await self.runtime.calls.stop()
        for work in asyncio.all_tasks():
            if work.get_name() in ("committer", "retention"):
                work.cancel()
        self.performer, self.scripts, self.databases = FakePerformer(), FakeScripts(), FakeDatabases()
        performers = Performers(self.performer, self.scripts, self.databases)
        self.runtime = _runtime(self.store, performers, self.clock, self.runtime, limits)
        await self.runtime.start()


def _runtime(
    store: Store, performers: Performers, clock: FakeClock, before: Runtime | None = None, limits: Limits = LIMITS
) -> Runtime:
    ids = before._ids if before is not None else CountedIds()  # ids go on where they were
    return Runtime(
        store=store,
        performers=performers,
        clock=clock,
        ids=ids,
        limits=limits,
        public_url=PUBLIC_URL,
    )


async def make_world(store: Store | None = None) -> World:
    """Return a started runtime; whoever asks for it stops it."""
    kept = store if store is not None else MemoryStore()
    performer, scripts, databases, clock = FakePerformer(), FakeScripts(), FakeDatabases(), FakeClock()
    runtime = _runtime(kept, Performers(performer, scripts, databases), clock)
    await runtime.start()
    _, key = await runtime.access.found_company("Tests")
    caller = runtime.access.by_authorization(basic(key.login, key.secret))
    return World(
        runtime=runtime,
        store=kept,
        performer=performer,
        scripts=scripts,
        databases=databases,
        clock=clock,
        owner=caller,
    )


async def tasks_of(world: World, alias: str) -> list[Task]:
    """Return the tasks of a process, oldest first."""
    found = world.runtime.catalogue.resolve(world.owner.company_id, f"@{alias}")
    listed = await world.store.tasks(TaskFilter(process_id=found.process_id), before="", limit=1_000)
    return list(reversed(listed))


async def ended(world: World, task: Task) -> Task:
    waited = await world.wait(task, Until.END)
    assert waited.reached
    return waited.task
