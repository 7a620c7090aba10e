from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.performer_conformance import TASK
from syncline_server.engine.effects import CallFault, HttpCall
from syncline_server.runtime.hops import CallFailed, Hop, first_hop, next_hop

if TYPE_CHECKING:
    from collections.abc import Iterable


def hop_of(
    url: str = "http://a.test/x",
    *,
    method: str = "POST",
    headers: Iterable[tuple[str, str]] = (),
    body: str | None = "{}",
) -> Hop:
    call = HttpCall(step=3, node_id="a", method=method, url=url, headers=tuple(headers), body=body)
    return first_hop(TASK, call)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("http://a.test", "http://a.test/"),
        (" HTTP://A.test:80/x ", "http://a.test/x"),
        ("https://a.test:8443/p?q=a%20b&s=a+b%2Fc#top", "https://a.test:8443/p?q=a%20b&s=a+b%2Fc"),
        (
            "http://a.test/a%2Fb/../c%7e?s=%2F%3a%41&t[]={x}&u=100%",
            "http://a.test/a%2Fb/../c%7e?s=%2F%3a%41&t[]={x}&u=100%",
        ),
        ('http://a.test/ї{?я=1 2"', "http://a.test/%D1%97%7B?%D1%8F=1%202%22"),
        ("http://a.test?x", "http://a.test/?x"),
        ("http://приклад.test/", "http://xn--80aikifvh.test/"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("http://a.test/a\r\nX: y", "http://a.test/aX:%20y"),
        ("http://a.test/a%0d%0aX:y", "http://a.test/a%0d%0aX:y"),
    ],
)
def test_a_url_is_sent_as_http_wants_it(text: str, sent: str) -> None:
    assert str(hop_of(text).url) == sent


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", CallFault.SCHEME),
        ("a.test/x", CallFault.SCHEME),
        ("a.test:80/x", CallFault.SCHEME),
        ("//a.test/x", CallFault.SCHEME),
        ("ftp://a.test/x", CallFault.SCHEME),
        ("file:///etc/passwd", CallFault.SCHEME),
        ("ws://a.test/", CallFault.SCHEME),
        ("unix:///run/x.sock", CallFault.SCHEME),
        ("http:/a.test", CallFault.CONNECT),
        ("http://", CallFault.CONNECT),
        ("http:///x", CallFault.CONNECT),
        ("http://a.test:0/", CallFault.CONNECT),
        ("http://a.test:99999/", CallFault.CONNECT),
        ("http://a.test:x/", CallFault.CONNECT),
        ("http://[::1/", CallFault.CONNECT),
        ("http://a.test/\ud800", CallFault.CONNECT),
    ],
)
def test_what_is_no_http_url_is_refused(text: str, fault: CallFault) -> None:
    with pytest.raises(CallFailed) as refused:
        hop_of(text)
    assert refused.value.fault == fault


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "post", "GET /x HTTP/1.1\r\nA: b\r\n\r\nGET", ""])
def test_an_unknown_method_is_refused(method: str) -> None:
    with pytest.raises(CallFailed) as refused:
        hop_of(method=method)
    assert refused.value.fault == CallFault.BROKEN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "b\r\nY: c"),
        ("X-A", "b\n"),
        ("X-A", "\0"),
        ("X-A\r\nY", "b"),
        ("X A", "b"),
        ("X:", "b"),
        ("", "b"),
        ("Ї", ""),
    ],
)
def test_a_header_that_would_break_the_message_is_refused(name: str, value: str) -> None:
    with pytest.raises(CallFailed) as refused:
        hop_of(headers=[(name, value)])
    assert refused.value.fault == CallFault.BROKEN


def test_a_body_that_has_no_bytes_is_refused() -> None:
    with pytest.raises(CallFailed):
        hop_of(body="\ud800")


@pytest.mark.parametrize(
    "name", ["Content-Length", "transfer-encoding", "Connection", "Upgrade", "Expect", "TE", "Proxy-Authorization"]
)
def test_what_frames_the_message_is_not_the_authors(name: str) -> None:
    assert name.lower() not in hop_of(headers=[(name, "1")]).headers


def test_the_author_may_choose_the_key_but_not_the_task() -> None:
    assert hop_of().headers["idempotency-key"] == f"{TASK.task_id}-3"
    hop = hop_of(headers=[("Idempotency-Key", "order-1"), ("X-Corezoid-TaskID", "other"), ("User-Agent", "me")])
    assert hop.headers["idempotency-key"] == "order-1"
    assert hop.headers["x-corezoid-taskid"] == TASK.task_id
    assert hop.headers["user-agent"] == "me"


def test_of_a_header_given_twice_the_last_counts() -> None:
    assert hop_of(headers=[("Content-Type", "a/b"), ("content-type", "c/d")]).headers["content-type"] == "c/d"


def test_credentials_in_the_url_become_a_header_unless_the_author_set_one() -> None:
    hop = hop_of("http://me:п%3Ax@a.test/")
    assert (str(hop.url), hop.headers["authorization"]) == ("http://a.test/", "Basic bWU60L86eA==")
    hop = hop_of("http://me:x@a.test/", headers=[("Authorization", "Bearer t")])
    assert (str(hop.url), hop.headers["authorization"]) == ("http://a.test/", "Bearer t")


@pytest.mark.parametrize(
    ("status", "method", "then", "has_body"),
    [
        (301, "POST", "GET", False),
        (302, "POST", "GET", False),
        (303, "POST", "GET", False),
        (303, "PUT", "GET", False),
        (303, "HEAD", "HEAD", True),
        (301, "PUT", "PUT", True),
        (302, "GET", "GET", True),
        (307, "POST", "POST", True),
        (308, "DELETE", "DELETE", True),
    ],
)
def test_a_redirect_keeps_or_drops_the_method(status: int, method: str, then: str, has_body: bool) -> None:
    hop = next_hop(hop_of(method=method, headers=[("Content-Type", "a/b")]), status, "/y")
    assert hop is not None
    assert (str(hop.url), hop.method, hop.body is not None) == ("http://a.test/y", then, has_body)
    assert ("content-type" in hop.headers) is has_body


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("y", "http://a.test/d/y"),
        ("/y?z=1#top", "http://a.test/y?z=1"),
        ("?z=1", "http://a.test/d/x?z=1"),
        ("//b.test/y", "http://b.test/y"),
        ("https://b.test", "https://b.test/"),
        ("http://me:x@b.test/", "http://b.test/"),
        ("/ї", "http://a.test/%D1%97"),
    ],
)
def test_a_redirect_leads_to_its_location(location: str, url: str) -> None:
    hop = next_hop(hop_of("http://a.test/d/x"), 302, location)
    assert hop is not None
    assert str(hop.url) == url
    assert "authorization" not in hop.headers


@pytest.mark.parametrize(
    ("status", "location"), [(200, "/y"), (300, "/y"), (304, "/y"), (302, ""), (302, "http://[::1/"), (302, "//b:x/")]
)
def test_what_leads_nowhere_stands_for_itself(status: int, location: str) -> None:
    assert next_hop(hop_of(), status, location) is None


@pytest.mark.parametrize("location", ["ftp://a.test/", "file:///etc/passwd", "javascript:1", "mailto:a@b.test"])
def test_a_redirect_to_another_scheme_is_refused(location: str) -> None:
    with pytest.raises(CallFailed) as refused:
        next_hop(hop_of(), 302, location)
    assert refused.value.fault == CallFault.SCHEME


SECRETS = [("Authorization", "Bearer t"), ("Cookie", "a=b"), ("X-Api-Key", "k"), ("Host", "virtual.test")]


@pytest.mark.parametrize(
    ("origin", "location", "kept"),
    [
        ("http://a.test/x", "/y", True),
        ("http://a.test/x", "http://A.test:80/y", True),
        ("http://a.test/x", "https://a.test/y", True),
        ("https://a.test/x", "http://a.test/y", False),
        ("http://a.test/x", "http://a.test:81/y", False),
        ("http://a.test:81/x", "https://a.test/y", False),
        ("http://a.test/x", "http://b.test/y", False),
        ("http://a.test/x", "http://sub.a.test/y", False),
        ("http://a.test/x", "//b.test/y", False),
    ],
)
def test_what_the_author_set_stays_with_the_origin_that_the_author_named(
    origin: str, location: str, kept: bool
) -> None:
    hop = next_hop(hop_of(origin, headers=[*SECRETS, ("Content-Type", "a/b"), ("Accept", "a/b")]), 307, location)
    assert hop is not None
    assert {name.lower() for name, _ in SECRETS} & set(hop.headers) == (
        {name.lower() for name, _ in SECRETS} if kept else set()
    )
    assert {"content-type", "accept", "idempotency-key", "x-corezoid-taskid"} <= set(hop.headers)
    if not kept:
        back = next_hop(hop, 307, origin)
        assert back is not None
        assert "authorization" not in back.headers


@given(url=st.text(), location=st.text(), name=st.text(), value=st.text())
def test_whatever_is_asked_for_is_sendable_or_refused(url: str, location: str, name: str, value: str) -> None:
    try:
        hop = hop_of(url, headers=[(name, value)])
    except CallFailed:
        hop = hop_of()
    try:
        following = next_hop(hop, 302, location)
    except CallFailed:
        return
    assert following is None or following.url.scheme in ("http", "https")
