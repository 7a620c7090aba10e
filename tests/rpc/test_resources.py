"""ResourceService over the contract."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf import text_format

from fakes.clock import START
from fakes.credentials import bearer
from fakes.rpc import Stubs, refusal
from syncline.v1 import access_service_pb2, resource_pb2, resource_service_pb2
from syncline_server.rpc import resource_convert
from syncline_server.store.port import Tls, Use

if TYPE_CHECKING:
    from fakes.rpc import Served

SECRET = "s3cret-that-nobody-sees"


def env_var(text: str) -> resource_pb2.EnvVar:
    return text_format.Parse(text, resource_pb2.EnvVar())


def instance(text: str) -> resource_pb2.Instance:
    return text_format.Parse(text, resource_pb2.Instance())


async def create_env_var(client: Stubs, text: str) -> Any:
    request = resource_service_pb2.CreateEnvVarRequest(env_var=env_var(text))
    return (await client("CreateEnvVar", request)).env_var


async def get_env_var(client: Stubs, name: str) -> Any:
    return (await client("GetEnvVar", resource_service_pb2.GetEnvVarRequest(short_name=name))).env_var


async def update_env_var(client: Stubs, text: str, *paths: str) -> Any:
    request = resource_service_pb2.UpdateEnvVarRequest(env_var=env_var(text))
    request.update_mask.paths.extend(paths)
    return (await client("UpdateEnvVar", request)).env_var


async def create_instance(client: Stubs, text: str) -> Any:
    request = resource_service_pb2.CreateInstanceRequest(instance=instance(text))
    return (await client("CreateInstance", request)).instance


async def get_instance(client: Stubs, instance_id: str) -> Any:
    return (await client("GetInstance", resource_service_pb2.GetInstanceRequest(instance_id=instance_id))).instance


async def update_instance(client: Stubs, text: str, *paths: str) -> Any:
    request = resource_service_pb2.UpdateInstanceRequest(instance=instance(text))
    request.update_mask.paths.extend(paths)
    return (await client("UpdateInstance", request)).instance


@pytest.fixture
async def colleague(running: Served) -> Stubs:
    """A key of the company that is no owner's."""
    made = await running.owner("CreateKey", access_service_pb2.CreateKeyRequest(title="t"))
    return running.owner.with_key(made.key.login, made.secret)


async def test_a_variable_is_made_and_read(running: Served) -> None:
    text = """
        short_name: "a" kind: ENV_VAR_KIND_VISIBLE data_type: ENV_VAR_DATA_TYPE_JSON value: "[1]"
        uses: ENV_VAR_USE_SET_PARAM uses: ENV_VAR_USE_API_CALL title: "t" description: "d"
    """
    made = await create_env_var(running.owner, text)
    wanted = env_var(text)
    for at in (wanted.create_time, wanted.change_time):
        at.FromMilliseconds(START)

    assert made == wanted == await get_env_var(running.owner, "a")


async def test_what_is_not_said_is_usual(running: Served) -> None:
    made = await create_env_var(running.owner, 'short_name: "a" value: ""')

    assert made.HasField("value")
    assert (made.kind, made.data_type) == (resource_pb2.ENV_VAR_KIND_VISIBLE, resource_pb2.ENV_VAR_DATA_TYPE_RAW)


async def test_a_secret_is_in_no_answer_and_no_log(
    running: Served, colleague: Stubs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = await create_env_var(running.owner, f'short_name: "a" kind: ENV_VAR_KIND_SECRET value: "{SECRET}"')
    answers = [
        made,
        await get_env_var(running.owner, "a"),
        await update_env_var(running.owner, 'short_name: "a" title: "u"'),
        await running.owner("ListEnvVars", resource_service_pb2.ListEnvVarsRequest()),
        await create_instance(running.owner, instance_text()),
        await running.owner("ListInstances", resource_service_pb2.ListInstancesRequest()),
        await colleague("ListInstances", resource_service_pb2.ListInstancesRequest()),
    ]
    refused = await refusal(
        update_env_var(running.owner, 'short_name: "a" data_type: ENV_VAR_DATA_TYPE_JSON', "data_type")
    )

    assert not made.HasField("value")
    assert refused.reason == "INVALID_JSON"
    assert SECRET not in "".join([str(answers), refused.message, caplog.text])


async def test_any_key_sees_what_there_is_but_no_values(running: Served, colleague: Stubs) -> None:
    await create_env_var(running.owner, 'short_name: "a" value: "1" title: "t"')
    made = await create_instance(running.owner, instance_text())
    shown = await get_instance(colleague, made.instance_id)

    assert (await get_env_var(colleague, "a")).title == "t"
    assert not (await get_env_var(colleague, "a")).HasField("value")
    assert (shown.title, shown.WhichOneof("connection")) == ("Shop", None)


async def test_changes_are_for_owners(running: Served, colleague: Stubs) -> None:
    made = await create_instance(running.owner, instance_text())
    for method, request in (
        ("CreateEnvVar", resource_service_pb2.CreateEnvVarRequest(env_var=env_var('short_name: "a" value: "1"'))),
        ("UpdateEnvVar", resource_service_pb2.UpdateEnvVarRequest(env_var=env_var('short_name: "a" value: "1"'))),
        ("DeleteEnvVar", resource_service_pb2.DeleteEnvVarRequest(short_name="a")),
        ("CreateInstance", resource_service_pb2.CreateInstanceRequest(instance=instance(instance_text()))),
        ("UpdateInstance", resource_service_pb2.UpdateInstanceRequest(instance=made)),
        ("DeleteInstance", resource_service_pb2.DeleteInstanceRequest(instance_id=made.instance_id)),
    ):
        refused = await refusal(colleague(method, request))
        assert (method, refused.code, refused.reason) == (
            method,
            grpc.StatusCode.PERMISSION_DENIED,
            "ACCESS_DENIED",
        )


async def test_an_owners_token_may_what_the_owner_may(running: Served) -> None:
    token = (await running.owner("CreateToken", access_service_pb2.CreateTokenRequest())).token
    client = Stubs(running.owner.channel, bearer(token))

    assert (await create_env_var(client, 'short_name: "a" value: "1"')).value == "1"


@pytest.mark.parametrize(
    ("update", "paths", "wanted"),
    [
        ('value: "2"', ["value"], 'value: "2" title: "t" uses: ENV_VAR_USE_API_CALL'),
        ('value: "2"', [], 'value: "2" title: "t" uses: ENV_VAR_USE_API_CALL'),
        ('value: "2" title: "u"', ["title"], 'value: "1" title: "u" uses: ENV_VAR_USE_API_CALL'),
        ("", ["title", "uses"], 'value: "1"'),
        ("", ["*"], 'value: "1"'),
        ('value: ""', ["*"], 'value: ""'),
        ("", ["value"], 'value: "" title: "t" uses: ENV_VAR_USE_API_CALL'),
        ('title: "u"', ["short_name", "create_time"], 'value: "1" title: "t" uses: ENV_VAR_USE_API_CALL'),
        ("", [], 'value: "1" title: "t" uses: ENV_VAR_USE_API_CALL'),
    ],
)
async def test_an_update_takes_what_its_mask_names(running: Served, update: str, paths: list[str], wanted: str) -> None:
    await create_env_var(running.owner, 'short_name: "a" value: "1" title: "t" uses: ENV_VAR_USE_API_CALL')
    changed = await update_env_var(running.owner, f'short_name: "a" {update}', *paths)
    for name in ("short_name", "kind", "data_type", "create_time", "change_time"):
        changed.ClearField(name)

    assert changed == env_var(wanted)


@pytest.mark.parametrize("path", ["values", "value.x", "postgresql", ""])
async def test_a_mask_that_names_nothing_is_refused(running: Served, path: str) -> None:
    await create_env_var(running.owner, 'short_name: "a" value: "1"')
    refused = await refusal(update_env_var(running.owner, 'short_name: "a"', path))

    assert (refused.reason, refused.fields) == ("INVALID_REQUEST", ["update_mask"])


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("kind: 7", "env_var.kind"),
        ("data_type: 7", "env_var.data_type"),
        ("uses: 7", "env_var.uses"),
        ("uses: ENV_VAR_USE_UNSPECIFIED", "env_var.uses"),
    ],
)
async def test_a_value_of_no_enum_is_refused(running: Served, text: str, field: str) -> None:
    refused = await refusal(create_env_var(running.owner, f'short_name: "a" value: "1" {text}'))

    assert refused.fields == [field]


async def test_what_goes_wrong_has_its_reason(running: Served) -> None:
    await create_env_var(running.owner, 'short_name: "a" value: "1"')
    again = await refusal(create_env_var(running.owner, 'short_name: "a" value: "1"'))
    missing = await refusal(get_env_var(running.owner, "b"))
    nowhere = await refusal(get_instance(running.owner, "7"))

    assert (again.code, again.reason) == (grpc.StatusCode.ALREADY_EXISTS, "ENV_VAR_EXISTS")
    assert (missing.code, missing.reason) == (grpc.StatusCode.NOT_FOUND, "ENV_VAR_NOT_FOUND")
    assert (nowhere.code, nowhere.reason) == (grpc.StatusCode.NOT_FOUND, "INSTANCE_NOT_FOUND")


async def test_a_variable_is_deleted(running: Served) -> None:
    await create_env_var(running.owner, 'short_name: "a" value: "1"')
    await running.owner("DeleteEnvVar", resource_service_pb2.DeleteEnvVarRequest(short_name="a"))

    assert (await refusal(get_env_var(running.owner, "a"))).reason == "ENV_VAR_NOT_FOUND"


async def test_variables_are_listed_in_pages(running: Served) -> None:
    for name in ("b", "a", "c"):
        await create_env_var(running.owner, f'short_name: "{name}" value: "1"')

    assert await pages(running.owner, "ListEnvVars", resource_service_pb2.ListEnvVarsRequest(page_size=2)) == [
        ["a", "b"],
        ["c"],
    ]


async def test_a_page_of_large_values_ends_early(running: Served) -> None:
    for number in range(40):
        await create_env_var(running.owner, f'short_name: "v{number:02}" value: "{"x" * 60_000}"')
    found = await pages(running.owner, "ListEnvVars", resource_service_pb2.ListEnvVarsRequest())

    assert [name for page in found for name in page] == [f"v{number:02}" for number in range(40)]
    assert len(found) == 2


async def pages(client: Stubs, method: str, request: Any) -> list[list[str]]:
    """Return the names on every page."""
    found = []
    while True:
        page = await client(method, request)
        found.append([getattr(one, "short_name", "") or one.instance_id for one in (*_items(page),)])
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


def _items(page: Any) -> Any:
    return page.env_vars if hasattr(page, "env_vars") else page.instances


def instance_text(more: str = "") -> str:
    server = f'host: "db" database: "shop" user: "u" password: "{SECRET}" {more}'
    return f'title: "Shop" postgresql {{ {server} }}'


async def test_an_instance_is_made_and_read(running: Served) -> None:
    made = await create_instance(running.owner, instance_text("tls: DATABASE_TLS_VERIFY_FULL"))
    wanted = instance(instance_text("port: 5432 tls: DATABASE_TLS_VERIFY_FULL"))
    wanted.postgresql.password = ""
    wanted.max_connections = 5
    wanted.instance_id = made.instance_id
    for at in (wanted.create_time, wanted.change_time):
        at.FromMilliseconds(START)

    assert made.instance_id.isdigit()
    assert made == wanted == await get_instance(running.owner, made.instance_id)


async def test_a_file_is_made_and_read(running: Served) -> None:
    made = await create_instance(running.owner, 'title: "t" max_connections: 7 sqlite { file: "a.db" }')

    assert (made.sqlite.file, made.max_connections) == ("a.db", 7)


@pytest.mark.parametrize(
    (("update", "paths", "kept")),
    [
        ('postgresql { user: "v" }', ["postgresql.user"], ("db", "v", SECRET)),
        ('postgresql { user: "v" }', [], ("db", "v", SECRET)),
        ('postgresql { password: "q" }', [], ("db", "u", "q")),
        ("postgresql {}", ["postgresql.password"], ("db", "u", "")),
        ('postgresql { host: "db" database: "shop" user: "w" }', ["postgresql"], ("db", "w", SECRET)),
        ('title: "Shop" postgresql { host: "x" database: "d" user: "w" password: "q" }', ["*"], ("x", "w", "q")),
        ('title: "Other"', ["*"], ("db", "u", SECRET)),
    ],
)
async def test_an_update_of_a_connection_takes_what_its_mask_names(
    running: Served, update: str, paths: list[str], kept: tuple[str, str, str]
) -> None:
    made = await create_instance(running.owner, instance_text())
    changed = await update_instance(running.owner, f'instance_id: "{made.instance_id}" {update}', *paths)
    (stored,) = await running.world.store.instances()

    assert (changed.postgresql.host, changed.postgresql.user) == kept[:2]
    assert (stored.host, stored.user, stored.password) == kept


@pytest.mark.parametrize("path", ["sqlite.size", "connection", "postgresql.tls.x"])
async def test_a_mask_that_names_nothing_of_an_instance_is_refused(running: Served, path: str) -> None:
    made = await create_instance(running.owner, instance_text())
    refused = await refusal(update_instance(running.owner, f'instance_id: "{made.instance_id}"', path))

    assert refused.fields == ["update_mask"]


async def test_instances_are_listed_in_pages_and_deleted(running: Served) -> None:
    ids = sorted([(await create_instance(running.owner, instance_text())).instance_id for _ in range(3)], key=int)
    request = resource_service_pb2.ListInstancesRequest(page_size=2)
    listed = await pages(running.owner, "ListInstances", request)
    await running.owner("DeleteInstance", resource_service_pb2.DeleteInstanceRequest(instance_id=ids[0]))

    assert listed == [ids[:2], ids[2:]]
    assert await pages(running.owner, "ListInstances", resource_service_pb2.ListInstancesRequest()) == [ids[1:]]


async def test_an_instance_needs_a_connection(running: Served) -> None:
    refused = await refusal(create_instance(running.owner, 'title: "t"'))

    assert refused.fields == ["instance.connection"]


def test_every_value_of_an_enum_is_known() -> None:
    assert set(resource_convert.SECRET) == set(resource_pb2.EnvVarKind.values())
    assert set(resource_convert.JSON) == set(resource_pb2.EnvVarDataType.values())
    assert set(resource_convert.TLS) == set(resource_pb2.DatabaseTls.values())
    assert set(resource_convert.TLS.values()) == set(Tls)
    assert set(resource_convert.USES) == set(resource_pb2.EnvVarUse.values()) - {0}
    assert set(resource_convert.USES.values()) == set(Use)


def test_every_field_can_be_updated() -> None:
    for message, known in (
        (resource_pb2.EnvVar, resource_convert.ENV_VAR),
        (resource_pb2.PostgresqlConnection, resource_convert.CONNECTIONS["postgresql"]),
        (resource_pb2.SqliteConnection, resource_convert.CONNECTIONS["sqlite"]),
        (resource_pb2.Instance, (*resource_convert.INSTANCE, *resource_convert.CONNECTIONS)),
    ):
        names = {field.name for field in message.DESCRIPTOR.fields}
        assert names - {"short_name", "instance_id", "create_time", "change_time"} == set(known)
