"""The golden process files, and a player that leads tasks through them in the real programs.

`tests/processes/KIND.json` is an export file as the vendor's have it; its processes are named by their titles. What
happens to them is in `KIND.run.json` beside it:

- `cases`, each with a `name` and `steps`, one after the other. A step is one of
  - `{"create": PROCESS, "ref": REF, "data": {…}}`: a new task;
  - `{"modify": PROCESS, "ref": REF, "data": {…}}`: members for a task that is there;
  - `{"pause": PROCESS}`, `{"resume": PROCESS}`;
  - `{"expect": PROCESS, "ref": REF, "in": TITLE}`: the task comes to the node of that title, and ends there when it is
    a final one, or `failed` with that reason. Its data is then `data`, or has what is in `has`, callback URLs aside;
    `answer` is what waiters got, null when there was only the end.
- `callee`, by path, what a server that a process calls answers: `status`, `body`, `headers`, or `hang` without end. A
  case may say which request it `received` first.
- `instances`, by the number in the file, the SQLite file of a database.
- `refused`, instead of `cases`: the faults that keep the file from being deployed.

In data `$CALLEE` stands for the callee's address, `$NOBODY` for one where nobody listens, `$LOGIN` for the key's login,
`$LONG` for a text of `LONG` characters.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest
from google.protobuf.duration_pb2 import Duration

from syncline.v1 import (
    process_service_pb2,
    resource_pb2,
    resource_service_pb2,
    resource_service_pb2_grpc,
    task_calls_pb2,
    task_pb2,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.clients import Caller

FOLDER = Path(__file__).parent / "processes"
LONG = 15_000
PATIENCE = 20.0
FINAL = 2


@dataclass(frozen=True, slots=True)
class Golden:
    """One file and what goes with it."""

    kind: str

    @property
    def text(self) -> str:
        return (FOLDER / f"{self.kind}.json").read_text(encoding="utf-8")

    @property
    def run(self) -> Any:
        return json.loads((FOLDER / f"{self.kind}.run.json").read_text(encoding="utf-8"))

    def logics(self) -> Iterator[Any]:
        """Go through the logics of every node, those of stubs too."""
        for process in json.loads(self.text):
            for node in process["scheme"]["nodes"]:
                yield from node["condition"]["logics"]
                for branch in node["condition"].get("stub", {}).get("logics", ()):
                    yield from branch


def goldens() -> list[Golden]:
    """Return all of them."""
    names = (path.name.removesuffix(".json") for path in FOLDER.glob("*.json"))
    return [Golden(name) for name in sorted(names) if not name.endswith(".run")]


class Player:
    """Plays cases in one running system. A file is deployed when its first case comes."""

    def __init__(self, client: Caller, channel: grpc.aio.Channel, login: str) -> None:
        self._client = client
        self._login = login
        self._resources = resource_service_pb2_grpc.ResourceServiceStub(channel)

    async def deploy(self, golden: Golden) -> None:
        """Import every process of the file under its title, unless it is there."""
        for process in json.loads(await self._with_instances(golden)):
            request = process_service_pb2.ImportProcessesRequest(
                file_json=json.dumps([process]), alias=process["title"], deploy=True
            )
            await self._client.processes.ImportProcesses(request, metadata=self._client.metadata)

    async def faults(self, golden: Golden) -> list[Any]:
        """Import the file without deploying it; return what keeps it from that."""
        request = process_service_pb2.ImportProcessesRequest(file_json=golden.text)
        made = await self._client.processes.ImportProcesses(request, metadata=self._client.metadata)
        deploy = process_service_pb2.DeployProcessRequest(process=made.processes[0].process_id)
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await self._client.processes.DeployProcess(deploy, metadata=self._client.metadata)
        assert refusal.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        return list(made.faults)

    async def play(self, golden: Golden, case: Any, texts: dict[str, str]) -> None:
        """Do what the case says, with these texts in the place of words that begin with `$`."""
        titles = {process["title"]: process["scheme"]["nodes"] for process in json.loads(golden.text)}
        text = json.dumps(case["steps"])
        for word, meaning in {**texts, "$LOGIN": self._login, "$LONG": "x" * LONG}.items():
            text = text.replace(word, meaning)
        for step in json.loads(text):
            verb = next(verb for verb in ("create", "modify", "expect", "pause", "resume") if verb in step)
            if verb == "expect":
                await self._expect(step, titles[step["expect"]])
            else:
                await getattr(self, f"_{verb}")(f"@{step[verb]}", step)

    async def _with_instances(self, golden: Golden) -> str:
        text = golden.text
        for number, file in golden.run.get("instances", {}).items():
            instance = resource_pb2.Instance(title=file, sqlite=resource_pb2.SqliteConnection(file=file))
            request = resource_service_pb2.CreateInstanceRequest(instance=instance)
            made = await self._resources.CreateInstance(request, metadata=self._client.metadata)
            text = text.replace(f'"instance_id": {number},', f'"instance_id": {made.instance.instance_id},')
        return text

    async def _create(self, process: str, step: Any) -> None:
        request = task_calls_pb2.CreateTaskRequest(process=process, ref=step["ref"], data_json=json.dumps(step["data"]))
        await self._client.tasks.CreateTask(request, metadata=self._client.metadata)

    async def _modify(self, process: str, step: Any) -> None:
        request = task_calls_pb2.ModifyTaskRequest(process=process, ref=step["ref"], data_json=json.dumps(step["data"]))
        await self._client.tasks.ModifyTask(request, metadata=self._client.metadata)

    async def _pause(self, process: str, _: Any) -> None:
        request = process_service_pb2.PauseProcessRequest(process=process)
        await self._client.processes.PauseProcess(request, metadata=self._client.metadata)

    async def _resume(self, process: str, _: Any) -> None:
        request = process_service_pb2.ResumeProcessRequest(process=process)
        await self._client.processes.ResumeProcess(request, metadata=self._client.metadata)

    async def _expect(self, step: Any, nodes: list[Any]) -> None:
        (node,) = (node for node in nodes if node["title"] == step["in"])
        ends = node["obj_type"] == FINAL or "failed" in step
        until = task_pb2.WAIT_UNTIL_END if ends else task_pb2.WAIT_UNTIL_NODE
        waited = await self._waited(f"@{step['expect']}", step["ref"], until, "" if ends else node["id"])
        task, seen = waited.task, _plain(json.loads(waited.task.data_json))
        title = next((one["title"] for one in nodes if one["id"] == task.node_id), task.node_id)
        state = task_pb2.TaskState.Name(task.state).removeprefix("TASK_STATE_")
        assert (step["in"], step.get("failed", "")) == (title, task.failure.reason), (state, seen, task.failure)
        assert ends is (state in ("ENDED", "FAILED")), (state, seen)
        if "data" in step:
            assert step["data"] == seen, seen
        assert step.get("has", {}).items() <= seen.items(), seen
        if "answer" in step:
            kind = task_pb2.OUTCOME_KIND_ENDED if step["answer"] is None else task_pb2.OUTCOME_KIND_ANSWERED
            assert (kind, step["answer"] or seen) == (waited.outcome.kind, _plain(json.loads(waited.outcome.data_json)))

    async def _waited(self, process: str, ref: str, until: task_pb2.WaitUntil, node_id: str) -> Any:
        request = task_calls_pb2.WaitTaskRequest(
            process=process, ref=ref, until=until, node_id=node_id, timeout=Duration(seconds=int(PATIENCE))
        )
        async with asyncio.timeout(PATIENCE * 2):
            while True:
                try:
                    return await self._client.tasks.WaitTask(request, metadata=self._client.metadata)
                except grpc.aio.AioRpcError as error:  # a task that another one makes
                    if error.code() is not grpc.StatusCode.NOT_FOUND:
                        raise


def _plain(value: Any) -> Any:
    """Return a value without what only its own run can know."""
    if not isinstance(value, dict):
        return value
    return {name: _plain(inner) for name, inner in value.items() if name not in ("__callback_url", "__headers")}
