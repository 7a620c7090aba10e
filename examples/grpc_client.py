"""An internal service that uses the stubs: create a task and wait for its outcome, then watch another one move.

    python examples/grpc_client.py [DATA]

DATA is the data folder of a running `syncline dev`, `.syncline` unless named.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import grpc

from syncline.v1 import task_pb2
from syncline.v1.task_calls_pb2 import AwaitTaskRequest, CreateTaskRequest, ModifyTaskRequest
from syncline.v1.task_service_pb2_grpc import TaskServiceStub


def create_and_wait(tasks: TaskServiceStub, key: tuple[str, str]) -> None:
    """One call that blocks until the process has answered."""
    request = CreateTaskRequest(process="@echo", data_json=json.dumps({"param": "hello"}))
    request.wait.until = task_pb2.WAIT_UNTIL_OUTCOME
    request.wait.timeout.FromSeconds(30)
    created = tasks.CreateTask(request, metadata=[key], timeout=40)
    if not created.HasField("outcome"):
        # the task goes on, and its id is all it takes to ask again, from anywhere
        raise SystemExit(f"no outcome yet: task {created.task.task_id}")
    print("outcome", json.loads(created.outcome.data_json))


def watch(tasks: TaskServiceStub, key: tuple[str, str]) -> None:
    """A task that waits for somebody to modify it; its events come as a stream, the last one is its outcome."""
    created = tasks.CreateTask(CreateTaskRequest(process="@waiting"), metadata=[key], timeout=10)
    task_id = created.task.task_id
    events = tasks.AwaitTask(AwaitTaskRequest(task_id=task_id), metadata=[key], timeout=40)
    answer = json.dumps({"answer": "forty-two"})
    tasks.ModifyTask(ModifyTaskRequest(task_id=task_id, data_json=answer), metadata=[key], timeout=10)
    for event in events:
        match event.WhichOneof("event"):
            case "moved":
                print("moved to", event.moved.node_id)
            case "outcome":
                print("outcome", json.loads(event.outcome.data_json))
            case "going_away":
                # the stream ends now; AwaitTask with event.resume_token goes on where it stopped
                print("the server stops")


def main() -> None:
    """Do both."""
    data = sys.argv[1] if len(sys.argv) > 1 else ".syncline"
    known = json.loads(Path(data, "dev-key.json").read_text())
    token = base64.b64encode(f"{known['login']}:{known['secret']}".encode()).decode()
    key = ("authorization", f"Basic {token}")
    with grpc.insecure_channel(known["grpc"]) as channel:
        tasks = TaskServiceStub(channel)
        create_and_wait(tasks, key)
        watch(tasks, key)


if __name__ == "__main__":
    main()
