"""A running `syncline dev` for tests: both real programs, on ports of their own, in a folder of their own.

It cannot outlive the process that started it: it holds the near end of a pipe whose far end is here, and ends when that
is closed, however it comes about.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from syncline_cli import devfile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ANY_PORT = "127.0.0.1:0"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
PROGRAMS = {"server": "syncline_server", "gateway": "syncline_gateway"}


class DidNotStart(Exception):
    """The command ended, or hung, before it served; the message holds what it said."""


class RunningDev:
    """One `syncline dev`."""

    def __init__(self, process: subprocess.Popen[bytes], data: Path, log: Path, life: int) -> None:
        self.process = process
        self.data = data
        self._log = log
        self._life = life

    @property
    def key(self) -> devfile.DevFile:
        """What `dev-key.json` says now: addresses, key, process ids."""
        return devfile.read(self.data)

    def log(self) -> str:
        """Return what the command and both programs have written so far, the banner included."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def pid(self, program: str) -> int | None:
        """Return the process id of `server` or `gateway`; None while it is being started again."""
        wanted = PROGRAMS[program].encode()
        for child in _children(self.process.pid):
            if wanted in _command_line(child):
                return child
        return None

    def kill(self, program: str) -> int:
        """Kill a program, as a crash would; return the process id it had."""
        pid = self.pid(program)
        if pid is None:
            raise ProcessLookupError(f"the {program} does not run")
        os.kill(pid, signal.SIGKILL)
        return pid

    def cut_off(self) -> None:
        """Let it notice that whoever started it is gone."""
        if self._life >= 0:
            os.close(self._life)
            self._life = -1

    def stop(self) -> int:
        """Tell it to end, and return its exit status; it is killed when it takes much too long."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Return its exit status as soon as it has ended; it is killed, with its programs, when it does not."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            programs = _children(self.process.pid)
            self.process.kill()
            for pid in programs:
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"syncline dev did not end within {seconds:g} s\n{self.log()}") from None
        finally:
            self.cut_off()


@contextmanager
def running_dev(
    folder: Path, *, options: Sequence[str] = (), environ: Mapping[str, str] | None = None, own_life: bool = False
) -> Iterator[RunningDev]:
    """Start `syncline dev` with its data in `folder/data`, give it when it serves, and end it after the block.

    With `own_life` it gets no pipe, as from a shell: a SIGINT then counts, and the test has to see to its end.
    """
    dev = start_dev(folder, options=options, environ=environ or {}, own_life=own_life)
    try:
        yield dev
    finally:
        if dev.process.poll() is None:
            dev.stop()
        dev.cut_off()


def start_dev(folder: Path, *, options: Sequence[str], environ: Mapping[str, str], own_life: bool) -> RunningDev:
    """Start it and return when it serves, or raise `DidNotStart` with all that it said."""
    ready, ready_far = os.pipe()
    life_near, life = os.pipe()
    data, log = folder / "data", folder / "dev.log"
    pipes = {"SYNCLINE_READY_FD": str(ready_far)} | ({} if own_life else {"SYNCLINE_LIFE_FD": str(life_near)})
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "syncline_cli", *_options(data, options)],
            env={**_environ(), **environ, **pipes},
            pass_fds=(ready_far, life_near),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # a Ctrl-C at the tests is not one at this
        )
    os.close(ready_far)
    os.close(life_near)
    dev = RunningDev(process, data, log, life)
    if not _announced(ready, START_SECONDS):
        status = dev.stop() if process.poll() is None else process.wait()
        dev.cut_off()
        raise DidNotStart(f"syncline dev ended with status {status}\n{dev.log()}")
    return dev


def _options(data: Path, options: Sequence[str]) -> list[str]:
    """Return the command's words; a later option wins over an earlier one."""
    return ["dev", f"--data={data}", f"--http={ANY_PORT}", f"--http-async={ANY_PORT}", f"--grpc={ANY_PORT}", *options]


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SYNCLINE_")}


def _announced(ready: int, seconds: float) -> bool:
    """Tell whether a line comes before the end of the pipe and before the time is over."""
    until = time.monotonic() + seconds
    line = b""
    try:
        while not line.endswith(b"\n"):
            readable, _, _ = select.select([ready], [], [], max(0, until - time.monotonic()))
            part = os.read(ready, 4096) if readable else b""
            if not part:
                return False
            line += part
    finally:
        os.close(ready)
    return bool(json.loads(line))


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def _command_line(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
