"""Making tasks, each once: a request that comes again, or attaches to a ref, gets the task that was made before.

From the last look at memory to the moment that the new task stands in it nothing is awaited. A look at the disk takes
time, in which somebody else may be quicker: then everything is looked at again.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from syncline_server.engine import Started, Task, values
from syncline_server.engine.parameters import check_new
from syncline_server.engine.records import builder
from syncline_server.errors import (
    AccessDenied,
    BadCredentials,
    InvalidJson,
    InvalidRequest,
    RefNotUnique,
    RequestIdReused,
    TaskExpired,
    TaskNotFound,
    TaskTooLarge,
    WrongParameters,
)
from syncline_server.runtime.requests import CALLBACK_URL

if TYPE_CHECKING:
    import asyncio

    from syncline_server.clock import Clock, Ids
    from syncline_server.engine import Process
    from syncline_server.runtime.access import Access
    from syncline_server.runtime.catalogue import Catalogue
    from syncline_server.runtime.commits import Committer
    from syncline_server.runtime.folding import Folding
    from syncline_server.runtime.requests import Caller, NewTask
    from syncline_server.runtime.residents import Residents
    from syncline_server.store.port import Store, StoredProcess

_task = builder(Task)
MAX_REF = 255
MAX_REQUEST_ID = 64
ONLY_WATCHING = "A token for one task gives the right to read and watch it, and nothing else."


class Creating:
    """Creates tasks on behalf of callers."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: Ids,
        catalogue: Catalogue,
        access: Access,
        committer: Committer,
        residents: Residents,
        folding: Folding,
        callback_base: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._catalogue = catalogue
        self._access = access
        self._committer = committer
        self._residents = residents
        self._folding = folding
        self._callback_base = callback_base

    async def create(self, caller: Caller, new: NewTask, *, hold: asyncio.Event | None) -> Task:
        """Create a task, or return the one that this request, or with `attach` this ref, made before."""
        process = self._process_for(caller, new.process)
        if len(new.ref) > MAX_REF:
            raise InvalidRequest(f"A ref has at most {MAX_REF} characters.", field="ref")
        check_request_id(new.request_id)
        digest = _digest(process, new) if new.request_id else ""
        earlier = await self._earlier(caller, process, new, digest)
        if earlier is not None:
            return earlier
        task = self._new_task(caller, process, new, digest)
        resident = self._folding.begin(task, self._definition(process), Started(), hold=hold)
        created = resident.task
        await self._committer.committed()
        return created

    def _process_for(self, caller: Caller, name: str) -> StoredProcess:
        if caller.only_task:
            raise AccessDenied(ONLY_WATCHING)
        if caller.only_process:
            return self._of_direct_url(caller, name)
        process = self._catalogue.resolve(caller.company_id, name)
        self._access.require(caller, process, "create")
        return process

    def _of_direct_url(self, caller: Caller, name: str) -> StoredProcess:
        process = self._catalogue.get(caller.only_process)
        if name and self._catalogue.resolve(caller.company_id, name) != process:
            raise BadCredentials("The process has another direct URL.")
        return process

    def _definition(self, process: StoredProcess) -> Process:
        """Return what new tasks of the process run, as that is now: it may have been paused, or lost, meanwhile."""
        return self._catalogue.current(self._catalogue.get(process.process_id))

    # What was made before.

    async def _earlier(self, caller: Caller, process: StoredProcess, new: NewTask, digest: str) -> Task | None:
        request, ref = (caller.login, new.request_id), (process.process_id, new.ref)
        while self._is_worth_a_look(request, ref, new):
            with self._residents.looking(*(key for key in (request, ref) if key[1])) as look:
                task = await self._of_request(request, new, digest) if new.request_id else None
                if task is None and new.ref:
                    self._definition(process)
                    task = await self._with_ref(ref, new)
            if task is not None or not look.is_overtaken:
                return task
            await self._committer.committed()
        return None

    def _is_worth_a_look(self, request: tuple[str, str], ref: tuple[int, str], new: NewTask) -> bool:
        if new.request_id and (new.may_repeat or self._residents.by_request(*request) is not None):
            return True
        return bool(new.ref) and (new.attach or self._residents.holder(*ref) is not None)

    async def _of_request(self, request: tuple[str, str], new: NewTask, digest: str) -> Task | None:
        resident = self._residents.by_request(*request)
        task = None
        if resident is not None:
            task = resident.task
            await self._committer.committed()
        elif new.may_repeat:
            task = await self._store.task_by_request(*request)
        if task is not None and task.request_hash != digest:
            raise RequestIdReused(field="request_id")
        return task

    async def _with_ref(self, ref: tuple[int, str], new: NewTask) -> Task | None:
        holder = self._residents.holder(*ref)
        if holder is not None:
            await self._committer.committed()  # nobody is told of a task that may get lost
        if not new.attach:
            if self._residents.holder(*ref) is None:
                return None
            raise RefNotUnique(field="ref", task_id=holder or "")
        if holder is not None:
            with suppress(TaskNotFound, TaskExpired):
                return await self._residents.read(holder)
        await self._committer.committed()  # a task that has just ended is found on disk only
        return await self._store.task_by_ref(*ref)

    # The new one.

    def _new_task(self, caller: Caller, process: StoredProcess, new: NewTask, digest: str) -> Task:
        data = self.read_object(new.data, "data")
        now = self._clock.now()
        task_id = self._ids.task_id(now)
        secret = self._ids.callback_secret() if new.callback else ""
        if secret:
            data[CALLBACK_URL] = self._callback_base + task_id + secret
        if new.headers:
            data["__headers"] = self.read_object(new.headers, "headers")
        definition = self._definition(process)
        problem = check_new(definition, data)
        if problem is not None:
            raise WrongParameters(problem.description, field=f"data.{problem.name}")
        return _task(
            task_id=task_id,
            process_id=process.process_id,
            process_version=definition.version,
            ref=new.ref,
            login=caller.login,
            request_id=new.request_id,
            request_hash=digest,
            callback_secret=secret,
            data=data,
            created_at=now,
            changed_at=now,
        )

    def read_object(self, text: str, field: str) -> dict[str, object]:
        """Return the object that a field's JSON text holds; raise `TaskTooLarge` or `InvalidJson`."""
        limit = self._catalogue.limits.max_task_bytes
        if len(text) > limit or (len(text) * 4 > limit and len(text.encode()) > limit):
            raise TaskTooLarge(f"The data is over the limit of {limit} bytes.", field=field)
        try:
            return values.loads_object(text) if text else {}
        except values.JsonFault as fault:
            raise InvalidJson(f"Not taken: {fault}.", field=field) from None


def check_request_id(request_id: str) -> None:
    """Raise `InvalidRequest` for one that is too long."""
    if len(request_id) > MAX_REQUEST_ID:
        raise InvalidRequest(f"A request id has at most {MAX_REQUEST_ID} characters.", field="request_id")


def _digest(process: StoredProcess, new: NewTask) -> str:
    # What another try of the same request has in common with the first: not its headers, which proxies may touch.
    parts = (str(process.process_id), new.ref, new.data, str(new.callback))
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()
