"""Callback ids and what a posted answer is worth: the same rules for a post from outside and for a task's own call.

An id is the task's id (24 hex digits) and its secret (32): knowing it *is* the right to answer.
"""

from __future__ import annotations

import hmac
import logging
import re
from typing import TYPE_CHECKING

from syncline_server.engine import Answered, CallReply, CallReturned, OutcomeKind, values
from syncline_server.errors import AlreadyAnswered, CallbackNotFound, InvalidJson

if TYPE_CHECKING:
    from syncline_server.engine import Event, HttpCall, Task

log = logging.getLogger(__name__)

PATH = "/api/1/plugins/callback/"
"""The vendor's path (Sync API page); the id follows it."""
ID_DIGITS = 24
SECRET_DIGITS = 32
_HEX = frozenset("0123456789abcdef")
_ID_IN_URL = re.compile(rf"([0-9a-f]{{{ID_DIGITS + SECRET_DIGITS}}})(?:[?#]|\Z)")
METHODS = frozenset({"POST", "PUT"})


def _reply(status: int, body: bytes) -> CallReply:
    return CallReply(status=status, headers={"content-type": "application/json"}, body=body)


TAKEN = _reply(200, b"{}")
NOT_JSON = _reply(400, b'{"error":"The body is not JSON."}')
UNKNOWN = _reply(404, b'{"error":"No such callback."}')
NOT_POST = _reply(405, b'{"error":"Only POST and PUT answer a task."}')
"""What a task's call to a callback URL of this server gets, without leaving it."""


def split_id(callback_id: str) -> tuple[str, str]:
    """Return a callback id's task id and secret; raise `CallbackNotFound` when it is malformed."""
    if len(callback_id) != ID_DIGITS + SECRET_DIGITS or not _HEX.issuperset(callback_id):
        raise CallbackNotFound(field="callback_id")
    return callback_id[:ID_DIGITS], callback_id[ID_DIGITS:]


def check_secret(task: Task, secret: str) -> None:
    """Raise `CallbackNotFound` unless the secret is the task's."""
    right = task.callback_secret
    if not hmac.compare_digest(right.encode(), secret.encode()) or not right:
        raise CallbackNotFound(field="callback_id")


def check_json(text: str) -> None:
    """Raise `InvalidJson` unless the text is an answer that can be handed on."""
    try:
        values.loads(text)
    except values.JsonFault as fault:
        raise InvalidJson(f"Not taken: {fault}.", field="data") from None


def is_answered(task: Task) -> bool:
    """Tell whether the first answer has been taken."""
    return task.outcome is not None and task.outcome.kind is OutcomeKind.ANSWERED


def check_repeat(task: Task, text: str) -> None:
    """Raise `AlreadyAnswered` unless the answer that the task has is the same JSON as the text."""
    first = task.outcome.data if task.outcome is not None else ""
    if text != first and not values.equal(values.loads(text), values.loads(first)):
        log.warning("callback.ignored", extra={"facts": {"task": task.task_id}})
        raise AlreadyAnswered(task_id=task.task_id)


def inside(url: str) -> str:
    """Return the callback id of a URL in the vendor's form, or "" for any other URL. The query does not matter."""
    start = url.find(PATH)
    if start < 0:
        return ""
    name = _ID_IN_URL.match(url, start + len(PATH))
    return "" if name is None else name[1]


def is_own(task: Task, call: HttpCall) -> bool:
    """Tell whether a call goes to the task's own callback URL, on whatever host this server was known by."""
    return bool(task.callback_secret) and inside(call.url) == task.task_id + task.callback_secret


def deliver(task: Task, call: HttpCall) -> tuple[Event, ...]:
    """Return the events that a task's call to its own callback URL comes to."""
    if call.method not in METHODS:
        return (CallReturned(call.step, NOT_POST),)
    text = call.body or ""
    try:
        check_json(text)
        if is_answered(task):
            check_repeat(task, text)
            return (CallReturned(call.step, TAKEN),)
    except InvalidJson:
        return (CallReturned(call.step, NOT_JSON),)
    except AlreadyAnswered:
        return (CallReturned(call.step, TAKEN),)
    return (Answered(text), CallReturned(call.step, TAKEN))
