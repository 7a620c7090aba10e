"""An outside server posts to the URL of the node in which a task waits, and the task's caller gets its answer."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fakes import exports
from fakes.callee import Callee
from syncline.v1 import process_service_pb2

if TYPE_CHECKING:
    from fakes.clients import Answer, Caller

Import = process_service_pb2.ImportProcessesRequest
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
HERE = "task_not_in_current_sync_callback_node"


def paying() -> str:
    """Tells `{{url}}` the task's id, waits until somebody posts how it was paid, then answers that."""
    wait: dict[str, object] = {"type": "api_callback", "is_sync": True, "obj_id_path": "order.id"}
    answer = exports.api("{{__callback_url}}", {"paid": "{{paid}}"}, {"paid": "string"})
    return exports.export(
        exports.node(1, [exports.go(2)], kind=exports.START),
        exports.node(2, [exports.api("{{url}}", {"id": "{{root.task_id}}"}, {"id": "string"}), exports.go(3)]),
        exports.node(3, [wait, exports.go(4)]),
        exports.node(4, [answer, exports.go(5)]),
        exports.node(5, kind=exports.FINAL),
        title="paying",
    )


async def deployed(client: Caller, text: str, alias: str) -> Any:
    request = Import(file_json=text, deploy=True, alias=alias)
    return (await client.processes.ImportProcesses(request, metadata=client.metadata)).processes[0]


async def post_until_taken(client: Caller, url: str, body: bytes) -> Answer:
    """Post as a sender that repeats what was refused: the task may not have reached the node yet."""
    async with asyncio.timeout(30):
        while (answer := await client.post(url, body, **JSON)).status == 409:
            assert answer.json == {"error": HERE}
    return answer


async def test_the_caller_gets_what_was_posted_to_the_node(client: Caller) -> None:
    (node,) = (await deployed(client, paying(), "paying")).node_callbacks
    async with Callee() as callee:
        calling = asyncio.create_task(client.call("paying", {"url": callee.url("/order")}))
        task_id = json.loads((await callee.request(1)).body)["id"]
        body = json.dumps({"order": {"id": task_id}, "paid": "in full"}).encode()

        taken = await post_until_taken(client, f"{node.url}?conv_id=1", body)
        answer = await calling
        again = await client.post(node.url, body, **JSON)
        nobody = await client.post(node.url, b'{"order":{"id":"x"}}', **JSON)
        unknown = await client.post(f"{node.url[:-1]}x", body)

    assert (taken.status, taken.text, taken.headers["syncline-callback"]) == (200, "{}", "accepted")
    assert answer.op == {"proc": "ok", "data": {"paid": "in full"}}
    assert answer.task_id == task_id
    assert (again.status, again.json) == (409, {"error": HERE})
    assert (nobody.status, nobody.json["field"]) == (400, "order.id")
    assert (unknown.status, unknown.json) == (404, {"error": "No such callback."})


async def test_a_form_and_the_rest_api_and_another_process_do_as_well(client: Caller) -> None:
    (node,) = (await deployed(client, exports.waiting(id_path="n"), "posted")).node_callbacks
    await deployed(client, exports.outside(), "poster")
    form, rest, inside = [(await client.create("posted", {}, seconds=0)).task.task_id for _ in range(3)]
    parts = urlsplit(node.url).path.partition("/node/")[2]

    posted = [
        await client.post(node.url, f"n={form}&answer=a+form".encode(), **FORM),
        await client.post(f"/v1/callbacks/{parts}", json.dumps({"n": rest, "answer": "the API"}).encode(), **JSON),
    ]
    await client.create("poster", {"url": node.url, "n": inside})
    outcomes = [json.loads((await client.wait(task_id)).outcome.data_json) for task_id in (form, rest)]

    assert [one.status for one in posted] == [200, 200]
    assert posted[1].json == {"taskId": rest}
    assert outcomes == [{"answer": "a form"}, {"answer": "the API"}]
    assert json.loads((await client.wait(inside)).task.data_json)["n"] == inside
