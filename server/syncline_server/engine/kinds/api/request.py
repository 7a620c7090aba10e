"""The API Call logic on its way out: what goes into the request, and the token that waits for its answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.effects import HttpCall
from syncline_server.engine.expressions.casts import WrongType
from syncline_server.engine.expressions.http_text import form, is_header, with_query
from syncline_server.engine.expressions.scope import text
from syncline_server.engine.formats.conveyor import request_body
from syncline_server.engine.formats.pem import BadPem, read_pem
from syncline_server.engine.formats.signing import system_parameters
from syncline_server.engine.formats.xml_text import TooMuchXml, XmlFault
from syncline_server.engine.formats.xml_writing import to_xml
from syncline_server.engine.masking import secrets_of
from syncline_server.engine.records import builder
from syncline_server.engine.running.errors import (
    HARDWARE,
    SOFTWARE,
    NodeError,
    bind_error,
    overflow,
    take_error_link,
)
from syncline_server.engine.running.timers import park
from syncline_server.engine.task import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.kinds.api.call import ApiCall
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit

_new_call = builder(HttpCall)
_WEB_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def send(run: Run, visit: Visit, api: ApiCall) -> str:
    """Ask for the call and let the token wait for it; return the error link when it can't be made."""
    run.use = "api_call"
    try:
        call = _render(run, visit, api)
        run.use = ""
    except NodeError as error:
        if run.asked:
            return ""
        # Without room everything rendered as nothing, which is what the error at hand complains of.
        return take_error_link(run, visit, "api", api.error_to, _overflow(run) if run.room < 0 else error)
    if not run.asked and park(run, visit, Waiting.CALL, call):
        run.effects.append(call)
    return ""


def _render(run: Run, visit: Visit, api: ApiCall) -> HttpCall:
    url = api.url.render(run)
    headers = api.fixed_headers if api.fixed_headers is not None else _headers(run, api)
    body = None
    if api.raw is not None:
        body = api.raw(run)
        if not body and api.members_as == "query":
            body = None
    elif api.members_as == "query":
        url = with_query(url, _pairs(run, api))
    else:
        body = _BODIES[api.members_as](run, api)
    if run.room < 0:
        raise _overflow(run)
    if not _WEB_ADDRESS.match(url):
        raise NodeError(SOFTWARE, "api_bad_answer", "no_scheme")
    if api.sends_system_parameters:
        url = with_query(url, _signed(run, api, body))
    return _new_call(
        step=visit.step,
        node_id=visit.node.id,
        method=api.method,
        url=url,
        headers=headers,
        body=body,
        max_threads=api.max_threads,
        certificate=_certificate(run, api) if api.certificate is not None else "",
        hidden=tuple(sorted(run.hidden)) if run.hidden else (),
    )


def _signed(run: Run, api: ApiCall, body: str | None) -> list[tuple[str, str]]:
    secret = "" if api.secret is None else api.secret.text(run)
    process_id, seconds = run.task.process_id, run.now // 1000
    return system_parameters(process_id=process_id, seconds=seconds, secret=secret, body=body)


def _certificate(run: Run, api: ApiCall) -> str:
    pem = api.certificate.text(run) if api.certificate is not None else ""
    if not run.asked:
        try:
            read_pem(pem)
        except BadPem as bad:
            raise NodeError(HARDWARE, "api_bind_error", f"cert_pem: {bad}") from None
    return pem


def _conveyor_body(run: Run, api: ApiCall) -> str:
    body = request_body(
        ref=run.task.ref,
        task_id=run.task.task_id,
        process_id=run.task.process_id,
        node_id=run.node_id,
        data=run.data,
        extra=_json_body(run, api),
    )
    run.spend(len(body))
    return body


def _headers(run: Run, api: ApiCall) -> tuple[tuple[str, str], ...]:
    headers = tuple((name.text(run), value.text(run)) for name, value in api.headers)
    if not all(is_header(name, value) for name, value in headers):
        raise bind_error()
    return headers


def _json_body(run: Run, api: ApiCall) -> str:
    pieces = []
    for member in api.members:
        name = member.json_name or values.dumps(member.name.text(run)) + ":"
        try:
            piece = member.json(run)
        except WrongType as wrong:
            raise _wrong_type(run, wrong, member.name.text(run)) from None
        pieces.append(name + piece)
    return "{" + ",".join(pieces) + "}"


def _xml_body(run: Run, api: ApiCall) -> str:
    members = {}
    for member in api.members:
        try:
            members[member.name.text(run)] = member.value(run)
        except WrongType as wrong:
            raise _wrong_type(run, wrong, member.name.text(run)) from None
    if run.asked:
        return ""
    try:
        body = to_xml(members, run.process.limits.max_task_bytes)
    except TooMuchXml:
        run.room = -1
        raise _overflow(run) from None
    except XmlFault as fault:
        raise NodeError(HARDWARE, "api_bind_error", f"Error bind params to http query: {fault}") from None
    run.spend(len(body))
    return body


def _pairs(run: Run, api: ApiCall) -> list[tuple[str, str]]:
    pairs = []
    for member in api.members:
        try:
            pairs.append((member.name.text(run), text(member.value(run))))
        except WrongType as wrong:
            raise _wrong_type(run, wrong, member.name.text(run)) from None
    return pairs


def _form_body(run: Run, api: ApiCall) -> str:
    return form(_pairs(run, api))


_BODIES: dict[str, Callable[[Run, ApiCall], str]] = {
    "json": _json_body,
    "form": _form_body,
    "xml": _xml_body,
    "conveyor": _conveyor_body,
}
"""How members become a body."""


def _overflow(run: Run) -> NodeError:
    limit = run.process.limits.max_task_bytes
    return overflow(limit - run.room, limit)


def _wrong_type(run: Run, wrong: WrongType, name: str) -> NodeError:
    return NodeError(SOFTWARE, "api_wrong_convert_param", wrong.describe(name, secrets_of(run)))
