"""`api`: sends an HTTP request and takes its answer into the task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from syncline_server.engine import values
from syncline_server.engine.kinds.api.reply import take_reply
from syncline_server.engine.kinds.api.request import send
from syncline_server.engine.kinds.logic import Waits
from syncline_server.engine.masking import hide

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.effects import Call, CallFailure, CallReply, HttpCall, News
    from syncline_server.engine.expressions.http_text import UrlTemplate
    from syncline_server.engine.expressions.scope import Scope
    from syncline_server.engine.expressions.template import Template
    from syncline_server.engine.kinds.set_param import Assignment
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit


@dataclass(frozen=True, slots=True)
class Member:
    """One parameter of a request."""

    name: Template
    json_name: str | None
    """`"name":` as it begins a member of a JSON object; None when the name holds references."""
    value: Callable[[Scope], object]
    json: Callable[[Scope], str]
    """The value as JSON text. Both may raise `WrongType`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall(Waits):
    """Sends an HTTP request and takes its answer into the task."""

    method: str
    url: UrlTemplate
    headers: tuple[tuple[Template, Template], ...]
    fixed_headers: tuple[tuple[str, str], ...] | None
    """All of the headers when no reference is in them."""
    members: tuple[Member, ...]
    raw: Callable[[Scope], str] | None
    """The body as text; None when it is made of the members."""
    members_as: str
    """Where the members go: `query`, `json`, `form`, `xml`, or `conveyor` for the vendor's own envelope."""
    body_is_json: bool
    """Whether a body is sure to be JSON text."""
    max_threads: int
    sends_system_parameters: bool
    secret: Template | None
    """What the call is signed with; None for no signature."""
    certificate: Template | None
    """PEM of a client certificate and its key."""
    debug_info: bool
    rfc_format: bool
    response: tuple[Assignment, ...] | None
    """What of the answer is kept; None for all of it."""
    error_to: str

    def run(self, run: Run, visit: Visit) -> str:
        return send(run, visit, self)

    def resume(self, run: Run, visit: Visit, news: News) -> str | None:
        call = None if visit.token is None else visit.token.call
        return take_reply(run, visit, self, cast("HttpCall | None", call), cast("CallReply | CallFailure", news))

    def describe(self, call: Call) -> str:
        request = cast("HttpCall", call)
        described = f'{{"method":"{request.method}","url":{values.dumps(hide(request.url, request.hidden))}'
        if request.body is not None:
            body = hide(request.body, request.hidden)
            is_json = self.body_is_json and (body == request.body or _is_json(body))
            described += f',"body":{body if is_json else values.dumps(body)}'
        return described + "}"


def _is_json(source: str) -> bool:
    try:
        values.loads(source, values.MAX_DEPTH + 1)
    except values.JsonFault:
        return False
    return True
