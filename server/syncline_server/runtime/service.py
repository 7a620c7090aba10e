"""What the RPCs call for tasks: create, change, read, end, answer. Waiting is in `waits`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from syncline_server.engine import (
    LIVE,
    Answered,
    Cancelled,
    IllegalMove,
    Modified,
    Started,
    Task,
    TooMuchData,
    values,
)
from syncline_server.errors import (
    AccessDenied,
    BadCredentials,
    CallbackNotFound,
    InvalidJson,
    InvalidRequest,
    NodeNotFound,
    ProcessNotActive,
    RefNotUnique,
    RequestIdReused,
    TaskExpired,
    TaskFinished,
    TaskNotFound,
    TaskTooLarge,
)
from syncline_server.runtime import callbacks
from syncline_server.runtime.requests import AnswerTaken, Caller, NewTask, Target
from syncline_server.store.port import TaskFilter

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from syncline_server.clock import Clock, Ids
    from syncline_server.engine import Step, TaskState
    from syncline_server.runtime.access import Access
    from syncline_server.runtime.catalogue import Catalogue
    from syncline_server.runtime.commits import Committer
    from syncline_server.runtime.residents import Resident, Residents
    from syncline_server.runtime.watch import Watch
    from syncline_server.store.port import Store, StoredProcess

MAX_REF = 255
MAX_REQUEST_ID = 64
_LONG_REQUEST_ID = f"A request id has at most {MAX_REQUEST_ID} characters."
_ID_DIGITS = frozenset("0123456789abcdef")
_ONLY_WATCHING = "A resume token gives the right to watch its task and nothing else."


class Tasks:
    """Tasks on behalf of callers. Every method returns after the commit that holds what it did."""

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
        watch: Watch,
        callback_base: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._catalogue = catalogue
        self._access = access
        self._committer = committer
        self._residents = residents
        self._watch = watch
        self._callback_base = callback_base

    # Creating.

    async def create(self, caller: Caller, new: NewTask, *, hold: asyncio.Event | None = None) -> Task:
        """Create a task, or return the one that this request, or with `attach` this ref, made before.

        The task's outgoing calls wait for *hold*, if given, at most a second.
        """
        process = self._process_for(caller, new.process)
        _check_lengths(new)
        digest = _digest(process, new) if new.request_id else ""
        earlier = await self._earlier(caller, new, digest) if new.request_id else None
        if earlier is not None:
            return earlier
        definition = self._catalogue.current(process)
        if new.ref:
            taken = await self._with_ref(process, new)
            if taken is not None:
                return taken
        now = self._clock.now()
        task_id = self._ids.task_id(now)
        secret = self._ids.callback_secret() if new.callback else ""
        task = Task(
            task_id=task_id,
            process_id=process.process_id,
            process_version=definition.version,
            ref=new.ref,
            login=caller.login,
            request_id=new.request_id,
            request_hash=digest,
            callback_secret=secret,
            data=self._first_data(new, task_id + secret if secret else ""),
            created_at=now,
            changed_at=now,
        )
        resident = self._residents.begin(task, definition, Started(), hold=hold)
        if resident.loading is not None:
            await self._residents.settled(resident)
        created = resident.task
        await self._committer.committed()
        return created

    def _process_for(self, caller: Caller, name: str) -> StoredProcess:
        if caller.only_task:
            raise AccessDenied(_ONLY_WATCHING)
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

    async def _earlier(self, caller: Caller, new: NewTask, digest: str) -> Task | None:
        resident = self._residents.by_request(caller.login, new.request_id)
        task = None
        if resident is None and new.may_repeat:
            task = await self._store.task_by_request(caller.login, new.request_id)
            resident = self._residents.by_request(caller.login, new.request_id)
        if resident is not None:
            await self._residents.settled(resident)
            task = resident.task
            await self._committer.committed()
        if task is not None and task.request_hash != digest:
            raise RequestIdReused(field="request_id")
        return task

    async def _with_ref(self, process: StoredProcess, new: NewTask) -> Task | None:
        live = self._residents.live_ref(process.process_id, new.ref)
        if live is not None:
            if not new.attach:
                raise RefNotUnique(field="ref", task_id=live.task.task_id)
            await self._residents.settled(live)
            await self._committer.committed()
            return live.task
        if not new.attach:
            return None
        found = await self._store.task_by_ref(process.process_id, new.ref)
        if found is None and self._residents.live_ref(process.process_id, new.ref) is not None:
            return await self._with_ref(process, new)
        return found

    def _first_data(self, new: NewTask, callback_id: str) -> dict[str, object]:
        data = self._object(new.data, "data")
        if callback_id:
            data["__callback_url"] = self._callback_base + callback_id
        if new.headers:
            data["__headers"] = self._object(new.headers, "headers")
        return data

    def _object(self, text: str, field: str) -> dict[str, object]:
        limit = self._catalogue.limits.max_task_bytes
        if len(text) > limit or (len(text) * 4 > limit and len(text.encode()) > limit):
            raise TaskTooLarge(f"The data is over the limit of {limit} bytes.", field=field)
        try:
            return values.loads_object(text) if text else {}
        except values.JsonFault as fault:
            raise InvalidJson(str(fault), field=field) from None

    # Changing.

    async def modify(self, caller: Caller, target: Target, text: str, request_id: str = "") -> Task:
        """Merge members into a live task's data, and let it go on when its node waits for that."""
        data = self._object(text, "data")
        if len(request_id) > MAX_REQUEST_ID:
            raise InvalidRequest(_LONG_REQUEST_ID, field="request_id")
        task = await self.find(caller, target, "create")
        resident = self._residents.find(task.task_id)
        if resident is not None:
            await self._residents.settled(resident)
            task = resident.task
        if request_id and request_id in task.modified_by:
            await self._committer.committed()
            return task
        if resident is None or task.state not in LIVE:
            raise TaskFinished
        if self._catalogue.is_paused(resident.task.process_id):
            raise ProcessNotActive
        self._apply(resident, Modified(data, request_id))
        return await self._result(resident)

    async def cancel(self, caller: Caller, target: Target) -> Task:
        """End a live task where it is; a finished one is returned as it is."""
        task = await self.find(caller, target, "create")
        resident = self._residents.find(task.task_id)
        if resident is None:
            return task
        await self._residents.settled(resident)
        if resident.task.state in LIVE:
            self._apply(resident, Cancelled())
        return await self._result(resident)

    async def delete(self, caller: Caller, target: Target, node_id: str = "") -> None:
        """Remove a task and its steps."""
        task = await self.find(caller, target, "delete")
        resident = await self._residents.fetch(task.task_id)
        if resident is None:
            raise TaskNotFound
        await self._residents.settled(resident)
        task = resident.task
        if node_id and node_id not in (task.node_id, *(token.node_id for token in task.tokens)):
            self._residents.release_idle(resident)
            raise NodeNotFound("The task is not in this node.", field="node_id")
        resident.deleted = True
        self._committer.delete(task.task_id, 0)
        await self._committer.keep(lambda _: None, undo=lambda: self._residents.restore(resident))
        self._residents.release(resident)
        self._watch.deleted(task.task_id)

    async def answer(self, callback_id: str, text: str) -> AnswerTaken:
        """Take an answer for a task, live or finished. The first stands; the same again is a repeat.

        Raises `CallbackNotFound`, `InvalidJson`, and `AlreadyAnswered` for a different answer.
        """
        task_id, secret = callbacks.split_id(callback_id)
        resident = await self._residents.fetch(task_id)
        if resident is None:
            raise CallbackNotFound(field="callback_id")
        try:
            callbacks.check_secret(resident.task, secret)
            callbacks.check_json(text)
            await self._residents.settled(resident)
            if callbacks.is_answered(resident.task):
                callbacks.check_repeat(resident.task, text)
                await self._committer.committed()
                return AnswerTaken(task_id, repeated=True)
            self._apply(resident, Answered(text), gone=CallbackNotFound)
            await self._committer.committed()
            return AnswerTaken(task_id, repeated=False)
        finally:
            self._residents.release_idle(resident)

    def _apply(
        self, resident: Resident, event: Modified | Cancelled | Answered, gone: type[Exception] = TaskFinished
    ) -> None:
        try:
            self._residents.apply(resident, event)
        except TooMuchData as fault:
            raise TaskTooLarge(f"{fault}.".capitalize(), field="data") from None
        except IllegalMove:
            raise gone from None

    async def _result(self, resident: Resident) -> Task:
        await self._residents.settled(resident)
        task = resident.task
        await self._committer.committed()
        return task

    # Reading.

    async def find(self, caller: Caller, target: Target, right: str = "view") -> Task:
        """Return a task as it is on disk; whoever may create tasks in a process may also read them."""
        if caller.only_task:
            if right != "view":
                raise AccessDenied(_ONLY_WATCHING)
            return await self._own_task(caller, target)
        if target.task_id:
            task = await self.read(_task_id(target.task_id))
            process = self._catalogue.get(task.process_id)
            if target.process and self._catalogue.resolve(caller.company_id, target.process) != process:
                raise TaskNotFound("The process has no such task.", field="task_id")
        elif target.process and target.ref:
            process = self._catalogue.resolve(caller.company_id, target.process)
            task = await self._by_ref(caller, process, target.ref)
        else:
            raise InvalidRequest("Name a task by its id, or by process and ref.", field="task_id")
        self._require(caller, process, right)
        return task

    def _require(self, caller: Caller, process: StoredProcess, right: str) -> None:
        if right == "view" and self._access.may(caller, process, "create") and not caller.only_process:
            return
        if caller.only_process:
            raise AccessDenied("A direct URL gives the right to create tasks and nothing else.")
        self._access.require(caller, process, right)

    async def _own_task(self, caller: Caller, target: Target) -> Task:
        if target.task_id not in ("", caller.only_task):
            raise AccessDenied("The resume token is for another task.")
        return await self.read(caller.only_task)

    async def _by_ref(self, caller: Caller, process: StoredProcess, ref: str) -> Task:
        live = self._residents.live_ref(process.process_id, ref)
        if live is not None:
            return await self.read(live.task.task_id)
        self._require(caller, process, "view")
        found = await self._store.task_by_ref(process.process_id, ref)
        if found is None:
            raise TaskNotFound(field="ref")
        return found

    async def read(self, task_id: str) -> Task:
        """Return a task as it is on disk; raise `TaskNotFound` or `TaskExpired`."""
        resident = self._residents.find(task_id)
        if resident is not None and resident.kept is None:
            await self._residents.settled(resident)
            await self._committer.committed()
        if resident is not None and resident.kept is not None:
            return resident.kept
        task = await self._store.task(task_id)
        if task is None:
            if await self._store.is_remembered(task_id):
                raise TaskExpired
            raise TaskNotFound
        return task

    async def list(
        self,
        caller: Caller,
        process_name: str,
        *,
        state: TaskState | None = None,
        ref: str | None = None,
        node_id: str | None = None,
        before: str = "",
        limit: int,
    ) -> Sequence[Task]:
        """Return tasks of a process, newest first, all older than *before*."""
        process = self._catalogue.resolve(caller.company_id, process_name)
        self._require(caller, process, "view")
        which = TaskFilter(process_id=process.process_id, state=state, ref=ref, node_id=node_id)
        return await self._store.tasks(which, before=before, limit=limit)

    async def steps(self, caller: Caller, target: Target, *, after: int, limit: int) -> tuple[Task, Sequence[Step]]:
        """Return the task and its ended steps by sequence, all above *after*. The steps under way are in its tokens."""
        task = await self.find(caller, target)
        return task, await self._store.steps(task.task_id, after=after, limit=limit)


def _task_id(text: str) -> str:
    lower = text.lower()
    if len(lower) != callbacks.ID_DIGITS or not _ID_DIGITS.issuperset(lower):
        raise InvalidRequest("A task id has 24 hexadecimal digits.", field="task_id")
    return lower


def _check_lengths(new: NewTask) -> None:
    if len(new.ref) > MAX_REF:
        raise InvalidRequest(f"A ref has at most {MAX_REF} characters.", field="ref")
    if len(new.request_id) > MAX_REQUEST_ID:
        raise InvalidRequest(_LONG_REQUEST_ID, field="request_id")


def _digest(process: StoredProcess, new: NewTask) -> str:
    # What another try of the same request has in common with the first: not its headers, which proxies may touch.
    parts = (str(process.process_id), new.ref, new.data, str(new.callback))
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()
