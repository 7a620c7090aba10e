"""What one ops request asks for, op by op, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from syncline.v1.access_service_pb2 import CheckCredentialsRequest
from syncline.v1.exchange_pb2 import Operation
from syncline.v1.step_service_pb2 import ListStepsRequest
from syncline.v1.task_pb2 import Task
from syncline_gateway import reasons
from syncline_gateway.dialect import HttpResponse
from syncline_gateway.dialects.ops_answer import (
    async_entry,
    bare_error,
    direct_entry,
    envelope,
    history_entry,
    sync_entry,
    task_made,
    visit,
)
from syncline_gateway.dialects.ops_read import DENIED, Fault, Op
from syncline_gateway.dialects.ops_words import BAD_SIGNATURE, words_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline.v1.exchange_pb2 import Credentials
    from syncline_gateway.dialect import Reply

JSON = {"Content-Type": "application/json; charset=utf-8"}
AWAY_HEADERS = {**JSON, "Retry-After": "1"}
HANDLE = "Syncline-Task-Id"
MAX_HANDLES = 64
"""With more ops the header would pass the 8 KiB that common clients take."""
_PAGE = 1000
_NOT_KNOWN = ("NO_CREDENTIALS", "BAD_CREDENTIALS")


@dataclass(slots=True)
class _History:
    """A task's history, read page by page; kept as text, so that the steps' data are not."""

    task: Task
    visits: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """The ops of a request, and what has been answered so far."""

    ops: list[Op]
    synchronous: bool
    signed: bool = True
    """By an API key; else the URL itself was the right to ask."""
    bare: bool = False
    """The body was the task's data, not ops: the answer's `ops` is an object."""
    credentials: Credentials | None = None
    """Kept only where something has to be asked in a second turn."""
    replies: dict[int, Reply] = field(default_factory=dict)
    """The last reply to each op that was asked of the server, by its position."""
    _asked: list[int] = field(default_factory=list)
    _checked: Reply | None = None
    """Whether the caller is known, where no op asks the server for anything."""
    _histories: dict[int, _History] = field(default_factory=dict)

    def first_turn(self) -> list[Operation]:
        """Return what to ask first: at the least who asks, for that comes before what is wrong with an op."""
        operations = []
        for index, op in enumerate(self.ops):
            if op.operation is not None:
                self._asked.append(index)
                operations.append(op.operation)
                op.operation = None
        return operations or [Operation(check_credentials=CheckCredentialsRequest())]

    def next_turn(self, replies: Sequence[Reply]) -> list[Operation]:
        """Take the replies to the last turn and return what to ask next; empty when nothing is left to ask."""
        asked, self._asked = self._asked, []
        if not asked:
            (self._checked,) = replies
            return []
        operations = []
        for index, reply in zip(asked, replies, strict=True):
            self.replies[index] = reply
            op = self.ops[index]
            following = self._read_history(index, reply) if op.obj == "task_history" else None
            if following is not None:
                self._asked.append(index)
                operations.append(following)
        return operations

    def response(self) -> HttpResponse:
        """Return the answer, once nothing is left to ask."""
        replies = [*self.replies.values()] if self._checked is None else [self._checked]
        refused = {reason for reply in replies if (reason := _refused(reply))}
        if not refused.isdisjoint(_NOT_KNOWN):
            if self.signed:
                return self._bad_signature()
            self._deny(everything=refused.issubset(_NOT_KNOWN) and not self._has_result())
        elif self._checked is not None and not _is_known(self._checked):
            return self.away()
        if any(words_for(reason).status == 503 for reason in refused) and not self._has_result():
            return self.away()
        many = len(self.ops) > MAX_HANDLES
        entries = [self._entry(index, op, with_task=many) for index, op in enumerate(self.ops)]
        return HttpResponse(body=envelope(entries, single=self.bare), headers=self._with_handles(JSON))

    def away(self) -> HttpResponse:
        """Return the answer while the server is away, with the handles of tasks that were made all the same."""
        words = words_for("UNAVAILABLE")
        body = envelope([bare_error(words.description)], single=self.bare)
        return HttpResponse(status=words.status, body=body, headers=self._with_handles(AWAY_HEADERS))

    def _entry(self, index: int, op: Op, *, with_task: bool) -> str:
        reply = self.replies.get(index)
        if self.synchronous and op.is_create:
            return sync_entry(op, reply, with_task=with_task)
        if self.bare:
            return direct_entry(op, reply)
        history = self._histories.get(index)
        if history is not None and reply is not None and reply.result is not None and not _refused(reply):
            return history_entry(op, history.task, history.visits)
        return async_entry(op, reply)

    def _bad_signature(self) -> HttpResponse:
        """Return one entry for all, as documented; asynchronous clients find `id` and `ref` in any entry."""
        if self.synchronous:
            entry = bare_error(BAD_SIGNATURE)
        else:
            entry = async_entry(Op(obj=self.ops[0].obj, fault=Fault(BAD_SIGNATURE)), None)
        return HttpResponse(body=envelope([entry]), headers=JSON)

    def _deny(self, *, everything: bool) -> None:
        """Say of the ops, or of those that the server says it of, that the URL gives no right."""
        for index, op in enumerate(self.ops):
            if everything or (index in self.replies and _refused(self.replies[index]) in _NOT_KNOWN):
                op.fault = DENIED

    def _with_handles(self, headers: dict[str, str]) -> dict[str, str]:
        if len(self.ops) > MAX_HANDLES:
            return headers
        made = {index: task_id for index, reply in self.replies.items() if (task_id := task_made(reply))}
        if not made:
            return headers
        return {**headers, HANDLE: ",".join(made.get(index, "-") for index in range(len(self.ops)))}

    def _has_result(self) -> bool:
        return any(reply.result is not None and not _refused(reply) for reply in self.replies.values())

    def _read_history(self, index: int, reply: Reply) -> Operation | None:
        result = reply.result
        if result is None or result.HasField("error"):
            return None
        token = ""
        if result.HasField("get_task"):
            task = Task()
            task.CopyFrom(result.get_task.task)
            task.ClearField("data_json")
            self._histories[index] = _History(task)
        else:
            history = self._histories[index]
            history.visits.extend(visit(history.task, step) for step in result.list_steps.steps)
            token = result.list_steps.next_page_token
            if not token:
                return None
        task_id = self._histories[index].task.task_id
        return Operation(list_steps=ListStepsRequest(task_id=task_id, page_size=_PAGE, page_token=token))


def _refused(reply: Reply) -> str:
    """Return the reason of a reply's error; empty when it is none."""
    if reply.result is None or not reply.result.HasField("error"):
        return ""
    return reasons.read(reply.result.error).reason


def _is_known(checked: Reply) -> bool:
    """Tell whether the server found out who asks; a key over its limit is known as well."""
    result = checked.result
    return result is not None and (result.HasField("check_credentials") or _refused(checked) == "RATE_LIMITED")
