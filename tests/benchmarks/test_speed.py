"""How fast it is, as ratios to the bare libraries: everything in one run, on one machine, round by round.

It prints figures and never fails on a slow day; it fails only when a call does. Run it with `make bench`.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fakes.credentials import basic
from running import running_dev
from syncline.v1 import task_calls_pb2, task_pb2
from syncline_cli.signing import create_body, signed_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from running import RunningDev

HERE = Path(__file__).parent
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
IN_FLIGHT = int(os.environ.get("BENCH_IN_FLIGHT", "64"))
BODY = create_body("@echo", '{"param":1}')

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def program(name: str) -> Iterator[int]:
    """Run one of the bare servers; give its port when it listens."""
    port = free_port()
    with subprocess.Popen([sys.executable, str(HERE / name), str(port)]) as process:
        try:
            _listening(port)
            yield port
        finally:
            process.terminate()


def _listening(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < until, f"nothing listens on port {port}"
        else:
            return


def load(script: str, *args: object, request: bytes) -> dict[str, float]:
    """Run a load generator in a process of its own; return its figures."""
    done = subprocess.run(
        [sys.executable, str(HERE / script), *map(str, args)], input=request, capture_output=True, check=True
    )
    figures: dict[str, float] = json.loads(done.stdout)
    assert figures["failed"] == 0, figures
    return figures


def post(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    return head.encode() + b"\r\n" + body


def bare_http() -> dict[str, float]:
    with program("bare_http.py") as port:
        return load("http_load.py", "127.0.0.1", port, IN_FLIGHT, SECONDS, request=post("/echo", BODY))


def our_http(dev: RunningDev) -> dict[str, float]:
    key = dev.key
    path = signed_path(key.login, key.secret, int(time.time()), BODY)
    port = int(key.http.rpartition(":")[2])
    return load("http_load.py", "127.0.0.1", port, IN_FLIGHT, SECONDS, request=post(path, BODY))


METHOD = "/syncline.v1.TaskService/CreateTask"
REQUEST = task_calls_pb2.CreateTaskRequest(
    process="@echo", data_json='{"param":1}', wait=task_pb2.Wait(until=task_pb2.WAIT_UNTIL_OUTCOME)
).SerializeToString()


def bare_grpc() -> dict[str, float]:
    with program("bare_grpc.py") as port:
        return load("grpc_load.py", f"127.0.0.1:{port}", METHOD, IN_FLIGHT, SECONDS, "", request=REQUEST)


def our_grpc(dev: RunningDev) -> dict[str, float]:
    key = dev.key
    return load("grpc_load.py", key.grpc, METHOD, IN_FLIGHT, SECONDS, basic(key.login, key.secret), request=REQUEST)


def test_round_trips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whole durable round trips: create, run the process, commit, answer."""
    rows: dict[str, list[dict[str, float]]] = {}
    with running_dev(tmp_path) as dev:
        for _ in range(ROUNDS):
            rows.setdefault("bare aiohttp echo", []).append(bare_http())
            rows.setdefault("synchronous ops call", []).append(our_http(dev))
            rows.setdefault("bare grpc.aio echo", []).append(bare_grpc())
            rows.setdefault("gRPC CreateTask, wait", []).append(our_grpc(dev))
    rates = {name: [run["rate"] for run in runs] for name, runs in rows.items()}
    with capsys.disabled():
        print(f"\n{IN_FLIGHT} in flight, {SECONDS:g} s each, {ROUNDS} rounds, medians")
        for name, runs in rows.items():
            p50, p99 = (statistics.median(run[which] for run in runs) for which in ("p50", "p99"))
            print(f"  {name:24} {statistics.median(rates[name]):8.0f}/s   p50 {p50:6.2f} ms   p99 {p99:6.2f} ms")
        for ours, bare in (
            ("synchronous ops call", "bare aiohttp echo"),
            ("gRPC CreateTask, wait", "bare grpc.aio echo"),
        ):
            ratio = statistics.median(a / b for a, b in zip(rates[ours], rates[bare], strict=True))
            print(f"  {ours} / {bare}: {ratio:.2f}")
