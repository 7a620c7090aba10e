"""Where calls may go. Names are resolved by the test, and a server listens on loopback: it must stay out of reach."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest
import uvloop

from fakes import tls
from fakes.callee import Callee, Raw, Reply, redirect
from runtime.performer_conformance import TASK, call
from syncline.environment import networks
from syncline_server.engine.effects import CallFailure, CallFault, CallReply
from syncline_server.runtime.performers import HttpPerformer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

LOOPBACK = networks("127.0.0.0/8")


@pytest.fixture
async def callee() -> AsyncIterator[Callee]:
    async with Callee() as callee:
        yield callee


class Names:
    """Names and their addresses; an answer may change from one question to the next."""

    def __init__(self, **hosts: Sequence[str]) -> None:
        self.asked: list[str] = []
        self._hosts = {name.replace("_", "."): list(answers) for name, answers in hosts.items()}

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        answers = self._hosts.get(host)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such host")
        return (answers.pop(0) if len(answers) > 1 else answers[0]).split()


async def outcome(url: str, *, allow: str = "", names: Names | None = None) -> CallReply | CallFault:
    performer = HttpPerformer(allow=networks(allow), lookup=names or Names(), call_seconds=5)
    result = await performer.perform(TASK, call(url))
    await performer.close()
    return result.fault if isinstance(result, CallFailure) else result


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254", "[fe80::1%25lo]", "0.0.0.0", "[::]"],
)
async def test_an_address_that_is_not_public_is_refused(callee: Callee, host: str) -> None:
    assert await outcome(callee.url(host=host)) == CallFault.REFUSED
    assert callee.requests == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "127.0.0.1.", "１２７.０.０.１"])
async def test_no_spelling_of_an_address_gets_round_the_rule(callee: Callee, host: str) -> None:
    names = Names(**{host.replace(".", "_"): ["127.0.0.1"]})
    assert await outcome(callee.url(host=host), names=names) in (CallFault.REFUSED, CallFault.CONNECT)
    assert callee.requests == []


@pytest.mark.parametrize("addresses", ["127.0.0.1", "::1 127.0.0.1", "10.0.0.1 169.254.169.254 ::ffff:127.0.0.1"])
async def test_a_name_is_judged_by_its_addresses(callee: Callee, addresses: str) -> None:
    names = Names(inside_test=[addresses])
    assert await outcome(callee.url(host="inside.test"), names=names) == CallFault.REFUSED
    assert names.asked == ["inside.test"]
    assert callee.requests == []


async def test_of_several_addresses_only_the_permitted_are_tried(callee: Callee) -> None:
    names = Names(mixed_test=["10.0.0.1 ::1 127.0.0.1 192.168.0.1"])
    reply = await outcome(callee.url(host="mixed.test"), allow="127.0.0.0/8", names=names)
    assert isinstance(reply, CallReply)
    assert (await callee.request()).headers["host"] == f"mixed.test:{callee.port}"


async def test_a_name_that_changes_its_mind_gains_nothing(callee: Callee) -> None:
    """DNS rebinding: the address that was judged is the one that is connected to, and each new one is judged."""
    performer = HttpPerformer(allow=LOOPBACK, lookup=Names(a_test=["127.0.0.1", "127.0.0.2", "10.0.0.1"]))
    url = callee.on("/", Reply(200, b"{}", {"connection": "close"})).replace("127.0.0.1", "a.test")
    assert isinstance(await performer.perform(TASK, call(url)), CallReply)
    for session in (performer._pooled, performer._single):
        assert session.connector is not None
        session.connector.clear_dns_cache()  # type: ignore[attr-defined]
    assert await performer.perform(TASK, call(url)) == CallFailure(CallFault.CONNECT)
    for session in (performer._pooled, performer._single):
        assert session.connector is not None
        session.connector.clear_dns_cache()  # type: ignore[attr-defined]
    assert await performer.perform(TASK, call(url)) == CallFailure(CallFault.REFUSED)
    assert len(callee.requests) == 1
    await performer.close()


@pytest.mark.parametrize("inside", ["http://10.0.0.1/", "http://inside.test/", "http://[::1]/", "//169.254.169.254/"])
async def test_every_redirect_is_judged(callee: Callee, inside: str) -> None:
    callee.on("/in", redirect(inside, 307))
    names = Names(inside_test=["192.168.1.1"])
    assert await outcome(callee.url("/in"), allow="127.0.0.0/8", names=names) == CallFault.REFUSED


async def test_a_redirect_to_another_scheme_is_not_followed(callee: Callee) -> None:
    assert await outcome(callee.on("/in", redirect("file:///etc/passwd")), allow="127.0.0.0/8") == CallFault.SCHEME


async def test_a_name_without_address_cannot_be_connected_to() -> None:
    assert await outcome("http://nowhere.test/") == CallFault.CONNECT
    assert await outcome("http://empty.test/", names=Names(empty_test=[""])) == CallFault.CONNECT


async def test_waiting_for_a_lookup_counts() -> None:
    async def never(host: str) -> Sequence[str]:
        await asyncio.Event().wait()
        raise AssertionError

    performer = HttpPerformer(lookup=never, call_seconds=0.1)
    assert await performer.perform(TASK, call("http://slow.test/")) == CallFailure(CallFault.TIMEOUT)
    await performer.close()


async def test_a_trusted_certificate_for_the_name_is_taken() -> None:
    names = Names(peer_test=["127.0.0.1"], other_test=["127.0.0.1"])
    async with Callee(tls=tls.server_context()) as callee:
        performer = HttpPerformer(allow=LOOPBACK, lookup=names, tls=tls.client_context())
        assert isinstance(await performer.perform(TASK, call(callee.url(host="peer.test"))), CallReply)
        wrong_name = await performer.perform(TASK, call(callee.url(host="other.test")))
        assert wrong_name == CallFailure(CallFault.CONNECT)
        await performer.close()


async def test_an_untrusted_certificate_is_not_connected_to() -> None:
    async with Callee(tls=tls.server_context()) as callee:
        assert await outcome(callee.url(), allow="127.0.0.0/8") == CallFault.CONNECT
        assert callee.requests == []


async def test_a_peer_that_speaks_no_tls_is_not_connected_to(callee: Callee) -> None:
    assert await outcome(callee.url().replace("http:", "https:"), allow="127.0.0.0/8") == CallFault.CONNECT


async def test_across_hosts_the_authors_headers_are_left_behind(callee: Callee) -> None:
    callee.on("/in", redirect(callee.url("/out", host="other.test"), 307))
    performer = HttpPerformer(allow=LOOPBACK, lookup=Names(other_test=["127.0.0.1"]))
    asked = call(callee.url("/in").replace("http://", "http://me:secret@"))
    await performer.perform(TASK, asked)
    await performer.close()
    first, second = callee.requests
    assert first.headers["authorization"] == "Basic bWU6c2VjcmV0"
    assert "authorization" not in second.headers
    assert second.headers["idempotency-key"] == f"{TASK.task_id}-3"


def test_it_works_the_same_on_uvloop() -> None:
    async def scenario() -> None:
        async with Callee() as callee:
            performer = HttpPerformer(allow=LOOPBACK)
            url = callee.on("/", Reply(), Raw(), Reply())
            for _ in range(2):
                assert isinstance(await performer.perform(TASK, call(url)), CallReply)
            assert [received.connection for received in callee.requests] == [1, 1, 2]
            assert await performer.perform(TASK, call("http://10.0.0.1/")) == CallFailure(CallFault.REFUSED)
            url = callee.on("/raw", Raw())
            assert await performer.perform(TASK, call(url)) == CallFailure(CallFault.BROKEN)
            assert isinstance(await performer.perform(TASK, call(callee.url("/kept"))), CallReply)
            assert performer._sockets.open == 1
            await performer.close()
            assert performer._sockets.open == 0

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario())
