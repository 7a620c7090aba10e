"""Ctrl-C ends both programs at once, callers waiting or not."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING

import aiohttp

from fakes.clients import caller
from running import running_dev

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 2.0


async def test_ctrl_c_ends_both_programs_with_callers_waiting(tmp_path: Path) -> None:
    with running_dev(tmp_path, own_life=True) as dev:
        async with caller(dev) as client:
            parked = [asyncio.create_task(client.call("waiting", {}, ref=f"r{number}")) for number in range(20)]
            async with asyncio.timeout(30):
                for number in range(20):
                    show = {"type": "show", "obj": "task", "obj_alias": "waiting", "ref": f"r{number}"}
                    while (await client.ops({"ops": [show]})).op["proc"] != "ok":
                        continue

            began = time.monotonic()
            dev.process.send_signal(signal.SIGINT)
            status = await asyncio.to_thread(dev.wait)
            took = time.monotonic() - began
            ends = await asyncio.gather(*parked, return_exceptions=True)

    assert status == 0
    assert took < LIMIT
    for end in ends:
        assert isinstance(end, aiohttp.ClientError) or (end.status, bool(end.task_id)) == (503, True)  # type: ignore[union-attr]


async def test_what_was_parked_is_there_after_the_next_start(tmp_path: Path) -> None:
    with running_dev(tmp_path) as dev:
        async with caller(dev) as client:
            task_id = (await client.create("waiting", {}, seconds=0)).task.task_id
        assert dev.stop() == 0
    with running_dev(tmp_path) as dev:
        async with caller(dev) as client:
            await client.modify(task_id, {"answer": "yes"})
            assert (await client.wait(task_id)).outcome.data_json == '{"answer":"yes"}'
