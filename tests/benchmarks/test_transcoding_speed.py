"""What HTTP transcoding costs, beside the bare libraries, in one run on one machine: calls, events, idle listeners.

Like the other benchmarks it prints figures, and fails only when something is not answered.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from benchmarks.measuring import HERE, IN_FLIGHT, ROUNDS, SECONDS, load, program, request, resident_bytes
from fakes.credentials import basic
from running import running_dev
from syncline.v1 import task_calls_pb2, task_service_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from running import RunningDev

LISTENERS = int(os.environ.get("BENCH_LISTENERS", "1000"))
IDLE = int(os.environ.get("BENCH_IDLE", "10000"))

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]


class Client:
    """Makes and changes tasks of the sample `waiting`."""

    def __init__(self, dev: RunningDev) -> None:
        key = dev.key
        self.authorization = basic(key.login, key.secret)
        self.port = int(key.http.rpartition(":")[2])
        self._metadata = (("authorization", self.authorization),)
        self._tasks = task_service_pb2_grpc.TaskServiceStub(grpc.insecure_channel(key.grpc))

    def create(self) -> str:
        made = self._tasks.CreateTask(task_calls_pb2.CreateTaskRequest(process="@waiting"), metadata=self._metadata)
        task_id: str = made.task.task_id
        return task_id

    def answer(self, task_id: str) -> None:
        change = task_calls_pb2.ModifyTaskRequest(task_id=task_id, data_json='{"answer":"yes"}')
        self._tasks.ModifyTask(change, metadata=self._metadata)

    def get(self, path: str, accept: str = "application/json") -> bytes:
        return request("GET", path, Authorization=self.authorization, Accept=accept)

    def listen(self, task_id: str) -> bytes:
        return self.get(f"/v1/tasks/{task_id}:await", "text/event-stream")


class Crowd:
    """Listeners in a process of their own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def heard(self) -> dict[str, Any]:
        """Return the next line that it prints."""
        assert self._process.stdout
        line: dict[str, Any] = json.loads(self._process.stdout.readline())
        return line


@contextmanager
def listening(port: int, size: int, asking: bytes) -> Iterator[Crowd]:
    """Give the crowd when all its connections are open."""
    command = [sys.executable, str(HERE / "listeners.py"), "127.0.0.1", str(port), str(size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin
        assert stdout
        stdin.write(asking.replace(b"\r\n", b"\\r\\n") + b"\n")
        stdin.flush()
        crowd = Crowd(process)
        assert crowd.heard() == {"open": size}
        yield crowd
        stdin.close()
        stdout.read()  # its last word: nobody may close the pipe before


def test_unary_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A task is read over and over: through gateway and server, and through a bare hop that knows its answer."""
    rates: dict[str, list[float]] = {"ours": [], "bare": []}
    with running_dev(tmp_path) as dev, program("bare_hop.py") as (bare, _):
        client = Client(dev)
        path = f"/v1/tasks/{client.create()}"
        for _ in range(ROUNDS):
            for name, port in (("bare", bare), ("ours", client.port)):
                figures = load("http_load.py", "127.0.0.1", port, IN_FLIGHT, SECONDS, request=client.get(path))
                rates[name].append(figures["rate"])
    with capsys.disabled():
        print(f"\n{IN_FLIGHT} in flight, {SECONDS:g} s each, {ROUNDS} rounds, medians")
        print(f"  aiohttp, grpc.aio, json_format   {statistics.median(rates['bare']):8.0f}/s")
        print(f"  GET /v1/tasks/ID                 {statistics.median(rates['ours']):8.0f}/s")
        print(f"  ratio {statistics.median(a / b for a, b in zip(rates['ours'], rates['bare'], strict=True)):.2f}")


def test_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One task is awaited by many; all get its last events."""
    rates = []
    with running_dev(tmp_path) as dev:
        client = Client(dev)
        for _ in range(ROUNDS):
            task_id = client.create()
            with listening(client.port, LISTENERS, client.listen(task_id)) as crowd:
                client.answer(task_id)
                heard = crowd.heard()
                assert heard["ended"], heard
                rates.append(heard["events"] / heard["seconds"])
    with capsys.disabled():
        print(f"\n{LISTENERS} listeners: {statistics.median(rates):.0f} events/s")


def test_idle_listeners(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it takes in memory to wait."""
    rows = []
    with program("bare_listeners.py") as (port, pid):
        before = resident_bytes(pid)
        with listening(port, IDLE, request("GET", "/")):
            rows.append(("bare aiohttp", resident_bytes(pid) - before))
    with running_dev(tmp_path) as dev:
        client = Client(dev)
        before_each = {name: resident_bytes(dev.pid(name) or 0) for name in ("gateway", "server")}
        with listening(client.port, IDLE, client.listen(client.create())):
            rows.extend((name, resident_bytes(dev.pid(name) or 0) - was) for name, was in before_each.items())
    with capsys.disabled():
        print(f"\n{IDLE} idle listeners")
        for name, size in rows:
            print(f"  {name:14} {size / IDLE / 1024:6.1f} KiB each")
