"""Task tokens: signed, short-lived, for one task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import exports
from fakes.clock import START
from fakes.credentials import basic, bearer
from fakes.leases import leases
from syncline_server.errors import AccessDenied, BadCredentials, InvalidRequest, RateLimited
from syncline_server.runtime.requests import Caller, Target
from syncline_server.runtime.resume import Place, ResumeTokens
from syncline_server.runtime.task_tokens import MOST_SECONDS, Lease, TaskTokens

if TYPE_CHECKING:
    from fakes.runtime import World
    from syncline_server.engine import Task

TOKENS = TaskTokens(b"a key of this server")
SOME = TOKENS.make("00" * 12, Lease("100000", 7))


@given(st.binary(min_size=12, max_size=12), leases())
def test_a_token_gives_back_what_is_in_it(task_id: bytes, lease: Lease) -> None:
    assert TOKENS.read(TOKENS.make(task_id.hex(), lease)) == (task_id.hex(), lease)


@given(st.integers(4, len(SOME) - 1), st.sampled_from("AZaz09-_ ="))
def test_a_changed_token_is_refused(position: int, letter: str) -> None:
    changed = SOME[:position] + letter + SOME[position + 1 :]

    if changed != SOME:
        with pytest.raises(BadCredentials):
            TOKENS.read(changed)


def other_spellings(token: str) -> list[str]:
    """Return what a lenient decoder of base64 takes for the same."""
    plain = token.translate(str.maketrans("-_", "+/"))
    return [plain, f"{token[:9]}!{token[9:]}", f"{token}\n", f"{token}====", f"{token[:20]} {token[20:]}"]


@given(st.binary(min_size=12, max_size=12))
def test_a_token_has_one_spelling(task_id: bytes) -> None:
    token = TOKENS.make(task_id.hex(), Lease("100000", 7))

    for text in {*other_spellings(token), token.removeprefix("slw_")} - {token}:
        with pytest.raises(BadCredentials):
            TOKENS.read(text)


@given(st.text(max_size=80))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadCredentials):
        TOKENS.read(text)


def test_another_server_s_token_is_refused() -> None:
    with pytest.raises(BadCredentials):
        TaskTokens(b"another key").read(SOME)


def test_it_is_no_resume_token_nor_the_other_way_round() -> None:
    resuming = ResumeTokens(b"a key of this server")
    with pytest.raises(BadCredentials):
        resuming.read(SOME.removeprefix("slw_"))
    with pytest.raises(BadCredentials):
        TOKENS.read(resuming.make(Place("00" * 12, 7, lease=Lease("100000", 7))))


# In a runtime.


@pytest.fixture
async def task(world: World) -> Task:
    await world.deploy(exports.waiting(), "waiting")
    return await world.create("@waiting", ref="r")


def come(world: World, token: str) -> Caller:
    return world.runtime.access.by_authorization(bearer(token))


def give(world: World, task: Task, seconds: float | None = None, caller: Caller | None = None) -> str:
    return world.runtime.issuing.for_task(caller or world.owner, task, seconds)[0]


@pytest.mark.parametrize("how", ["", "id", "ID", "ref", "alias", "number"])
async def test_it_reads_its_task_however_that_is_named(world: World, task: Task, how: str) -> None:
    named = {
        "": Target(),
        "id": Target(task_id=task.task_id),
        "ID": Target(task_id=task.task_id.upper()),
        "ref": Target(process="@waiting", ref="r"),
        "alias": Target(task_id=task.task_id, process="@waiting"),
        "number": Target(process=str(task.process_id), ref="r"),
    }

    assert await world.runtime.tasks.find(come(world, give(world, task)), named[how]) == task


async def test_no_other_task_is_read_with_it(world: World, task: Task) -> None:
    other = await world.create("@waiting", ref="s")
    caller = come(world, give(world, task))

    for target in (
        Target(task_id=other.task_id),
        Target(process="@waiting", ref="s"),
        Target(process="@other", ref="r"),
        Target(task_id=task.task_id, process="waiting"),
        Target(task_id=task.task_id, process=str(task.process_id + 1)),
        Target(task_id="x"),
    ):
        with pytest.raises(AccessDenied):
            await world.runtime.tasks.find(caller, target)


@pytest.mark.parametrize("right", ["create", "delete"])
async def test_nothing_is_changed_with_it(world: World, task: Task, right: str) -> None:
    with pytest.raises(AccessDenied):
        await world.runtime.tasks.find(come(world, give(world, task)), Target(task_id=task.task_id), right)


async def test_it_ends_with_its_time(world: World, task: Task) -> None:
    text, expires_at = world.runtime.issuing.for_task(world.owner, task, None)
    assert expires_at == START + 900_000
    world.clock.move(seconds=899.999)
    come(world, text)

    world.clock.move(seconds=0.001)
    with pytest.raises(BadCredentials, match="expired"):
        come(world, text)


@pytest.mark.parametrize("seconds", [0.0, 0.999, MOST_SECONDS + 0.001])
async def test_a_lifetime_has_bounds(world: World, task: Task, seconds: float) -> None:
    with pytest.raises(InvalidRequest) as caught:
        give(world, task, seconds)

    assert caught.value.field == "ttl"


async def test_it_never_outlives_the_token_that_it_was_asked_for_with(world: World, task: Task) -> None:
    text, token = await world.runtime.issuing.create(world.owner, "", "", 60)

    _, usual = world.runtime.issuing.for_task(come(world, text), task, None)
    _, short = world.runtime.issuing.for_task(come(world, text), task, 5)

    assert (usual, short) == (token.expires_at, START + 5000)


async def test_it_gives_no_right_that_its_maker_has_lost(world: World, task: Task) -> None:
    access, process = world.runtime.access, world.runtime.catalogue.get(task.process_id)
    key = await access.create_key(world.owner, "page", 0)
    await access.set_grant(world.owner, process, key.login, frozenset({"view"}))
    text = give(world, task, caller=access.by_authorization(basic(key.login, key.secret)))
    assert await world.runtime.tasks.find(come(world, text), Target()) == task

    await access.set_grant(world.owner, process, key.login, frozenset())
    with pytest.raises(AccessDenied):
        await world.runtime.tasks.find(come(world, text), Target())

    await access.delete_key(world.owner, key.login)
    with pytest.raises(BadCredentials):
        come(world, text)


async def test_its_calls_count_for_its_maker(world: World, task: Task) -> None:
    access = world.runtime.access
    key = await access.create_key(world.owner, "page", 1)
    maker = access.by_authorization(basic(key.login, key.secret))
    caller = come(world, give(world, task, caller=maker))
    access.spend(caller)

    with pytest.raises(RateLimited):
        access.spend(maker)


async def test_it_outlives_a_restart(world: World, task: Task) -> None:
    text = give(world, task)
    await world.restart()

    assert await world.runtime.tasks.find(come(world, text), Target()) == task
