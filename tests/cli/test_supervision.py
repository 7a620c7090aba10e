"""Child programs: started, told to end, started again. The programs here are a few lines of Python each."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from syncline_cli.dev.keeper import Backoff, Keeper
from syncline_cli.dev.program import Child, Command, LifeLine, NotReady, ending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVES = """
import json, os, signal
os.write(int(os.environ["SYNCLINE_READY_FD"]), json.dumps({"pid": os.getpid()}).encode() + b"\\n")
os.close(int(os.environ["SYNCLINE_READY_FD"]))
"""
UNTIL_TOLD = f"import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n{SERVES}signal.pause()\n"
UNTIL_CUT_OFF = f"{SERVES}os.read(int(os.environ['SYNCLINE_LIFE_FD']), 1)\n"
DEAF = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{SERVES}while True: signal.pause()\n"
SOON = 10


@pytest.fixture
def life() -> Iterator[LifeLine]:
    line = LifeLine()
    yield line
    line.cut()


def program(source: str, *arguments: str) -> Command:
    return Command(name="fake", arguments=(sys.executable, "-c", source, *arguments), environ={"PATH": ""})


async def test_a_program_tells_when_it_serves(life: LifeLine) -> None:
    child = await Child.start(program(UNTIL_TOLD), life)

    assert await child.ready() == {"pid": str(child.pid)}
    assert await child.stop()
    assert await child.ended() == 0


async def test_a_program_has_a_session_of_its_own(life: LifeLine) -> None:
    child = await Child.start(program(UNTIL_TOLD), life)
    await child.ready()

    assert os.getsid(child.pid) == child.pid
    await child.stop()


@pytest.mark.parametrize(
    ("source", "status"),
    [("import sys; sys.exit(2)", 2), ("import os; os.kill(os.getpid(), 9)", -9), ("print('serving')", 0)],
    ids=["refuses", "is killed", "says nothing"],
)
async def test_a_program_that_ends_instead_is_told_apart(life: LifeLine, source: str, status: int) -> None:
    child = await Child.start(program(source), life)

    with pytest.raises(NotReady) as failed:
        await child.ready()
    assert failed.value.status == status


async def test_a_program_that_hangs_up_without_a_word_is_ended(life: LifeLine) -> None:
    silent = "import os, signal; os.close(int(os.environ['SYNCLINE_READY_FD'])); signal.pause()"
    child = await Child.start(program(silent), life)

    with pytest.raises(NotReady):
        await child.ready()
    assert await child.ended() == -signal.SIGTERM


async def test_a_program_that_does_not_listen_is_ended_with_all_it_started(life: LifeLine, tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    os.mkfifo(mark)
    helper = f"import subprocess\nsubprocess.Popen(['/bin/sh', '-c', 'exec 3>{mark}; exec sleep 600'])\n"
    child = await Child.start(program(helper + DEAF), life)
    await child.ready()
    # opens once the helper has its end open, and ends when nobody has
    alive = await asyncio.to_thread(mark.open, "rb")

    assert not await child.stop(grace=0.05)
    assert await child.ended() == -signal.SIGKILL
    with alive:
        assert await asyncio.wait_for(asyncio.to_thread(alive.read), SOON) == b""


async def test_a_program_ends_when_the_life_line_is_cut() -> None:
    life = LifeLine()
    child = await Child.start(program(UNTIL_CUT_OFF), life)
    await child.ready()

    life.cut()

    assert await asyncio.wait_for(child.ended(), SOON) == 0


async def test_a_program_cannot_keep_the_life_line_of_another(life: LifeLine) -> None:
    """Only this process holds the far end; else one program would keep another alive."""
    child = await Child.start(program(UNTIL_TOLD), life)
    await child.ready()

    far = os.readlink(f"/proc/self/fd/{life.near}")
    held = [name for name in os.listdir(f"/proc/{child.pid}/fd") if _target(child.pid, name) == far]

    assert held == [str(life.near)]
    await child.stop()


async def test_a_program_that_dies_is_started_again(life: LifeLine) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    keeper = Keeper(program(UNTIL_TOLD), life, said.put_nowait, Backoff())
    first = int((await keeper.start())["pid"])
    keeping = asyncio.create_task(keeper.keep())

    os.kill(first, signal.SIGKILL)

    assert "ended by SIGKILL" in await asyncio.wait_for(said.get(), SOON)
    assert "runs again" in await asyncio.wait_for(said.get(), SOON)
    assert keeper.pid != first
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await keeper.stop()


async def test_a_program_that_cannot_be_started_again_is_tried_again(life: LifeLine, tmp_path: Path) -> None:
    """It serves when it is started first and fourth, and in between ends at once."""
    count = tmp_path / "count"
    count.write_text("")
    counted = (
        "import pathlib, sys\n"
        f"count = pathlib.Path({str(count)!r}); count.write_text(count.read_text() + '.')\n"
        "if len(count.read_text()) in (2, 3): sys.exit(3)\n"
    )
    said: asyncio.Queue[str] = asyncio.Queue()
    keeper = Keeper(program(counted + UNTIL_TOLD), life, said.put_nowait, Backoff(first=0.01, longest=0.02))
    first = int((await keeper.start())["pid"])
    keeping = asyncio.create_task(keeper.keep())

    os.kill(first, signal.SIGKILL)

    lines = [await asyncio.wait_for(said.get(), SOON) for _ in range(4)]
    assert ["SIGKILL" in lines[0], "status 3" in lines[1], "status 3" in lines[2], "again" in lines[3]] == [True] * 4
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await keeper.stop()


def test_delays_grow_while_a_program_keeps_ending_and_start_over_when_it_served() -> None:
    backoff = Backoff(first=0.5, longest=2.0, calm=10.0)
    delays = [0.0]
    for served in (0, 1, 9, 9, 10, 0):
        delays.append(backoff.after(delays[-1], served))

    assert delays[1:] == [0.5, 1.0, 2.0, 2.0, 0.5, 1.0]


@pytest.mark.parametrize(("status", "words"), [(0, "exit status 0"), (2, "exit status 2"), (-9, "ended by SIGKILL")])
def test_an_ending_is_named(status: int, words: str) -> None:
    assert ending(status) == words


def _target(pid: int, descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/fd/{descriptor}")
    except FileNotFoundError:
        return ""
