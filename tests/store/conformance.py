"""What every store owes. A subclass gives a `disk` fixture: each call of it makes a store on the same disk."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import strategies
from store.records import (
    TOKEN,
    access_token,
    ended,
    env_var,
    grant,
    instance,
    keep,
    keep_steps,
    key,
    listed,
    name,
    nested,
    process,
    sequences,
    step,
    task,
)
from syncline_server.engine import values
from syncline_server.engine.task import Failure, Outcome, OutcomeKind, Step, Task, TaskState
from syncline_server.errors import CommitFailed, StoreUnusable
from syncline_server.store.port import Batch, Company, Database, Deployment, Store, Tls, Use

Disk: TypeAlias = Callable[[], Store]

_numbers = itertools.count(1)
_ALLOWED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]


class StoreConformance:
    """A store keeps what it is given."""

    @pytest.fixture
    async def store(self, disk: Disk) -> AsyncIterator[Store]:
        store = disk()
        await store.open()
        yield store
        await store.close()

    # Tasks.

    @given(strategies.tasks(), st.lists(strategies.steps, max_size=4, unique_by=lambda one: one.sequence))
    @settings(max_examples=60, deadline=None, suppress_health_check=_ALLOWED)
    def test_a_task_comes_back_as_it_was(self, disk: Disk, task: Task, steps: list[Step]) -> None:
        kept = replace(task, task_id=name(next(_numbers)))

        async def round_trip() -> tuple[Task | None, list[Step]]:
            store = disk()
            await store.open()
            try:
                await store.commit(Batch(tasks={kept.task_id: kept}, steps=[(kept.task_id, tuple(steps))]))
                return await store.task(kept.task_id), list(await store.steps(kept.task_id, after=0, limit=10))
            finally:
                await store.close()

        found, found_steps = asyncio.run(round_trip())

        assert found == kept
        assert values.dumps(found.data) == values.dumps(kept.data)
        assert found_steps == sorted(steps, key=lambda one: one.sequence)

    async def test_what_was_never_kept_is_not_there(self, store: Store) -> None:
        assert await store.task(name(1)) is None
        assert await store.task_by_ref(7, "r") is None
        assert await store.task_by_request("1", "q") is None
        assert await store.steps(name(1), after=0, limit=10) == []
        assert await listed(store) == []
        assert await store.live_tasks(after="", limit=10) == []
        assert await store.finished_before(10**15, limit=10) == []
        assert await store.is_remembered(name(1)) is False

    async def test_a_change_replaces_the_task(self, store: Store) -> None:
        waiting = task(1, state=TaskState.WAITING, tokens=(TOKEN,), data={"a": 1}, node_id="a")
        answer = Outcome(kind=OutcomeKind.ANSWERED, data='{ "b" : 1.10 }', at=9, sequence=3)
        failure = Failure(reason="LOOP_LIMIT", description="d", node_id="n")
        failed = task(1, state=TaskState.FAILED, outcome=answer, failure=failure, sequence=4, changed_at=9, ended_at=9)
        await keep(store, waiting)
        await keep(store, failed)
        found = await store.task(name(1))

        assert found == failed

    async def test_an_outcome_that_is_the_data_comes_back(self, store: Store) -> None:
        for number, text in enumerate(('{"a":1}', '{"a": 1}'), start=1):
            outcome = Outcome(kind=OutcomeKind.ENDED, data=text, at=5, sequence=2)
            await keep(store, ended(number, 5, data={"a": 1}, outcome=outcome))
            found = await store.task(name(number))

            assert found is not None
            assert found.outcome == outcome

    async def test_what_a_task_was_made_with_is_for_life(self, store: Store) -> None:
        first = task(1, ref="r", login="1", request_id="q", data={"a": 1})
        await keep(store, first)
        await keep(store, task(1, process_id=8, ref="s", login="2", request_id="p", data={"a": 2}))

        assert await store.task(name(1)) == replace(first, data={"a": 2})
        assert await store.task_by_ref(8, "s") is None
        assert await store.task_by_request("1", "q") == replace(first, data={"a": 2})

    async def test_nobody_shares_a_value_with_the_store(self, store: Store) -> None:
        data: dict[str, object] = {"list": [1]}
        await keep(store, task(1, data=data))
        data["list"] = "changed"
        found = await store.task(name(1))
        assert found is not None
        found.data["list"] = "changed too"
        again = await store.task(name(1))

        assert again == task(1, data={"list": [1]})

    @pytest.mark.parametrize("size", [1, 4, 5, 16, 17, 64, 65, 256, 257, 600])
    async def test_a_batch_may_have_any_size(self, store: Store, size: int) -> None:
        tasks = {name(number): task(number, data={"n": number}) for number in range(size)}
        await store.commit(Batch(tasks=tasks, steps=[(task_id, (step(1),)) for task_id in tasks]))

        assert {one.task_id: one for one in await store.live_tasks(after="", limit=1000)} == tasks
        assert await sequences(store, size - 1) == [1]

    async def test_data_may_be_a_megabyte(self, store: Store) -> None:
        large = task(1, data={"text": "é" * 524_000})
        await keep(store, large)

        assert await store.task(name(1)) == large

    async def test_nothing_may_be_committed(self, store: Store) -> None:
        await store.commit(Batch())
        await store.commit(Batch(steps=[(name(1), ())]))

        assert await sequences(store, 1) == []

    # Finding tasks.

    async def test_a_ref_finds_the_newest_task(self, store: Store) -> None:
        first, second = ended(1, 5, ref="r"), task(2, ref="r")
        await keep(store, second)
        await keep(store, first, task(3, ref="s"), task(4, ref="r", process_id=8))

        assert await store.task_by_ref(7, "r") == second
        await keep(store, ended(2, 9, ref="r"))
        assert await store.task_by_ref(7, "r") == ended(2, 9, ref="r")
        assert await store.task_by_ref(9, "r") is None

    async def test_no_ref_finds_nothing(self, store: Store) -> None:
        await keep(store, task(1))

        assert await store.task_by_ref(7, "") is None
        assert await store.task_by_request("", "") is None

    async def test_a_request_finds_its_first_task(self, store: Store) -> None:
        first = task(1, login="1", request_id="q")
        await keep(store, first, task(2, login="1", request_id="q"), task(3, login="2", request_id="q"))

        assert await store.task_by_request("1", "q") == first
        assert await store.task_by_request("3", "q") is None

    async def test_a_listing_goes_back_page_by_page(self, store: Store) -> None:
        states = itertools.cycle(TaskState)
        await keep(store, *(task(number, state=next(states)) for number in range(1, 13)))
        await keep(store, task(50, process_id=8))

        assert await listed(store) == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
        assert await listed(store, limit=5) == [12, 11, 10, 9, 8]
        assert await listed(store, before=name(8), limit=5) == [7, 6, 5, 4, 3]
        assert await listed(store, before=name(3), limit=5) == [2, 1]
        assert await listed(store, before=name(1), limit=5) == []

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({}, [6, 5, 4, 3, 2, 1]),
            ({"state": TaskState.WAITING}, [6, 4, 2]),
            ({"state": TaskState.FAILED}, []),
            ({"node_id": "a"}, [4, 2, 1]),
            ({"node_id": ""}, [6]),
            ({"ref": "r"}, [5, 4, 1]),
            ({"ref": ""}, [6, 3]),
            ({"ref": "", "state": TaskState.ENDED}, [3]),
            ({"ref": "", "node_id": ""}, [6]),
            ({"node_id": "a", "state": TaskState.WAITING}, [4, 2]),
            ({"ref": "r", "node_id": "a"}, [4, 1]),
            ({"ref": "r", "state": TaskState.ENDED}, [5, 1]),
            ({"ref": "r", "node_id": "a", "state": TaskState.WAITING}, [4]),
            ({"process_id": 8}, [7]),
        ],
    )
    async def test_a_listing_is_filtered(self, store: Store, filters: dict[str, Any], expected: list[int]) -> None:
        refs = {1: "r", 2: "s", 4: "r", 5: "r"}
        nodes = {1: "a", 2: "a", 3: "b", 4: "a", 5: "b", 6: ""}
        for number, node_id in nodes.items():
            make = task if number % 2 == 0 else ended
            fields = {"state": TaskState.WAITING} if number % 2 == 0 else {"at": 5}
            await keep(store, make(number, ref=refs.get(number, ""), node_id=node_id, **fields))
        await keep(store, task(7, process_id=8))

        assert await listed(store, **filters) == expected
        assert await listed(store, limit=1, **filters) == expected[:1]
        assert await listed(store, before=name(4), **filters) == [number for number in expected if number < 4]

    async def test_a_listing_follows_a_task(self, store: Store) -> None:
        await keep(store, task(1, node_id="a", state=TaskState.WAITING))
        await keep(store, ended(1, 5, node_id="b"))

        assert await listed(store, node_id="a") == []
        assert await listed(store, state=TaskState.WAITING) == []
        assert await listed(store, node_id="b", state=TaskState.ENDED) == [1]

    async def test_live_tasks_come_oldest_first(self, store: Store) -> None:
        await keep(store, *(task(number, state=state) for number, state in enumerate(TaskState, start=1)))
        await keep(store, *(task(number, state=state) for number, state in enumerate(TaskState, start=11)))
        pages = [await store.live_tasks(after=after, limit=3) for after in ("", name(11), name(12))]

        assert [[int(one.task_id, 16) for one in page] for page in pages] == [[1, 2, 11], [12], []]

    async def test_finished_tasks_come_oldest_first(self, store: Store) -> None:
        await keep(store, ended(1, 30), ended(2, 10), ended(3, 20), task(4), ended(5, 10))

        assert await store.finished_before(30, limit=10) == [name(2), name(5), name(3)]
        assert await store.finished_before(31, limit=2) == [name(2), name(5)]
        assert await store.finished_before(10, limit=10) == []

    async def test_what_cannot_be_kept_is_not_found(self, store: Store) -> None:
        await keep(store, task(1))

        assert await store.task_by_ref(7, "\ud800") is None
        assert await store.task_by_ref(2**70, "r") is None
        assert await listed(store, process_id=2**70) == []

    # Steps.

    async def test_steps_come_in_order_page_by_page(self, store: Store) -> None:
        await keep_steps(store, 1, (step(1), step(2)), (step(3, input='{"a":1}', output='"é"'),))
        await keep_steps(store, 2, (step(9),))
        await keep_steps(store, 1, (step(5),), (step(6), step(7)))

        assert await sequences(store, 1) == [1, 2, 3, 5, 6, 7]
        assert await sequences(store, 1, limit=2) == [1, 2]
        assert await sequences(store, 1, after=2, limit=3) == [3, 5, 6]
        assert await sequences(store, 1, after=7) == []
        assert await store.steps(name(1), after=2, limit=1) == [step(3, input='{"a":1}', output='"é"')]

    async def test_steps_of_branches_are_put_in_order(self, store: Store) -> None:
        """The step of a branch that waits ends after later ones of another branch."""
        await keep_steps(store, 1, (step(1), step(4)))
        await keep_steps(store, 1, (step(6), step(3)))
        await keep_steps(store, 1, (step(2),))
        await keep_steps(store, 1, (step(5), step(7)))

        assert await sequences(store, 1) == [1, 2, 3, 4, 5, 6, 7]
        assert await sequences(store, 1, limit=3) == [1, 2, 3]
        assert await sequences(store, 1, after=3, limit=3) == [4, 5, 6]

    async def test_steps_are_kept_with_their_task(self, store: Store) -> None:
        one = task(1)
        await store.commit(
            Batch(
                tasks={name(1): one},
                steps=[(name(1), (step(1), step(2))), (name(2), (step(1),)), (name(1), (step(3),))],
            )
        )

        assert await sequences(store, 1) == [1, 2, 3]
        assert await sequences(store, 2) == [1]

    # Deleting tasks.

    async def test_a_deleted_task_is_gone(self, store: Store) -> None:
        await keep(store, ended(1, 5, ref="r", login="1", request_id="q"), ended(2, 6))
        await keep_steps(store, 1, (step(1),), (step(2),))
        await keep_steps(store, 2, (step(1),))
        await store.commit(Batch(deleted_tasks={name(1): 100}))

        assert await store.task(name(1)) is None
        assert await store.task_by_ref(7, "r") is None
        assert await store.task_by_request("1", "q") is None
        assert await sequences(store, 1) == []
        assert await store.finished_before(100, limit=10) == [name(2)]
        assert await listed(store) == [2]
        assert await sequences(store, 2) == [1]

    async def test_a_deleted_task_is_remembered_for_a_while(self, store: Store) -> None:
        await keep(store, ended(1, 5), ended(2, 5))
        await store.commit(Batch(deleted_tasks={name(1): 100, name(2): 0, name(3): 50}))
        assert await store.is_remembered(name(1)) is True
        assert await store.is_remembered(name(2)) is False
        assert await store.is_remembered(name(3)) is True

        await store.forget_before(100)
        assert await store.is_remembered(name(1)) is True
        assert await store.is_remembered(name(3)) is False
        await store.forget_before(101)
        assert await store.is_remembered(name(1)) is False

    async def test_a_deleted_task_can_be_forgotten_at_once(self, store: Store) -> None:
        await store.commit(Batch(deleted_tasks={name(1): 100}))
        await store.commit(Batch(deleted_tasks={name(1): 0}))

        assert await store.is_remembered(name(1)) is False

    async def test_a_deletion_is_the_last_word(self, store: Store) -> None:
        await store.commit(Batch(tasks={name(1): task(1)}, steps=[(name(1), (step(1),))], deleted_tasks={name(1): 100}))

        assert await store.task(name(1)) is None
        assert await sequences(store, 1) == []
        assert await store.is_remembered(name(1)) is True

    # Everything else.

    async def test_processes_come_back_by_id(self, store: Store) -> None:
        first = process(1, aliases=("b", "a", "ü"), state="active", version=3, created_at=5, changed_at=6)
        await store.commit(Batch(processes=[process(20), process(3), first]))

        assert await store.processes() == [first, process(3), process(20)]
        await store.commit(Batch(processes=[replace(first, aliases=(), title="t")]))
        assert (await store.processes())[0] == replace(first, aliases=(), title="t")

    async def test_every_version_stays_deployed(self, store: Store) -> None:
        first, second = (Deployment(process_id=7, version=v, source='{"v":1.0}', deployed_at=v) for v in (1, 2))
        await store.commit(Batch(deployments=[first, second]))

        assert await store.deployment(7, 1) == first
        assert await store.deployment(7, 2) == second
        assert await store.deployment(7, 3) is None
        assert await store.deployment(8, 1) is None

    async def test_companies_come_back_by_id(self, store: Store) -> None:
        companies = [Company(company_id=one, title=f"Ü {one}", created_at=5) for one in ("c2", "c1")]
        await store.commit(Batch(companies=companies))

        assert await store.companies() == companies[::-1]

    async def test_keys_come_back_by_login(self, store: Store) -> None:
        full = key("12", owner=True, operator=True, rate_limit=9, created_at=5, secret="\u00fc'\"; --")
        await store.commit(Batch(keys=[key("3"), full]))

        assert await store.keys() == [full, key("3")]

    async def test_grants_come_back_by_login_and_process(self, store: Store) -> None:
        grants = [grant("2", 1, "view"), grant("1", 20, "create", "view", "modify", "delete"), grant("1", 3, "view")]
        await store.commit(Batch(grants=grants))

        assert await store.grants() == [grants[2], grants[1], grants[0]]

    async def test_a_grant_of_nothing_takes_the_grant_away(self, store: Store) -> None:
        await store.commit(Batch(grants=[grant("1", 1, "view"), grant("1", 2, "view")]))
        await store.commit(Batch(grants=[grant("1", 1), grant("1", 9)]))

        assert await store.grants() == [grant("1", 2, "view")]

    async def test_a_deleted_key_takes_its_grants_along(self, store: Store) -> None:
        await store.commit(Batch(keys=[key("1"), key("2")], grants=[grant("1", 1, "view"), grant("2", 1, "view")]))
        await store.commit(Batch(keys=[key("1", title="u")], grants=[grant("1", 2, "view")], deleted_keys=["1", "9"]))

        assert await store.keys() == [key("2")]
        assert await store.grants() == [grant("2", 1, "view")]

    async def test_access_tokens_come_back_by_id(self, store: Store) -> None:
        full = access_token("0b", digest="cd" * 32, login="12", title="\u00fc'\"; --", created_at=7, expires_at=2**62)
        await store.commit(Batch(access_tokens=[access_token("0c"), full, access_token("0a")]))

        assert await store.access_tokens() == [access_token("0a"), full, access_token("0c")]

    async def test_a_deleted_access_token_is_gone(self, store: Store) -> None:
        await store.commit(Batch(access_tokens=[access_token("0a"), access_token("0b")]))
        await store.commit(Batch(access_tokens=[access_token("0c")], deleted_access_tokens=["0a", "0c", "0d"]))

        assert await store.access_tokens() == [access_token("0b")]

    async def test_a_deleted_key_takes_its_access_tokens_along(self, store: Store) -> None:
        other = access_token("0b", login="2")
        await store.commit(Batch(keys=[key("1"), key("2")], access_tokens=[access_token("0a"), other]))
        await store.commit(Batch(access_tokens=[access_token("0c")], deleted_keys=["1"]))

        assert await store.access_tokens() == [other]

    async def test_expired_access_tokens_are_forgotten(self, store: Store) -> None:
        await store.commit(Batch(access_tokens=[access_token(f"0{at}", expires_at=at) for at in (5, 6, 7)]))
        await store.forget_before(6)
        assert [one.token_id for one in await store.access_tokens()] == ["06", "07"]

        await store.forget_before(100)
        assert await store.access_tokens() == []

    async def test_the_last_word_on_an_object_counts(self, store: Store) -> None:
        deployments = [Deployment(process_id=1, version=1, source=text, deployed_at=1) for text in ("1", "2")]
        await store.commit(
            Batch(
                processes=[process(1), process(1, title="t")],
                deployments=deployments,
                companies=[Company(company_id="c1", title=title, created_at=1) for title in ("a", "b")],
                keys=[key("1"), key("1", title="u")],
                access_tokens=[access_token("0a"), access_token("0a", title="u")],
                grants=[grant("1", 1, "view"), grant("1", 1, "create"), grant("1", 2, "view"), grant("1", 2)],
            )
        )

        assert await store.processes() == [process(1, title="t")]
        assert await store.deployment(1, 1) == deployments[1]
        assert [one.title for one in await store.companies()] == ["b"]
        assert await store.keys() == [key("1", title="u")]
        assert await store.access_tokens() == [access_token("0a", title="u")]
        assert await store.grants() == [grant("1", 1, "create")]

    async def test_env_vars_come_back_as_they_were(self, store: Store) -> None:
        plain = env_var("a", value="ü\x00", company_id="c2", created_at=1, changed_at=2)
        full = env_var("b", value="{}", is_secret=True, is_json=True, uses=tuple(Use), title="t", description="ü")
        await store.commit(Batch(env_vars={("c2", "a"): plain, ("c1", "b"): full}))

        assert await store.env_vars() == [full, plain]

    async def test_instances_come_back_as_they_were(self, store: Store) -> None:
        far = instance(
            2,
            kind=Database.POSTGRESQL,
            host="db",
            port=5432,
            database="d",
            user="u",
            password="p",
            tls=Tls.VERIFY,
            file="",
            max_connections=7,
            created_at=1,
            changed_at=2,
        )
        await store.commit(Batch(instances={2: far, 1: instance(1)}))

        assert await store.instances() == [instance(1), far]

    async def test_what_is_removed_may_come_again(self, store: Store) -> None:
        await store.commit(Batch(env_vars={("c1", "a"): env_var("a")}, instances={1: instance(1)}))
        await store.commit(
            Batch(env_vars={("c1", "a"): None, ("c1", "x"): None}, instances={1: None, 2: None, 3: instance(3)})
        )
        gone = (await store.env_vars(), await store.instances())
        await store.commit(Batch(env_vars={("c1", "a"): env_var("a", value="2")}))

        assert gone == ([], [instance(3)])
        assert await store.env_vars() == [env_var("a", value="2")]

    async def test_no_secret_shows_in_a_record(self) -> None:
        shown = repr(env_var("a", value="s3cret")) + repr(instance(1, password="s3cret"))

        assert "s3cret" not in shown

    async def test_counters_are_as_they_were_last_set(self, store: Store) -> None:
        """With a task or without, more of them than tasks or fewer."""
        first, second, third = (7, "n", ""), (7, "n", "ü\x00"), (8, "", "s")
        await store.commit(Batch(tasks={name(1): task(1)}, counters={first: "1", second: "1.10", third: "-0.5"}))
        await store.commit(Batch(tasks={name(n): task(n) for n in range(3)}, counters={first: "2"}))
        await store.commit(Batch(counters={second: "12345678901234567890.5"}))

        assert await store.counters() == {first: "2", second: "12345678901234567890.5", third: "-0.5"}
        assert await listed(store) == [2, 1, 0]

    async def test_a_value_is_the_last_one_set(self, store: Store) -> None:
        assert await store.value("seal") is None
        await store.set_value("seal", "one\x00")
        await store.set_value("seal", "two\x00")
        await store.set_value("other", "")

        assert await store.value("seal") == "two\x00"
        assert await store.value("other") == ""

    # What a commit promises.

    @pytest.mark.parametrize(
        "bad",
        [
            Batch(tasks={name(2): task(2, data={"a": float("nan")})}),
            Batch(tasks={name(2): task(2, data={"a": "\ud800"})}),
            Batch(tasks={name(2): task(2, data={"a": object()})}),
            Batch(tasks={name(2): task(2, data={"a": nested(100_000)})}),
            Batch(tasks={name(2): task(2, ref="\udfff")}),
            Batch(tasks={name(2): task(2, created_at=2**63)}),
            Batch(steps=[(name(2), (step(1, output="\ud800"),))]),
            Batch(processes=[process(2, title="\ud800")]),
            Batch(processes=[process(-(2**63) - 1)]),
            Batch(keys=[key("\ud800")]),
            Batch(access_tokens=[access_token("\ud800")]),
            Batch(access_tokens=[access_token("0a", expires_at=2**63)]),
            Batch(env_vars={("c1", "a"): env_var("a", value="\ud800")}),
            Batch(instances={2: instance(2, port=2**63)}),
            Batch(counters={(7, "\ud800", ""): "1"}),
            Batch(counters={(2**63, "n", ""): "1"}),
        ],
    )
    async def test_a_batch_is_kept_whole_or_not_at_all(self, store: Store, bad: Batch) -> None:
        bad.tasks = {name(1): task(1), **bad.tasks, name(3): task(3)}
        bad.companies = [Company(company_id="c1", title="t", created_at=1)]
        bad.grants = [grant("1", 1, "view")]
        bad.deleted_tasks = {name(9): 100}
        bad.deleted_access_tokens = ["0b"]
        bad.env_vars = {("c1", "0"): env_var("0"), **bad.env_vars}
        bad.instances = {1: instance(1), **bad.instances}
        bad.counters = {(1, "n", ""): "1", **bad.counters}
        await keep(store, task(9))
        await store.commit(Batch(access_tokens=[access_token("0b")]))
        with pytest.raises(CommitFailed) as caught:
            await store.commit(bad)
        await keep(store, task(4))

        assert caught.value.message == "The disk refused the change; nothing of it was kept."
        assert await listed(store) == [9, 4]
        assert [*await store.companies(), *await store.grants(), *await store.processes()] == []
        assert [*await store.env_vars(), *await store.instances(), *await store.counters()] == []
        assert await store.access_tokens() == [access_token("0b")]
        assert await store.is_remembered(name(9)) is False

    async def test_a_value_that_cannot_be_kept_is_refused(self, store: Store) -> None:
        await store.set_value("seal", "one")
        with pytest.raises(CommitFailed):
            await store.set_value("seal", "\ud800")

        assert await store.value("seal") == "one"

    async def test_reads_see_whole_batches_while_commits_go_on(self, store: Store) -> None:
        pair = [name(1), name(2)]
        kept = 0

        async def write() -> None:
            nonlocal kept
            for count in range(1, 100):
                batch = Batch(tasks={task_id: task(1, task_id=task_id, sequence=count) for task_id in pair})
                await store.commit(batch)
                kept = count

        writing = asyncio.create_task(write())
        while not writing.done():
            least = kept
            found = [one.sequence for one in await store.live_tasks(after="", limit=10)]
            assert found == [] or (found[0] == found[1] >= least)
        await writing

    async def test_commits_that_overlap_are_kept_in_order(self, store: Store) -> None:
        batches = [Batch(tasks={name(1): task(1, sequence=count)}) for count in range(50)]
        await asyncio.gather(*(store.commit(batch) for batch in batches))

        assert await store.task(name(1)) == task(1, sequence=49)

    async def test_everything_outlives_a_restart(self, disk: Disk, store: Store) -> None:
        kept = task(1, tokens=(TOKEN,), data={"n": values.number("1.10")})
        await store.commit(
            Batch(
                tasks={name(1): kept},
                steps=[(name(1), (step(1),))],
                processes=[process(1)],
                keys=[key("1")],
                access_tokens=[access_token("0a")],
                env_vars={("c1", "a"): env_var("a")},
                instances={1: instance(1)},
                counters={(1, "n", ""): "1"},
            )
        )
        await store.commit(Batch(deleted_tasks={name(5): 9}))
        await store.set_value("seal", "s")
        await store.close()
        again = disk()
        await again.open()

        assert await again.live_tasks(after="", limit=10) == [kept]
        assert await sequences(again, 1) == [1]
        assert await again.processes() == [process(1)]
        assert await again.keys() == [key("1")]
        assert await again.access_tokens() == [access_token("0a")]
        assert await again.env_vars() == [env_var("a")]
        assert await again.instances() == [instance(1)]
        assert await again.counters() == {(1, "n", ""): "1"}
        assert await again.is_remembered(name(5)) is True
        assert await again.value("seal") == "s"
        await again.close()

    async def test_a_closed_store_does_nothing(self, store: Store) -> None:
        await store.close()
        await store.close()

        with pytest.raises(StoreUnusable, match="not open"):
            await store.commit(Batch(tasks={name(1): task(1)}))
        with pytest.raises(StoreUnusable, match="not open"):
            await store.commit(Batch())
        with pytest.raises(StoreUnusable, match="not open"):
            await store.set_value("seal", "s")
        with pytest.raises(StoreUnusable, match="not open"):
            await store.forget_before(1)
        with pytest.raises(StoreUnusable, match="not open"):
            await store.task(name(1))
        with pytest.raises(StoreUnusable, match="not open"):
            await store.steps(name(1), after=0, limit=1)

    async def test_a_closed_store_can_be_opened_again(self, store: Store) -> None:
        await keep(store, task(1))
        await store.close()
        await store.open()

        assert await store.task(name(1)) == task(1)
