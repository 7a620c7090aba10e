"""What the RPCs call for tasks: create, change, read, end, answer. Waiting is in `waits`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine import LIVE, Answered, Cancelled, IllegalMove, Modified, TooMuchData
from syncline_server.engine.parameters import check_modification
from syncline_server.errors import (
    AccessDenied,
    CallbackNotFound,
    InvalidRequest,
    NodeNotFound,
    ProcessNotActive,
    StateError,
    TaskFinished,
    TaskNotFound,
    TaskTooLarge,
    WrongParameters,
)
from syncline_server.runtime import callbacks
from syncline_server.runtime.creating import ONLY_WATCHING, check_request_id
from syncline_server.runtime.requests import AnswerTaken
from syncline_server.store.port import TaskFilter

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from syncline_server.engine import Step, Task, TaskState
    from syncline_server.runtime.access import Access
    from syncline_server.runtime.catalogue import Catalogue
    from syncline_server.runtime.commits import Committer
    from syncline_server.runtime.creating import Creating
    from syncline_server.runtime.folding import Folding
    from syncline_server.runtime.requests import Caller, NewTask, Target
    from syncline_server.runtime.residents import Resident, Residents
    from syncline_server.store.port import Store, StoredProcess

_OTHER_TASK = "The token is for another task."
_ID_DIGITS = frozenset("0123456789abcdef")


class Tasks:
    """Tasks on behalf of callers. Every method returns after the commit that holds what it did."""

    def __init__(
        self,
        *,
        store: Store,
        catalogue: Catalogue,
        access: Access,
        committer: Committer,
        residents: Residents,
        folding: Folding,
        creating: Creating,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._access = access
        self._committer = committer
        self._residents = residents
        self._folding = folding
        self._creating = creating

    # Creating.

    async def create(self, caller: Caller, new: NewTask, *, hold: asyncio.Event | None = None) -> Task:
        """Create a task, or return the one that this request, or with `attach` this ref, made before.

        The task's outgoing calls wait for *hold*, if given, at most a second.
        """
        return await self._creating.create(caller, new, hold=hold)

    # Changing.

    async def modify(self, caller: Caller, target: Target, text: str, request_id: str = "") -> Task:
        """Merge members into a live task's data, and let it go on when its node waits for that."""
        data = self.read_data(text)
        check_request_id(request_id)
        task = await self.find(caller, target, "create")
        return await self.change(task, Modified(data, request_id))

    def read_data(self, text: str) -> dict[str, object]:
        """Return the object that a request's data is; raise `TaskTooLarge` or `InvalidJson`."""
        return self._creating.read_object(text, "data")

    async def change(self, task: Task, event: Modified, check: Callable[[Task], None] | None = None) -> Task:
        """Modify a task that was found, unless this request has done so before.

        *check* is given the newest version of the task, and raises whatever speaks against modifying that.
        """
        resident = await self._in_memory(task)
        if resident is not None:
            task = resident.task
        if event.request_id and event.request_id in task.modified_by:
            await self._committer.committed()
            return task
        try:
            if check is not None:
                check(task)
            if resident is None or task.state not in LIVE:
                raise TaskFinished
        except StateError:
            await self._committer.committed()  # only what is kept speaks against it
            raise
        if self._catalogue.is_paused(resident.task.process_id):
            raise ProcessNotActive
        problem = check_modification(resident.process, event.data)
        if problem is not None:
            raise WrongParameters(problem.description, field=f"data.{problem.name}")
        self._apply(resident, event)
        return await self._result(resident)

    async def cancel(self, caller: Caller, target: Target) -> Task:
        """End a live task where it is; a finished one is returned as it is."""
        task = await self.find(caller, target, "create")
        resident = await self._in_memory(task)
        if resident is None:
            return task
        if resident.task.state in LIVE:
            self._apply(resident, Cancelled())
        return await self._result(resident)

    async def _in_memory(self, task: Task) -> Resident | None:
        """Return the task in memory; one that was live when it was read is there, or brought back if it has ended."""
        resident = self._residents.find(task.task_id)
        if resident is None and task.state in LIVE:
            resident = await self._residents.fetch(task.task_id)
            if resident is None:
                raise TaskNotFound
            self._residents.release_idle(resident)
        return resident

    async def delete(self, caller: Caller, target: Target, node_id: str = "") -> None:
        """Remove a task and its steps."""
        task = await self.find(caller, target, "delete")
        resident = await self._residents.fetch(task.task_id)
        if resident is None:
            raise TaskNotFound
        try:
            task = resident.task
            if node_id and node_id not in (task.node_id, *(token.node_id for token in task.tokens)):
                raise NodeNotFound("The task is not in this node.", field="node_id")
            self._folding.remove(resident)
            await self._committer.committed()
        finally:
            self._residents.release_idle(resident)

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
            if callbacks.is_answered(resident.task):
                await self._committer.committed()  # only an answer that is kept stands
                callbacks.check_repeat(resident.task, text)
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
            self._folding.apply(resident, event)
        except TooMuchData as fault:
            raise TaskTooLarge(f"{fault}.".capitalize(), field="data") from None
        except IllegalMove:
            raise gone from None

    async def _result(self, resident: Resident) -> Task:
        task = resident.task
        await self._committer.committed()
        return task

    # Reading.

    async def find(self, caller: Caller, target: Target, right: str = "view") -> Task:
        """Return a task as it is on disk; whoever may create tasks in a process may also read them."""
        if caller.only_task:
            if right != "view":
                raise AccessDenied(ONLY_WATCHING)
            return await self._only_task(caller, target)
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

    async def _only_task(self, caller: Caller, target: Target) -> Task:
        if target.task_id.lower() not in ("", caller.only_task):
            raise AccessDenied(_OTHER_TASK)
        task = await self.read(caller.only_task)
        process = self._catalogue.get(task.process_id)
        if target.ref not in ("", task.ref) or not self._is_named(process, target.process):
            raise AccessDenied(_OTHER_TASK)
        if caller.behind is not None:
            self._require(caller.behind, process, "view")
        return task

    def _is_named(self, process: StoredProcess, name: str) -> bool:
        """Tell whether a name is the process's own, or none."""
        return name in ("", str(process.process_id), *(f"@{alias}" for alias in process.aliases))

    async def _by_ref(self, caller: Caller, process: StoredProcess, ref: str) -> Task:
        holder = self._residents.holder(process.process_id, ref)
        if holder is not None:
            return await self.read(holder)
        self._require(caller, process, "view")
        found = await self._store.task_by_ref(process.process_id, ref)
        if found is None:
            raise TaskNotFound(field="ref")
        return found

    async def read(self, task_id: str) -> Task:
        """Return a task as it is on disk; raise `TaskNotFound` or `TaskExpired`."""
        return await self._residents.read(task_id)

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
