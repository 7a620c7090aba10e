"""Tasks of several processes at work on each other, while commits fail, processes pause and the program dies.

Whoever asks for something goes on until it is told that it is done, as a client with request ids does. What was told,
what tasks say of each other, what is counted and what is in memory have to agree in the end.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from fakes import exports
from fakes.clock import START
from fakes.disk import Disk
from fakes.exports import ESCALATION, FINAL, go, go_if, node, node_id
from fakes.exports import START as START_NODE
from fakes.logics import copy, late, process, queue, reply, rpc, take
from fakes.runtime import make_world, tasks_of
from syncline_server.engine import LIVE, OutcomeKind, TaskState, Waiting
from syncline_server.errors import CommitFailed, ProcessNotActive, TaskFinished, TaskNotFound
from syncline_server.runtime.folding import MOST_FOLDED
from syncline_server.runtime.requests import Target

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fakes.runtime import World
    from syncline_server.engine import Task

T = TypeVar("T")

ACTORS, ROUNDS, LIVES = 6, 12, 5
KINDS = ("calls-late", "calls-late", "calls-quick", *["copies"] * 4, "takes", "takes", "modifies", "own", "posts")
AT_MOST = 3
"""Tasks that may stand in the queue before an alert."""
DONE, FAILED = node_id(3), node_id(5)
FAR = START // 1000 + 3600


def queueing() -> str:
    """Stands in a queue; tasks that tell of its being too full begin in node 7."""
    return exports.export(
        node(1, [go(2)], kind=START_NODE),
        node(2, [queue(), go(3)], [{"type": "count", "value": AT_MOST, "esc_node_id": node_id(7)}]),
        node(3, kind=FINAL),
        node(7, [go(8)]),
        node(8, kind=FINAL),
    )


def copying_itself() -> str:
    """Makes a task of its own process with one less, down to 0."""
    following = copy("@own", {"n": "$.math({{n}}-1)", "chain": "{{chain}}"}, data_type={"n": "number"})
    return exports.export(
        node(1, [go(2)], kind=START_NODE),
        node(2, [go_if(3, "n", "eq", "0", "number"), following, go(3)]),
        node(3, kind=FINAL),
        node(4, [go(5)], kind=ESCALATION),
        node(5, kind=FINAL),
    )


PROCESSES = {
    "late": late({"y": "{{x}}"}),
    "quick": process(reply({"y": "{{n}}"})),
    "calls-late": process(rpc("@late", {"n": "{{n}}"})),
    "calls-quick": process(rpc("@quick", {"n": "{{n}}"})),
    "queue": queueing(),
    "copies": process(copy("@queue", {"n": "{{n}}"}, ref="{{n}}")),
    "takes": process(take(), {"type": "api_sum", "extra": [{"id": "s", "name": "s", "value": "1"}]}),
    "modifies": process(copy("@late", {"x": "{{n}}"}, mode="modify", ref="{{to}}")),
    "own": copying_itself(),
    "asleep": exports.delay(),
    "posts": process(exports.api("{{url}}", {"n": "{{n}}"}, {"n": "string"}, error=4)),
}


class Together:
    """The world, and those who work on it."""

    def __init__(self, world: World, disk: Disk, seed: int) -> None:
        self.world = world
        self.disk = disk
        self.seed = seed
        self.chance = random.Random(seed)
        self.made: dict[str, Task] = {}
        """Acknowledged creates by request id."""
        self.deleted: set[str] = set()
        """Whose deletion was acknowledged, or may have been done."""
        self.posted: dict[str, str] = {}
        """Tasks that a task `posts` was made for, with what it posts."""
        self._waiting = [f"{actor}-{n}" for n in range(ROUNDS) for actor in range(ACTORS)]

    async def live(self, turns: int) -> None:
        """Let everybody work for so many turns of the event loop, then let the program die."""
        actors = [asyncio.create_task(self._work()) for _ in range(ACTORS)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for actor in actors:
            actor.cancel()
        await asyncio.gather(*actors, return_exceptions=True)
        await self.world.restart()

    async def finish(self) -> None:
        """Do what is left to do, with a disk that refuses nothing any more, until nothing moves."""
        self.disk.chance = None
        await asyncio.gather(*(self._work() for _ in range(ACTORS)))
        for name in PROCESSES:
            await self.world.runtime.deploying.resume(self.world.owner, f"@{name}")
        while calls := [work for work in asyncio.all_tasks() if work.get_name().startswith("call ")]:
            done, _ = await asyncio.wait(calls, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            assert done, calls
        await self.world.runtime.committer.committed()

    async def _work(self) -> None:
        while self._waiting:
            name = self._waiting.pop()
            try:
                await self._act(name)
            except asyncio.CancelledError:
                self._waiting.append(name)
                raise

    async def _act(self, name: str) -> None:
        chance = random.Random(f"{self.seed} {name}")  # whoever died comes back with the same
        self.world.clock.move(seconds=0.001)
        if chance.random() < 0.7:
            await self._create(name, chance)
        else:
            await chance.choice((self._modify, self._cancel, self._delete, self._stop_and_go))(name, chance)

    async def _create(self, name: str, chance: random.Random) -> None:
        kind = chance.choice(KINDS)
        data: dict[str, str] = {"n": f'"{name}"'}
        if kind == "modifies":
            await self._made("late", f"{name}-to", ref=f"{name}-to")
            data["to"] = f'"{name}-to"'
        elif kind == "posts":
            other = await self._made("asleep", f"{name}-to", f'{{"until":{FAR}}}')
            if other is None:
                return
            self.posted[other.task_id] = name
            data["url"] = f'"{other.data["__callback_url"]}"'
        elif kind == "own":
            data = {"n": str(chance.choice((2, MOST_FOLDED + 3))), "chain": f'"{name}"'}
        text = "{" + ",".join(f'"{key}":{value}' for key, value in data.items()) + "}"
        await self._made(kind, f"{name}-{kind}", text)

    async def _made(self, kind: str, request_id: str, data: str = "{}", **more: Any) -> Task | None:
        create = self.world.create
        made = await self._until_done(lambda: create(f"@{kind}", data, request_id=request_id, **more))
        if made is not None:
            self.made[request_id] = made
        return made

    async def _modify(self, name: str, chance: random.Random) -> None:
        for task in await self._some("late", chance):
            target = Target(task_id=task.task_id)
            await self._until_done(
                partial(self.world.runtime.tasks.modify, self.world.owner, target, '{"x":"1"}', name)
            )

    async def _cancel(self, _: str, chance: random.Random) -> None:
        for task in await self._some(chance.choice(("late", "queue", "calls-late", "asleep")), chance):
            target = Target(task_id=task.task_id)
            await self._until_done(partial(self.world.runtime.tasks.cancel, self.world.owner, target))

    async def _delete(self, _: str, chance: random.Random) -> None:
        for task in await self._some("queue", chance):
            self.deleted.add(task.task_id)
            target = Target(task_id=task.task_id)
            await self._until_done(partial(self.world.runtime.tasks.delete, self.world.owner, target))

    async def _stop_and_go(self, name: str, chance: random.Random) -> None:
        process = f"@{chance.choice(sorted(PROCESSES))}"
        deploying, owner = self.world.runtime.deploying, self.world.owner
        await self._until_done(partial(deploying.pause, owner, process))
        for _ in range(chance.randrange(40)):
            await asyncio.sleep(0)
        go_on = chance.choice((deploying.resume, deploying.deploy))
        await self._until_done(partial(go_on, owner, process))

    async def _some(self, kind: str, chance: random.Random) -> list[Task]:
        live = [task for task in await tasks_of(self.world, kind) if task.state in LIVE]
        return chance.sample(live, min(2, len(live)))

    async def _until_done(self, work: Callable[[], Awaitable[T]]) -> T | None:
        while True:
            try:
                return await work()
            except (ProcessNotActive, TaskFinished, TaskNotFound):
                return None
            except CommitFailed:
                await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(6))
async def test_tasks_that_work_together_agree_whatever_fails(seed: int) -> None:
    disk = Disk()
    world = await make_world(disk)
    for name, text in PROCESSES.items():
        await world.deploy(text, name)
    together = Together(world, disk, seed)
    disk.chance = random.Random(seed)

    for _ in range(LIVES):
        await together.live(together.chance.randrange(50, 400))
    await together.finish()

    await memory_and_disk_agree(world)
    await nobody_is_stuck(world)
    await what_was_acknowledged_was_done_once(together)
    await replies_and_answers_came(together)
    await the_queue_kept_its_order(together)
    await everything_was_counted(together)
    await world.runtime.stop()


async def all_tasks(world: World) -> list[Task]:
    return [task for name in PROCESSES for task in await tasks_of(world, name)]


async def memory_and_disk_agree(world: World) -> None:
    residents = world.runtime.residents
    live = {task.task_id: task for task in await all_tasks(world) if task.state in LIVE}
    assert {one.task.task_id: one.task for one in residents.all()} == live
    assert {one.task.task_id: one.kept for one in residents.all()} == live
    places = Counter((task.process_id, token.node_id) for task in live.values() for token in task.tokens)
    assert {place: residents.standing.count(*place) for place in places} == places
    for task in live.values():
        assert not task.ref or residents.holder(task.process_id, task.ref) == task.task_id


async def nobody_is_stuck(world: World) -> None:
    for task in await all_tasks(world):
        assert all(token.waiting is not Waiting.CALL for token in task.tokens), task


async def what_was_acknowledged_was_done_once(together: Together) -> None:
    tasks = await all_tasks(together.world)
    for request_id, made in together.made.items():
        assert [task.task_id for task in tasks if task.request_id == request_id] == [made.task_id]
    copies = Counter(task.ref for task in await tasks_of(together.world, "queue") if task.ref)
    for task in await tasks_of(together.world, "copies"):
        count = copies[str(task.data["n"])]
        assert count == (task.node_id == DONE) or (not count and together.deleted)
    chains: dict[object, list[Task]] = {}
    for task in await tasks_of(together.world, "own"):
        chains.setdefault(task.data["chain"], []).append(task)
    for chain in chains.values():
        numbers = [int(str(task.data["n"])) for task in chain]
        assert numbers == list(range(numbers[0], numbers[-1] - 1, -1))
        assert numbers[-1] == 0 or chain[-1].node_id == FAILED


async def replies_and_answers_came(together: Together) -> None:
    world = together.world
    called = {task.caller: task for name in ("late", "quick") for task in await tasks_of(world, name) if task.caller}
    assert len(called) == len([task for task in await all_tasks(world) if task.caller])
    for task in [*await tasks_of(world, "calls-late"), *await tasks_of(world, "calls-quick")]:
        callee = next((one for caller, one in called.items() if caller.startswith(task.task_id)), None)
        if task.state in LIVE:
            assert callee is not None
            assert callee.state is not TaskState.ENDED, "it has replied"
        elif task.node_id == DONE and task.state is TaskState.ENDED:
            assert callee is not None
            assert callee.state is TaskState.ENDED
            assert task.data["y"] == callee.data.get("x", callee.data["n"])
    for task in await tasks_of(world, "modifies"):
        if task.node_id == DONE:
            (other,) = [one for one in await tasks_of(world, "late") if one.ref == task.data["to"]]
            assert other.data["x"] in (task.data["n"], "1")
    for task in await tasks_of(world, "posts"):
        assert task.node_id == DONE
    for task in await tasks_of(world, "asleep"):
        posts = [one for one in await tasks_of(world, "posts") if one.data["n"] == together.posted.get(task.task_id)]
        is_answered = task.outcome is not None and task.outcome.kind is OutcomeKind.ANSWERED
        assert is_answered == bool(posts)


async def the_queue_kept_its_order(together: Together) -> None:
    world = together.world
    queued = {task.task_id: task for task in await tasks_of(world, "queue")}
    takers = [task for task in await tasks_of(world, "takes") if task.node_id == DONE]
    taken = [str(task.data["__queue_task_id__"]) for task in takers]
    assert len(set(taken)) == len(taken)
    left = {task_id for task_id, task in queued.items() if task.node_id == DONE and task.state is TaskState.ENDED}
    assert left == set(taken) & queued.keys()
    times = []
    for task_id in left:
        (step,) = [one for one in await world.store.steps(task_id, after=0, limit=9) if one.node_id == node_id(2)]
        times.append((step.started_at, step.ended_at))
    times.sort()
    assert [end for _, end in times] == sorted(end for _, end in times)
    standing = [token.entered_at for task in queued.values() for token in task.tokens]
    assert not times or not standing or times[-1][0] <= min(standing)


async def everything_was_counted(together: Together) -> None:
    world = together.world
    for name in PROCESSES:
        process_id = world.runtime.catalogue.resolve(world.owner.company_id, f"@{name}").process_id
        tasks = await tasks_of(world, name)
        for place in [DONE, FAILED, node_id(4), node_id(8)]:
            count = world.runtime.counters.get(process_id, place, "")
            came = [task for task in tasks if task.node_id == place and task.state is TaskState.ENDED]
            gone = len(together.deleted - {task.task_id for task in tasks}) if name == "queue" else 0
            assert len(came) <= int(str(count)) <= len(came) + gone, name
        if name == "takes":
            done = [task for task in tasks if task.node_id == DONE]
            assert world.runtime.counters.get(process_id, node_id(2), "s") == len(done)
        if name == "queue":
            told = [task.data["start"] == "true" for task in tasks if task.node_id == node_id(8)]
            is_full = sum(len(task.tokens) for task in tasks) >= AT_MOST
            assert told == [n % 2 == 0 for n in range(len(told))]
            assert len(told) % 2 == is_full
