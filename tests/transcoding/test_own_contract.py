"""The transcoder on the contract: every method that HTTP can carry, and a table of all of its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import text_format

from syncline.v1 import (
    access_service_pb2,
    options_pb2,
    process_service_pb2,
    resource_service_pb2,
    step_service_pb2,
    task_service_pb2,
)
from syncline_gateway.transcoding.faults import Fault
from syncline_gateway.transcoding.transcoder import EventStream, Transcoder

if TYPE_CHECKING:
    from google.protobuf.descriptor import ServiceDescriptor
    from google.protobuf.message import Message

FILES = (access_service_pb2, process_service_pb2, resource_service_pb2, step_service_pb2, task_service_pb2)
SERVICES: list[ServiceDescriptor] = [one for file in FILES for one in file.DESCRIPTOR.services_by_name.values()]
INLINE: Any = options_pb2.inline_json
STREAM: Any = options_pb2.event_stream
OURS = Transcoder(SERVICES, domain="syncline", inline_json=INLINE, event_stream=STREAM)

ROUTES = """
AccessService/CheckCredentials    GET     /v1/credentials:check                         -          -
AccessService/GetCompany          GET     /v1/companies/{company_id}                    -          company
AccessService/CreateCompany       POST    /v1/companies                                 *          -
AccessService/CreateKey           POST    /v1/keys                                      *          -
AccessService/ListKeys            GET     /v1/keys                                      -          -
AccessService/DeleteKey           DELETE  /v1/keys/{login}                              -          -
AccessService/SetGrant            PUT     /v1/processes/{process}/grants/{login}        *          grant
AccessService/ListGrants          GET     /v1/processes/{process}/grants                -          -
AccessService/CreateToken         POST    /v1/tokens                                    *          -
AccessService/ListTokens          GET     /v1/tokens                                    -          -
AccessService/DeleteToken         DELETE  /v1/tokens/{token_id}                         -          -
ProcessService/ImportProcesses    POST    /v1/processes:import                          *          -
ProcessService/ExportProcess      GET     /v1/processes/{process}:export                -          -
ProcessService/GetProcess         GET     /v1/processes/{process}                       -          process
ProcessService/ListProcesses      GET     /v1/processes                                 -          -
ProcessService/DeployProcess      POST    /v1/processes/{process}:deploy                *          process
ProcessService/PauseProcess       POST    /v1/processes/{process}:pause                 *          process
ProcessService/ResumeProcess      POST    /v1/processes/{process}:resume                *          process
ProcessService/CreateAlias        POST    /v1/processes/{process}/aliases               *          process
ResourceService/CreateEnvVar      POST    /v1/envVars                                   env_var    env_var
ResourceService/GetEnvVar         GET     /v1/envVars/{short_name}                      -          env_var
ResourceService/ListEnvVars       GET     /v1/envVars                                   -          -
ResourceService/UpdateEnvVar      PATCH   /v1/envVars/{env_var.short_name}              env_var    env_var
ResourceService/DeleteEnvVar      DELETE  /v1/envVars/{short_name}                      -          -
ResourceService/CreateInstance    POST    /v1/instances                                 instance   instance
ResourceService/GetInstance       GET     /v1/instances/{instance_id}                   -          instance
ResourceService/ListInstances     GET     /v1/instances                                 -          -
ResourceService/UpdateInstance    PATCH   /v1/instances/{instance.instance_id}          instance   instance
ResourceService/DeleteInstance    DELETE  /v1/instances/{instance_id}                   -          -
StepService/ListSteps             GET     /v1/tasks/{task_id}/steps                     -          -
TaskService/CreateTask            POST    /v1/processes/{process}/tasks                 *          -
TaskService/ModifyTask            PATCH   /v1/tasks/{task_id}                           *          task
TaskService/ModifyTask            PATCH   /v1/processes/{process}/refs/{ref}            *          task
TaskService/GetTask               GET     /v1/tasks/{task_id}                           -          task
TaskService/GetTask               GET     /v1/processes/{process}/refs/{ref}            -          task
TaskService/ListTasks             GET     /v1/processes/{process}/tasks                 -          -
TaskService/CancelTask            POST    /v1/tasks/{task_id}:cancel                    *          task
TaskService/CancelTask            POST    /v1/processes/{process}/refs/{ref}:cancel     *          task
TaskService/DeleteTask            DELETE  /v1/tasks/{task_id}                           -          -
TaskService/DeleteTask            DELETE  /v1/processes/{process}/refs/{ref}            -          -
TaskService/AwaitTask             GET     /v1/tasks/{task_id}:await                     -          -
TaskService/AwaitTask             GET     /v1/processes/{process}/refs/{ref}:await      -          -
TaskService/WaitTask              GET     /v1/tasks/{task_id}:wait                      -          -
TaskService/WaitTask              GET     /v1/processes/{process}/refs/{ref}:wait       -          -
TaskService/CreateTaskToken       POST    /v1/tasks/{task_id}:token                     *          -
TaskService/CreateTaskToken       POST    /v1/processes/{process}/refs/{ref}:token      *          -
TaskService/SubmitCallback        POST    /v1/callbacks/{callback_id}                   data_json  -
TaskService/SubmitNodeCallback    POST    /v1/callbacks/{process_id}/{node_id}/{hash}   data_json  -
"""
"""Method, HTTP method, path, body, response body."""


def test_routes_are_those_of_the_table() -> None:
    table = [tuple(line.split()) for line in ROUTES.strip().splitlines()]

    assert table == [
        (
            f"{rule.rpc.containing_service.name}/{rule.rpc.name}",
            rule.method,
            rule.template.text,
            "*" if rule.whole_body else (rule.body.name if rule.body else "-"),
            rule.response_body.name if rule.response_body else "-",
        )
        for rule in OURS.rules
    ]


def test_every_method_that_http_can_carry_is_bound() -> None:
    carried = {
        f"{service.full_name}/{method.name}"
        for service in SERVICES
        for method in service.methods
        if not (method.client_streaming and method.server_streaming)
    }

    assert carried == {rpc.name for rpc in OURS.rpcs}


def test_only_await_is_an_event_stream() -> None:
    streams = {rpc.name: rpc.event_stream for rpc in OURS.rpcs if rpc.event_stream or rpc.server_streaming}

    expected = EventStream(id_field="resume_token", resume_field="resume_token", comment_field="heartbeat")
    assert streams == {"syncline.v1.TaskService/AwaitTask": expected}


REQUESTS = [
    (
        *("POST", "/v1/processes/@echo/tasks"),
        b'{"ref":"r","data":{"b":1,"a":[1.10,12345678901234567890]},"wait":{"until":"WAIT_UNTIL_END","timeout":"30s"}}',
        "process: '@echo' ref: 'r' data_json: '{\"b\":1,\"a\":[1.10,12345678901234567890]}'"
        " wait { until: WAIT_UNTIL_END timeout { seconds: 30 } }",
    ),
    ("POST", "/v1/processes/17/tasks", b"", "process: '17'"),
    (
        "POST",
        "/v1/processes/17/tasks",
        b'{"attach":true,"requestId":"x"}',
        "process: '17' attach: true request_id: 'x'",
    ),
    ("POST", "/v1/processes/17/tasks", b'{"headers":{"A":"b"}}', "process: '17' headers_json: '{\"A\":\"b\"}'"),
    ("PATCH", "/v1/tasks/abc", b'{"data":{"a":1}}', "task_id: 'abc' data_json: '{\"a\":1}'"),
    ("PATCH", "/v1/processes/17/refs/a%2Fb", b'{"data":{}}', "process: '17' ref: 'a/b' data_json: '{}'"),
    ("GET", "/v1/tasks/abc", b"", "task_id: 'abc'"),
    (
        *("PATCH", "/v1/envVars/rate", b'{"value":"2","uses":[]}'),
        "env_var { short_name: 'rate' value: '2' } update_mask { paths: 'value' paths: 'uses' }",
    ),
    (
        *("PATCH", "/v1/instances/17?updateMask=title", b'{"title":"t","postgresql":{"host":"h"}}'),
        "instance { instance_id: '17' title: 't' postgresql { host: 'h' } } update_mask { paths: 'title' }",
    ),
    (
        *("PATCH", "/v1/instances/17", b'{"postgresql":{"password":"","port":6432}}'),
        "instance { instance_id: '17' postgresql { port: 6432 } }"
        " update_mask { paths: 'postgresql.password' paths: 'postgresql.port' }",
    ),
    ("HEAD", "/v1/tasks/abc", b"", "task_id: 'abc'"),
    ("GET", "/v1/processes/@x/refs/a%3Ab", b"", "process: '@x' ref: 'a:b'"),
    ("GET", "/v1/processes/@x/refs/a%20b?taskId=7", b"", "process: '@x' ref: 'a b' task_id: '7'"),
    ("DELETE", "/v1/tasks/abc?node_id=n", b"", "task_id: 'abc' node_id: 'n'"),
    ("POST", "/v1/tasks/abc:cancel", b"", "task_id: 'abc'"),
    ("POST", "/v1/processes/17/refs/r:cancel", b"{}", "process: '17' ref: 'r'"),
    (
        *("GET", "/v1/processes/17/tasks?filter=state+%3D+%22ENDED%22&pageSize=5&page_token=t", b""),
        "process: '17' filter: 'state = \"ENDED\"' page_size: 5 page_token: 't'",
    ),
    (
        "GET",
        "/v1/tasks/abc:wait?timeout=1.5s&until=WAIT_UNTIL_END",
        b"",
        "task_id: 'abc' until: WAIT_UNTIL_END timeout { seconds: 1 nanos: 500000000 }",
    ),
    ("GET", "/v1/tasks/abc:await?until=3&nodeId=n", b"", "task_id: 'abc' until: WAIT_UNTIL_NODE node_id: 'n'"),
    ("GET", "/v1/processes/17/refs/r:await?resumeToken=t", b"", "process: '17' ref: 'r' resume_token: 't'"),
    ("POST", "/v1/callbacks/cb", b'{"ok":true}', "callback_id: 'cb' data_json: '{\"ok\":true}'"),
    ("POST", "/v1/callbacks/cb", b"7", "callback_id: 'cb' data_json: '7'"),
    ("POST", "/v1/callbacks/cb", b"", "callback_id: 'cb'"),
]


@pytest.mark.parametrize(("method", "url", "body", "expected"), REQUESTS)
def test_request_makes_its_message(method: str, url: str, body: bytes, expected: str) -> None:
    path, _, query = url.partition("?")
    found = OURS.find(method, path)

    made: Message = found.request(query, body, "application/json")

    assert made == text_format.Parse(expected, found.rpc.input())


REFUSED = [
    ("POST", "/v1/processes/17/tasks", b'{"process":"18"}', 400, "process"),
    ("POST", "/v1/processes/17/tasks", b'{"dataJson":"{}"}', 400, "dataJson"),
    ("POST", "/v1/processes/17/tasks", b'{"wait":{"timeout":"soon"}}', 400, "wait.timeout"),
    ("POST", "/v1/processes/17/tasks", b"[]", 400, ""),
    ("POST", "/v1/processes/17/tasks?ref=r", b"{}", 400, "ref"),
    ("GET", "/v1/processes/17/tasks?page_size=x", b"", 400, "page_size"),
    ("GET", "/v1/processes/17/tasks?pagesize=1", b"", 400, "pagesize"),
    ("GET", "/v1/tasks/abc:wait?timeout=30", b"", 400, "timeout"),
    ("GET", "/v1/tasks/abc:wait?until=NEVER", b"", 400, "until"),
    ("GET", "/v1/tasks/abc:wait?task_id=abc", b"", 400, "task_id"),
    ("GET", "/v1/tasks/abc", b"{}", 400, ""),
    ("GET", "/v1/tasks/abc:cancel", b"", 405, ""),
    ("GET", "/v1/tasks/abc:stop", b"", 404, ""),
    ("GET", "/v1/tasks/", b"", 404, ""),
    ("PUT", "/v1/tasks/abc", b"{}", 405, ""),
    ("POST", "/v1/callbacks/cb", b"{", 400, ""),
    ("POST", "/syncline.v1.TaskService/Exchange", b"", 404, ""),
]


@pytest.mark.parametrize(("method", "url", "body", "status", "field"), REFUSED)
def test_wrong_request_is_told_what_is_wrong(method: str, url: str, body: bytes, status: int, field: str) -> None:
    path, _, query = url.partition("?")

    with pytest.raises(Fault) as caught:
        OURS.find(method, path).request(query, body, "application/json")

    assert (caught.value.http_status, caught.value.field) == (status, field)
