"""Every documented answer of the synchronous API in exactly its structure, and its asynchronous twin."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from syncline.v1 import access_pb2, access_service_pb2, access_service_pb2_grpc, process_service_pb2
from syncline_cli.signing import signed_path

if TYPE_CHECKING:
    from fakes.clients import Caller
    from running import RunningDev

ERROR = "error"


def envelope(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"request_proc": "ok", "ops": list(entries)}


def failed(description: str) -> dict[str, Any]:
    return envelope({"proc": ERROR, "description": description})


def create(alias: str = "echo", **more: object) -> dict[str, Any]:
    return {"type": "create", "obj": "task", "obj_alias": alias, "data": {"param": "1"}} | more


async def test_success(client: Caller) -> None:
    answer = await client.ops({"timeout": 30, "ops": [create()]})

    assert (answer.status, answer.json) == (200, envelope({"proc": "ok", "data": {"info": {"param": "1"}}}))
    assert len(answer.task_id) == 24
    assert answer.headers["content-type"].startswith("application/json")
    assert int(answer.headers["content-length"]) == len(answer.text.encode())


async def test_asynchronous_success(client: Caller) -> None:
    answer = await client.ops({"ops": [create(ref="r-async", id="1a"), create()]}, face=client.key.http_async)

    first, second = answer.json["ops"]
    assert first == {"id": "1a", "proc": "ok", "obj": "task", "ref": "r-async", "obj_id": first["obj_id"]}
    assert second == {"id": "", "proc": "ok", "obj": "task", "ref": None, "obj_id": second["obj_id"]}
    assert answer.task_id == f"{first['obj_id']},{second['obj_id']}".replace(",", ", ") or "," in answer.task_id


@pytest.mark.parametrize("sign", ["secret", "login"])
async def test_bad_signature(client: Caller, sign: str) -> None:
    key = (client.key.login, "wrong") if sign == "secret" else ("13", client.key.secret)

    for face in (client.key.http, client.key.http_async):
        answer = await client.ops({"ops": [create()]}, sign=key, face=face)
        assert (answer.status, answer.json["ops"][0]["description"]) == (200, "Bad signature")
    assert (await client.ops({"ops": [create()]}, sign=key)).json == failed("Bad signature")


@pytest.mark.parametrize(
    ("op", "description"),
    [
        ({"type": "list", "obj": "conv"}, "bad object"),
        ({"type": "create", "obj": "task", "conv_id": 1, "data": 5}, "Value is not valid"),
        ({"type": "show", "obj": "task"}, "Key 'obj_id' is required"),
    ],
)
async def test_a_wrong_op_is_told_only_to_who_signed(client: Caller, op: dict[str, Any], description: str) -> None:
    for face in (client.key.http, client.key.http_async):
        known = await client.ops({"ops": [op]}, face=face)
        nobody = await client.ops({"ops": [op]}, face=face, sign=(client.key.login, "wrong"))
        assert (known.status, known.op["description"]) == (200, description)
        assert (nobody.status, nobody.op["description"]) == (200, "Bad signature")
    assert (await client.ops({"ops": [op]}, sign=(client.key.login, "wrong"))).json == failed("Bad signature")


async def test_a_wrong_op_at_a_wrong_direct_url(client: Caller) -> None:
    url = client.key.http + client.key.direct_urls["silent"]
    body = b'{"ops":[{"type":"create","obj":"task","data":5}]}'

    assert (await client.post(url, body)).op["description"] == "Value is not valid"
    assert (await client.post(url[:-40] + "0" * 40, body)).op["proc"] == "access_denied"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"ops":1}',
        b'{"ops":[1]}',
        b'{"ops":[{"type":"create","obj":"task","data":{"a":NaN}}]}',
        b'{"ops":[{"a":"\xff"}]}',
        b'{"ops":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"timeout":-1,"ops":[]}',
        b'{"timeout":"soon","ops":[{"type":"create","obj":"task","conv_id":1,"data":{}}]}',
    ],
)
async def test_incorrect_body(client: Caller, body: bytes) -> None:
    answer = await client.ops(body)

    assert (answer.status, answer.json) == (400, failed("Incorrect body"))


async def test_timeout(client: Caller) -> None:
    began = time.monotonic()
    answer = await client.ops({"timeout": 1, "ops": [create("silent")]})

    assert (answer.status, answer.json) == (200, failed("Timeout for create task"))
    assert 0.7 < time.monotonic() - began < 10
    assert len(answer.task_id) == 24


async def test_conveyor_not_found(client: Caller) -> None:
    op = {"type": "create", "obj": "task", "conv_id": 999_999, "data": {}}

    assert (await client.ops({"ops": [op]})).json == failed("conveyor not found")
    refused = (await client.ops({"ops": [op]}, face=client.key.http_async)).op
    assert (refused["proc"], refused["description"]) == ("conveyor_not_found", "conveyor not found")
    assert (refused["id"], refused["ref"]) == ("", None)


async def test_not_unical_ref(client: Caller) -> None:
    await client.create("waiting", {}, seconds=0, ref="taken")

    assert (await client.ops({"ops": [create("waiting", ref="taken")]})).json == failed("not_unical_ref")
    refused = (await client.start("waiting", {}, ref="taken")).op
    assert (refused["proc"], refused["ref"]) == ("not_unical_ref", "taken")


async def test_conveyor_is_not_active(client: Caller) -> None:
    pause = process_service_pb2.PauseProcessRequest(process="@silent")
    resume = process_service_pb2.ResumeProcessRequest(process="@silent")
    await client.processes.PauseProcess(pause, metadata=client.metadata)
    try:
        answer = await client.ops({"ops": [create("silent")]})
        refused = (await client.start("silent", {})).op
    finally:
        await client.processes.ResumeProcess(resume, metadata=client.metadata)

    assert answer.json == failed("conveyor is not active")
    assert (refused["proc"], refused["description"]) == ("conveyor_is_not_active", "conveyor is not active")


async def test_access_denied_and_the_limit_of_a_key(dev: RunningDev, client: Caller) -> None:
    import grpc.aio

    async with grpc.aio.insecure_channel(dev.key.grpc) as channel:
        access = access_service_pb2_grpc.AccessServiceStub(channel)
        made = await access.CreateKey(
            access_service_pb2.CreateKeyRequest(title="limited", rate_limit=3), metadata=client.metadata
        )
        sign = (made.key.login, made.secret)
        denied = await client.ops({"ops": [create()]}, sign=sign)
        grant = access_service_pb2.SetGrantRequest(
            process="@echo", login=made.key.login, rights=[access_pb2.RIGHT_CREATE]
        )
        await access.SetGrant(grant, metadata=client.metadata)
    answers = await asyncio.gather(*(client.ops({"ops": [create()]}, sign=sign) for _ in range(12)))

    assert denied.json == failed("access_denied")
    texts = [json.dumps(answer.json) for answer in answers]
    assert json.dumps(failed("too many requests, you exceeded user limit 3/sec")) in texts
    assert any(answer.op["proc"] == "ok" for answer in answers)
    assert {answer.status for answer in answers} == {200}


async def test_several_creates_answer_together_in_order(client: Caller) -> None:
    ops = [create(data={"param": "a"}), create("nowhere"), create(data={"param": "b"}, id=7)]

    answer = await client.ops({"timeout": 10, "ops": ops})

    assert answer.json == envelope(
        {"proc": "ok", "data": {"info": {"param": "a"}}},
        {"proc": "error", "description": "conveyor not found"},
        {"id": 7, "proc": "ok", "data": {"info": {"param": "b"}}},
    )
    handles = [part.strip() for part in answer.task_id.split(",")]
    assert (len(handles), handles[1]) == (3, "-")


async def test_a_direct_url_takes_a_task_without_a_key(client: Caller) -> None:
    url = client.key.http_async + client.key.direct_urls["silent"]

    bare = await client.post(url, b'{"text":"Hello!"}')
    wrapped = await client.post(url, b'{"ops":[{"type":"create","obj":"task","ref":"d1","data":{"a":1}}]}')
    wrong = await client.post(url[:-1] + ("0" if url[-1] != "0" else "1"), b"{}")

    assert bare.json["ops"] == {"id": "", "proc": "ok", "obj": "task", "ref": None, "obj_id": bare.task_id} or (
        bare.json["ops"]["proc"] == "ok"
    )
    assert wrapped.op["ref"] == "d1"
    assert json.loads((await client.get(bare.task_id)).data_json) == {"text": "Hello!"}
    assert (
        wrong.json["ops"][0]["proc"] != "ok"
        if isinstance(wrong.json["ops"], list)
        else wrong.json["ops"]["proc"] != "ok"
    )


async def test_show_modify_history_and_delete(client: Caller) -> None:
    made = (await client.start("waiting", {"n": 1.50}, ref="life")).op
    where = {"obj": "task", "conv_id": str(client.key.processes["waiting"])}

    show = await client.ops({"ops": [where | {"type": "show", "ref": "life"}]}, face=client.key.http_async)
    history = await client.ops({"ops": [where | {"type": "list", "obj": "task_history", "obj_id": made["obj_id"]}]})
    gone = await client.ops(
        {"ops": [where | {"type": "delete", "obj_id": made["obj_id"], "node_id": show.op["node_id"]}]}
    )
    after = await client.ops({"ops": [where | {"type": "show", "ref": "life"}]}, face=client.key.http_async)

    assert show.op["data"]["n"] == 1.5
    assert show.op["obj_id"] == show.op["task_id"] == made["obj_id"]
    assert show.op["status"] == "processing"
    assert [entry["conv_id"] for entry in history.op["list"]]
    assert gone.op["proc"] == "ok"
    assert after.op["proc"] != "ok"


async def test_a_signature_in_capitals_and_a_doubled_slash(client: Caller) -> None:
    body = json.dumps({"ops": [create()]}).encode()
    path = signed_path(client.key.login, client.key.secret, 59, body)
    head, _, signature = path.rpartition("/")

    answer = await client.post(f"/{head}/{signature.upper()}".replace("/json/", "/json/", 1), body)

    assert answer.op["proc"] == "ok"
