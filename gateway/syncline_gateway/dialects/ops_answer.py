"""Writes the entries of an ops answer.

Two shapes: a synchronous create answers `proc` and `data` (and `id` when one was sent); everything else answers as the
asynchronous protocol does, with `id`, `proc`, `obj`, `ref` and what the op gives. JSON that a process posted, that a
task holds, or that the caller sent goes in as text, unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.v1.task_pb2 import OutcomeKind, TaskState
from syncline_gateway import reasons
from syncline_gateway.dialects.ops_read import Fault, no_such_task
from syncline_gateway.dialects.ops_words import NOT_VALID, OTHER_COMPANY, key_for, words_for
from syncline_gateway.jsontext import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.timestamp_pb2 import Timestamp

    from syncline.v1.exchange_pb2 import Result
    from syncline.v1.task_pb2 import Step, Task
    from syncline_gateway.dialect import Reply
    from syncline_gateway.dialects.ops_read import Op

_STATES = {
    TaskState.TASK_STATE_UNSPECIFIED: "created",
    TaskState.TASK_STATE_RUNNING: "processing",
    TaskState.TASK_STATE_WAITING: "processing",
    TaskState.TASK_STATE_PAUSED: "delayed",
    TaskState.TASK_STATE_ENDED: "processed",
    # The protocol has no word for a failed task; whoever looks for `processed` must not take it for a success.
    TaskState.TASK_STATE_FAILED: "canceled",
    TaskState.TASK_STATE_CANCELLED: "canceled",
}
_ANSWERED = OutcomeKind.OUTCOME_KIND_ANSWERED
_VISITS = {"": "created", "failed": "canceled", "cancelled": "canceled"}


def envelope(entries: Sequence[str], *, single: bool = False) -> bytes:
    """Return the body of an answer; with *single*, `ops` is the one entry itself."""
    ops = entries[0] if single else f"[{','.join(entries)}]"
    return f'{{"request_proc":"ok","ops":{ops}}}'.encode()


def bare_error(description: str) -> str:
    """Return an entry for the request as a whole, as the vendor documents it."""
    return f'{{"proc":"error","description":{quoted(description)}}}'


def task_made(reply: Reply) -> str:
    """Return the id of the task that a create made; empty when it made none, or that is not known."""
    if reply.accepted is not None:
        return reply.accepted.task_id
    if reply.result is not None and reply.result.HasField("create_task"):
        return reply.result.create_task.task.task_id
    return ""


def sync_entry(op: Op, reply: Reply | None, *, with_task: bool) -> str:
    """Return the entry of a synchronous create; `with_task` adds `obj_id`, where no header can tell it."""
    given = f'"id":{op.id},' if op.id is not None else ""
    made = task_made(reply) if with_task and reply is not None else ""
    task = f',"obj_id":"{made}"' if made else ""
    result = reply.result if reply is not None else None
    if result is not None and result.HasField("create_task"):
        outcome = result.create_task.outcome
        if outcome.kind == _ANSWERED:
            return f'{{{given}"proc":"ok","data":{outcome.data_json or "null"}{task}}}'
    fault = _fault(op, result)
    return f'{{{given}"proc":"error","description":{quoted(fault.description)}{_at_fault(fault)}{task}}}'


def async_entry(op: Op, reply: Reply | None) -> str:
    """Return the entry of any op as the asynchronous protocol has it."""
    result = reply.result if reply is not None else None
    phase = result.WhichOneof("phase") if result is not None else None
    if result is None or phase is None or phase == "error":
        fault = _fault(op, result)
        tail = f',"description":{quoted(fault.description)}{_at_fault(fault)}'
        return _entry(op, quoted(fault.code), op.ref, tail)
    if phase == "delete_task":
        return _entry(op, '"ok"', op.ref, f',"obj_id":{quoted(op.obj_id)}' if op.obj_id else "")
    task: Task = getattr(result, phase).task
    ref = op.ref if op.ref != "null" else _ref(task)
    if phase == "get_task":
        return _entry(op, '"ok"', ref, _shown(task))
    return _entry(op, '"ok"', ref, f',"obj_id":"{task.task_id}"')


def visit(task: Task, step: Step) -> str:
    """Return one line of a task's history; its `data` is what the vendor gives when data are not kept: null."""
    return (
        f'{{"history_id":{quoted(step.step_id)},"conv_id":{task.process_id or "null"},"node_id":{quoted(step.node_id)},'
        f'"node_prev_id":{quoted(step.previous_node_id)},"user_id":{_login(task)},"user_name":{quoted(task.login)},'
        f'"create_time_ms":{_milliseconds(step.start_time)},"status":"{_VISITS.get(step.result, "processed")}",'
        '"data":null}'
    )


def history_entry(op: Op, task: Task, visits: Sequence[str]) -> str:
    """Return the entry of a task's history."""
    ref = op.ref if op.ref != "null" else _ref(task)
    return _entry(op, '"ok"', ref, f',"obj_id":"{task.task_id}","list":[{",".join(visits)}]')


def direct_entry(op: Op, reply: Reply | None) -> str:
    """Return the entry of a bare body posted to a direct URL, which has no `id`."""
    return "{" + async_entry(op, reply).removeprefix('{"id":"",')


def _entry(op: Op, proc: str, ref: str, tail: str) -> str:
    given = op.id if op.id is not None else '""'
    return f'{{"id":{given},"proc":{proc},"obj":{quoted(op.obj)},"ref":{ref}{tail}}}'


def _fault(op: Op, result: Result | None) -> Fault:
    """Return why an op has no good result; a create whose task did not answer in time is such a one."""
    if op.fault is not None:
        return op.fault
    if result is None or not result.HasField("error"):
        return Fault(words_for("DEADLINE_EXCEEDED").description.format(type=op.type, obj=op.obj))
    return _refusal(op, reasons.read(result.error))


def _refusal(op: Op, refusal: reasons.Refusal) -> Fault:
    reason, key = refusal.reason, key_for(refusal)
    words = words_for(reason)
    if op.obj_id and (reason == "TASK_NOT_FOUND" or key == "obj_id"):
        return no_such_task(op)
    if op.obj_id and reason == "TASK_EXPIRED":
        return Fault(words.description, "obj_id_not_found")
    if reason == "ACCESS_DENIED" and refusal.facts.get("cause") == "company":
        return Fault(OTHER_COMPANY, words.code)
    if key:
        return Fault(f"{NOT_VALID}. {refusal.description}" if refusal.description else NOT_VALID, key=key)
    if reason == "WRONG_PARAMETERS" and refusal.description:
        return Fault(refusal.description, words.code)
    limit = refusal.facts.get("limit", "N")
    return Fault(words.description.format(limit=limit, type=op.type, obj=op.obj), words.code)


def _at_fault(fault: Fault) -> str:
    key = f',"key":{quoted(fault.key)}' if fault.key else ""
    return key + (f',"value":{fault.value}' if fault.value else "")


def _shown(task: Task) -> str:
    return (
        f',"obj_id":"{task.task_id}","task_id":"{task.task_id}","status":"{_STATES[task.state]}",'
        f'"user_id":{_login(task)},"create_time":{task.create_time.seconds},"change_time":{task.change_time.seconds},'
        f'"node_id":{quoted(task.node_id)},"node_prev_id":{quoted(task.previous_node_id)},'
        f'"data":{task.data_json or "{}"}'
    )


def _ref(task: Task) -> str:
    return quoted(task.ref) if task.ref else "null"


def _login(task: Task) -> str:
    """Return the number of the key that made the task; 0 stands for a direct URL."""
    return task.login if task.login.isascii() and task.login.isdigit() else "0"


def _milliseconds(instant: Timestamp) -> int:
    return instant.seconds * 1000 + instant.nanos // 1_000_000
