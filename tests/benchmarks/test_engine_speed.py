"""How many nodes a second the engine takes tasks through, on one core: templates, casts and conditions included.

It prints figures and never fails on a slow day. Run it with `make bench`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from engine.definitions import (
    Json,
    api,
    condition,
    final,
    go,
    go_if,
    new_task,
    node,
    process,
    set_param,
    start,
)
from syncline_server.engine import CallReply, CallReturned, Decision, Event, Process, Started, Task, decide

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]

NODES = 50
RUNS = 400
BATCHES = 7
DATA: Json = {"amount": 125, "currency": "EUR", "customer": {"name": "Ann", "tags": ["a", "b"]}, "step": 0}
REPLY = CallReply(status=200, headers={"content-type": "application/json"}, body=b'{"status":"ok"}')


def conditions(number: int, to: str) -> Json:
    """Return a node of conditions, the second of which is met."""
    return node(
        f"n{number}",
        go_if("end", condition("customer.name", "eq", "Bob")),
        go_if(to, condition("amount", "more", "100", "number"), condition("{{currency}}", "regexp", "^E")),
        go("end"),
    )


def setting(number: int, to: str) -> Json:
    """Return a node that sets three parameters from others."""
    texts: Json = {"label": "{{customer.name}}-{{currency}}", "last": "{{customer.tags[1]}}", "step": str(number)}
    return node(f"n{number}", set_param(texts, {"step": "number"}, "end"), go(to))


def passing(number: int, to: str) -> Json:
    return node(f"n{number}", go(to))


def chain(*kinds: Callable[[int, str], Json]) -> Process:
    """Return a process of `NODES` nodes that takes turns between kinds."""
    nodes = [
        kinds[number % len(kinds)](number, f"n{number + 1}" if number < NODES - 3 else "end")
        for number in range(NODES - 2)
    ]
    return process(start("n0"), *nodes, final())


def calling() -> Process:
    """Return a process whose every node calls out, so that each is a decision of its own."""
    nodes = [
        node(f"n{number}", api(extra={"n": "{{amount}}"}), go(f"n{number + 1}" if number < NODES - 3 else "end"))
        for number in range(NODES - 2)
    ]
    return process(start("n0"), *nodes, final())


def run(found: Process) -> int:
    """Lead a task from its start to its end; return how many nodes it came through."""
    task, event, moves = new_task(DATA), Started(), 0
    following: Event = event
    while True:
        decided = decide(task, following, found, {}, 1_700_000_000_000)
        assert isinstance(decided, Decision)
        task, moves = decided.task, moves + len(decided.steps)
        if not decided.effects:
            return _checked(task, moves)
        following = CallReturned(decided.effects[0].step, REPLY)


def _checked(task: Task, moves: int) -> int:
    assert (task.node_id, moves) == ("end", NODES), task
    return moves


PROCESSES = {
    "conditions and set_param in turn": chain(conditions, setting),
    "conditions": chain(conditions),
    "set_param": chain(setting),
    "go": chain(passing),
    "api, a decision for each": calling(),
}


@pytest.mark.parametrize("name", PROCESSES)
def test_moves_a_second(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = PROCESSES[name]
    best = float("inf")
    for _ in range(BATCHES):
        started = time.perf_counter()
        for _ in range(RUNS):
            run(found)
        best = min(best, time.perf_counter() - started)
    moves = RUNS * NODES / best
    with capsys.disabled():
        print(f"\n{name:34} {moves:9,.0f} moves/s, {1e6 / moves:6.2f} us a move")
