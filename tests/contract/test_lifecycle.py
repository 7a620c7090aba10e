from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from syncline import lifecycle
from syncline.environment import BadSetting

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = """
import asyncio, signal, sys, uvloop
from syncline import lifecycle

async def serve(life_fd):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with lifecycle.StopSignal(life_fd) as stop:
        print("serving", flush=True)
        await stop.wait()
        assert stop.is_set
        await stop.wait()
    assert before == (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)), before
    print("stopped", flush=True)

make, life_fd = sys.argv[1:]
factory = uvloop.new_event_loop if make == "uvloop" else asyncio.new_event_loop
with asyncio.Runner(loop_factory=factory) as runner:
    runner.run(serve(int(life_fd) if life_fd else None))
"""

LOOPS = pytest.mark.parametrize("loop", ["asyncio", "uvloop"])


class Program:
    """A program that serves until it is told to stop."""

    def __init__(self, loop: str, *, life: bool) -> None:
        read: int | None = None
        self.life: int | None = None
        if life:
            read, self.life = os.pipe()
        self.child = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, loop, str(read if life else "")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[read] if read is not None else [],
        )
        if read is not None:
            os.close(read)
        assert self.child.stdout is not None
        assert self.child.stdout.readline() == "serving\n"

    def end_life(self) -> None:
        assert self.life is not None
        os.close(self.life)
        self.life = None

    def ended(self) -> int:
        """Wait for the end and return the exit status."""
        out, err = self.child.communicate(timeout=30)
        assert err == ""
        assert out == "stopped\n"
        return self.child.returncode


@pytest.fixture
def program(loop: str, request: pytest.FixtureRequest) -> Iterator[Program]:
    program = Program(loop, life=request.param)
    yield program
    if program.life is not None:
        program.end_life()
    if program.child.poll() is None:
        program.child.kill()
        program.child.communicate()


@LOOPS
@pytest.mark.parametrize(
    ("program", "number"),
    [(False, signal.SIGTERM), (False, signal.SIGINT), (True, signal.SIGTERM)],
    indirect=["program"],
)
def test_a_signal_stops_it(program: Program, number: signal.Signals) -> None:
    program.child.send_signal(number)
    assert program.ended() == 0


@LOOPS
@pytest.mark.parametrize("program", [True], indirect=True)
def test_with_a_life_pipe_it_ignores_an_interrupt_and_ends_with_the_pipe(program: Program) -> None:
    assert program.life is not None
    os.write(program.life, b"what is said on it does not count")
    program.child.send_signal(signal.SIGINT)
    program.end_life()
    assert program.ended() == 0


@LOOPS
@pytest.mark.parametrize("program", [True], indirect=True)
def test_a_second_signal_on_the_way_out_does_no_harm(program: Program) -> None:
    program.child.send_signal(signal.SIGTERM)
    program.end_life()
    assert program.ended() == 0


async def test_wait_for_stop_returns_at_the_end_of_the_pipe_and_restores_the_handlers() -> None:
    read, write = os.pipe()
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    waiting = asyncio.create_task(lifecycle.wait_for_stop(read))
    await asyncio.sleep(0)
    assert signal.getsignal(signal.SIGTERM) != before[0]
    assert not waiting.done()
    os.close(write)
    await asyncio.wait_for(waiting, 5)
    os.close(read)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


async def test_a_descriptor_that_is_not_open_is_a_bad_setting() -> None:
    read, write = os.pipe()
    os.close(read)
    os.close(write)
    with pytest.raises(BadSetting, match=f"SYNCLINE_LIFE_FD: descriptor {read}: Bad file descriptor"):
        await lifecycle.wait_for_stop(read)
    with pytest.raises(BadSetting, match=f"SYNCLINE_READY_FD: descriptor {write}: Bad file descriptor"):
        await lifecycle.announce(write, {})


async def test_announce_writes_one_line_and_closes() -> None:
    read, write = os.pipe()
    await lifecycle.announce(write, {"grpc": "127.0.0.1:50051"})
    with open(read, encoding="utf-8") as pipe:  # noqa: ASYNC230 - the other end is closed, so nothing waits
        lines = pipe.readlines()
    assert [json.loads(line) for line in lines] == [{"grpc": "127.0.0.1:50051"}]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(write)


async def test_announce_minds_neither_a_missing_descriptor_nor_a_reader_that_left() -> None:
    await lifecycle.announce(None, {"grpc": "nobody asked"})
    read, write = os.pipe()
    os.close(read)
    await lifecycle.announce(write, {"grpc": "nobody listens"})
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(write)
