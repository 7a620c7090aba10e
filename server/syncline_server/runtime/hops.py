"""What goes out for one call: the first request, and the ones that redirects make of it. Pure.

Rule 1: what the author set goes to the origin that the author named. Elsewhere only harmless headers follow, because an
API key can have any header's name.
Rule 2: headers that frame the message or belong to the connection are not the author's to set.
"""

from __future__ import annotations

import base64
import re
import string
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from yarl import URL

from syncline_server.engine.effects import CallFault

if TYPE_CHECKING:
    from syncline_server.engine.effects import HttpCall
    from syncline_server.engine.task import Task

MAX_REDIRECTS = 5
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
TASK_HEADER = "x-corezoid-taskid"
REPEAT_HEADER = "idempotency-key"

_CONNECTION = frozenset(
    {
        *("connection", "content-length", "expect", "keep-alive", "proxy-authorization", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    }
)
_OF_THE_BODY = frozenset({"content-encoding", "content-language", "content-location", "content-type"})
_HARMLESS = _OF_THE_BODY | {
    *("accept", "accept-encoding", "accept-language", "user-agent"),
    *(TASK_HEADER, REPEAT_HEADER),
}
_TOKEN = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")
_NOT_IN_QUERY = re.compile(r'[^!-~]|["<>]')
_NOT_IN_PATH = re.compile(r'[^!-~]|["<>`{}^]')
"""What a browser would escape as well."""
_CONTROLS = frozenset(map(chr, range(32))) - {"\t"} | {"\x7f"}


class CallFailed(Exception):
    """The call has no reply."""

    def __init__(self, fault: CallFault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One request."""

    method: str
    url: URL
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes | None
    certificate: str = field(default="", repr=False)
    """PEM of what the client presents; empty for nothing."""


def first_hop(task: Task, call: HttpCall) -> Hop:
    """Return the request that a call asks for; raise `CallFailed` when HTTP has no such request."""
    if call.method not in METHODS:
        raise CallFailed(CallFault.BROKEN)
    try:
        url = _parsed(call.url)
    except ValueError:
        is_http = call.url.strip().lower().startswith(("http:", "https:"))
        raise CallFailed(CallFault.CONNECT if is_http else CallFault.SCHEME) from None
    headers = {
        "user-agent": "Syncline",
        "accept": "*/*",
        "accept-encoding": "gzip, deflate",
        REPEAT_HEADER: f"{task.task_id}-{call.step}",
    }
    if url.user is not None or url.password is not None:
        # In any header the author may have set, and in UTF-8, which the client library's own way cannot say.
        pair = f"{url.user or ''}:{url.password or ''}".encode()
        headers["authorization"] = "Basic " + base64.b64encode(pair).decode()
        url = url.with_user(None)
    for name, value in call.headers:
        if not name or not _TOKEN.issuperset(name) or not _CONTROLS.isdisjoint(value):
            raise CallFailed(CallFault.BROKEN)
        if name.lower() not in _CONNECTION:
            headers[name.lower()] = value
    headers[TASK_HEADER] = task.task_id
    try:
        body = None if call.body is None else call.body.encode()
    except UnicodeEncodeError:
        raise CallFailed(CallFault.BROKEN) from None
    return Hop(method=call.method, url=url, headers=headers, body=body, certificate=call.certificate)


def next_hop(hop: Hop, status: int, location: str) -> Hop | None:
    """Return the request that an answer redirects to, or None when the answer stands for itself."""
    if status not in (301, 302, 303, 307, 308) or not location:
        return None
    try:
        url = _parsed(urljoin(str(hop.url), location)).with_user(None)
    except ValueError:
        return None
    headers = hop.headers
    if not _is_same_site(hop.url, url):
        headers = {name: value for name, value in headers.items() if name in _HARMLESS}
        hop = replace(hop, certificate="")
    hop = replace(hop, url=url, headers=headers)
    if (status == 303 and hop.method != "HEAD") or (status in (301, 302) and hop.method == "POST"):
        bare = {name: value for name, value in headers.items() if name not in _OF_THE_BODY}
        hop = replace(hop, method="GET", headers=bare, body=None)
    return hop


def _is_same_site(one: URL, other: URL) -> bool:
    """Tell whether credentials may follow: to the same origin, or from a host's plain port to its secure one."""
    if one.host != other.host:
        return False
    ports = (one.scheme, one.port), (other.scheme, other.port)
    return ports[0] == ports[1] or ports == (("http", 80), ("https", 443))


def _parsed(text: str) -> URL:
    """Return the URL as it is sent: its path and query exactly as written but for what HTTP cannot carry.

    The URL library alone would also turn `%2F` into `/` and the like, which breaks signatures over the query.
    """
    text = text.strip()
    url = URL(text)
    if url.scheme not in ("http", "https"):
        raise CallFailed(CallFault.SCHEME)
    if not url.raw_host or not url.port:
        raise ValueError("no host or no port")
    _, _, path, query, _ = urlsplit(text)
    return URL.build(
        scheme=url.scheme,
        authority=url.raw_authority,
        path=_NOT_IN_PATH.sub(_escape, path) or "/",
        query_string=_NOT_IN_QUERY.sub(_escape, query),
        encoded=True,
    )


def _escape(found: re.Match[str]) -> str:
    return quote(found[0], safe="")
