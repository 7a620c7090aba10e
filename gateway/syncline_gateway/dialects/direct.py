"""Direct URLs: tasks made by whoever knows a process's URL, without a key.

The body is either the new task's data, an object, or an ops envelope; it is taken for an envelope when every member of
its `ops` has `type` and `obj`. The first is answered with `ops` as one object, without `id`, the second like an
asynchronous request. The URL gives one right: to make tasks in its process. What else an envelope asks for is
`access_denied`, and so is everything, faulty ops too, when the hash is not the process's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from syncline.v1.exchange_pb2 import Credentials
from syncline_gateway.dialect import Call
from syncline_gateway.dialects import ops
from syncline_gateway.dialects.ops_plan import Plan
from syncline_gateway.dialects.ops_read import DENIED, Creating, Op, read_op
from syncline_gateway.dialects.ops_words import INCORRECT_BODY
from syncline_gateway.jsontext import BadJson, Members, checked_text, is_object, objects, quoted, read_object, value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_gateway.dialect import HttpRequest, HttpResponse, Reply
    from syncline_gateway.jsontext import Part

_CREATE: Part = ('"create"', "create")
_TASK: Part = ('"task"', "task")
_PROCESS_KEYS = ("conv_id", "processID", "obj_alias")


class Direct:
    """The dialect; it answers alike on both faces."""

    def decode(self, request: HttpRequest) -> Call | HttpResponse:
        """Return the call for `POST /api/{version}/json/public/{conv_id}/{hash}`."""
        process, url_hash = map(unquote, request.path.split("/")[-2:])
        try:
            text = checked_text(request.body)
            data = value(text)
            asked = _envelope(data)
        except BadJson:
            return ops.refuse(400, INCORRECT_BODY)
        if len(asked) > ops.MAX_OPS:
            return ops.refuse(400, f"Too many ops: {len(asked)}, at most {ops.MAX_OPS} in one request")
        bare = not asked
        if bare:
            if not is_object(data) and data[1] != []:
                return ops.refuse(400, INCORRECT_BODY)
            asked = [{"type": _CREATE, "obj": _TASK, "data": data}]
        plan = Plan([_read(members, process) for members in asked], synchronous=False, signed=False, bare=bare)
        operations = plan.first_turn()
        credentials = Credentials(direct_url_hash=url_hash)
        return Call(operations=operations, credentials=credentials, timeout=ops.ANSWER_SECONDS, context=plan)

    def encode(self, call: Call, replies: Sequence[Reply]) -> HttpResponse | Call:
        """Return the answer."""
        return ops.encode(call, replies)

    def away(self, call: Call) -> HttpResponse:
        """Return 503."""
        return cast("Plan", call.context).away()

    def refuse(self, status: int, message: str) -> HttpResponse:
        """Return the error as the one entry of an answer."""
        return ops.refuse(status, message)


def _envelope(data: Part) -> list[Members]:
    """Return the ops of a body; none when it is a task's data."""
    if not is_object(data):
        return []
    part = read_object(data[0]).get("ops")
    if part is None or part[0][0] not in "[{":
        return []
    try:
        asked, _ = objects(part[0], 0)
    except BadJson:
        return []
    return asked if all("type" in members and "obj" in members for members in asked) else []


def _read(members: Members, process: str) -> Op:
    if not any(members.get(key, ("", None))[1] is not None for key in _PROCESS_KEYS):
        members["conv_id"] = (quoted(process), process)
    op = read_op(members, Creating())
    if not op.is_create:
        op.operation, op.fault = None, DENIED
    return op
