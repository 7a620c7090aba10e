"""What the scripts of Code nodes cost: calls a second, starts, libraries, and one that never ends beside others.

Like the other benchmarks it prints figures, and fails only when something is not answered.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
import uvloop

from benchmarks.measuring import ROUNDS, SECONDS, resident_bytes
from syncline_server.engine.effects import ScriptCall, ScriptReply
from syncline_server.sandbox.scripts import Scripts

if TYPE_CHECKING:
    from collections.abc import Coroutine

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]

DATA = '{"amount":1250,"currency":"EUR","items":[1,2,3],"customer":{"name":"Grüße","vip":true}}'
SMALL = "data.total = data.items.reduce((sum, item) => sum + item, data.amount);"
KINDS = {
    "small script": SMALL,
    "lodash": 'require("libs/lodash.js"); data.total = _.sum(data.items);',
    "moment": 'require("libs/moment.js"); data.day = moment.utc(0).format("YYYY-MM-DD");',
    "moment-timezone": 'require("libs/moment-timezone.js"); data.day = moment.tz(0, "Europe/Kyiv").format();',
    "CryptoJS.SHA256": 'require("libs/sha256.js"); data.hash = CryptoJS.SHA256(data.currency).toString();',
}
IN_FLIGHT = 8
STARTS = 20


def call(source: str) -> ScriptCall:
    return ScriptCall(step=1, node_id="65a1b2c3d4e5f60718293a4c", source=source, data=DATA)


def scripts() -> Scripts:
    return Scripts(max_output_bytes=1 << 20)


async def answered(pool: Scripts, source: str) -> float:
    """Return how many milliseconds a script took."""
    started = time.perf_counter()
    news = await pool.run(call(source))
    assert isinstance(news, ScriptReply), news
    return (time.perf_counter() - started) * 1000


async def latencies(pool: Scripts, source: str, in_flight: int, seconds: float) -> list[float]:
    """Return how long each script took, sorted, with so many at a time."""
    until, taken = time.perf_counter() + seconds, list[float]()

    async def one_after_the_other() -> None:
        while time.perf_counter() < until:
            taken.append(await answered(pool, source))

    await asyncio.gather(*(one_after_the_other() for _ in range(in_flight)))
    return sorted(taken)


def described(taken: list[float], seconds: float) -> str:
    p50, p99 = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    return f"{len(taken) / seconds:.0f} a second, p50 {p50:.1f} ms, p99 {p99:.1f} ms"


def run(benchmark: Coroutine[None, None, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """Run a benchmark under the loop that the server has, and print its lines."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        lines = runner.run(benchmark)
    with capsys.disabled():
        print("\n" + "\n".join(lines))


def test_calls_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    async def measure() -> list[str]:
        pool, lines = scripts(), []
        for name, source in KINDS.items():
            for in_flight in (1, IN_FLIGHT):
                await latencies(pool, source, in_flight, 0.2)
                best = max([await latencies(pool, source, in_flight, SECONDS) for _ in range(ROUNDS)], key=len)
                lines.append(f"{name}, {in_flight} in flight: {described(best, SECONDS)}")
        lines += [f"a worker holds {resident_bytes(pid) / 1e6:.0f} MB" for pid in pool.pids]
        await pool.close()
        return lines

    run(measure(), capsys)


def test_what_a_start_costs(capsys: pytest.CaptureFixture[str]) -> None:
    async def measure() -> list[str]:
        first: dict[str, list[float]] = {"small script": [], "lodash": []}
        for _ in range(STARTS):
            for name, taken in first.items():
                pool = scripts()
                taken.append(await answered(pool, KINDS[name]))
                await pool.close()
        return [f"first {name} of a worker, its start included: {min(taken):.1f} ms" for name, taken in first.items()]

    run(measure(), capsys)


def test_one_that_never_ends_beside_others(capsys: pytest.CaptureFixture[str]) -> None:
    async def measure() -> list[str]:
        pool, lines = scripts(), []
        await latencies(pool, SMALL, 2, 0.2)
        for name, source in {"nothing else": "", "a script that never ends": "while (true);"}.items():
            endless = [asyncio.create_task(pool.run(call(source))) for _ in range(4)]
            taken = await latencies(pool, SMALL, 1, SECONDS)
            lines.append(f"small script beside {name}: {described(taken, SECONDS)}, longest {taken[-1]:.1f} ms")
            for task in endless:
                task.cancel()
            await asyncio.gather(*endless, return_exceptions=True)
        await pool.close()
        return lines

    run(measure(), capsys)
