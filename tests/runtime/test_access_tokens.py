"""Access tokens: what they stand for, for how long, and who may have, see and revoke them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from fakes import exports
from fakes.clock import START, FakeClock
from fakes.credentials import basic, bearer
from fakes.disk import Disk
from fakes.runtime import make_world
from syncline_server.errors import (
    AccessDenied,
    BadCredentials,
    CommitFailed,
    InvalidRequest,
    KeyNotFound,
    RateLimited,
    TokenNotFound,
    TooManyTokens,
)
from syncline_server.runtime.access_tokens import MOST_SECONDS, MOST_TOKENS, AccessTokens
from syncline_server.runtime.requests import Caller, NewTask

if TYPE_CHECKING:
    from fakes.runtime import World
    from syncline_server.store.port import AccessToken


async def issue(
    world: World, caller: Caller | None = None, *, login: str = "", title: str = "", seconds: float | None = None
) -> tuple[str, AccessToken]:
    return await world.runtime.issuing.create(caller or world.owner, login, title, seconds)


async def another(world: World, *, rate_limit: int = 0) -> Caller:
    """Make a key without rights; return who comes with it."""
    key = await world.runtime.access.create_key(world.owner, "Another", rate_limit)
    return world.runtime.access.by_authorization(basic(key.login, key.secret))


async def foreigner(world: World) -> Caller:
    """Make another company; return its owner."""
    _, key = await world.runtime.access.create_company(world.owner, "Other")
    return world.runtime.access.by_authorization(basic(key.login, key.secret))


def come(world: World, token: str) -> Caller:
    return world.runtime.access.by_authorization(bearer(token))


async def test_a_token_stands_for_its_key(world: World) -> None:
    text, token = await issue(world, title="ci")
    caller = come(world, text)

    assert re.fullmatch(r"slt_[A-Za-z0-9_-]{43}", text)
    assert re.fullmatch(r"[0-9a-f]{16}", token.token_id)
    assert (token.login, token.title, token.created_at) == (world.owner.login, "ci", START)
    assert (caller.login, caller.company_id, caller.owner) == (world.owner.login, world.owner.company_id, True)
    assert caller.expires_at == token.expires_at == START + 3_600_000


async def test_only_a_hash_is_kept(world: World) -> None:
    text, token = await issue(world)

    assert await world.store.access_tokens() == [token]
    assert token.digest == hashlib.sha256(text.encode()).hexdigest()
    assert text not in repr(token)


@pytest.mark.parametrize(
    "change", [lambda text: text + "x", lambda text: text[:-1], lambda text: text.lower(), lambda _: "", lambda _: "é"]
)
async def test_what_was_never_issued_is_refused(world: World, change: object) -> None:
    text, _ = await issue(world)

    with pytest.raises(BadCredentials):
        come(world, change(text))  # type: ignore[operator]


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
async def test_the_scheme_is_read_as_http_has_it(world: World, scheme: str) -> None:
    text, _ = await issue(world)

    assert world.runtime.access.by_authorization(f"{scheme} {text}").login == world.owner.login


async def test_a_token_ends_with_its_time(world: World) -> None:
    text, token = await issue(world, seconds=90.0)
    world.clock.move(seconds=89.999)
    assert come(world, text).login == world.owner.login

    world.clock.move(seconds=0.001)
    with pytest.raises(BadCredentials):
        come(world, text)
    with pytest.raises(TokenNotFound):
        await world.runtime.issuing.revoke(world.owner, token.token_id)
    assert world.runtime.issuing.visible(world.owner, "") == []


@pytest.mark.parametrize("seconds", [0.0, 0.999, MOST_SECONDS + 0.001, 1e300])
async def test_a_lifetime_has_bounds(world: World, seconds: float) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await issue(world, seconds=seconds)

    assert caught.value.field == "ttl"


async def test_the_longest_lifetime_is_taken(world: World) -> None:
    _, token = await issue(world, seconds=MOST_SECONDS)

    assert token.expires_at == START + 90 * 86_400_000


async def test_a_title_has_its_length(world: World) -> None:
    await issue(world, title="é" * 255)
    with pytest.raises(InvalidRequest) as caught:
        await issue(world, title="é" * 256)

    assert caught.value.field == "title"


async def test_a_token_has_the_rights_that_its_key_has_now(world: World) -> None:
    process = world.runtime.catalogue.get(await world.deploy(exports.silent(), "silent"))
    key = await another(world)
    text, _ = await issue(world, key)
    with pytest.raises(AccessDenied):
        await world.runtime.tasks.create(come(world, text), NewTask(process="@silent"))

    await world.runtime.access.set_grant(world.owner, process, key.login, frozenset({"create"}))
    task = await world.runtime.tasks.create(come(world, text), NewTask(process="@silent"))

    assert task.login == key.login


async def test_a_token_makes_nothing_that_may_outlive_it(world: World) -> None:
    text, _ = await issue(world)
    caller = come(world, text)
    runtime = world.runtime

    for attempt in (
        runtime.issuing.create(caller, "", "", None),
        runtime.access.create_key(caller, "t", 0),
        runtime.access.create_company(caller, "t"),
    ):
        with pytest.raises(AccessDenied, match="send the key itself"):
            await attempt


async def test_a_token_s_calls_count_for_its_key(world: World) -> None:
    key = await another(world, rate_limit=2)
    caller = come(world, (await issue(world, key))[0])
    world.runtime.access.spend(key)
    world.runtime.access.spend(caller)

    with pytest.raises(RateLimited):
        world.runtime.access.spend(caller)


async def test_a_deleted_key_takes_its_tokens_along(world: World) -> None:
    key = await another(world)
    text, _ = await issue(world, key)
    kept, _ = await issue(world)
    await world.runtime.access.delete_key(world.owner, key.login)

    with pytest.raises(BadCredentials):
        come(world, text)
    assert come(world, kept).login == world.owner.login
    assert [token.login for token in await world.store.access_tokens()] == [world.owner.login]
    assert len(world.runtime.access.tokens) == 1


async def test_a_key_that_goes_while_it_asks_gets_no_token(world: World) -> None:
    caller = await another(world)
    await world.runtime.access.delete_key(world.owner, caller.login)

    with pytest.raises(KeyNotFound):
        await issue(world, caller)
    assert not await world.store.access_tokens()


async def test_a_revoked_token_is_refused_at_once_and_after_a_restart(world: World) -> None:
    kept, _ = await issue(world)
    text, token = await issue(world)
    await world.runtime.issuing.revoke(world.owner, token.token_id)
    with pytest.raises(BadCredentials):
        come(world, text)
    await world.restart()

    with pytest.raises(BadCredentials):
        come(world, text)
    assert come(world, kept).login == world.owner.login


async def test_a_token_may_end_itself(world: World) -> None:
    text, token = await issue(world)
    await world.runtime.issuing.revoke(come(world, text), token.token_id)

    with pytest.raises(BadCredentials):
        come(world, text)


async def test_who_sees_which_tokens(world: World) -> None:
    runtime, key, other = world.runtime, await another(world), await another(world)
    ids = {}
    for name, caller in (("owner", world.owner), ("key", key), ("other", other), ("foreign", await foreigner(world))):
        world.clock.move(seconds=1)
        ids[name] = (await issue(world, caller))[1].token_id

    def seen(caller: Caller, login: str = "") -> list[str]:
        return [token.token_id for token in runtime.issuing.visible(caller, login)]

    assert seen(world.owner) == [ids["other"], ids["key"], ids["owner"]]
    assert seen(world.owner, key.login) == [ids["key"]]
    assert seen(world.owner, world.owner.login) == [ids["owner"]]
    assert seen(key) == seen(key, key.login) == [ids["key"]]
    with pytest.raises(AccessDenied):
        seen(key, other.login)
    with pytest.raises(KeyNotFound):
        seen(await foreigner(world), key.login)


async def test_who_may_have_and_revoke_a_token_of_whom(world: World) -> None:
    key, other, stranger = await another(world), await another(world), await foreigner(world)
    text, token = await issue(world, login=key.login)
    assert come(world, text).login == key.login
    with pytest.raises(AccessDenied):
        await issue(world, other, login=key.login)
    with pytest.raises(KeyNotFound):
        await issue(world, stranger, login=key.login)

    for caller in (other, stranger):
        with pytest.raises(TokenNotFound):
            await world.runtime.issuing.revoke(caller, token.token_id)
    await world.runtime.issuing.revoke(world.owner, token.token_id)

    assert await world.store.access_tokens() == []


async def test_a_key_has_so_many_tokens_and_no_more(world: World) -> None:
    tokens = AccessTokens(world.clock)
    first = tokens.issue("1", "", 60)[1]
    for _ in range(MOST_TOKENS - 1):
        tokens.issue("1", "", 60)
    with pytest.raises(TooManyTokens):
        tokens.issue("1", "", 60)
    tokens.issue("2", "", 60)

    tokens.drop(first)
    tokens.issue("1", "", 60)


async def test_names_are_ordered_by_time_and_used_once() -> None:
    clock = FakeClock()
    tokens = AccessTokens(clock)
    made = []
    for _ in range(3):
        made += [tokens.issue("1", "", None)[1].token_id for _ in range(200)]
        clock.move(seconds=1)

    assert len(set(made)) == 600
    assert [name[:12] for name in made] == [name[:12] for name in sorted(made)]


async def test_expired_tokens_are_swept(world: World) -> None:
    await issue(world, seconds=10)
    _, kept = await issue(world, seconds=20)
    world.clock.move(seconds=10.001)
    await world.runtime.retention.sweep()

    assert await world.store.access_tokens() == [kept]
    assert world.runtime.issuing.visible(world.owner, "") == [kept]
    assert len(world.runtime.access.tokens) == 1


async def test_a_change_that_the_disk_refused_has_not_happened() -> None:
    disk = Disk()
    world = await make_world(disk)
    text, token = await issue(world)
    disk.refuse.append(CommitFailed())
    with pytest.raises(CommitFailed):
        await issue(world)
    assert world.runtime.issuing.visible(world.owner, "") == [token]

    disk.refuse.append(CommitFailed())
    with pytest.raises(CommitFailed):
        await world.runtime.issuing.revoke(world.owner, token.token_id)
    assert come(world, text).login == world.owner.login
    await world.runtime.stop()
