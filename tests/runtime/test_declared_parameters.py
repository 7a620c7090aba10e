"""Tasks are made and modified by what their process declares about parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fakes import exports
from syncline_server.engine import TaskState
from syncline_server.errors import RefNotUnique, WrongParameters
from syncline_server.runtime.requests import NewTask, Target

if TYPE_CHECKING:
    from fakes.runtime import World

PARAMS = [
    {
        "name": "phone",
        "type": "string",
        "flags": ["required", "input"],
        "regex": "^[0-9]{12}$",
        "regex_error_text": "Twelve {digits}, please",
    },
    {"name": "answer", "type": "string", "flags": ["input"]},
    {"name": "result", "type": "number", "flags": ["required", "output"]},
]
GOOD = '{"phone":"380501234567"}'


async def deployed(world: World) -> None:
    (definition,) = json.loads(exports.waiting())
    definition["params"] = PARAMS
    await world.deploy(json.dumps([definition]), "waiting")


@pytest.mark.parametrize(
    ("data", "words", "field"),
    [
        ("{}", "Param: phone, Error: The value is required", "data.phone"),
        ('{"phone":380501234567}', "Param: phone, Error: The value is not of the type string", "data.phone"),
        ('{"phone":"1"}', "Param: phone, Error: Twelve {digits}, please", "data.phone"),
        (GOOD[:-1] + ',"answer":1}', "Param: answer, Error: The value is not of the type string", "data.answer"),
    ],
)
async def test_a_create_that_does_not_fit_is_refused(world: World, data: str, words: str, field: str) -> None:
    await deployed(world)

    with pytest.raises(WrongParameters) as caught:
        await world.create("@waiting", data)

    assert caught.value.message == words
    assert caught.value.field == field
    assert await world.runtime.tasks.list(world.owner, "@waiting", limit=10) == []


async def test_a_create_that_fits_is_taken(world: World) -> None:
    await deployed(world)

    task = await world.create("@waiting", GOOD)

    assert task.state is TaskState.WAITING


async def test_a_refused_create_leaves_its_ref_and_request_id_free(world: World) -> None:
    await deployed(world)
    with pytest.raises(WrongParameters):
        await world.create("@waiting", "{}", ref="r1", request_id="q1")

    task = await world.create("@waiting", GOOD, ref="r1", request_id="q1")

    assert task.ref == "r1"


async def test_a_ref_that_is_taken_comes_first(world: World) -> None:
    await deployed(world)
    await world.create("@waiting", GOOD, ref="r1")

    with pytest.raises(RefNotUnique):
        await world.create("@waiting", "{}", ref="r1")


async def test_a_task_that_is_there_already_is_not_held_to_the_data_of_its_repeat(world: World) -> None:
    await deployed(world)
    task = await world.create("@waiting", GOOD, ref="r1")

    assert (await world.create("@waiting", "{}", ref="r1", attach=True)).task_id == task.task_id


async def test_what_the_server_adds_can_be_required(world: World) -> None:
    (definition,) = json.loads(exports.waiting())
    definition["params"] = [{"name": "__callback_url", "flags": ["required", "input"]}]
    await world.deploy(json.dumps([definition]), "waiting")

    assert (await world.create("@waiting")).state is TaskState.WAITING
    with pytest.raises(WrongParameters):
        await world.create("@waiting", callback=False)


@pytest.mark.parametrize(
    ("data", "words", "field"),
    [
        ('{"answer":1}', "Param: answer, Error: The value is not of the type string", "data.answer"),
        ('{"phone":null}', "Param: phone, Error: The value is required", "data.phone"),
        ('{"phone":"1","answer":"yes"}', "Param: phone, Error: Twelve {digits}, please", "data.phone"),
    ],
)
async def test_a_modification_is_held_to_what_it_gives(world: World, data: str, words: str, field: str) -> None:
    await deployed(world)
    task = await world.create("@waiting", GOOD)

    with pytest.raises(WrongParameters) as caught:
        await world.runtime.tasks.modify(world.owner, Target(task_id=task.task_id), data)

    assert caught.value.message == words
    assert caught.value.field == field
    assert (await world.read(task)).data == task.data


async def test_a_modification_need_not_give_what_is_required(world: World) -> None:
    await deployed(world)
    task = await world.create("@waiting", GOOD)

    changed = await world.runtime.tasks.modify(world.owner, Target(task_id=task.task_id), '{"answer":"yes","z":1}')

    assert changed.data["answer"] == "yes"


async def test_a_process_that_declares_nothing_takes_anything(world: World) -> None:
    await world.deploy(exports.waiting(), "waiting")

    assert (await world.runtime.tasks.create(world.owner, NewTask(process="@waiting", data='{"phone":[]}'))).task_id
