"""A running `syncline dev` for tests: both real programs, on ports of their own, in a folder of their own.

It cannot outlive the process that started it: it holds the near end of a pipe whose far end is here, and ends when that
is closed, however it comes about.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from syncline_cli import devfile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ANY_PORT = "127.0.0.1:0"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
PROGRAMS = {"server": "syncline_server", "gateway": "syncline_gateway"}


class DidNotStart(Exception):
    """The command ended, or hung, before it served."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"syncline dev ended with status {status}\n{said}")
        self.status = status
        self.said = said
        """All that it wrote, on stdout and stderr."""


class RunningDev:
    """One `syncline dev`."""

    def __init__(self, process: subprocess.Popen[bytes], data: Path, life: int) -> None:
        self.process = process
        self.data = data
        self._life = life
        self._lines: list[str] = []
        self._heard = threading.Condition()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    @property
    def key(self) -> devfile.DevFile:
        """What `dev-key.json` says now: addresses, key, process ids."""
        return devfile.read(self.data)

    def said(self) -> str:
        """Return what the command and both programs have written so far, the banner included."""
        with self._heard:
            return "".join(self._lines)

    def wait_for(self, text: str, *, times: int = 1, seconds: float = START_SECONDS) -> None:
        """Return when so many lines that hold a text have been written."""
        with self._heard:
            if not self._heard.wait_for(lambda: sum(text in line for line in self._lines) >= times, seconds):
                raise AssertionError(f"nothing said {text!r} within {seconds:g} s\n{''.join(self._lines)}")

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Return when the gateway serves and reaches the server."""
        until = time.monotonic() + seconds
        while get(f"{self.key.http}/readyz") != 200:
            if time.monotonic() > until:
                raise AssertionError(f"not ready within {seconds:g} s\n{self.said()}")
            select.select([], [], [], 0.02)

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

    def stop(self) -> int:
        """Tell it to end, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Return its exit status as soon as it has ended; it is killed, with its programs, when it does not."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise AssertionError(f"syncline dev did not end within {seconds:g} s\n{self.said()}") from None
        self.cut_off()
        self._listening.join(seconds)
        return status

    def kill_all(self) -> None:
        """Kill the command and both programs."""
        programs = _children(self.process.pid)
        self.process.kill()
        self.process.wait()
        for pid in programs:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.cut_off()

    def cut_off(self) -> None:
        """Let it notice that whoever started it is gone."""
        if self._life >= 0:
            os.close(self._life)
            self._life = -1

    def _listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout as output:
            for line in output:
                with self._heard:
                    self._lines.append(line.decode("utf-8", "replace"))
                    self._heard.notify_all()


@contextmanager
def running_dev(
    folder: Path, *, options: Sequence[str] = (), environ: Mapping[str, str] | None = None, own_life: bool = False
) -> Iterator[RunningDev]:
    """Start `syncline dev` with its data in `folder/data`, give it when it serves, and end it after the block.

    With `own_life` it gets no pipe to its parent, as from a shell, and a SIGINT counts.
    """
    dev = start_dev(folder, options=options, environ=environ or {}, own_life=own_life)
    try:
        yield dev
    finally:
        if dev.process.poll() is None:
            dev.stop()
        dev.cut_off()


def start_dev(folder: Path, *, options: Sequence[str], environ: Mapping[str, str], own_life: bool) -> RunningDev:
    """Start it and return when it serves, or raise `DidNotStart`."""
    ready, ready_far = os.pipe()
    life_near, life = os.pipe()
    pipes = {"SYNCLINE_READY_FD": str(ready_far)} | ({} if own_life else {"SYNCLINE_LIFE_FD": str(life_near)})
    ports = (f"--{face}={ANY_PORT}" for face in ("http", "http-async", "grpc"))
    process = subprocess.Popen(
        [sys.executable, "-m", "syncline_cli", "dev", f"--data={folder / 'data'}", *ports, *options],
        env={**os.environ, **environ, **pipes},
        pass_fds=(ready_far, life_near),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a Ctrl-C at the tests is not one at this
    )
    os.close(ready_far)
    os.close(life_near)
    dev = RunningDev(process, folder / "data", life)
    if not _announced(ready, START_SECONDS):
        status = dev.wait()
        raise DidNotStart(status, dev.said())
    return dev


def get(url: str) -> int:
    """Return the status of a GET; 0 when nobody answers."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


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
