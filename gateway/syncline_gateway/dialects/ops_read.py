"""Reads one op: which operation of the contract it asks for, or what is wrong with it.

Nothing here looks at more than one op. What an op is told without the server (a missing field, an unknown object) is a
`Fault`; whether the caller may do what it asks is for the server alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline.v1.exchange_pb2 import Operation
from syncline.v1.task_calls_pb2 import DeleteTaskRequest, GetTaskRequest, ModifyTaskRequest
from syncline.v1.task_pb2 import WaitUntil
from syncline_gateway.dialects.ops_words import BAD_OBJECT, NOT_VALID, UNDEFINED_REQUEST
from syncline_gateway.jsontext import is_number, is_object, is_string

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_gateway.jsontext import Members, Part

MAX_REF = 255
_NUMERIC = re.compile(r"[0-9]{1,20}\Z").match
_TASK_ID = re.compile(r"(?:[0-9a-fA-F]{24}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\Z").match
_NULL: Part = ("null", None)
# An answer may come after the end of the task: whatever the process left running elsewhere may still post it.
_UNTIL = WaitUntil.WAIT_UNTIL_ANSWER


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an op is refused."""

    description: str
    code: str = "error"
    key: str = ""
    """The member at fault; empty when it is no single one."""
    value: str = ""
    """The JSON text of that member; empty when it is missing."""


DENIED = Fault("access_denied", "access_denied")


@dataclass(slots=True)
class Creating:
    """How the tasks of a request are made: what differs between the two faces and direct URLs."""

    wait_nanos: int | None = None
    """How long to wait for the answer, in nanoseconds. None answers as soon as the task is on disk, gives it no
    callback, and holds its calls until that is answered."""
    headers_json: str = ""


@dataclass(slots=True)
class Op:
    """One op of a request."""

    type: str = ""
    obj: str = ""
    id: str | None = None
    """JSON text, as sent; None when it was not."""
    ref: str = "null"
    """JSON text, as sent."""
    obj_id: str = ""
    operation: Operation | None = None
    fault: Fault | None = None

    @property
    def is_create(self) -> bool:
        """Whether a task is to be made; an op that was refused counts by what it asked for."""
        return self.type == "create" and self.obj == "task"


class _Wrong(Exception):
    def __init__(self, fault: Fault) -> None:
        self.fault = fault


def read_op(members: Members, creating: Creating) -> Op:
    """Return the op; it has either an operation or a fault."""
    op = Op()
    sent = members.get("id")
    if sent is not None:
        op.id = sent[0]
    op.type, op.obj = _word(members, "type"), _word(members, "obj")
    op.ref = members.get("ref", _NULL)[0]
    try:
        if op.type == "create" and op.obj == "task":
            op.operation = _create(members, creating)
        else:
            _read_other(op, members)
    except _Wrong as wrong:
        op.fault = wrong.fault
    return op


def _read_other(op: Op, members: Members) -> None:
    reader = _READERS.get((op.type, op.obj))
    if reader is None:
        known = any(obj == op.obj for _, obj in _READERS)
        raise _Wrong(Fault(UNDEFINED_REQUEST if known else BAD_OBJECT))
    op.operation = reader(op, members)


def _create(members: Members, creating: Creating) -> Operation:
    operation = Operation()
    request = operation.create_task  # Filled in place: a message built from others costs a copy of each.
    request.process, request.ref, request.data_json = _process(members), _ref(members), _data(members)
    if creating.wait_nanos is None:
        request.without_callback = operation.hold_calls = True
    else:
        request.headers_json = creating.headers_json
        request.wait.until = _UNTIL
        request.wait.timeout.seconds, request.wait.timeout.nanos = divmod(creating.wait_nanos, 1_000_000_000)
    return operation


def _modify(op: Op, members: Members) -> Operation:
    task_id, process, ref = _which(op, members)
    request = ModifyTaskRequest(task_id=task_id, process=process, ref=ref, data_json=_data(members))
    return Operation(modify_task=request)


def _show(op: Op, members: Members) -> Operation:
    task_id, process, ref = _which(op, members)
    return Operation(get_task=GetTaskRequest(task_id=task_id, process=process, ref=ref))


def _delete(op: Op, members: Members) -> Operation:
    task_id, process, ref = _which(op, members)
    node = members.get("node_id", _NULL)
    if node[1] is not None and not is_string(node):
        raise _Wrong(Fault(NOT_VALID, key="node_id", value=node[0]))
    request = DeleteTaskRequest(task_id=task_id, process=process, ref=ref, node_id=str(node[1] or ""))
    return Operation(delete_task=request)


_READERS: dict[tuple[str, str], Callable[[Op, Members], Operation]] = {
    ("modify", "task"): _modify,
    ("show", "task"): _show,
    ("delete", "task"): _delete,
    # A history begins with its task, which says whose and of which process it is; its steps are asked for after that.
    ("list", "task_history"): _show,
}


def _word(members: Members, key: str) -> str:
    part = members.get(key, _NULL)
    return str(part[1]) if is_string(part) else ""


def _process(members: Members) -> str:
    """Return the process as the contract names it: by `conv_id`, its synonym `processID`, or an alias."""
    for key in ("conv_id", "processID"):
        part = members.get(key, _NULL)
        if part[1] is None:
            continue
        text = str(part[1])
        if (is_number(part) or is_string(part)) and (_NUMERIC(text) or (text[:1] == "@" and len(text) > 1)):
            return text
        raise _Wrong(Fault(NOT_VALID, key=key, value=part[0]))
    alias = members.get("obj_alias", _NULL)
    if alias[1] is None:
        raise _Wrong(_missing("conv_id"))
    name = str(alias[1]).removeprefix("@") if is_string(alias) else ""
    if not name:
        raise _Wrong(Fault(NOT_VALID, key="obj_alias", value=alias[0]))
    return "@" + name


def _ref(members: Members) -> str:
    part = members.get("ref", _NULL)
    if part[1] is None:
        return ""
    if not is_string(part) and not is_number(part):
        raise _Wrong(Fault(NOT_VALID, key="ref", value=part[0]))
    text = str(part[1])
    if not text:
        raise _Wrong(_size_fault("less than minimum allowed: 1", part))
    if len(text) > MAX_REF:
        raise _Wrong(_size_fault(f"more than maximum allowed: {MAX_REF}", part))
    return text


def _data(members: Members) -> str:
    part = members.get("data")
    if part is None:
        raise _Wrong(_missing("data"))
    if is_object(part):
        return part[0]
    if part[1] == []:
        return "{}"
    raise _Wrong(Fault(NOT_VALID, key="data", value=part[0]))


def _which(op: Op, members: Members) -> tuple[str, str, str]:
    """Return task id, process and ref of the task that the op is about; with an `obj_id` the others may be missing."""
    part = members.get("obj_id", _NULL)
    if part[1] is None:
        ref = _ref(members)
        if not ref:
            raise _Wrong(_missing("obj_id"))
        return "", _process(members), ref
    if not is_string(part):
        raise _Wrong(Fault(NOT_VALID, key="obj_id", value=part[0]))
    op.obj_id = str(part[1])
    if not _TASK_ID(op.obj_id):
        raise _Wrong(no_such_task(op))
    named = any(members.get(key, _NULL)[1] is not None for key in ("conv_id", "processID", "obj_alias"))
    return op.obj_id, _process(members) if named else "", ""


def no_such_task(op: Op) -> Fault:
    """Return the fault of an op whose `obj_id` names no task."""
    return Fault(f"Object task with id {op.obj_id} does not exist", "obj_id_not_found")


def _missing(key: str) -> Fault:
    return Fault(f"Key '{key}' is required", key=key)


def _size_fault(what: str, part: Part) -> Fault:
    return Fault(f"{NOT_VALID}. Value's byte_size is {what}", key="ref", value=part[0])
