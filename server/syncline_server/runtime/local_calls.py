"""What tasks ask of other tasks, and of callback URLs of this server: done in memory, and committed with who asked.

Rule 1: what is asked and the news of it go into the same commit, so each is done once, whatever dies when.
Rule 2: a process works with processes of its own company and with no other's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from syncline_server.engine import (
    LIVE,
    CallReturned,
    HttpCall,
    IllegalMove,
    Modified,
    Started,
    Taken,
    Task,
    TaskState,
    TooMuchData,
    Waiting,
    values,
)
from syncline_server.engine.effects import (
    CreateCall,
    DequeueCall,
    Dequeued,
    ModifyCall,
    ReplyCall,
    TaskDone,
    TaskFault,
    TaskMade,
    TaskRefused,
)
from syncline_server.engine.kinds.other_tasks import too_much
from syncline_server.engine.parameters import check_modification, check_new
from syncline_server.engine.records import builder
from syncline_server.errors import CallbackNotFound, ProcessNotActive, ProcessNotFound
from syncline_server.runtime import callbacks
from syncline_server.runtime.creating import MAX_REF

if TYPE_CHECKING:
    from syncline_server.clock import Clock, Ids
    from syncline_server.engine import Event, Process
    from syncline_server.engine.effects import Call, LocalCall
    from syncline_server.runtime.catalogue import Catalogue
    from syncline_server.runtime.residents import Resident, Residents
    from syncline_server.store.port import StoredProcess

_task = builder(Task)

Work: TypeAlias = "tuple[Resident, Event, tuple[Work, ...]]"
"""An event for a task, and what comes once that is applied."""


class NotNow(Exception):
    """The other task's process has to be resumed first."""

    def __init__(self, resident: Resident) -> None:
        super().__init__()
        self.resident = resident


class _Refused(Exception):
    def __init__(self, fault: TaskFault, description: str) -> None:
        super().__init__()
        self.news = TaskRefused(fault, description)


class LocalCalls:
    """Says which events a call comes to that does not leave the program."""

    def __init__(self, *, residents: Residents, catalogue: Catalogue, clock: Clock, ids: Ids, public_url: str) -> None:
        self._residents = residents
        self._catalogue = catalogue
        self._clock = clock
        self._ids = ids
        self._inside = public_url + callbacks.PATH

    def takes(self, task: Task, call: Call) -> bool:
        """Tell whether a call stays here."""
        if not isinstance(call, HttpCall):
            return isinstance(call, (CreateCall, ModifyCall, ReplyCall, DequeueCall))
        return callbacks.is_own(task, call) or bool(call.url.startswith(self._inside) and self._answered_here(call))

    def _answered_here(self, call: HttpCall) -> Resident | None:
        name = callbacks.inside(call.url)
        return self._residents.find(name[: callbacks.ID_DIGITS]) if name else None

    def work(self, resident: Resident, call: Call) -> tuple[Work, ...]:
        """Return the events that a call which `takes` took comes to, to be applied at once; raise `NotNow`."""
        try:
            if isinstance(call, HttpCall):
                return self._callback(resident, call)
            return self._task_call(resident, call)  # type: ignore[arg-type]  # `takes` knows
        except _Refused as refused:
            return ((resident, CallReturned(call.step, refused.news), ()),)

    def _task_call(self, resident: Resident, call: LocalCall) -> tuple[Work, ...]:
        match call:
            case CreateCall():
                return self._create(resident, call)
            case ModifyCall():
                return self._modify(resident, call)
            case ReplyCall():
                return self._reply(resident, call)
            case DequeueCall():
                return self._dequeue(resident, call)

    # Callbacks.

    def _callback(self, resident: Resident, call: HttpCall) -> tuple[Work, ...]:
        name = callbacks.inside(call.url)
        task_id, secret = name[: callbacks.ID_DIGITS], name[callbacks.ID_DIGITS :]
        target = resident if task_id == resident.task.task_id else self._residents.find(task_id)
        if target is None:
            return ((resident, CallReturned(call.step, callbacks.UNKNOWN), ()),)
        try:
            callbacks.check_secret(target.task, secret)
        except CallbackNotFound:
            return ((resident, CallReturned(call.step, callbacks.UNKNOWN), ()),)
        *answers, returned = callbacks.deliver(target.task, call)
        last: Work = (resident, returned, ())
        return ((target, answers[0], (last,)),) if answers else (last,)

    # Tasks.

    def _create(self, resident: Resident, call: CreateCall) -> tuple[Work, ...]:
        if call.made:
            return ()
        process, definition = self._target(resident, call.process)
        data = values.loads_object(call.data)
        if len(call.ref) > MAX_REF:
            raise _Refused(TaskFault.PARAMETERS, f"Param: ref, Error: a ref has at most {MAX_REF} characters")
        if values.byte_size(call.data) > definition.limits.max_task_bytes:
            size = values.byte_size(call.data)
            raise _Refused(TaskFault.SIZE, too_much(size, definition.limits.max_task_bytes))
        problem = check_new(definition, data)
        if problem is not None:
            raise _Refused(TaskFault.PARAMETERS, problem.description)
        if call.ref and self._residents.holder(process.process_id, call.ref) is not None:
            raise _Refused(TaskFault.REF, "not unical reference")
        caller = f"{resident.task.task_id}-{call.step}" if call.is_rpc else ""
        task = self._new_task(process.process_id, definition, resident.task.login, data, ref=call.ref, caller=caller)
        made = self._residents.add(task, definition)
        made.hold = resident.hold
        returned: Work = (resident, CallReturned(call.step, TaskMade(task.task_id)), ())
        return ((made, Started(), (returned,)),)

    def alert(self, resident: Resident, node_id: str, *, begins: bool) -> Work:
        """Return the beginning of the special task that says that a node has become too full, or is no longer."""
        task, definition = resident.task, resident.process
        data: dict[str, object] = {"start": "true" if begins else "false"}
        made = self._residents.add(self._new_task(task.process_id, definition, "", data), definition)
        return made, Started(node_id), ()

    def _new_task(
        self,
        process_id: int,
        definition: Process,
        login: str,
        data: dict[str, object],
        *,
        ref: str = "",
        caller: str = "",
    ) -> Task:
        now = self._clock.now()
        return _task(
            task_id=self._ids.task_id(now),
            process_id=process_id,
            process_version=definition.version,
            ref=ref,
            login=login,
            data=data,
            caller=caller,
            created_at=now,
            changed_at=now,
        )

    def _modify(self, resident: Resident, call: ModifyCall) -> tuple[Work, ...]:
        process, _ = self._target(resident, call.process)
        holder = self._residents.holder(process.process_id, call.ref)
        target = None if holder is None else self._residents.find(holder)
        if target is None or target.task.state not in LIVE:
            raise _Refused(TaskFault.NOT_FOUND, "not found task")
        self._expect_ready(target)
        if call.is_sync and not any(token.waiting is Waiting.CALLBACK for token in target.task.tokens):
            if target.task.state is TaskState.RUNNING:
                raise _Refused(TaskFault.BUSY, "The last one callback is still running. You should wait")
            raise _Refused(TaskFault.NO_CALLBACK, "no api callback logic in node with task")
        data = values.loads_object(call.data)
        problem = check_modification(target.process, data)
        if problem is not None:
            raise _Refused(TaskFault.PARAMETERS, problem.description)
        returned: Work = (resident, CallReturned(call.step, TaskDone()), ())
        return ((target, Modified(data), (returned,)),)

    def _reply(self, resident: Resident, call: ReplyCall) -> tuple[Work, ...]:
        returned: Work = (resident, CallReturned(call.step, TaskDone()), ())
        task_id, _, step = call.caller.partition("-")
        caller = self._residents.find(task_id)
        waits = caller is not None and any(
            token.step == int(step) and token.waiting is Waiting.REPLY for token in caller.task.tokens
        )
        if caller is None or not waits:
            return (returned,)
        self._expect_ready(caller)
        return ((caller, CallReturned(int(step), call.reply), (returned,)),)

    def _dequeue(self, resident: Resident, call: DequeueCall) -> tuple[Work, ...]:
        process, definition = self._target(resident, call.process)
        node = definition.nodes.get(call.queue)
        logic = None if node is None else node.waiting_logic
        if logic is None or Waiting.QUEUE not in logic.waits_for:
            raise _Refused(TaskFault.NO_QUEUE, f"No queue logic in conv_id: {process.process_id}")
        standing = self._residents.standing.in_order(process.process_id, call.queue, newest_first=call.newest_first)
        for task_id, step in standing:
            queued = self._residents.find(task_id)
            if queued is not None and _is_queued(queued.task, step):
                news = Dequeued(task_id, values.dumps(queued.task.data))
                return ((queued, Taken(step), ((resident, CallReturned(call.step, news), ()),)),)
        raise _Refused(TaskFault.NOT_FOUND, "not_found_task")

    # Who may, and when.

    def _target(self, resident: Resident, name: str) -> tuple[StoredProcess, Process]:
        own = self._catalogue.get(resident.task.process_id)
        who = f"user: {resident.task.login}, conv_id: {name}"
        try:
            process = self._catalogue.resolve(own.company_id, name)
        except ProcessNotFound:  # told apart from another company's it would give away which there are
            raise _Refused(TaskFault.DENIED, who) from None
        if process.company_id != own.company_id:
            raise _Refused(TaskFault.DENIED, who)
        try:
            return process, self._catalogue.current(process)
        except ProcessNotActive:
            raise _Refused(TaskFault.INACTIVE, "conveyor is not active") from None

    def _expect_ready(self, target: Resident) -> None:
        if self._catalogue.is_paused(target.task.process_id):
            raise NotNow(target)


def _is_queued(task: Task, step: int) -> bool:
    return any(token.step == step and token.waiting is Waiting.QUEUE for token in task.tokens)


def lost_modification(error: IllegalMove) -> TaskRefused:
    """Return what somebody is told whose modification another task could not take."""
    if isinstance(error, TooMuchData):
        return TaskRefused(TaskFault.SIZE, too_much(error.size, error.limit) if error.size else str(error))
    return TaskRefused(TaskFault.NOT_FOUND, "not found task")
