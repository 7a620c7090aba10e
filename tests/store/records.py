"""Short ways to records, into a store and out of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from syncline_server.engine.task import Step, Task, TaskState, Token, Waiting
from syncline_server.store.port import (
    AccessToken,
    ApiKey,
    Batch,
    Database,
    Grant,
    Instance,
    StoredEnvVar,
    StoredProcess,
    TaskFilter,
)

if TYPE_CHECKING:
    from syncline_server.store.port import Store

TOKEN = Token(number=1, node_id="a", previous_node_id="", step=1, entered_at=5, waiting=Waiting.CALLBACK, due_at=60_000)


def name(number: int) -> str:
    return f"{number:024x}"


def nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    return value


def task(number: int, **fields: Any) -> Task:
    return replace(Task(task_id=name(number), process_id=7, process_version=1), **fields)


def ended(number: int, at: int, **fields: Any) -> Task:
    return task(number, state=TaskState.ENDED, ended_at=at, changed_at=at, **fields)


def step(sequence: int, **fields: Any) -> Step:
    first = Step(sequence=sequence, node_id="n", previous_node_id="m", started_at=1, ended_at=2, result="moved")
    return replace(first, **fields)


def process(number: int, **fields: Any) -> StoredProcess:
    first = StoredProcess(
        process_id=number,
        company_id="c1",
        title="Ünïcode 🙂",
        state="draft",
        version=0,
        source='{"a":1.10}',
        direct_url_hash="ab" * 20,
    )
    return replace(first, **fields)


def key(login: str, **fields: Any) -> ApiKey:
    first = ApiKey(login=login, secret="s3cret", title="t", company_id="c1", owner=False)
    return replace(first, **fields)


def grant(login: str, process_id: int, *rights: str) -> Grant:
    return Grant(login=login, process_id=process_id, rights=frozenset(rights))


def access_token(token_id: str, **fields: Any) -> AccessToken:
    first = AccessToken(token_id=token_id, digest="ab" * 32, login="1", title="t", created_at=5, expires_at=60)
    return replace(first, **fields)


def env_var(short_name: str, **fields: Any) -> StoredEnvVar:
    first = StoredEnvVar(company_id="c1", short_name=short_name, value="v")
    return replace(first, **fields)


def instance(number: int, **fields: Any) -> Instance:
    first = Instance(instance_id=number, company_id="c1", title="t", kind=Database.SQLITE, file="f.db")
    return replace(first, **fields)


async def keep(store: Store, *tasks: Task) -> None:
    await store.commit(Batch(tasks={one.task_id: one for one in tasks}))


async def keep_steps(store: Store, number: int, *chunks: tuple[Step, ...]) -> None:
    await store.commit(Batch(steps=[(name(number), chunk) for chunk in chunks]))


async def listed(store: Store, before: str = "", limit: int = 100, **filters: Any) -> list[int]:
    which = TaskFilter(**{"process_id": 7, **filters})
    return [int(one.task_id, 16) for one in await store.tasks(which, before=before, limit=limit)]


async def sequences(store: Store, number: int, *, after: int = 0, limit: int = 100) -> list[int]:
    return [one.sequence for one in await store.steps(name(number), after=after, limit=limit)]
