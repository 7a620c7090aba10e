"""Every kind of logic, and every error that can be brought about from outside, in the real programs."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from fakes.callee import Callee, Hang, Reply
from fakes.clients import caller
from golden_processes import Golden, Player, goldens
from running import RunningDev, running_dev
from syncline_server.engine.kinds.table import KINDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fakes.callee import Answer

GOLDENS = goldens()
PLAYED = [(golden, case) for golden in GOLDENS for case in golden.run.get("cases", ())]
REFUSED = [golden for golden in GOLDENS if "refused" in golden.run]
SETTINGS = {"SYNCLINE_MIN_TIMER_SECONDS": "0", "SYNCLINE_MAX_TASK_BYTES": "20000"}


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDev]:
    """Both programs, with times and sizes that a test can wait for and send."""
    with running_dev(tmp_path_factory.mktemp("kinds"), environ=SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def deployed() -> set[str]:
    """Which files are deployed."""
    return set()


@pytest.fixture
async def player(dev: RunningDev) -> AsyncIterator[Player]:
    async with caller(dev) as client, grpc.aio.insecure_channel(dev.key.grpc) as channel:
        yield Player(client, channel, dev.key.login)


@pytest.fixture
async def callee() -> AsyncIterator[Callee]:
    async with Callee() as one:
        yield one


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_golden_file_in_which_it_is(kind: str) -> None:
    assert any(logic["type"] == kind for logic in Golden(kind).logics())
    assert Golden(kind) in GOLDENS


@pytest.mark.parametrize("golden", REFUSED, ids=lambda golden: golden.kind)
async def test_what_cannot_run_is_refused(player: Player, golden: Golden) -> None:
    found = await player.faults(golden)

    expected = [(fault["node"], fault["field"], fault["description"]) for fault in golden.run["refused"]]
    assert expected == [(fault.node_title, fault.field, fault.description) for fault in found]


@pytest.mark.parametrize(("golden", "case"), PLAYED, ids=[f"{golden.kind}: {case['name']}" for golden, case in PLAYED])
async def test_a_case(player: Player, callee: Callee, deployed: set[str], golden: Golden, case: Any) -> None:
    if golden.kind not in deployed:
        await player.deploy(golden)
        deployed.add(golden.kind)
    for path, script in golden.run.get("callee", {}).items():
        callee.on(path, _answer(script))
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        texts = {
            "$CALLEE": callee.url("").rstrip("/"),
            "$NOBODY": f"http://127.0.0.1:{nobody.getsockname()[1]}",
        }
        await player.play(golden, case, texts)
    if "received" in case:
        first = callee.requests[0]
        assert case["received"] == {"method": first.method, "path": first.path, "body": first.body.decode()}


def _answer(script: Any) -> Answer:
    if script.get("hang"):
        return Hang()
    body = script["body"].replace("$LONG", "x" * 15_000)
    return Reply(script.get("status", 200), body.encode(), script.get("headers", {}))
