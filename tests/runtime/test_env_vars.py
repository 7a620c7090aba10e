"""Environment variables of companies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.clock import START
from fakes.credentials import basic
from fakes.disk import Disk
from fakes.runtime import make_world
from syncline_server.engine.decision import EnvVar, Secret
from syncline_server.errors import (
    AccessDenied,
    CommitFailed,
    EnvVarExists,
    EnvVarNotFound,
    InvalidJson,
    InvalidRequest,
)
from syncline_server.store.port import StoredEnvVar, Use

if TYPE_CHECKING:
    from fakes.runtime import World
    from syncline_server.runtime.env_vars import EnvVars
    from syncline_server.runtime.requests import Caller


async def colleague(world: World) -> Caller:
    """Return a key of the company that is no owner's."""
    key = await world.runtime.access.create_key(world.owner, "t", 0)
    return world.runtime.access.by_authorization(basic(key.login, key.secret))


async def stranger(world: World) -> Caller:
    """Return the owner of another company."""
    _, key = await world.runtime.access.create_company(world.owner, "Other")
    return world.runtime.access.by_authorization(basic(key.login, key.secret))


@pytest.fixture
def env_vars(world: World) -> EnvVars:
    return world.runtime.env_vars


def seen(world: World, name: str, use: str = "") -> object:
    """Return what a process of the company sees."""
    return world.runtime.env_vars.fact(world.owner.company_id, EnvVar(name, use))


async def test_a_variable_is_kept_and_seen(world: World, env_vars: EnvVars) -> None:
    made = await env_vars.create(world.owner, "rate", {"value": "1.10", "title": "t"})
    wanted = StoredEnvVar(
        company_id=world.owner.company_id,
        short_name="rate",
        value="1.10",
        title="t",
        created_at=START,
        changed_at=START,
    )

    assert made == wanted == env_vars.get(world.owner, "rate")
    assert await world.store.env_vars() == [wanted]
    assert seen(world, "rate") == seen(world, "@rate") == "1.10"


async def test_json_is_seen_parsed_and_a_secret_hidden(world: World, env_vars: EnvVars) -> None:
    await env_vars.create(world.owner, "a", {"value": '{"k":[1]}', "is_json": True})
    await env_vars.create(world.owner, "b", {"value": "[1]", "is_json": True, "is_secret": True})
    await env_vars.create(world.owner, "c", {"value": "[1]", "is_secret": True})

    assert seen(world, "a") == {"k": [1]}
    assert seen(world, "b") == Secret([1])
    assert seen(world, "c") == Secret("[1]")


@pytest.mark.parametrize(
    ("uses", "where"),
    [
        ((), ["api_call", "set_param", ""]),
        ((Use.API_CALL,), ["api_call"]),
        ((Use.SET_PARAM, Use.API_CALL), ["api_call", "set_param"]),
    ],
)
async def test_uses_say_where_it_is_there(
    world: World, env_vars: EnvVars, uses: tuple[Use, ...], where: list[str]
) -> None:
    await env_vars.create(world.owner, "a", {"value": "v", "uses": uses})

    assert [use for use in ("api_call", "set_param", "") if seen(world, "a", use) == "v"] == where


async def test_nobody_sees_what_is_another_companys(world: World, env_vars: EnvVars) -> None:
    other = await stranger(world)
    await env_vars.create(world.owner, "a", {"value": "1"})
    await env_vars.create(other, "b", {"value": "2"})

    assert seen(world, "b") is None
    assert [one.short_name for one in env_vars.all(world.owner)] == ["a"]
    with pytest.raises(EnvVarNotFound):
        env_vars.get(other, "a")
    with pytest.raises(EnvVarNotFound):
        await env_vars.delete(other, "a")
    with pytest.raises(EnvVarNotFound):
        await env_vars.update(other, "a", {"value": "3"})


async def test_changes_are_for_owners(world: World, env_vars: EnvVars) -> None:
    await env_vars.create(world.owner, "a", {"value": "1"})
    other = await colleague(world)

    for work in (
        env_vars.create(other, "b", {"value": "1"}),
        env_vars.update(other, "a", {"value": "2"}),
        env_vars.delete(other, "a"),
    ):
        with pytest.raises(AccessDenied):
            await work
    assert env_vars.get(other, "a").value == "1"


async def test_a_name_is_used_once(world: World, env_vars: EnvVars) -> None:
    await env_vars.create(world.owner, "a", {"value": "1"})
    with pytest.raises(EnvVarExists):
        await env_vars.create(world.owner, "a", {"value": "2"})
    await env_vars.delete(world.owner, "a")
    await env_vars.create(world.owner, "a", {"value": "3"})

    assert seen(world, "a") == "3"


@pytest.mark.parametrize("name", ["", "A", "a b", "ä", "a.b", "a\n", "a" * 128])
async def test_a_name_that_is_none_is_refused(world: World, env_vars: EnvVars, name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await env_vars.create(world.owner, name, {"value": "1"})

    assert refused.value.field == "env_var.short_name"


@pytest.mark.parametrize(
    ("fields", "field", "kind"),
    [
        ({}, "env_var.value", InvalidRequest),
        ({"value": "ü" * 32_769}, "env_var.value", InvalidRequest),
        ({"value": "{", "is_json": True}, "env_var.value", InvalidJson),
        ({"value": "1", "title": "t" * 256}, "env_var.title", InvalidRequest),
        ({"value": "1", "description": "d" * 2001}, "env_var.description", InvalidRequest),
    ],
)
async def test_what_is_out_of_range_is_refused_with_its_field(
    world: World, env_vars: EnvVars, fields: dict[str, object], field: str, kind: type[InvalidRequest]
) -> None:
    with pytest.raises(kind) as refused:
        await env_vars.create(world.owner, "a", fields)  # type: ignore[arg-type]

    assert refused.value.field == field
    assert env_vars.all(world.owner) == []


async def test_only_what_is_named_changes(world: World, env_vars: EnvVars) -> None:
    await env_vars.create(world.owner, "a", {"value": "1", "title": "t", "uses": (Use.API_CALL,)})
    world.clock.move(seconds=1)
    changed = await env_vars.update(world.owner, "a", {"value": "2"})

    assert (changed.value, changed.title, changed.uses) == ("2", "t", (Use.API_CALL,))
    assert (changed.created_at, changed.changed_at) == (START, START + 1000)
    with pytest.raises(InvalidJson):
        await env_vars.update(world.owner, "a", {"value": "x", "is_json": True})
    assert seen(world, "a", "api_call") == "2"


async def test_no_update_shows_a_secret(world: World, env_vars: EnvVars) -> None:
    await env_vars.create(world.owner, "a", {"value": "s3cret", "is_secret": True})
    with pytest.raises(InvalidRequest) as refused:
        await env_vars.update(world.owner, "a", {"is_secret": False})
    shown = await env_vars.update(world.owner, "a", {"is_secret": False, "value": "plain"})

    assert refused.value.field == "env_var.kind"
    assert (shown.value, shown.is_secret) == ("plain", False)


async def test_variables_outlive_a_restart(world: World) -> None:
    await world.runtime.env_vars.create(world.owner, "a", {"value": "[1]", "is_json": True})
    await world.restart()

    assert seen(world, "a") == [1]


async def test_a_change_that_was_lost_is_none() -> None:
    disk = Disk()
    world = await make_world(disk)
    env_vars = world.runtime.env_vars
    await env_vars.create(world.owner, "a", {"value": "1"})
    for work in (
        env_vars.update(world.owner, "a", {"value": "2"}),
        env_vars.delete(world.owner, "a"),
        env_vars.create(world.owner, "b", {"value": "3"}),
    ):
        disk.refuse.append(CommitFailed())
        with pytest.raises(CommitFailed):
            await work

    assert (seen(world, "a"), seen(world, "b")) == ("1", None)
    await world.runtime.stop()
