"""`python -m syncline_server`: the whole program, started and stopped as `syncline dev` does."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

from fakes import exports
from fakes.credentials import basic
from fakes.rpc import Stubs, refusal, wait
from syncline.v1 import process_service_pb2, task_calls_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

STOP_SECONDS = 1.5
START_SECONDS = 30.0


@dataclass(slots=True, kw_only=True)
class Program:
    """The running server."""

    process: asyncio.subprocess.Process
    life: int
    """Closing it is the death of whoever started the program."""
    address: str
    data: Path

    def key(self) -> dict[str, str]:
        key: dict[str, str] = json.loads((self.data / "operator-key.json").read_text())
        return key

    async def ended(self) -> tuple[int, float]:
        """Return the exit status and how long it took."""
        began = time.monotonic()
        status = await asyncio.wait_for(self.process.wait(), START_SECONDS)
        return status, time.monotonic() - began

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Stubs]:
        async with grpc.aio.insecure_channel(self.address) as channel:
            yield Stubs(channel, basic(self.key()["login"], self.key()["secret"]))


async def start(data: Path, *more_fds: int, **settings: str) -> asyncio.subprocess.Process:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SYNCLINE_")}
    environ |= {"SYNCLINE_DATA": str(data), "SYNCLINE_GRPC": "127.0.0.1:0"}
    environ |= {f"SYNCLINE_{name}": value for name, value in settings.items()}
    environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "syncline_server"),
        env=environ,
        pass_fds=more_fds,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )


@asynccontextmanager
async def program(data: Path, **settings: str) -> AsyncIterator[Program]:
    life_near, life = os.pipe()
    ready, ready_far = os.pipe()
    process = await start(data, life_near, ready_far, **settings, READY_FD=str(ready_far), LIFE_FD=str(life_near))
    os.close(ready_far)
    os.close(life_near)
    try:
        line = await asyncio.wait_for(asyncio.to_thread(os.read, ready, 4096), START_SECONDS)
        assert line, (await process.communicate())[1].decode()
        yield Program(process=process, life=life, address=json.loads(line)["grpc"], data=data)
    finally:
        os.close(ready)
        if process.returncode is None:
            process.kill()
        await process.communicate()
        with suppress(OSError):
            os.close(life)


async def test_it_serves_and_stops_with_callers_waiting(tmp_path: Path) -> None:
    async with program(tmp_path) as server, server.client() as client:
        await client(
            "ImportProcesses",
            process_service_pb2.ImportProcessesRequest(file_json=exports.waiting(), deploy=True, alias="waiting"),
        )
        stream = client.exchange()
        create = task_calls_pb2.CreateTaskRequest(process="@waiting", wait=wait())
        number = await stream.begin(create_task=create)
        unary = asyncio.ensure_future(refusal(client("CreateTask", create)))
        watch = client.watch(task_id=(await stream.accepted(number)).task_id)
        seen = [await watch.read() for _ in range(2)]

        server.process.send_signal(signal.SIGTERM)
        status, took = await server.ended()
        code = await stream.code()
        away = await watch.read()
        ended = await unary

    assert status == 0
    assert took < STOP_SECONDS
    assert code is grpc.StatusCode.OK
    assert stream.phases[number] == ["accepted", "error"]
    assert away.WhichOneof("event") == "going_away"
    assert away.resume_token == seen[-1].resume_token
    assert ended.reason == "UNAVAILABLE"


async def test_it_stops_when_its_parent_dies(tmp_path: Path) -> None:
    async with program(tmp_path) as server:
        server.process.send_signal(signal.SIGINT)
        os.close(server.life)
        status, took = await server.ended()

    assert (status, took < STOP_SECONDS) == (0, True)


async def test_a_killed_server_knows_everything_again(tmp_path: Path) -> None:
    async with program(tmp_path) as server, server.client() as client:
        key = server.key()
        await client(
            "ImportProcesses",
            process_service_pb2.ImportProcessesRequest(file_json=exports.waiting(), deploy=True, alias="waiting"),
        )
        made = await client("CreateTask", task_calls_pb2.CreateTaskRequest(process="@waiting", ref="r"))
        watch = client.watch(task_id=made.task.task_id)
        token = (await watch.read()).resume_token
        server.process.kill()
        await server.ended()
    (tmp_path / "operator-key.json").unlink()

    async with program(tmp_path) as server:
        assert not (tmp_path / "operator-key.json").exists(), "it is written once"
        async with grpc.aio.insecure_channel(server.address) as channel:
            client = Stubs(channel, basic(key["login"], key["secret"]))
            await client(
                "ModifyTask",
                task_calls_pb2.ModifyTaskRequest(process="@waiting", ref="r", data_json='{"answer":"yes"}'),
            )
            watch = Stubs(channel).watch(resume_token=token)
            events = [event.WhichOneof("event") async for event in watch]

    assert events == ["moved", "moved", "outcome"]


async def test_only_its_owner_may_read_the_operators_key(tmp_path: Path) -> None:
    async with program(tmp_path) as server:
        key = server.key()
        mode = (tmp_path / "operator-key.json").stat().st_mode & 0o777

    assert set(key) == {"login", "secret", "company_id"}
    assert key["login"].isdigit()
    assert mode == 0o600


async def test_a_bad_setting_is_one_line(tmp_path: Path) -> None:
    process = await start(tmp_path, HEARTBEAT_SECONDS="soon")
    _, said = await asyncio.wait_for(process.communicate(), START_SECONDS)

    assert process.returncode == 2
    assert said.decode().count("\n") == 1
    assert "SYNCLINE_HEARTBEAT_SECONDS" in said.decode()


async def test_an_address_that_is_taken_is_one_line(tmp_path: Path) -> None:
    async with program(tmp_path / "one") as server:
        process = await start(tmp_path / "two", GRPC=server.address, LOG_LEVEL="error")
        _, said = await asyncio.wait_for(process.communicate(), START_SECONDS)

    assert process.returncode == 2
    assert said.decode().splitlines()[-1] == f"syncline_server: SYNCLINE_GRPC: cannot listen on {server.address}"


async def test_a_data_folder_has_one_server(tmp_path: Path) -> None:
    async with program(tmp_path):
        process = await start(tmp_path)
        _, said = await asyncio.wait_for(process.communicate(), START_SECONDS)

    assert process.returncode == 70
    assert said.decode().splitlines() == [f"syncline_server: The data folder {tmp_path} is in use by another server."]


def spoil(data: Path) -> None:
    """Write nonsense over the database."""
    for path in data.glob("syncline.db*"):
        with path.open("r+b") as file:
            file.write(b"\xff" * min(65_536, path.stat().st_size))


async def test_a_store_that_breaks_ends_the_program(tmp_path: Path) -> None:
    async with program(tmp_path) as server, server.client() as client:
        await client(
            "ImportProcesses",
            process_service_pb2.ImportProcessesRequest(file_json=exports.echo(), deploy=True, alias="echo"),
        )
        spoil(tmp_path)

        refused = await refusal(client("CreateTask", task_calls_pb2.CreateTaskRequest(process="@echo")))
        status, took = await server.ended()

    assert refused.code is grpc.StatusCode.UNAVAILABLE
    assert (status, took < STOP_SECONDS) == (70, True)
