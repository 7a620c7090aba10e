"""How fast it is, as ratios to the bare libraries: everything in one run, on one machine, round by round.

It prints figures and never fails on a slow day; it fails only when a call does. Run it with `make bench`.
"""

from __future__ import annotations

import json
import statistics
import time
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.measuring import IN_FLIGHT, ROUNDS, SECONDS, load, program, request
from fakes import exports
from fakes.credentials import basic
from running import running_dev
from syncline.v1 import task_calls_pb2, task_pb2
from syncline_cli.signing import create_body, signed_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from running import RunningDev

BODY = create_body("@echo", '{"param":1}')

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]


def post(path: str, body: bytes) -> bytes:
    return request("POST", path, body, Content_Type="application/json")


def bare_http() -> dict[str, float]:
    with program("bare_http.py") as (port, _):
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
    with program("bare_grpc.py") as (port, _):
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


ENDLESS = 8
"""Tasks whose scripts never end; each goes on to the next as soon as the limit has ended one."""


def endless() -> str:
    """Return a process that runs a script without end again and again."""
    code: dict[str, object] = {
        "type": "api_code",
        "lang": "js",
        "src": "while (true) {}",
        "err_node_id": exports.node_id(2),
    }
    return exports.export(
        exports.node(1, [exports.go(2)], kind=exports.START),
        exports.node(2, [code, exports.go(3)]),
        exports.node(3, kind=exports.FINAL),
    )


class Client:
    """A few requests to `/v1`."""

    def __init__(self, dev: RunningDev, connection: HTTPConnection) -> None:
        self._headers = {
            "Authorization": basic(dev.key.login, dev.key.secret),
            "Content-Type": "application/json",
        }
        self._connection = connection

    def post(self, path: str, body: object) -> Any:
        self._connection.request("POST", path, json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return json.loads(content)


@contextmanager
def scripts_without_end(client: Client) -> Iterator[None]:
    """Keep every worker busy meanwhile."""
    tasks = [client.post("/v1/processes/@endless/tasks", {})["task"]["taskId"] for _ in range(ENDLESS)]
    try:
        yield
    finally:
        for task in tasks:
            client.post(f"/v1/tasks/{task}:cancel", {})


def test_scripts_without_end_beside_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What callers of another process notice of scripts that use all the time they may."""
    rows: dict[str, list[dict[str, float]]] = {"alone": [], "beside scripts without end": []}
    with (
        running_dev(tmp_path) as dev,
        closing(HTTPConnection(dev.key.http.removeprefix("http://"))) as connection,
    ):
        client = Client(dev, connection)
        client.post("/v1/processes:import", {"file": json.loads(endless()), "alias": "endless", "deploy": True})
        for _ in range(ROUNDS):
            rows["alone"].append(our_http(dev))
            with scripts_without_end(client):
                rows["beside scripts without end"].append(our_http(dev))
    with capsys.disabled():
        print(f"\nsynchronous ops call, {IN_FLIGHT} in flight, {SECONDS:g} s each, {ROUNDS} rounds, medians")
        for name, runs in rows.items():
            rate, p50, p99 = (statistics.median(run[which] for run in runs) for which in ("rate", "p50", "p99"))
            print(f"  {name:26} {rate:8.0f}/s   p50 {p50:6.2f} ms   p99 {p99:6.2f} ms")
