"""The pool of workers: when they start, what they survive, what ends them."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from sandbox.scripting import ENDLESS, MAX_OUTPUT_BYTES, MEMORY_BYTES, call, children
from syncline_server.engine.effects import ScriptFailure, ScriptFault, ScriptReply
from syncline_server.sandbox import frames, worker
from syncline_server.sandbox.frames import Outcome
from syncline_server.sandbox.limits import Limits
from syncline_server.sandbox.scripts import Scripts
from syncline_server.sandbox.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SECONDS = 30
"""The longest that anything here is waited for."""
X = ScriptReply(data='{"x":1}')


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[Scripts]:
    scripts = Scripts(**{"memory_bytes": MEMORY_BYTES, "max_output_bytes": MAX_OUTPUT_BYTES} | settings)
    try:
        yield scripts
    finally:
        await scripts.close()


async def until(holds: Callable[[], object]) -> None:
    """Look again each time that everybody else had their turn: other processes call nobody back."""
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def script_of(scripts: Scripts) -> int:
    """Return the process of the one script that runs, as soon as it is there."""
    found: list[int] = []

    def look() -> bool:
        found.extend(child for pid in scripts.pids for child in children(pid))
        return bool(found)

    await until(look)
    return found[0]


def gone(descriptor: int, seconds: float = SECONDS) -> bool:
    """Wait until a process has ended, by its pidfd."""
    return bool(select.select([descriptor], [], [], seconds)[0])


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended and was waited for."""
    return not Path(f"/proc/{pid}").exists()


async def test_no_worker_is_started_before_a_script_comes() -> None:
    async with opened() as scripts:
        assert scripts.pids == ()
        assert await scripts.run(call("data.x = 1")) == X
        assert len(scripts.pids) == 1


async def test_there_are_never_more_workers_than_allowed() -> None:
    async with opened(workers=2) as scripts:
        news = await asyncio.gather(*(scripts.run(call("data.x++", f'{{"x":{n}}}')) for n in range(20)))

        assert news == [ScriptReply(data=f'{{"x":{n + 1}}}') for n in range(20)]
        assert len(scripts.pids) == 2


async def test_a_closed_sandbox_leaves_no_process_and_runs_nothing_more() -> None:
    async with opened() as scripts:
        running = asyncio.create_task(scripts.run(call(ENDLESS)))
        script = os.pidfd_open(await script_of(scripts))
        [pid] = scripts.pids
        await scripts.close()

        assert gone(script)
        assert is_gone(pid)
        with pytest.raises(asyncio.CancelledError):
            await running
        with pytest.raises(asyncio.CancelledError):
            await scripts.run(call("data.x = 1"))
        await scripts.close()
    os.close(script)


async def test_a_cancelled_script_is_killed_and_the_others_go_on() -> None:
    async with opened(workers=2) as scripts:
        running = asyncio.create_task(scripts.run(call(ENDLESS)))
        script = os.pidfd_open(await script_of(scripts))
        other = asyncio.create_task(scripts.run(call("data.x = 1")))
        running.cancel()

        assert await other == X
        with pytest.raises(asyncio.CancelledError):
            await running
        assert gone(script)
        assert await scripts.run(call("data.x = 1")) == X
    os.close(script)


async def test_who_was_cancelled_while_waiting_costs_nobody_a_turn() -> None:
    async with opened(workers=1) as scripts:
        running = asyncio.create_task(scripts.run(call(ENDLESS)))
        await script_of(scripts)
        waiting = asyncio.create_task(scripts.run(call("data.never = 1")))
        after = asyncio.create_task(scripts.run(call("data.x = 1")))
        await asyncio.sleep(0)
        waiting.cancel()
        running.cancel()

        assert await after == X


async def test_a_worker_outlives_a_script_that_is_out_of_time() -> None:
    async with opened(workers=1, seconds=0.2) as scripts:
        first = await scripts.run(call(ENDLESS))
        pids = scripts.pids
        second = await scripts.run(call(ENDLESS))

        assert first == second == ScriptFailure(ScriptFault.TIMEOUT, "timeout for executing code: 0.2 seconds")
        assert scripts.pids == pids


async def test_runaway_scripts_leave_a_worker_to_the_others() -> None:
    """One of two workers is busy for as long as it may, though many more wait; the other answers all that comes."""
    async with opened(workers=2, seconds=SECONDS) as scripts:
        await scripts.run(call("data.x = 1"))
        running = [asyncio.create_task(scripts.run(call(ENDLESS + str(n % 3)))) for n in range(9)]
        await script_of(scripts)
        for _ in range(20):
            assert await asyncio.wait_for(scripts.run(call("data.x = 1")), SECONDS / 2) == X
        assert not any(task.done() for task in running)
        for task in running:
            task.cancel()
        await asyncio.wait(running)


def session_is_nice(script: int) -> bool:
    """Tell whether a session gives way, where schedulers weigh sessions against each other."""
    group = Path(f"/proc/{script}/autogroup")
    return not group.exists() or group.read_text(encoding="ascii").endswith("nice 15\n")


async def test_a_script_that_goes_on_gives_way() -> None:
    async with opened(workers=1, seconds=SECONDS) as scripts:
        running = asyncio.create_task(scripts.run(call(ENDLESS)))
        script = await script_of(scripts)
        await until(lambda: os.getpriority(os.PRIO_PROCESS, script) == 15)
        assert os.getsid(script) == script
        await until(lambda: session_is_nice(script))
        running.cancel()
        await asyncio.wait([running])


async def test_too_long_a_wait_is_a_timeout() -> None:
    async with opened(workers=1, seconds=SECONDS, wait_seconds=0.1) as scripts:
        running = asyncio.create_task(scripts.run(call(ENDLESS)))
        await script_of(scripts)

        assert await scripts.run(call("data.x = 1")) == ScriptFailure(
            ScriptFault.TIMEOUT, "no worker was free for 0.1 seconds"
        )
        running.cancel()
        await asyncio.wait([running])


async def test_a_killed_script_is_an_error_of_the_script() -> None:
    async with opened(workers=1) as scripts:
        running = asyncio.create_task(scripts.run(call(ENDLESS)))
        os.kill(await script_of(scripts), signal.SIGKILL)

        assert await running == ScriptFailure(
            ScriptFault.EXECUTING, "InternalError: the script took all its memory or stack"
        )
        assert await scripts.run(call("data.x = 1")) == X


async def test_a_lost_worker_is_replaced_and_its_script_run_again() -> None:
    async with opened(workers=1, seconds=SECONDS) as scripts:
        assert await scripts.run(call("data.x = 1")) == X
        [idle] = scripts.pids
        os.kill(idle, signal.SIGKILL)
        assert await scripts.run(call("data.x = 1")) == X
        running = asyncio.create_task(scripts.run(call(ENDLESS)))
        first = os.pidfd_open(await script_of(scripts))
        [busy] = scripts.pids
        os.kill(busy, signal.SIGKILL)

        assert gone(first)
        await script_of(scripts)
        assert idle not in scripts.pids
        assert busy not in scripts.pids
        running.cancel()
        await asyncio.wait([running])
    os.close(first)


async def test_a_worker_that_cannot_be_started_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """As any failure of the machine: hardware, not the script."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    async with opened() as scripts:
        assert await scripts.run(call("data.x = 1")) == ScriptFailure(
            ScriptFault.TIMEOUT, "no process could be had for the script"
        )


async def test_a_worker_that_talks_nonsense_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_PROGRAM", "import os; os.write(0, b'nonsense' * 100)")
    async with opened() as scripts:
        assert await scripts.run(call("data.x = 1")) == ScriptFailure(
            ScriptFault.TIMEOUT, "no process could be had for the script"
        )
        assert scripts.pids == ()


def test_it_works_under_the_loop_that_the_server_has() -> None:
    async def run() -> None:
        async with opened(seconds=0.2) as scripts:
            assert await scripts.run(call("data.x = 1")) == X
            assert isinstance(await scripts.run(call(ENDLESS)), ScriptFailure)
            running = asyncio.create_task(scripts.run(call("data.y = 1")))
            await asyncio.sleep(0)
            running.cancel()
            await asyncio.wait([running])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


async def test_a_worker_has_nothing_of_the_server_but_its_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "s3cr3t")
    started = await Worker.start(Limits(seconds=1.0, memory_bytes=MEMORY_BYTES, max_output_bytes=1000))
    try:
        assert await started.run("data.x = 1", "{}") == (Outcome.DATA, '{"x":1}')
        process = Path(f"/proc/{started.pid}")
        environment = (process / "environ").read_bytes()
        descriptors = {int(name.name): os.readlink(name) for name in (process / "fd").iterdir()}
        status = (process / "status").read_text()

        assert environment.rstrip(b"\0") == b"TZ=UTC0"
        assert os.readlink(process / "cwd") == "/"
        assert descriptors.keys() == {0, 1, 2}
        assert (descriptors[1], descriptors[2]) == ("/dev/null", "/dev/null")
        assert "NoNewPrivs:\t1" in status
        assert "Threads:\t1\n" in status
    finally:
        started.kill()
        await started.ended()


def test_a_worker_imports_nothing_else_of_the_server() -> None:
    program = "import sys; import syncline_server.sandbox.supervisor; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    ours = {name for name in loaded if name.startswith("syncline")}

    assert ours <= {
        "syncline_server",
        "syncline_server.sandbox",
        *(
            f"syncline_server.sandbox.{name}"
            for name in ("confinement", "digits", "frames", "limits", "script", "syscalls")
        ),
        "syncline_server.sandbox.supervisor",
    }
    assert not loaded & {"asyncio", "socket", "ssl", "subprocess", "threading", "multiprocessing"}


PARENT = f"""
import asyncio
from syncline_server.engine.effects import ScriptCall
from syncline_server.sandbox.scripts import Scripts

async def main():
    scripts = Scripts(max_output_bytes=1000, seconds=3600)
    running = asyncio.create_task(scripts.run(ScriptCall(step=1, node_id="n", source={ENDLESS!r}, data="{{}}")))
    while not scripts.pids:
        await asyncio.sleep(0)
    print(*scripts.pids, flush=True)
    await running

asyncio.run(main())
"""


def test_a_worker_and_its_script_end_with_the_server_however_it_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        latest = time.monotonic() + SECONDS
        while not (scripts := children(pid)):
            assert time.monotonic() < latest
        watched = [os.pidfd_open(pid), os.pidfd_open(scripts[0])]
        assert not gone(watched[1], 0)
        parent.kill()

        assert [gone(descriptor) for descriptor in watched] == [True, True]
        for descriptor in watched:
            os.close(descriptor)


def test_half_a_surrogate_pair_travels_as_its_escape() -> None:
    assert frames.request("'\udc00'", '{"a":"\ud800"}')[8:] == rb"'\udc00'" + rb'{"a":"\ud800"}'


@pytest.mark.parametrize("frame", [b"", b"d", b"d\0\0\0\5abc", b"d\0\0\0\1abc", b"?\0\0\0\1a"])
def test_a_broken_reply_is_none(frame: bytes) -> None:
    assert frames.parse_reply(bytearray(frame)) is None
