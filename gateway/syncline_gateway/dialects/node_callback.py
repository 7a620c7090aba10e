"""The vendor's URL of a node that waits for a callback: whoever knows it modifies the task that the body names.

The vendor shows what is posted there and what comes of it (page "Waiting for Callback logic"), but neither the path,
which is ours, nor the answers; so they are those of `callback`: 200 and `{}` with `Syncline-Callback` when the post was
taken, an error as JSON otherwise, `field` in it when a member of the body is at fault. What is done here besides:

- A synchronous node takes nothing for a task that does not wait in it: 409, with the documented
  `task_not_in_current_sync_callback_node` as the error. A post that is repeated after its task has moved on gets that.
- Another node's URL answers 200 for every task, as documented; for one that has ended nothing changes: `ignored`.
- A form is taken for an object of texts, the last of fields with one name; a body that begins like an object is one,
  whatever its content type says. The batches that Mandrill posts name no single task and are refused.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from syncline.v1.exchange_pb2 import Operation
from syncline.v1.task_calls_pb2 import SubmitNodeCallbackRequest
from syncline_gateway import reasons
from syncline_gateway.dialect import Call, HttpResponse
from syncline_gateway.dialects import callback
from syncline_gateway.jsontext import BadJson, checked_text, is_object, value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_gateway.dialect import HttpRequest, Reply

NOT_HERE = "task_not_in_current_sync_callback_node"
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 1000
"""Fields of a form."""

_HASH = re.compile(r"[0-9a-f]{32}").fullmatch
_NO_OBJECT = (400, "The body is no JSON object.")
_NO_TASK = (404, "No such task.")
_TABLE = {
    "INVALID_REQUEST": (400, "The body names no task."),
    "INVALID_JSON": _NO_OBJECT,
    "TASK_TOO_LARGE": (413, "The task's data would be over the limit."),
    "WRONG_PARAMETERS": (400, "The body does not keep to the parameters of the process."),
    "TASK_NOT_FOUND": _NO_TASK,
    "TASK_EXPIRED": _NO_TASK,
    "NODE_NOT_FOUND": (409, NOT_HERE),
}
"""Where the words differ from those of `callback`."""


class NodeCallback:
    """The dialect; it answers alike on both faces."""

    def decode(self, request: HttpRequest) -> Call | HttpResponse:
        """Return the call for `POST` or `PUT /api/1/plugins/callback/node/{process_id}/{node_id}/{hash}`."""
        process_id, node_id, url_hash = map(unquote, request.path.split("/")[-3:])
        if not _HASH(url_hash):
            return _refused("CALLBACK_NOT_FOUND")
        try:
            data = _object(request)
        except BadJson as bad:
            return callback.answer(400, str(bad))
        submit = SubmitNodeCallbackRequest(process_id=process_id, node_id=node_id, hash=url_hash, data_json=data)
        return Call(operations=[Operation(submit_node_callback=submit)], timeout=callback.SUBMIT_SECONDS)

    def encode(self, call: Call, replies: Sequence[Reply]) -> HttpResponse:
        """Return what became of the post."""
        result = replies[0].result
        if result is None:
            return self.away(call)
        if not result.HasField("error"):
            return callback.taken("accepted")
        refusal = reasons.read(result.error)
        return _refused(refusal.reason, refusal.field.removeprefix("data."), refusal.description)

    def away(self, _call: Call) -> HttpResponse:
        """Return 503."""
        return _refused("UNAVAILABLE")

    def refuse(self, status: int, message: str) -> HttpResponse:
        """Return the error as JSON."""
        return callback.answer(status, message)


def answer_for(reason: str) -> tuple[int, str]:
    """Return the status and the words for a reason; there is one pair for every reason."""
    return _TABLE.get(reason) or callback.answer_for(reason)


def _object(request: HttpRequest) -> str:
    """Return the body as the text of an object; raise `BadJson`."""
    text = checked_text(request.body)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == FORM and not text.lstrip().startswith("{"):
        return _of_form(text)
    part = value(text)
    if not is_object(part):
        raise BadJson(_NO_OBJECT[1])
    return part[0]


def _of_form(text: str) -> str:
    try:
        fields = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise BadJson("The form cannot be read.") from None
    return json.dumps(dict(fields), ensure_ascii=False)


def _refused(reason: str, field: str = "", description: str = "") -> HttpResponse:
    status, words = answer_for(reason)
    return callback.answer(status, description or words, **({"field": field} if field else {}))
