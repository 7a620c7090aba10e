"""What a batch is in SQL: statements in order, each with its parameters. Pure.

A batch of nothing but tasks, their steps and what they counted, the everyday one, is a single statement. Each
statement is one pass from Python to SQLite and back, and on the way back the writer's thread has to wait until the
event loop lets go of the interpreter: under load that, and not the disk, is what a commit would spend its time on with
a statement for each row.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING

from syncline_server.store import queries, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from syncline_server.engine.task import Step, Task
    from syncline_server.store.port import Batch

    Statement = tuple[str, Sequence[str | int | None]]

_SIZES = (1, 4, 16, 64, 256)
"""How many tasks a statement takes; at most 32,766 parameters fit into one."""
_NO_STEPS = (None, None, None)
_NO_COUNTER = (None, None, None, None)
_STEPS = len(rows.TASK_COLUMNS) + len(_NO_STEPS) - 1
_WIDTH = _STEPS + 1 + len(_NO_COUNTER)
_LARGE = (rows.DATA, rows.OUTCOME_DATA, _STEPS)
_PAGE_BYTES = 4096
_INDEX_PAGES = 4
"""How many pages of indexes even the smallest statement changes."""


class Changes:
    """Turns batches into statements of one database's queries."""

    def __init__(self, named: Mapping[str, str]) -> None:
        self._named = named
        self._keep_tasks = {size: queries.widened(named["keep_tasks"], rows=size, columns=_WIDTH) for size in _SIZES}

    def statements(self, batch: Batch) -> list[Statement]:
        """Return what keeps the batch; raise what `rows` does when a record has no row."""
        return [
            *self._tasks(batch),
            *self._deleted_tasks(batch.deleted_tasks),
            *self._processes(batch),
            *self._access(batch),
            *self._resources(batch),
        ]

    def _tasks(self, batch: Batch) -> Iterator[Statement]:
        steps = _by_task(batch.steps)
        counters = ((*key, number) for key, number in batch.counters.items())
        changed = [
            (*_task_change(task, steps.pop(task_id, None)), *next(counters, _NO_COUNTER))
            for task_id, task in batch.tasks.items()
        ]
        for at in range(0, len(changed), _SIZES[-1]):
            yield self._statement(changed[at : at + _SIZES[-1]])
        for task_id, ended in steps.items():
            yield self._named["add_steps"], (task_id, *rows.steps_row(ended))
        for counter in counters:
            yield self._named["keep_counter"], counter

    def _statement(self, changed: Sequence[rows.Row]) -> Statement:
        size = next(size for size in _SIZES if size >= len(changed))
        parameters = list(chain.from_iterable(changed))
        parameters.extend([None] * (_WIDTH * (size - len(changed))))
        return self._keep_tasks[size], parameters

    def _deleted_tasks(self, deleted: Mapping[str, int]) -> Iterator[Statement]:
        if not deleted:
            return
        ids = json.dumps(list(deleted))
        yield self._named["delete_tasks"], (ids,)
        yield self._named["delete_steps"], (ids,)
        yield self._named["remember_tasks"], (json.dumps(deleted),)

    def _processes(self, batch: Batch) -> Iterator[Statement]:
        named = self._named
        for process in batch.processes:
            yield named["keep_process"], rows.process_row(process)
        for deployment in batch.deployments:
            yield named["keep_deployment"], rows.deployment_row(deployment)

    def _access(self, batch: Batch) -> Iterator[Statement]:
        named = self._named
        for company in batch.companies:
            yield named["keep_company"], rows.company_row(company)
        for key in batch.keys:
            yield named["keep_key"], rows.key_row(key)
        for grant in batch.grants:
            if grant.rights:
                yield named["keep_grant"], rows.grant_row(grant)
            else:
                yield named["delete_grant"], (grant.login, grant.process_id)
        for token in batch.access_tokens:
            yield named["keep_access_token"], rows.access_token_row(token)
        for token_id in batch.deleted_access_tokens:
            yield named["delete_access_token"], (token_id,)
        for login in batch.deleted_keys:
            yield named["delete_key"], (login,)
            yield named["delete_grants_of_key"], (login,)
            yield named["delete_access_tokens_of_key"], (login,)

    def _resources(self, batch: Batch) -> Iterator[Statement]:
        named = self._named
        for name, env_var in batch.env_vars.items():
            if env_var is None:
                yield named["delete_env_var"], name
            else:
                yield named["keep_env_var"], rows.env_var_row(env_var)
        for instance_id, instance in batch.instances.items():
            if instance is None:
                yield named["delete_instance"], (instance_id,)
            else:
                yield named["keep_instance"], rows.instance_row(instance)


def pages(statements: Sequence[Statement]) -> int:
    """Return roughly how many pages of the journal the statements fill."""
    found = 0
    for _, parameters in statements:
        texts = [text for column in _LARGE for text in parameters[column::_WIDTH] if isinstance(text, str)]
        found += _INDEX_PAGES + sum(1 + len(text) // _PAGE_BYTES for text in texts)
    return found


def _task_change(task: Task, ended: Sequence[Step] | None) -> rows.Row:
    return (*rows.task_row(task), *(_NO_STEPS if ended is None else rows.steps_row(ended)))


def _by_task(chunks: Sequence[tuple[str, tuple[Step, ...]]]) -> dict[str, Sequence[Step]]:
    """Gather the steps of each task, in their order."""
    found: dict[str, list[Step]] = {}
    for task_id, steps in chunks:
        if steps:
            found.setdefault(task_id, []).extend(steps)
    return dict(found)
