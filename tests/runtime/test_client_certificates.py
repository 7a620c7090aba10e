"""API calls that present a client certificate."""

from __future__ import annotations

import ssl
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from fakes import tls
from fakes.callee import Callee
from syncline_server.engine import Task
from syncline_server.engine.effects import CallFailure, CallFault, CallReply, HttpCall
from syncline_server.runtime.client_certificates import UnusableCertificate, context_for
from syncline_server.runtime.performers import HttpPerformer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PEM = tls.CERTIFICATE.read_text(encoding="ascii") + tls.KEY.read_text(encoding="ascii")
TASK = Task(task_id="0" * 24, process_id=1, process_version=1)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine's authorities be the test's own certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.CERTIFICATE))
    context_for.cache_clear()


@pytest.fixture
async def strict() -> AsyncIterator[Callee]:
    """A peer that asks for a client certificate."""
    context = tls.server_context()
    context.load_verify_locations(tls.CERTIFICATE)
    context.verify_mode = ssl.CERT_REQUIRED
    async with Callee(tls=context) as callee:
        yield callee


async def perform(url: str, certificate: str) -> CallReply | CallFailure:
    performer = HttpPerformer(allow=[ip_network("127.0.0.0/8")], tls=tls.client_context())
    try:
        call = HttpCall(step=1, node_id="n", method="GET", url=url, certificate=certificate)
        return await performer.perform(TASK, call)
    finally:
        await performer.close()


@pytest.mark.usefixtures("trusted")
async def test_a_peer_that_asks_for_a_certificate_gets_it(strict: Callee) -> None:
    without, with_it = await perform(strict.url(), ""), await perform(strict.url(), PEM)

    assert isinstance(without, CallFailure)
    assert isinstance(with_it, CallReply)


async def test_a_key_that_is_another_s_cannot_be_used(strict: Callee) -> None:
    broken = tls.CERTIFICATE.read_text(encoding="ascii")

    assert await perform(strict.url(), broken) == CallFailure(CallFault.CERTIFICATE)


def test_nothing_of_the_key_is_in_the_error() -> None:
    with pytest.raises(UnusableCertificate) as caught:
        context_for(PEM.replace("MII", "MIJ"))

    assert str(caught.value) == ""


def test_it_is_in_no_representation_of_a_call() -> None:
    call = HttpCall(step=1, node_id="n", method="GET", url="https://peer.test/", certificate=PEM, hidden=("s3cr3t",))

    assert "PRIVATE" not in repr(call)
    assert "s3cr3t" not in repr(call)
