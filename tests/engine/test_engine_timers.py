"""Time semaphors: when they are due, and where a task goes then."""

from __future__ import annotations

import pytest

from engine.definitions import (
    T0,
    Json,
    api,
    around,
    callback,
    condition,
    go,
    go_if,
    set_param,
    shipped,
    story,
    timer,
)
from syncline_server.engine import TaskState, Waiting


def test_a_node_with_only_a_time_semaphor_is_a_delay() -> None:
    tale = story(around(semaphors=[timer("late", 60)]))
    (token,) = tale.task.tokens

    assert TaskState.WAITING is tale.task.state
    assert (token.waiting, token.entered_at, token.due_at, token.call) == (Waiting.TIMER, T0, T0 + 60_000, None)
    tale.fire()
    assert tale.path() == ["start:moved", "here:moved", "late:ended"]
    assert tale.task.ended_at == T0 + 60_000


@pytest.mark.parametrize(
    ("until", "due_at"),
    [
        (1_700_000_005, T0 + 5000),
        ("1700000005", T0 + 5000),
        (" 1700000005 ", T0 + 5000),
        (1_700_000_005.5, T0 + 5500),
        ("1700000005.50", T0 + 5500),
        ("1.700000005e9", T0 + 5000),
        (0, 0),
        (3, 3000),
        (-5, 0),
        ("-1e300", 0),
        (253_402_300_799, 253_402_300_799_000),
    ],
)
def test_a_reference_gives_an_epoch_second_the_past_included(until: object, due_at: int) -> None:
    tale = story(around(semaphors=[timer("late", "{{until}}")]), {"until": until})

    assert [due_at] == [token.due_at for token in tale.task.tokens]
    tale.fire()
    assert tale.task.node_id == "late"


@pytest.mark.parametrize(
    "until", ["", "soon", None, True, [], {"a": 1}, "1e99", 253_402_300_800, 1_700_000_000_000, "9" * 5000, "missing"]
)
def test_what_is_no_epoch_second_fails_the_task(until: object) -> None:
    data: Json = {} if until == "missing" else {"until": until}
    task = story(around(semaphors=[timer("late", "{{until}}")]), data).task

    assert TaskState.FAILED is task.state
    assert task.failure is not None
    assert (task.failure.reason, task.failure.node_id) == ("ERROR_NOT_HANDLED", "here")
    assert task.failure.description.endswith("is no epoch second.")
    assert len(task.failure.description) < 300


def test_a_call_is_not_made_when_its_time_limit_cannot_be_read() -> None:
    tale = story(around(api(), go("end"), semaphors=[timer("late", "{{until}}")]))

    assert tale.calls == []
    assert TaskState.FAILED is tale.task.state


def test_a_time_may_be_set_by_the_logic_before() -> None:
    logics = (set_param({"until": "17{{rest}}"}, {"until": "number"}), callback(), go("end"))
    tale = story(around(*logics, semaphors=[timer("late", "{{until}}")]), {"rest": "00000009"})

    assert tale.task.tokens[0].due_at == T0 + 9000


def test_beside_a_callback_it_is_the_time_limit() -> None:
    tale = story(around(callback(), go("end"), semaphors=[timer("late")]))
    tale.fire()

    assert tale.path() == ["start:moved", "here:timed_out", "late:ended"]


def test_beside_conditions_that_are_not_met_it_waits() -> None:
    found = around(go_if("end", condition("a", "eq", "1")), semaphors=[timer("late")])

    assert story(found, {"a": "1"}).task.node_id == "end"
    waiting = story(found, {"a": "2"})
    assert (waiting.task.state, waiting.task.tokens[0].waiting) == (TaskState.WAITING, Waiting.TIMER)
    waiting.modify(a="1")
    assert waiting.task.node_id == "here"
    waiting.fire()
    assert waiting.path() == ["start:moved", "here:moved", "late:ended"]


def test_beside_a_plain_go_it_never_matters() -> None:
    assert story(around(go("end"), semaphors=[timer("late")])).task.node_id == "end"


def test_the_retry_block_of_the_vendors_editor() -> None:
    """An error leads to a delay and back; the time limit of the call leads out."""
    tale = story(shipped("retry"), {"n": 5, "url": "http://peer.test/"})
    tale.reply("busy", 503)
    assert TaskState.WAITING is tale.task.state
    tale.fire()
    assert [call.step for call in tale.calls] == [2, 5]
    assert tale.calls[0].body == tale.calls[1].body == '{"n":5}'
    tale.fire()

    nodes = ["01:moved", "02:error", "04:moved", "05:moved", "02:timed_out", "06:ended"]
    assert nodes == [entry[-len(nodes[i]) :] for i, entry in enumerate(tale.path())]
