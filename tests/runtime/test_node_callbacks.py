"""Posts to the URL of a node that waits for a callback: which task they modify, and which they are refused for."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fakes import exports
from fakes.performer import FakePerformer
from fakes.runtime import PUBLIC_URL
from syncline_server.engine import HttpCall, Node, TaskState
from syncline_server.errors import (
    CallbackNotFound,
    InvalidJson,
    InvalidRequest,
    NodeNotFound,
    ProcessNotActive,
    TaskExpired,
    TaskFinished,
    TaskNotFound,
    TaskTooLarge,
    WrongParameters,
)
from syncline_server.runtime.node_callbacks import Post
from syncline_server.runtime.requests import Target

if TYPE_CHECKING:
    from fakes.runtime import World
    from syncline_server.engine import Task

NODE = exports.node_id(2)
NOBODY = "0" * 24


def two_nodes(*, is_sync: bool) -> str:
    """Waits to be modified, then waits again in a node with a URL, then answers what the task has as `n`."""
    plain = {"type": "api_callback", "is_sync": True, "obj_id_path": ""}
    named = {"type": "api_callback", "is_sync": is_sync, "obj_id_path": "id"}
    return exports.export(
        exports.node(1, [exports.go(2)], kind=exports.START),
        exports.node(2, [plain, exports.go(3)]),
        exports.node(3, [named, exports.go(4)]),
        exports.node(4, kind=exports.FINAL),
    )


def url_of(world: World, process: str) -> str:
    (node,) = world.runtime.node_callbacks.urls(world.runtime.deploying.get(world.owner, process))
    return node.url


def post_to(url: str, data: object, request_id: str = "") -> Post:
    process_id, node_id, url_hash = url.split("/")[-3:]
    text = data if isinstance(data, str) else json.dumps(data)
    return Post(process_id=process_id, node_id=node_id, hash=url_hash, data=text, request_id=request_id)


async def submit(world: World, process: str, data: object, request_id: str = "") -> Task:
    return await world.runtime.node_callbacks.submit(post_to(url_of(world, process), data, request_id))


async def test_a_post_moves_the_task_on_and_the_caller_gets_the_answer(world: World) -> None:
    await world.deploy(exports.waiting(id_path="order.task_id"), "w")
    task, other = await world.create("@w"), await world.create("@w")
    waiter = asyncio.create_task(world.wait(task))
    data = f'{{"order":{{"task_id":"{task.task_id}","sum":1.10}},"answer":"yes"}}'

    changed = await submit(world, "@w", data)

    outcome = (await waiter).outcome
    assert outcome is not None
    assert outcome.data == '{"answer":"yes"}'
    assert changed.task_id == task.task_id
    assert json.loads(json.dumps((await world.read(task)).data["order"], default=lambda number: number.text)) == {
        "task_id": task.task_id,
        "sum": "1.10",
    }
    assert (await world.read(other)).state is TaskState.WAITING


async def test_an_id_in_capitals_is_the_same(world: World) -> None:
    await world.deploy(exports.waiting(id_path="id"), "w")
    task = await world.create("@w")

    assert (await submit(world, "@w", {"id": task.task_id.upper()})).task_id == task.task_id


# The URL.


async def test_a_url_stays_what_it_is(world: World) -> None:
    await world.deploy(exports.waiting(id_path="id"), "w")
    url = url_of(world, "@w")
    task = await world.create("@w")

    await world.runtime.deploying.deploy(world.owner, "@w")
    deployed = url_of(world, "@w")
    await world.restart()

    assert {url_of(world, "@w"), deployed} == {url}
    assert (await world.runtime.node_callbacks.submit(post_to(url, {"id": task.task_id}))).task_id == task.task_id


async def test_nodes_with_a_path_have_urls(world: World) -> None:
    first = await world.deploy(two_nodes(is_sync=True), "one")
    await world.deploy(two_nodes(is_sync=True), "other")
    await world.deploy(exports.waiting(), "none")
    draft = await world.runtime.deploying.import_file(world.owner, two_nodes(is_sync=True), deploy=False, alias="")
    urls = world.runtime.node_callbacks.urls

    (node,) = urls(world.runtime.deploying.get(world.owner, "@one"))

    assert (node.node_id, node.title) == (exports.node_id(3), "node 3")
    base, _, url_hash = node.url.rpartition("/")
    assert base == f"{PUBLIC_URL}/api/1/plugins/callback/node/{first}/{exports.node_id(3)}"
    assert len(url_hash) == 32
    assert not url_of(world, "@other").endswith(url_hash)
    assert not urls(world.runtime.deploying.get(world.owner, "@none"))
    assert not urls(draft.processes[0])


@pytest.mark.parametrize(
    "change",
    [
        {"hash": "0" * 32},
        {"hash": ""},
        {"hash": "ü"},
        {"node_id": exports.node_id(3)},
        {"node_id": "nowhere"},
        {"process_id": "1002"},
        {"process_id": "99"},
        {"process_id": "x"},
        {"process_id": "\u0661"},
        {"process_id": "9" * 30},
    ],
)
async def test_no_other_url_is_one(world: World, change: dict[str, Any]) -> None:
    await world.deploy(exports.waiting(id_path="id"), "w")
    await world.deploy(exports.waiting(id_path="id"), "other")
    task = await world.create("@w")
    good = post_to(url_of(world, "@w"), {"id": task.task_id})

    with pytest.raises(CallbackNotFound):
        await world.runtime.node_callbacks.submit(replace(good, **change))

    assert (await world.read(task)).state is TaskState.WAITING


async def test_a_node_that_lost_its_path_has_no_url_any_more(world: World) -> None:
    process_id = await world.deploy(exports.waiting(id_path="id"), "w")
    url = url_of(world, "@w")
    catalogue = world.runtime.catalogue
    definition = await catalogue.definition(process_id, 1)
    logic: Any = definition.nodes[NODE].waiting_logic
    catalogue.put_definition(with_node(definition, replace(logic, obj_id_path=())))

    with pytest.raises(CallbackNotFound):
        await world.runtime.node_callbacks.submit(post_to(url, {"id": NOBODY}))


async def test_tasks_of_an_older_version_are_found_by_the_path_of_theirs(world: World) -> None:
    process_id = await world.deploy(exports.waiting(id_path="old", is_sync=False), "w")
    first, second = await world.create("@w"), await world.create("@w")
    catalogue = world.runtime.catalogue
    stored = await world.runtime.deploying.deploy(world.owner, "@w")
    definition = await catalogue.definition(process_id, stored.version)
    logic: Any = definition.nodes[NODE].waiting_logic
    catalogue.put_definition(with_node(definition, replace(logic, obj_id_path=("new",), is_sync=True)))
    newest = await world.create("@w")

    moved = [
        await submit(world, "@w", {"old": first.task_id}),
        await submit(world, "@w", {"new": second.task_id}),
        await submit(world, "@w", {"new": newest.task_id, "old": NOBODY}),
    ]

    assert [task.task_id for task in moved] == [first.task_id, second.task_id, newest.task_id]
    await world.wait(second)
    with pytest.raises(TaskFinished):  # as its own version has it
        await submit(world, "@w", {"new": second.task_id})
    await world.wait(newest)
    with pytest.raises(NodeNotFound):
        await submit(world, "@w", {"new": newest.task_id})


def with_node(definition: Any, logic: object) -> Any:
    node: Node = definition.nodes[NODE]
    changed = replace(node, waiting_logic=logic, logics=(logic, *node.logics[1:]))  # type: ignore[arg-type]
    return replace(definition, nodes={**definition.nodes, NODE: changed})


# The body.


@pytest.mark.parametrize("data", ["", "{", "1", "[]", '"x"', "null", '{"a":NaN}'])
async def test_what_is_no_object_is_refused(world: World, data: str) -> None:
    await world.deploy(exports.waiting(id_path="id"), "w")

    if data == "":
        with pytest.raises(InvalidRequest) as caught:
            await submit(world, "@w", data)
        assert caught.value.field == "data.id"
    else:
        with pytest.raises(InvalidJson):
            await submit(world, "@w", data)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"order": None},
        {"order": []},
        {"order": "x"},
        {"order": {"id": None}},
        {"order": {"id": 123}},
        {"order": {"id": "0" * 23}},
        {"order": {"id": "g" * 24}},
        {"order": {"id": "\u0661" * 24}},
        {"order.id": "0" * 24},
        {"id": "0" * 24},
    ],
)
async def test_a_body_that_names_no_task_is_told_where_to(world: World, data: object) -> None:
    await world.deploy(exports.waiting(id_path="order.id"), "w")

    with pytest.raises(InvalidRequest) as caught:
        await submit(world, "@w", data)

    assert (caught.value.field, caught.value.message) == ("data.order.id", "There is no task id at `order.id`.")


async def test_the_path_to_the_id_may_lead_through_arrays_and_names_with_dots(world: World) -> None:
    await world.deploy(exports.waiting(id_path=r"data.list[1].task\.id"), "w")
    task = await world.create("@w")

    with pytest.raises(InvalidRequest, match=r"There is no task id at `data\.list\[1\]\.task\.id`\."):
        await submit(world, "@w", {"data": {"list": [{"task.id": task.task_id}]}})
    changed = await submit(world, "@w", {"data": {"list": [0, {"task.id": task.task_id}]}, "answer": "yes"})

    assert changed.data["answer"] == "yes"


async def test_a_body_that_the_task_cannot_take_is_refused(world: World) -> None:
    declared = json.loads(exports.waiting(id_path="id"))
    declared[0]["params"] = [{"name": "answer", "type": "number", "descr": "", "flags": ["input"], "regex": ""}]
    await world.deploy(json.dumps(declared), "w")
    task = await world.create("@w", '{"answer":1}')
    long = "x" * world.runtime.catalogue.limits.max_task_bytes

    with pytest.raises(TaskTooLarge):
        await submit(world, "@w", {"id": task.task_id, "more": long})
    with pytest.raises(WrongParameters) as caught:
        await submit(world, "@w", {"id": task.task_id, "answer": "no number"})
    with pytest.raises(InvalidRequest):
        await submit(world, "@w", {"id": task.task_id}, request_id="x" * 65)

    assert caught.value.field == "data.answer"
    assert (await world.read(task)).state is TaskState.WAITING


# The task.


async def test_a_task_that_the_process_does_not_have(world: World) -> None:
    await world.deploy(exports.waiting(id_path="id"), "w")
    await world.deploy(exports.waiting(id_path="id"), "other")
    other, deleted = await world.create("@other"), await world.create("@w")
    await world.runtime.tasks.delete(world.owner, Target(task_id=deleted.task_id))

    for task_id in (NOBODY, other.task_id, deleted.task_id):
        with pytest.raises((TaskNotFound, TaskExpired)):
            await submit(world, "@w", {"id": task_id})

    assert (await world.read(other)).state is TaskState.WAITING


async def test_a_synchronous_node_takes_nothing_for_a_task_elsewhere(world: World) -> None:
    await world.deploy(two_nodes(is_sync=True), "w")
    task = await world.create("@w")
    post = {"id": task.task_id, "n": 1}

    with pytest.raises(NodeNotFound):
        await submit(world, "@w", post)
    assert (await world.read(task)).data.get("n") is None
    await world.runtime.tasks.modify(world.owner, Target(task_id=task.task_id), "{}")
    await submit(world, "@w", post)
    ended = await world.wait(task)
    with pytest.raises(NodeNotFound):
        await submit(world, "@w", {**post, "n": 2})

    assert (ended.task.state, ended.task.data["n"]) == (TaskState.ENDED, 1)
    assert (await world.read(task)).data["n"] == 1
    assert len(world.runtime.residents) == 0


async def test_another_node_takes_it_wherever_the_task_is(world: World) -> None:
    await world.deploy(two_nodes(is_sync=False), "w")
    task = await world.create("@w")
    post = {"id": task.task_id}

    first = await submit(world, "@w", post)
    last = await submit(world, "@w", post)
    with pytest.raises(TaskFinished):
        await submit(world, "@w", post)

    assert (first.node_id, last.node_id) == (exports.node_id(3), exports.node_id(4))


@pytest.mark.parametrize("is_sync", [True, False])
async def test_a_request_that_comes_again_changes_nothing(world: World, is_sync: bool) -> None:
    await world.deploy(two_nodes(is_sync=is_sync), "w")
    task = await world.create("@w")
    if is_sync:
        await world.runtime.tasks.modify(world.owner, Target(task_id=task.task_id), "{}")
    post = {"id": task.task_id, "n": 1}

    first = await submit(world, "@w", post, "r1")
    await world.restart()
    again = await submit(world, "@w", {**post, "n": 2}, "r1")

    assert again == first
    assert again.data["n"] == 1


async def test_one_of_two_posts_at_once_is_taken(world: World) -> None:
    await world.deploy(exports.waiting(id_path="id"), "w")
    task = await world.create("@w")
    posts = [submit(world, "@w", {"id": task.task_id, "answer": str(number)}) for number in range(5)]

    done = await asyncio.gather(*posts, return_exceptions=True)

    assert [type(one).__name__ for one in done] == ["Task", *["NodeNotFound"] * 4]
    outcome = (await world.wait(task)).outcome
    assert outcome is not None
    assert outcome.data == '{"answer":"0"}'


async def test_a_paused_process_takes_nothing(world: World) -> None:
    await world.deploy(exports.waiting(id_path="id"), "w")
    task = await world.create("@w")
    await world.runtime.deploying.pause(world.owner, "@w")

    with pytest.raises(ProcessNotActive):
        await submit(world, "@w", {"id": task.task_id})

    await world.runtime.deploying.resume(world.owner, "@w")
    assert (await submit(world, "@w", {"id": task.task_id})).task_id == task.task_id


# From another task.


async def test_a_task_posts_without_leaving_the_server(world: World) -> None:
    await world.deploy(exports.waiting(id_path="n"), "w")
    await world.deploy(exports.outside(), "poster")
    task = await world.create("@w")
    url = url_of(world, "@w")

    poster = await world.create("@poster", json.dumps({"url": f"{url}?conv_id=1#x", "n": task.task_id}))

    assert (await world.wait(task)).task.data["n"] == task.task_id
    assert (await world.wait(poster)).task.state is TaskState.ENDED
    assert isinstance(world.performer, FakePerformer)
    assert not [made for made in world.performer.made if made.call.url.startswith(url)]


def call(url: str, body: str | None, *, method: str = "POST", kind: str = "application/json") -> HttpCall:
    return HttpCall(step=7, node_id=NODE, method=method, url=url, headers=(("Content-Type", kind),), body=body)


async def test_a_form_is_an_object_of_texts(world: World) -> None:
    await world.deploy(exports.waiting(id_path="id"), "w")
    task, poster = await world.create("@w"), await world.create("@w")
    form = f"id={task.task_id}&answer=caf%C3%A9+1&a=1&a=2&empty="
    made = call(url_of(world, "@w"), form, kind="application/x-www-form-urlencoded; charset=utf-8")

    first = await world.runtime.node_callbacks.perform(poster, made)
    again = await world.runtime.node_callbacks.perform(poster, made)

    assert (first.status, first.body) == (again.status, again.body) == (200, b"{}")
    data = (await world.read(task)).data
    assert (data["answer"], data["a"], data["empty"]) == ("café 1", "2", "")


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"method": "GET"}, 405, {"error": "Only POST and PUT answer a task."}),
        ({"body": None}, 400, {"error": "Not taken: not a JSON object.", "field": "data"}),
        ({"body": "[]"}, 400, {"error": "Not taken: not a JSON object.", "field": "data"}),
        ({"body": "{}"}, 400, {"error": "There is no task id at `id`.", "field": "id"}),
        (
            {"body": "a=%ff", "kind": "application/x-www-form-urlencoded"},
            400,
            {"error": "The form cannot be read.", "field": "data"},
        ),
        ({"body": f'{{"id":"{NOBODY}"}}'}, 404, {"error": "No such task."}),
        ({"tail": "0"}, 404, {"error": "No such callback."}),
        ({"tail": "/x"}, 404, {"error": "No such callback."}),
    ],
)
async def test_a_post_from_inside_is_refused_as_one_from_outside(
    world: World, change: dict[str, Any], status: int, error: dict[str, str]
) -> None:
    await world.deploy(exports.waiting(id_path="id"), "w")
    task = await world.create("@w")
    given = {"body": f'{{"id":"{task.task_id}"}}'} | change
    made = call(url_of(world, "@w") + given.pop("tail", ""), **given)

    reply = await world.runtime.node_callbacks.perform(task, made)

    assert (reply.status, json.loads(reply.body)) == (status, error)
    assert reply.headers["content-type"] == "application/json"


async def test_a_post_from_inside_for_a_task_elsewhere(world: World) -> None:
    await world.deploy(two_nodes(is_sync=True), "sync")
    await world.deploy(two_nodes(is_sync=False), "async")
    elsewhere, ended = await world.create("@sync"), await world.create("@async")
    await submit(world, "@async", {"id": ended.task_id})
    await submit(world, "@async", {"id": ended.task_id})
    perform = world.runtime.node_callbacks.perform

    refused = await perform(ended, call(url_of(world, "@sync"), f'{{"id":"{elsewhere.task_id}"}}'))
    ignored = await perform(elsewhere, call(url_of(world, "@async"), f'{{"id":"{ended.task_id}"}}'))
    await world.runtime.deploying.pause(world.owner, "@sync")
    await world.runtime.deploying.pause(world.owner, "@async")
    waiting = await world.store.task(elsewhere.task_id)
    paused = await perform(ended, call(url_of(world, "@sync"), f'{{"id":"{elsewhere.task_id}"}}'))

    assert (refused.status, refused.body) == (409, b'{"error":"task_not_in_current_sync_callback_node"}')
    assert (ignored.status, ignored.body) == (200, b"{}")
    assert (paused.status, waiting) == (409, elsewhere)
