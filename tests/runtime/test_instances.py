"""Database instances of companies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes import exports
from fakes.clock import START
from fakes.credentials import basic
from fakes.disk import Disk
from fakes.runtime import make_world
from syncline_server.errors import AccessDenied, CommitFailed, InstanceNotFound, InvalidRequest
from syncline_server.store.port import Database, Tls

if TYPE_CHECKING:
    from fakes.runtime import World
    from syncline_server.runtime.instances import Fields, Instances

FILE: Fields = {"title": "t", "kind": Database.SQLITE, "file": "a.db"}
SERVER: Fields = {
    "title": "t",
    "kind": Database.POSTGRESQL,
    "host": "db.test",
    "database": "d",
    "user": "u",
    "password": "p",
}


@pytest.fixture
def instances(world: World) -> Instances:
    return world.runtime.instances


async def test_an_instance_is_kept_with_what_is_usual(world: World, instances: Instances) -> None:
    file = await instances.create(world.owner, FILE)
    server = await instances.create(world.owner, SERVER)

    assert (file.port, file.max_connections, file.file) == (0, 5, "a.db")
    assert (server.port, server.max_connections, server.tls, server.password) == (5432, 5, Tls.PREFER, "p")
    assert (server.created_at, server.changed_at) == (START, START)
    assert list(await world.store.instances()) == list(instances.all(world.owner))
    assert instances.get(world.owner, str(file.instance_id)) == file


async def test_only_what_is_named_changes(world: World, instances: Instances) -> None:
    made = await instances.create(world.owner, SERVER)
    world.clock.move(seconds=1)
    changed = await instances.update(world.owner, str(made.instance_id), {"user": "v", "max_connections": 7})

    assert (changed.user, changed.host, changed.password, changed.max_connections) == ("v", "db.test", "p", 7)
    assert changed.changed_at == START + 1000


@pytest.mark.parametrize("fields", [{"host": "elsewhere.test"}, {"port": 6432}])
async def test_a_password_goes_nowhere_new_by_itself(world: World, instances: Instances, fields: Fields) -> None:
    made = await instances.create(world.owner, SERVER)
    with pytest.raises(InvalidRequest) as refused:
        await instances.update(world.owner, str(made.instance_id), fields)
    with_it = await instances.update(world.owner, str(made.instance_id), {**fields, "password": "q"})
    same = await instances.update(world.owner, str(made.instance_id), fields)

    assert refused.value.field == "instance.postgresql.password"
    assert with_it.password == same.password == "q"


async def test_the_usual_port_is_no_new_one(world: World, instances: Instances) -> None:
    made = await instances.create(world.owner, SERVER)

    assert (await instances.update(world.owner, str(made.instance_id), {"port": 0})).port == 5432


async def test_a_database_stays_what_it_is(world: World, instances: Instances) -> None:
    made = await instances.create(world.owner, FILE)
    with pytest.raises(InvalidRequest) as refused:
        await instances.update(world.owner, str(made.instance_id), SERVER)

    assert refused.value.field == "instance.connection"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": "t"}, "instance.connection"),
        ({**FILE, "title": ""}, "instance.title"),
        ({**FILE, "title": "t" * 256}, "instance.title"),
        ({**FILE, "max_connections": 51}, "instance.max_connections"),
        ({**FILE, "max_connections": -1}, "instance.max_connections"),
        ({**FILE, "file": ""}, "instance.sqlite.file"),
        ({**FILE, "file": "../a.db"}, "instance.sqlite.file"),
        ({**FILE, "file": ".a"}, "instance.sqlite.file"),
        ({**FILE, "file": "a/b"}, "instance.sqlite.file"),
        ({**FILE, "file": "a\n"}, "instance.sqlite.file"),
        ({**FILE, "file": "a" * 65}, "instance.sqlite.file"),
        ({**SERVER, "host": ""}, "instance.postgresql.host"),
        ({**SERVER, "host": "/run/postgresql"}, "instance.postgresql.host"),
        ({**SERVER, "host": "a,b"}, "instance.postgresql.host"),
        ({**SERVER, "host": "a" * 254}, "instance.postgresql.host"),
        ({**SERVER, "port": 65_536}, "instance.postgresql.port"),
        ({**SERVER, "port": -1}, "instance.postgresql.port"),
        ({**SERVER, "database": ""}, "instance.postgresql.database"),
        ({**SERVER, "database": "ü" * 32}, "instance.postgresql.database"),
        ({**SERVER, "user": "a\x00"}, "instance.postgresql.user"),
        ({**SERVER, "password": "p" * 1025}, "instance.postgresql.password"),
    ],
)
async def test_what_is_out_of_range_is_refused_with_its_field(
    world: World, instances: Instances, fields: Fields, field: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await instances.create(world.owner, fields)

    assert refused.value.field == field
    assert instances.all(world.owner) == []


async def test_changes_are_for_owners(world: World, instances: Instances) -> None:
    made = await instances.create(world.owner, FILE)
    key = await world.runtime.access.create_key(world.owner, "t", 0)
    other = world.runtime.access.by_authorization(basic(key.login, key.secret))

    for work in (
        instances.create(other, FILE),
        instances.update(other, str(made.instance_id), {"title": "u"}),
        instances.delete(other, str(made.instance_id)),
    ):
        with pytest.raises(AccessDenied):
            await work
    assert instances.get(other, str(made.instance_id)) == made


async def test_what_is_another_companys_is_not_there(world: World, instances: Instances) -> None:
    _, key = await world.runtime.access.create_company(world.owner, "Other")
    other = world.runtime.access.by_authorization(basic(key.login, key.secret))
    made = await instances.create(other, FILE)
    await world.deploy(exports.waiting(), "waiting")
    task = await world.create("@waiting")
    mine = await instances.create(world.owner, FILE)

    assert instances.all(world.owner) == [mine]
    assert world.runtime.instance_of(task, mine.instance_id) == mine
    assert world.runtime.instance_of(task, made.instance_id) is None
    for work in (
        instances.update(world.owner, str(made.instance_id), {"title": "u"}),
        instances.delete(world.owner, str(made.instance_id)),
    ):
        with pytest.raises(InstanceNotFound):
            await work


@pytest.mark.parametrize("instance_id", ["", "x", "-1", "1", "²", "9" * 30])
async def test_an_id_that_is_none_is_not_found(world: World, instances: Instances, instance_id: str) -> None:
    with pytest.raises(InstanceNotFound):
        instances.get(world.owner, instance_id)


async def test_a_deleted_instance_is_gone(world: World, instances: Instances) -> None:
    made = await instances.create(world.owner, FILE)
    await instances.delete(world.owner, str(made.instance_id))

    assert instances.all(world.owner) == []
    assert await world.store.instances() == []


async def test_instances_outlive_a_restart(world: World) -> None:
    made = await world.runtime.instances.create(world.owner, SERVER)
    await world.restart()

    assert world.runtime.instances.all(world.owner) == [made]


async def test_a_change_that_was_lost_is_none() -> None:
    disk = Disk()
    world = await make_world(disk)
    instances = world.runtime.instances
    made = await instances.create(world.owner, FILE)
    for work in (
        instances.update(world.owner, str(made.instance_id), {"title": "u"}),
        instances.delete(world.owner, str(made.instance_id)),
        instances.create(world.owner, SERVER),
    ):
        disk.refuse.append(CommitFailed())
        with pytest.raises(CommitFailed):
            await work

    assert instances.all(world.owner) == [made]
    await world.runtime.stop()
