"""Credentials and rights."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from fakes import exports
from fakes.credentials import basic
from syncline_server.errors import (
    AccessDenied,
    BadCredentials,
    CompanyNotFound,
    InvalidRequest,
    KeyNotFound,
    NoCredentials,
    ProcessNotFound,
    RateLimited,
)
from syncline_server.runtime.requests import NewTask, Target
from syncline_server.store.port import ApiKey, Batch

if TYPE_CHECKING:
    from fakes.runtime import World

BODY = b'{"ops":[{"type":"create","obj":"task","conv_id":1234,"ref":"r1","data":{"param":1}}]}'
LITERAL = '{"timeout":30,"ops":[{"conv_id":1234,"type":"create","obj":"task","data":{"name":"Привіт"}}]}'
ESCAPED = LITERAL.replace("Привіт", r"\u041f\u0440\u0438\u0432\u0456\u0442")
VECTORS = [
    (BODY, "1700000000", "16054e823ea95e74474f8445851f6424b3ff13b4"),
    (BODY, "1700000000", "16054E823EA95E74474F8445851F6424B3FF13B4"),
    (BODY, "1700000000", "cd9dfc885f429186a975380f1d491d998fcd923988b9040bd077953e"),
    (BODY, "1700000000", "8c77d153cef2c82a2f558dcf5627c2bd52fc3877f2177209422f1da27d08da55"),
    (
        BODY,
        "1700000000",
        "4a64ba3f0e273def3e4453e60aa1762c7af00ce3b39539c30a45ca77168e94c40ff749ef38b47a5f18e9efe6954a0971",
    ),
    (
        BODY,
        "1700000000",
        "10e9da7c36f3beed2d4c534473309aaeec7113f5fa5dc51f40f8b7e0eb4ab075e1d015df39ace54009f679fa510792f218e02d88e45bbcea"
        "c21651b56a611668",
    ),
    (BODY + b"\n", "1700000000", "1da509523ace1e02184409134023bf0781ced752"),
    (BODY, "1483534567.123456", "945a5f1a4f5c59a052dc42cccaa9e647e14fda80"),
    (BODY, "1700000000000", "458bb735e40576013216d3934137c88be0345305"),
    (b"", "1700000000", "f3050f066885b07992fdad127cb394b156eb9749"),
    (LITERAL.encode(), "1700000000", "fca6debce27b63ddfec6d46b783f77c6b6a860fb"),
    (ESCAPED.encode(), "1700000000", "4dd97e321bb5928539de250ec58328101dfd6bc5"),
]
"""The published vectors; the secret is `s3cr3t`."""


async def keep_key(world: World, login: str = "13000", **more: object) -> None:
    """Put a key with the vectors' secret into the store."""
    key = ApiKey(login=login, secret="s3cr3t", title="t", company_id=world.owner.company_id, owner=False, **more)  # type: ignore[arg-type]
    await world.store.commit(Batch(keys=[key]))
    await world.runtime.access.load()


@pytest.mark.parametrize(("body", "timestamp", "signature"), VECTORS)
async def test_a_good_signature_names_its_caller(world: World, body: bytes, timestamp: str, signature: str) -> None:
    await keep_key(world)

    assert world.runtime.access.by_signature("13000", timestamp, signature, body).login == "13000"


@pytest.mark.parametrize(
    ("login", "timestamp", "signature", "body"),
    [
        ("13000", "1700000001", VECTORS[0][2], BODY),
        ("13000", "1700000000", VECTORS[0][2], BODY + b" "),
        ("13000", "1700000000", VECTORS[0][2][:-1] + "5", BODY),
        ("13000", "1700000000", "", BODY),
        ("13000", "1700000000", "é" * 40, BODY),
        ("99", "1700000000", VECTORS[0][2], BODY),
    ],
)
async def test_a_bad_signature_and_an_unknown_login_are_the_same_error(
    world: World, login: str, timestamp: str, signature: str, body: bytes
) -> None:
    await keep_key(world)

    with pytest.raises(BadCredentials) as caught:
        world.runtime.access.by_signature(login, timestamp, signature, body)
    assert caught.value.message == BadCredentials().message


@pytest.mark.parametrize("header", ["Basic", "Basic ***", "Basic " + base64.b64encode(b"13000").decode(), "Bearer x"])
async def test_a_malformed_authorization_is_refused(world: World, header: str) -> None:
    await keep_key(world)

    with pytest.raises(BadCredentials):
        world.runtime.access.by_authorization(header)


async def test_no_authorization_is_its_own_error(world: World) -> None:
    with pytest.raises(NoCredentials):
        world.runtime.access.by_authorization("")


async def test_a_key_s_limit_counts_operations(world: World) -> None:
    await keep_key(world, rate_limit=3)
    caller = world.runtime.access.by_signature("13000", *(VECTORS[0][1:]), BODY)

    world.runtime.access.spend(caller, 3)
    with pytest.raises(RateLimited) as caught:
        world.runtime.access.spend(caller)
    assert caught.value.facts == {"limit": "3"}

    world.clock.move(seconds=1)
    world.runtime.access.spend(caller, 3)


async def test_rights_come_by_grant_and_go_with_the_key(world: World) -> None:
    access, owner = world.runtime.access, world.owner
    process_id = await world.deploy(exports.silent(), "silent")
    process = world.runtime.catalogue.get(process_id)
    key = await access.create_key(owner, "worker", 0)
    caller = access.by_authorization(basic(key.login, key.secret))

    with pytest.raises(AccessDenied):
        await world.runtime.tasks.create(caller, NewTask(process="@silent"))

    await access.set_grant(owner, process, key.login, frozenset({"create"}))
    task = await world.runtime.tasks.create(caller, NewTask(process="@silent"))
    assert await world.runtime.tasks.find(caller, Target(task_id=task.task_id)) == task
    with pytest.raises(AccessDenied):
        await world.runtime.tasks.delete(caller, Target(task_id=task.task_id))
    with pytest.raises(AccessDenied):
        await world.runtime.deploying.pause(caller, "@silent")

    await access.delete_key(owner, key.login)
    assert [known.login for known in access.keys(owner)] == [owner.login]
    assert await world.store.grants() == []
    with pytest.raises(KeyNotFound):
        await access.delete_key(owner, key.login)


async def test_companies_do_not_see_each_other(world: World) -> None:
    process_id = await world.deploy(exports.silent(), "silent")
    company, key = await world.runtime.access.create_company(world.owner, "Other")
    other = world.runtime.access.by_authorization(basic(key.login, key.secret))

    assert not other.operator
    with pytest.raises(AccessDenied) as caught:
        await world.runtime.tasks.create(other, NewTask(process=str(process_id)))
    assert caught.value.facts["cause"] == "company"
    with pytest.raises(ProcessNotFound):
        await world.runtime.tasks.create(other, NewTask(process="@silent"))
    with pytest.raises(CompanyNotFound):
        world.runtime.access.company(other, world.owner.company_id)
    assert world.runtime.access.company(other, "me") == company
    assert world.runtime.deploying.visible(other, after=0, limit=10) == []


async def test_what_a_key_may_be_is_checked(world: World) -> None:
    with pytest.raises(InvalidRequest) as no_title:
        await world.runtime.access.create_key(world.owner, "", 0)
    with pytest.raises(InvalidRequest) as bad_rate:
        await world.runtime.access.create_key(world.owner, "t", -1)

    assert (no_title.value.field, bad_rate.value.field) == ("title", "rate_limit")


async def test_who_may_not_modify_a_process_gets_its_file_without_secrets(world: World) -> None:
    call = exports.api("https://peer.test/", {}, {}) | {"api_secret_outer": "planted", "send_sys": True}
    end = exports.node(3, kind=exports.FINAL)
    text = exports.export(
        exports.node(1, [exports.go(2)], kind=exports.START), exports.node(2, [call, exports.go(3)]), end
    )
    await world.deploy(text, "signed")
    process = world.runtime.catalogue.resolve(world.owner.company_id, "@signed")
    key = await world.runtime.access.create_key(world.owner, "viewer", 0)
    await world.runtime.access.set_grant(world.owner, process, key.login, frozenset({"view"}))
    viewer = world.runtime.access.by_authorization(basic(key.login, key.secret))

    assert "planted" in world.runtime.deploying.export(world.owner, "@signed")
    shown = world.runtime.deploying.export(viewer, "@signed")
    assert "planted" not in shown
    assert '"api_secret_outer":"***"' in shown
