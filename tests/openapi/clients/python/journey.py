"""What a program does with the generated client; `syncline_api` is made by openapi-python-client."""

from __future__ import annotations

import json
import os
import uuid

import httpx
from syncline_api import Client
from syncline_api.api.access_service import check_credentials, create_token, delete_token
from syncline_api.api.task_service import (
    await_task,
    create_task,
    create_task_token,
    get_task,
    get_task_by_process_and_ref,
    list_tasks,
    submit_callback,
    wait_task,
)
from syncline_api.client import AuthenticatedClient
from syncline_api.models import (
    CheckCredentialsResponse,
    CreateTaskBody,
    CreateTaskBodyData,
    CreateTaskResponse,
    CreateTaskTokenBody,
    CreateTaskTokenResponse,
    CreateTokenBody,
    CreateTokenResponse,
    GoogleRpcErrorInfo,
    GoogleRpcStatus,
    ListTasksResponse,
    OutcomeKind,
    SubmitCallbackResponse,
    Task,
    TaskState,
    Wait,
    WaitTaskResponse,
)

URL, LOGIN, SECRET = (os.environ[name] for name in ("JOURNEY_URL", "JOURNEY_LOGIN", "JOURNEY_SECRET"))


def main() -> None:
    """Authenticate, call a process, answer another, follow it, and be refused."""
    owner = Client(base_url=URL).with_timeout(httpx.Timeout(30))
    owner.set_httpx_client(httpx.Client(base_url=URL, auth=(LOGIN, SECRET), timeout=30))
    made = create_token.sync(client=typed(owner), body=CreateTokenBody(title="journey", ttl="600s"))
    assert isinstance(made, CreateTokenResponse)
    client = AuthenticatedClient(base_url=URL, token=made.token, timeout=httpx.Timeout(30))
    who = check_credentials.sync(client=client)
    assert isinstance(who, CheckCredentialsResponse)
    assert who.login == LOGIN
    call_a_process(client)
    answer_another(client)
    be_refused(client)
    delete_token.sync(client=typed(owner), token_id=made.token_id)
    assert isinstance(check_credentials.sync(client=client), GoogleRpcStatus)


def typed(client: Client) -> AuthenticatedClient:
    """Return a client that authenticates by its transport as the type that operations ask for."""
    same = AuthenticatedClient(base_url=URL, token="")
    same.set_httpx_client(client.get_httpx_client())
    return same


def call_a_process(client: AuthenticatedClient) -> None:
    """Get a process's answer as the answer to the call."""
    body = CreateTaskBody(
        data=CreateTaskBodyData.from_dict({"param": "1"}), wait=Wait(timeout="20s"), request_id=str(uuid.uuid4())
    )
    done = create_task.sync("@echo", client=client, body=body)
    assert isinstance(done, CreateTaskResponse)
    assert isinstance(done.task, Task)
    assert done.task.state is TaskState.TASK_STATE_ENDED
    assert not isinstance(done.outcome, (type(None), dict))
    assert done.to_dict()["outcome"]["data"] == {"info": {"param": "1"}}
    again = create_task.sync("@echo", client=client, body=body)
    assert isinstance(again, CreateTaskResponse)
    assert again.to_dict()["task"]["taskId"] == done.task.task_id


def answer_another(client: AuthenticatedClient) -> None:
    """Leave a task waiting, find it by its ref, answer it, and read all that happened."""
    ref = f"journey-{uuid.uuid4()}"
    made = create_task.sync("@waiting", client=client, body=CreateTaskBody(ref=ref, data=CreateTaskBodyData()))
    assert isinstance(made, CreateTaskResponse)
    found = get_task_by_process_and_ref.sync("@waiting", ref, client=client)
    assert isinstance(found, Task)
    page = list_tasks.sync("@waiting", client=client, filter_=f'ref = "{ref}"', page_size=10)
    assert isinstance(page, ListTasksResponse)
    assert [task.task_id for task in page.tasks] == [found.task_id]
    callback = found.to_dict()["data"]["__callback_url"].rpartition("/")[2]
    taken = submit_callback.sync(callback, client=client, body={"answer": 42})
    assert isinstance(taken, SubmitCallbackResponse)
    assert not taken.repeated
    waited = wait_task.sync(found.task_id, client=client, timeout="20s")
    assert isinstance(waited, WaitTaskResponse)
    assert waited.to_dict()["outcome"]["kind"] == OutcomeKind.OUTCOME_KIND_ANSWERED.value
    watcher = create_task_token.sync(found.task_id, client=client, body=CreateTaskTokenBody(ttl="60s"))
    assert isinstance(watcher, CreateTaskTokenResponse)
    stream = await_task.sync(found.task_id, client=AuthenticatedClient(base_url=URL, token=watcher.token))
    assert isinstance(stream, str)
    lines = [json.loads(line) for line in stream.splitlines()]
    assert lines[-1] == {"end": {}}
    assert lines[-2]["result"]["outcome"]["data"] == {"answer": 42}


def be_refused(client: AuthenticatedClient) -> None:
    """Meet an error as its type."""
    refused = get_task.sync("0" * 24, client=client)
    assert isinstance(refused, GoogleRpcStatus)
    assert isinstance(refused.details, list)
    [info] = [detail for detail in refused.details if isinstance(detail, GoogleRpcErrorInfo)]
    assert info.reason == "TASK_NOT_FOUND"


main()
print("arrived")
