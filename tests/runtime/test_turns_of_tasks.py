"""No task, script or definition holds the loop: whoever has much to do has it in turns."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from fakes import exports
from fakes.exports import FINAL, START, go, node
from syncline_server.engine import LIVE, TaskState, Waiting
from syncline_server.runtime.requests import Target, Until

if TYPE_CHECKING:
    from fakes.runtime import World

AGAIN: dict[str, object] = {"type": "set_param", "extra": {"big": "{{big}}"}, "extra_type": {}, "err_node_id": ""}
BIG = json.dumps({"big": "x" * 600_000})


def tiring(nodes: int) -> str:
    """Return a process whose nodes each set a parameter to itself."""
    row = [node(number, [AGAIN, go(number + 1)]) for number in range(2, nodes + 2)]
    return exports.export(node(1, [go(2)], kind=START), *row, node(nodes + 2, kind=FINAL))


async def test_a_task_with_much_to_do_comes_to_its_end(world: World) -> None:
    await world.deploy(tiring(20), "tiring")
    task = await world.create("@tiring", BIG)
    assert (task.state, task.tokens[0].waiting) == (TaskState.RUNNING, Waiting.TURN)

    ended = (await world.wait(task, Until.END)).task
    assert (ended.state, ended.sequence) == (TaskState.ENDED, 23)


async def test_a_turn_survives_a_restart(world: World) -> None:
    await world.deploy(tiring(20), "tiring")
    task = await world.create("@tiring", BIG)
    await world.restart()

    assert (await world.wait(task, Until.END)).task.state is TaskState.ENDED


async def test_a_task_that_waits_for_its_turn_can_be_cancelled(world: World) -> None:
    await world.deploy(
        exports.export(node(1, [go(2)], kind=START), node(2, [AGAIN, go(2)]), node(3, kind=FINAL)), "ring"
    )
    task = await world.create("@ring", BIG)
    await world.runtime.tasks.cancel(world.owner, Target(task_id=task.task_id))

    assert (await world.read(task)).state not in LIVE


async def test_tasks_that_make_ever_more_tasks_leave_others_their_turn(world: World) -> None:
    """Two copies by each: the loop never came round again."""
    copy: dict[str, object] = {"type": "api_copy", "mode": "create", "conv_id": "@more", "data": {}, "err_node_id": ""}
    copies = [node(number, [copy, go(number + 1)]) for number in (2, 3)]
    await world.deploy(exports.export(node(1, [go(2)], kind=START), *copies, node(4, kind=FINAL)), "more")
    await world.create("@more")
    longest = 0.0
    for _ in range(20):
        before = time.monotonic()
        await asyncio.sleep(0.02)
        longest = max(longest, time.monotonic() - before)
    await world.runtime.deploying.pause(world.owner, "@more")

    assert longest < 2


async def test_large_definitions_are_read_one_after_the_other(world: World) -> None:
    large = [tiring(300), tiring(301)]
    ids = await asyncio.gather(*[world.deploy(text, f"large-{number}") for number, text in enumerate(large)])

    assert len(set(ids)) == 2
    for number, process_id in enumerate(ids):
        found = world.runtime.catalogue.resolve(world.owner.company_id, f"@large-{number}")
        assert (found.process_id, len(json.loads(found.source)["scheme"]["nodes"])) == (process_id, 302 + number)


async def test_an_alias_given_meanwhile_is_kept_over_a_deploy(world: World) -> None:
    await world.deploy(tiring(300), "a")
    deploying = world.runtime.deploying

    await asyncio.gather(deploying.deploy(world.owner, "@a"), deploying.create_alias(world.owner, "@a", "b"))

    found = world.runtime.catalogue.resolve(world.owner.company_id, "@b")
    assert (found.version, set(found.aliases)) == (2, {"a", "b"})
