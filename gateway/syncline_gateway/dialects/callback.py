"""The vendor's callback URL: whoever knows it posts a task's answer, any JSON, once.

The first answer stands. A repeat and a different one are both answered 200 `{}`, because whatever the answer holds is
merged into the task that posted; `Syncline-Callback` says which it was: `accepted`, `repeated` or `ignored`. The query
means nothing: senders append to it. A body that is not JSON is refused, an empty one too: the caller who waits would
get nothing, and the poster can still mend it. When the server cannot take it on now the answer is 503: a poster may
safely repeat it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from syncline.v1.exchange_pb2 import Operation
from syncline.v1.task_calls_pb2 import SubmitCallbackRequest
from syncline_gateway import reasons
from syncline_gateway.dialect import Call, HttpResponse
from syncline_gateway.jsontext import BadJson, checked_text, value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_gateway.dialect import HttpRequest, Reply

SUBMIT_SECONDS = 30.0
_CALLBACK_ID = re.compile(r"[0-9A-Za-z_-]{1,128}\Z").match
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_UNKNOWN = (404, "No such callback.")
_INTERNAL = (500, "A fault of this server.")
_AWAY = (503, "The server is not available; try again later.")
_TABLE = {
    "INVALID_REQUEST": _UNKNOWN,
    "INVALID_JSON": (400, "The body is not JSON."),
    "TASK_TOO_LARGE": (413, "The answer is over the limit."),
    "NO_CREDENTIALS": _INTERNAL,
    "BAD_CREDENTIALS": _UNKNOWN,
    "ACCESS_DENIED": _UNKNOWN,
    "PROCESS_NOT_FOUND": _UNKNOWN,
    "PROCESS_NOT_ACTIVE": (409, "The process is paused."),
    "PROCESS_FAULTY": _INTERNAL,
    "TASK_NOT_FOUND": _UNKNOWN,
    "TASK_EXPIRED": _UNKNOWN,
    "TASK_FINISHED": (200, "ignored"),
    "REF_NOT_UNIQUE": _INTERNAL,
    "CALLBACK_NOT_FOUND": _UNKNOWN,
    "ALREADY_ANSWERED": (200, "ignored"),
    "NODE_NOT_FOUND": _INTERNAL,
    "RATE_LIMITED": (429, "Too many requests."),
    "OVERLOADED": _AWAY,
    "UNAVAILABLE": _AWAY,
    "STORE_FAILED": (503, "The answer could not be kept; try again later."),
    "KEY_NOT_FOUND": _INTERNAL,
    "COMPANY_NOT_FOUND": _INTERNAL,
    "ALIAS_TAKEN": _INTERNAL,
    "REQUEST_ID_REUSED": _INTERNAL,
    "UNIMPLEMENTED": _INTERNAL,
    "DEADLINE_EXCEEDED": _AWAY,
    "CANCELLED": _AWAY,
    "INTERNAL": _INTERNAL,
    # The rest comes up in other faces and calls alone.
    "ROUTE_NOT_FOUND": _INTERNAL,
    "METHOD_NOT_ALLOWED": _INTERNAL,
    "NOT_ACCEPTABLE": _INTERNAL,
    "UNSUPPORTED_MEDIA_TYPE": _INTERNAL,
    "BODY_TOO_LARGE": _INTERNAL,
    "BODY_TIMEOUT": _INTERNAL,
    "TOKEN_NOT_FOUND": _INTERNAL,
    "TOO_MANY_TOKENS": _INTERNAL,
    "ENV_VAR_NOT_FOUND": _INTERNAL,
    "ENV_VAR_EXISTS": _INTERNAL,
    "INSTANCE_NOT_FOUND": _INTERNAL,
    "WRONG_PARAMETERS": _INTERNAL,
}


class Callback:
    """The dialect; it answers alike on both faces."""

    def decode(self, request: HttpRequest) -> Call | HttpResponse:
        """Return the call for `POST` or `PUT /api/1/plugins/callback/{id}`."""
        callback_id = request.path.rpartition("/")[2]
        if not _CALLBACK_ID(callback_id):
            return answer(*_UNKNOWN)
        try:
            text, _ = value(checked_text(request.body))
        except BadJson as bad:
            return answer(400, str(bad))
        submit = SubmitCallbackRequest(callback_id=callback_id, data_json=text)
        return Call(operations=[Operation(submit_callback=submit)], timeout=SUBMIT_SECONDS)

    def encode(self, call: Call, replies: Sequence[Reply]) -> HttpResponse:
        """Return what became of the answer."""
        result = replies[0].result
        if result is None:
            return self.away(call)
        if result.HasField("error"):
            return answer(*answer_for(reasons.read(result.error).reason))
        return taken("repeated" if result.submit_callback.repeated else "accepted")

    def away(self, _call: Call) -> HttpResponse:
        """Return 503."""
        return answer(*_AWAY)

    def refuse(self, status: int, message: str) -> HttpResponse:
        """Return the error as JSON."""
        return answer(status, message)


def answer_for(reason: str) -> tuple[int, str]:
    """Return the status and the words for a reason; there is one pair for every reason."""
    return _TABLE[reason]


def taken(how: str) -> HttpResponse:
    """Return the answer to what was taken, or may be taken for that: `accepted`, `repeated` or `ignored`."""
    return HttpResponse(body=b"{}", headers={**_JSON, "Syncline-Callback": how})


def answer(status: int, message: str, **more: str) -> HttpResponse:
    """Return an error with these words and members; with status 200 what was taken after all."""
    if status == 200:
        return taken(message)
    headers = {**_JSON, "Retry-After": "1"} if status in (429, 503) else _JSON
    return HttpResponse(status=status, body=json.dumps({"error": message, **more}).encode(), headers=headers)
