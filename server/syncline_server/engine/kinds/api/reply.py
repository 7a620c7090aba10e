"""The API Call logic on its way back: what of a reply goes into the task, or which error it is.

Success is 200, 201 and 202 with a body that is a JSON object, whose members go into the task; a JSON array, which goes
under one name; an XML document, which becomes an object; or an image. An empty body is no JSON, so it is an error, but
for two cases: 202 under `rfc_format`, and HEAD, whose answers never have one.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.effects import CallFailure, CallReply
from syncline_server.engine.expressions.casts import WrongType
from syncline_server.engine.expressions.targets import WrongPlace
from syncline_server.engine.formats.conveyor import BadReply, result
from syncline_server.engine.formats.xml_reading import from_xml
from syncline_server.engine.formats.xml_text import XmlFault, is_xml
from syncline_server.engine.masking import hide, secrets_of
from syncline_server.engine.running.errors import (
    CALL_FAULTS,
    SOFTWARE,
    NodeError,
    overflow,
    take_error_link,
)
from syncline_server.engine.running.run import TooDeep, TooLarge

if TYPE_CHECKING:
    from syncline_server.engine.effects import HttpCall
    from syncline_server.engine.kinds.api.call import ApiCall
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit

_SUCCESS = frozenset({200, 201, 202})
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SHOWN = 1000
"""Characters of a reply that an error's description shows."""


def take_reply(
    run: Run, visit: Visit, api: ApiCall, call: HttpCall | None, reply: CallReply | CallFailure
) -> str | None:
    """Put a reply into the task; return the error link when it is no success, None when the node goes on."""
    try:
        if isinstance(reply, CallFailure):
            raise NodeError(*CALL_FAULTS[reply.fault])
        members = _kept(run, api, reply)
        if run.asked:
            return ""
        if api.debug_info:
            members = {**members, **_debug_members(call, reply)}
        if members:
            _put(run, visit, members)
    except NodeError as error:
        if run.asked:
            return ""
        if call is not None:
            error.description = hide(error.description, call.hidden)
        if isinstance(reply, CallReply):
            error.more["__conveyor_api_return_http_code__"] = reply.status
            if api.debug_info:
                error.more.update(_debug_members(call, reply))
        return take_error_link(run, visit, "api", api.error_to, error)
    return None


def _put(run: Run, visit: Visit, members: dict[str, object]) -> None:
    output = values.dumps(members)
    try:
        run.put(members, output)
    except TooLarge as error:
        raise overflow(error.size, run.process.limits.max_task_bytes) from None
    except TooDeep:
        raise NodeError(SOFTWARE, "api_no_valid_json", f"Nested deeper than {values.MAX_DEPTH} levels") from None
    visit.output = output


def _kept(run: Run, api: ApiCall, reply: CallReply) -> dict[str, object]:
    """Return the members that a reply adds to the task."""
    if reply.status not in _SUCCESS:
        raise NodeError(SOFTWARE, "api_bad_answer", f"Bad http status {reply.status}({_shown(reply)})")
    body = _body(api, reply)
    if api.members_as == "conveyor":
        return _op_result(run, body)
    if api.response is not None:
        return _customized(run, api, reply, body)
    if isinstance(body, dict):
        return body
    return {"__conveyor_api_array__" if isinstance(body, list) else "__conveyor_api_image__": body}


def _op_result(run: Run, body: object) -> dict[str, object]:
    try:
        return result(body, ref=run.task.ref, task_id=run.task.task_id)
    except BadReply as bad:
        raise NodeError(SOFTWARE, bad.tag, bad.description) from None


def _body(api: ApiCall, reply: CallReply) -> object:
    """Return a body's object or array, or the base64 text of an image."""
    if not reply.body.strip() and (api.method == "HEAD" or (api.rfc_format and reply.status == 202)):
        return {}
    if reply.headers.get("content-type", "").lower().startswith("image/"):
        return base64.b64encode(reply.body).decode()
    if is_xml(reply.headers.get("content-type", "")):
        return _xml_body(reply)
    try:
        # One level less than a task has, for the body may become a member of it.
        body = values.loads(reply.body.removeprefix(_BYTE_ORDER_MARK).decode(), values.MAX_DEPTH - 1)
    except ValueError:
        body = None
    if not isinstance(body, (dict, list)):
        raise NodeError(SOFTWARE, "api_no_valid_json", f"Not valid http result json({_shown(reply)})")
    return body


def _xml_body(reply: CallReply) -> object:
    try:
        return from_xml(reply.body, reply.headers.get("content-type", ""))
    except XmlFault as fault:
        raise NodeError(SOFTWARE, "api_no_valid_json", f"Not valid http result xml: {fault}") from None


def _customized(run: Run, api: ApiCall, reply: CallReply, body: object) -> dict[str, object]:
    scope = run.beside({"header": dict(reply.headers), "body": body})
    data = dict(run.data)
    names = []
    for assignment in api.response or ():
        value = assignment.value(scope)
        if scope.room < 0 or run.room < 0:
            break
        try:
            names.append(assignment.target.put(run, data, value))
        except WrongPlace as wrong:
            description = WrongType(value, wrong.wanted).describe(assignment.target.describe(run), secrets_of(run))
            raise NodeError(SOFTWARE, "api_wrong_convert_param", description) from None
    if scope.room < 0 or run.room < 0:
        limit = run.process.limits.max_task_bytes
        raise overflow(limit - min(scope.room, run.room), limit)
    return {name: data[name] for name in names}


def _debug_members(call: HttpCall | None, reply: CallReply) -> dict[str, object]:
    sent = call.body if call is not None and call.body is not None else ""
    return {
        "__conveyor_api_debug__": {
            "http_exec_time": round(reply.milliseconds, 3),
            "http_req_body_size": values.byte_size(sent),
            "http_res_code": reply.status,
            "http_res_body_size": len(reply.body),
        }
    }


def _shown(reply: CallReply) -> str:
    return reply.body[: _SHOWN * 4].decode(errors="replace")[:_SHOWN]
