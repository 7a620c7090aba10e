"""The ops protocol of Corezoid and Mambu clients: signed batches of operations on tasks.

What the vendor leaves open, and what is done here:

- `timeout` counts on the synchronous face only. The timeout answer goes out a little before the time is over.
- A task made on the synchronous face gets `__headers`: the caller's headers, names in lower case, without those that
  are rights (`authorization`, `cookie` and their like) or belong to the connection. When they would take more than
  256 KiB in all the tasks of one request they are left out, and `__headers` is `{}`.
- An error entry of a field at fault names it in `key`, with `value` as sent.
- `obj_id` alone finds a task: `conv_id` is checked when it comes along. `delete` needs no `node_id`; with one, the task
  is deleted only while it is there. Deleted by `ref`, the answer has no `obj_id`.
- An `obj_id` that is no task id at all is `obj_id_not_found`.
- `list` of `task_history` gives every visit of a node, oldest first, however many there are.
- Data that does not keep to what its process declares about parameters is `error`, with `Param: …, Error: …` as the
  description, where the vendor documents those words for nodes only.
- The API Call node signs in the query: `POST /api/{version}/json/{login}?conv_signature=…&conv_time=…`, with the same
  formula. `conv_id` there is the process that calls, and means nothing here. What is missing is signed as empty text.
- `ops` without a single op is an incorrect body, because `ops: []` in an answer crashes a client.
- `Bad signature` is one entry for the whole request; on the asynchronous face it holds `id`, `obj` and `ref` as well.
- Who asks is found out first: an op that is wrong by itself is told so only when the signature is right.
- A request that the server cannot take on now is answered 503 as a whole, unless one of its ops was done.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, unquote

from syncline.v1.exchange_pb2 import Credentials
from syncline_gateway.dialect import Call, HttpResponse
from syncline_gateway.dialects.ops_answer import bare_error, envelope
from syncline_gateway.dialects.ops_plan import AWAY_HEADERS, JSON, Plan
from syncline_gateway.dialects.ops_read import Creating, read_op
from syncline_gateway.dialects.ops_words import AWAY, INCORRECT_BODY
from syncline_gateway.jsontext import (
    BadJson,
    Members,
    checked_text,
    is_number,
    is_string,
    objects,
    quoted,
    read_object,
    scan,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncline_gateway.dialect import HttpRequest, Reply
    from syncline_gateway.jsontext import Part

MAX_OPS = 1000
DEFAULT_WAIT_SECONDS = 60.0
ANSWER_SECONDS = 30.0
"""How long an asynchronous op may take; it waits for nothing but the disk."""
_EARLY_SECONDS, _EARLY_SHARE = 0.25, 0.05
_MAX_HEADERS_BYTES = 256 * 1024
_RIGHTS = {
    "authorization", "proxy-authorization", "cookie", "cookie2", "x-api-key", "api-key", "x-auth-token",
    "x-amz-security-token",
}  # fmt: skip
_CONNECTION = {
    "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect",
}  # fmt: skip
_UNSEEN_HEADERS = frozenset(_RIGHTS | _CONNECTION)
_SECONDS = re.compile(r"\s*\+?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*\Z|-0(?:\.0*)?\Z").match


class Ops:
    """The dialect; one for both faces, told apart by the request."""

    def __init__(self, *, max_wait: float = 300.0) -> None:
        self._max_wait = max_wait

    def decode(self, request: HttpRequest) -> Call | HttpResponse:
        """Return the call for `POST /api/{version}/json/{login}/{timestamp}/{signature}`, or as a node signs it."""
        try:
            body = read_object(checked_text(request.body), _READERS)
            asked = asked_ops(body)
            timeout = wait_seconds(body.get("timeout"), self._max_wait) if request.synchronous else ANSWER_SECONDS
        except BadJson:
            return refuse(400, INCORRECT_BODY)
        if len(asked) > MAX_OPS:
            return refuse(400, f"Too many ops: {len(asked)}, at most {MAX_OPS} in one request")
        creating = _waiting(timeout, request.headers, len(asked)) if request.synchronous else Creating()
        plan = Plan([read_op(members, creating) for members in asked], request.synchronous)
        operations = plan.first_turn()
        credentials = _signed(request)
        if any(op.obj == "task_history" for op in plan.ops):
            plan.credentials = credentials
        return Call(operations=operations, credentials=credentials, timeout=timeout, context=plan)

    def encode(self, call: Call, replies: Sequence[Reply]) -> HttpResponse | Call:
        """Return the answer, or the next turn of a request that reads histories."""
        return encode(call, replies)

    def away(self, call: Call) -> HttpResponse:
        """Return 503."""
        return cast("Plan", call.context).away()

    def refuse(self, status: int, message: str) -> HttpResponse:
        """Return the error as the one entry of an answer."""
        return refuse(status, message)


def encode(call: Call, replies: Sequence[Reply]) -> HttpResponse | Call:
    """Return the answer to a plan's call, or its next turn."""
    plan = cast("Plan", call.context)
    operations = plan.next_turn(replies)
    if operations:
        return Call(operations=operations, credentials=plan.credentials, timeout=call.timeout, context=plan)
    return plan.response()


def refuse(status: int, message: str) -> HttpResponse:
    """Return an error of the request as a whole."""
    away = status == 503
    body = envelope([bare_error(AWAY if away else message)])
    return HttpResponse(status=status, body=body, headers=AWAY_HEADERS if away else JSON)


def asked_ops(body: Members) -> list[Members]:
    """Return the ops of a body, or raise `BadJson`."""
    part = body.get("ops")
    if part is None or not part[1]:
        raise BadJson("The body has no ops.")
    return cast("list[Members]", part[1])


def _read_ops(text: str, at: int) -> tuple[list[Members] | None, int]:
    """Read the ops; None is for what is JSON and no ops, because another member of that name may follow."""
    try:
        return objects(text, at)
    except BadJson:
        return None, scan(text, at)[1]


_READERS = {"ops": _read_ops}


def wait_seconds(part: Part | None, ceiling: float) -> float:
    """Return how long a synchronous caller stays, or raise `BadJson`.

    It is a bit less than the caller said, so that one who gives up at that very second still gets the answer.
    """
    if part is None or part[1] is None:
        seconds = DEFAULT_WAIT_SECONDS
    elif (is_number(part) or is_string(part)) and _SECONDS(str(part[1])):
        seconds = float(str(part[1]))
    else:
        raise BadJson("The timeout is no number of seconds.")
    seconds = min(seconds, ceiling)
    return seconds - min(_EARLY_SECONDS, seconds * _EARLY_SHARE)


def _signed(request: HttpRequest) -> Credentials:
    parts = request.path.partition("/json/")[2].split("/")
    if "%" in request.path:
        parts = [unquote(part) for part in parts]
    if len(parts) == 1:
        members = dict(parse_qsl(request.query))
        parts += [members.get("conv_time", ""), members.get("conv_signature", "")]
    credentials = Credentials()
    signed = credentials.signed
    signed.login, signed.timestamp, signed.signature = parts
    signed.body = request.body
    return credentials


def _waiting(timeout: float, headers: Mapping[str, str], count: int) -> Creating:
    # A name is a token, so it needs no escapes.
    shown = [f'"{name}":{quoted(text)}' for name, text in headers.items() if name not in _UNSEEN_HEADERS]
    headers_json = f"{{{','.join(shown)}}}"
    if len(headers_json) * count > _MAX_HEADERS_BYTES:
        headers_json = "{}"
    return Creating(round(timeout * 1_000_000_000), headers_json)
