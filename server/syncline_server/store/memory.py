"""The store in memory, for tests and for trying things out: the port kept to the letter, but for the power cut.

It holds rows, not records, so that nobody shares a value with it, and refuses what a database would refuse. What it
holds outlives `close`, as if there were a disk.
"""

from __future__ import annotations

import asyncio
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from syncline_server.engine.task import LIVE
from syncline_server.errors import CommitFailed, StoreUnusable
from syncline_server.store import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from syncline_server.engine.task import Step, Task
    from syncline_server.store.port import (
        AccessToken,
        ApiKey,
        Batch,
        Company,
        CounterKey,
        Deployment,
        Grant,
        Instance,
        StoredEnvVar,
        StoredProcess,
        TaskFilter,
    )

T = TypeVar("T")
K = TypeVar("K", int, str, tuple[int, int], tuple[str, int], tuple[str, str])

_INTEGERS = range(-(2**63), 2**63)
_FOR_LIFE = tuple(rows.TASK_COLUMNS.index(name) for name in ("process_id", "ref", "login", "request_id"))


class MemoryStore:
    """A store that forgets everything when its program ends; open from the start."""

    def __init__(self) -> None:
        self._is_open = True
        self._tasks: dict[str, rows.Row] = {}
        self._steps: dict[str, list[str]] = {}
        self._remembered: dict[str, int] = {}
        self._processes: dict[int, rows.Row] = {}
        self._deployments: dict[tuple[int, int], rows.Row] = {}
        self._companies: dict[str, rows.Row] = {}
        self._keys: dict[str, rows.Row] = {}
        self._grants: dict[tuple[str, int], rows.Row] = {}
        self._access_tokens: dict[str, rows.Row] = {}
        self._env_vars: dict[tuple[str, str], rows.Row] = {}
        self._instances: dict[int, rows.Row] = {}
        self._counters: dict[CounterKey, str] = {}
        self._values: dict[str, str] = {}

    async def open(self) -> None:
        self._is_open = True

    async def close(self) -> None:
        self._is_open = False

    # Writing.

    async def commit(self, batch: Batch) -> None:
        try:
            written = _Written(batch)
        except (ValueError, TypeError, OverflowError, RecursionError) as fault:
            raise CommitFailed from fault
        await self._turn()
        self._keep_tasks(written, batch.deleted_tasks)
        self._processes.update(written.processes)
        self._deployments.update(written.deployments)
        self._companies.update(written.companies)
        self._keep_keys(written, batch.deleted_keys)
        self._keep_access_tokens(written, batch)
        _put(self._env_vars, written.env_vars)
        _put(self._instances, written.instances)
        self._counters.update(batch.counters)

    def _keep_tasks(self, written: _Written, deleted: dict[str, int]) -> None:
        for task_id, row in written.tasks.items():
            self._tasks[task_id] = _changed(self._tasks.get(task_id, row), row)
        for task_id, chunk in written.steps:
            self._steps.setdefault(task_id, []).append(chunk)
        for task_id, until in deleted.items():
            self._tasks.pop(task_id, None)
            self._steps.pop(task_id, None)
            self._remembered[task_id] = until

    def _keep_keys(self, written: _Written, deleted: list[str]) -> None:
        self._keys.update(written.keys)
        self._grants.update(written.grants)
        self._grants = {key: row for key, row in self._grants.items() if row[-1] and key[0] not in deleted}
        for login in deleted:
            self._keys.pop(login, None)

    def _keep_access_tokens(self, written: _Written, batch: Batch) -> None:
        self._access_tokens.update(written.access_tokens)
        if not (batch.deleted_access_tokens or batch.deleted_keys):
            return
        for token_id, row in list(self._access_tokens.items()):
            if token_id in batch.deleted_access_tokens or rows.access_token_of(row).login in batch.deleted_keys:
                del self._access_tokens[token_id]

    async def forget_before(self, instant: int) -> None:
        await self._turn()
        self._remembered = {task_id: until for task_id, until in self._remembered.items() if until >= instant}
        for token_id, row in list(self._access_tokens.items()):
            if rows.access_token_of(row).expires_at < instant:
                del self._access_tokens[token_id]

    async def set_value(self, name: str, text: str) -> None:
        await self._turn()
        try:
            _storable((name, text))
        except ValueError as fault:
            raise CommitFailed from fault
        self._values[name] = text

    # Reading.

    async def task(self, task_id: str) -> Task | None:
        await self._turn()
        row = self._tasks.get(task_id)
        return None if row is None else rows.task_of(row)

    async def task_by_ref(self, process_id: int, ref: str) -> Task | None:
        await self._turn()
        found = (task for task in self._newest() if task.process_id == process_id and task.ref == ref)
        return next(found, None) if ref else None

    async def task_by_request(self, login: str, request_id: str) -> Task | None:
        await self._turn()
        found = [task for task in self._newest() if task.login == login and task.request_id == request_id]
        return found[-1] if found and request_id else None

    async def is_remembered(self, task_id: str) -> bool:
        await self._turn()
        return self._remembered.get(task_id, 0) > 0

    async def tasks(self, which: TaskFilter, *, before: str, limit: int) -> Sequence[Task]:
        await self._turn()
        found = (task for task in self._newest() if _is_listed(task, which) and (not before or task.task_id < before))
        return list(islice(found, limit))

    async def steps(self, task_id: str, *, after: int, limit: int) -> Sequence[Step]:
        await self._turn()
        found = [step for chunk in self._steps.get(task_id, ()) for step in rows.steps_of(chunk)]
        return sorted((step for step in found if step.sequence > after), key=attrgetter("sequence"))[:limit]

    async def live_tasks(self, *, after: str, limit: int) -> Sequence[Task]:
        await self._turn()
        found = [task for task in self._newest() if task.state in LIVE and task.task_id > after]
        return found[::-1][:limit]

    async def finished_before(self, instant: int, *, limit: int) -> Sequence[str]:
        await self._turn()
        ends = [(task.changed_at, task.task_id) for task in self._newest() if task.ended_at is not None]
        return [task_id for changed_at, task_id in sorted(ends) if changed_at < instant][:limit]

    async def processes(self) -> Sequence[StoredProcess]:
        await self._turn()
        return _all(rows.process_of, self._processes)

    async def deployment(self, process_id: int, version: int) -> Deployment | None:
        await self._turn()
        row = self._deployments.get((process_id, version))
        return None if row is None else rows.deployment_of(row)

    async def companies(self) -> Sequence[Company]:
        await self._turn()
        return _all(rows.company_of, self._companies)

    async def keys(self) -> Sequence[ApiKey]:
        await self._turn()
        return _all(rows.key_of, self._keys)

    async def grants(self) -> Sequence[Grant]:
        await self._turn()
        return _all(rows.grant_of, self._grants)

    async def access_tokens(self) -> Sequence[AccessToken]:
        await self._turn()
        return _all(rows.access_token_of, self._access_tokens)

    async def env_vars(self) -> Sequence[StoredEnvVar]:
        await self._turn()
        return _all(rows.env_var_of, self._env_vars)

    async def instances(self) -> Sequence[Instance]:
        await self._turn()
        return _all(rows.instance_of, self._instances)

    async def counters(self) -> dict[CounterKey, str]:
        await self._turn()
        return dict(self._counters)

    async def value(self, name: str) -> str | None:
        await self._turn()
        return self._values.get(name)

    def _newest(self) -> Iterator[Task]:
        return (rows.task_of(self._tasks[task_id]) for task_id in sorted(self._tasks, reverse=True))

    async def _turn(self) -> None:
        """Let others run, as a disk would."""
        if not self._is_open:
            raise StoreUnusable("The store is not open.")
        await asyncio.sleep(0)


class _Written:
    """A batch as rows; raises what `rows` does, or `OverflowError`, when a record has none."""

    def __init__(self, batch: Batch) -> None:
        self.tasks = {task_id: _storable(rows.task_row(task)) for task_id, task in batch.tasks.items()}
        self.steps = [(task_id, str(_storable(rows.steps_row(steps))[-1])) for task_id, steps in batch.steps if steps]
        self.processes = {one.process_id: _storable(rows.process_row(one)) for one in batch.processes}
        self.deployments = {
            (one.process_id, one.version): _storable(rows.deployment_row(one)) for one in batch.deployments
        }
        self.companies = {one.company_id: _storable(rows.company_row(one)) for one in batch.companies}
        self.keys = {one.login: _storable(rows.key_row(one)) for one in batch.keys}
        self.grants = {(one.login, one.process_id): _storable(rows.grant_row(one)) for one in batch.grants}
        self.access_tokens = {one.token_id: _storable(rows.access_token_row(one)) for one in batch.access_tokens}
        self.env_vars = {
            key: None if one is None else _storable(rows.env_var_row(one)) for key, one in batch.env_vars.items()
        }
        self.instances = {
            key: None if one is None else _storable(rows.instance_row(one)) for key, one in batch.instances.items()
        }
        for key, text in batch.counters.items():
            _storable((*key, text))


def _all(make: Callable[[rows.AnyRow], T], table: Mapping[K, rows.Row]) -> list[T]:
    return [make(row) for _, row in sorted(table.items())]


def _put(table: dict[K, rows.Row], written: Mapping[K, rows.Row | None]) -> None:
    for key, row in written.items():
        if row is None:
            table.pop(key, None)
        else:
            table[key] = row


def _storable(row: rows.Row) -> rows.Row:
    """Return the row if a database could hold it."""
    for value in row:
        if isinstance(value, str):
            value.encode()
        elif value is not None and value not in _INTEGERS:
            raise OverflowError("an integer of more than 64 bits")
    return row


def _changed(old: rows.Row, new: rows.Row) -> rows.Row:
    return tuple(old[at] if at in _FOR_LIFE else value for at, value in enumerate(new))


def _is_listed(task: Task, which: TaskFilter) -> bool:
    return (
        task.process_id == which.process_id
        and which.state in (None, task.state)
        and which.ref in (None, task.ref)
        and which.node_id in (None, task.node_id)
    )
