"""Queue and Get from Queue."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import (
    T0,
    Json,
    Story,
    around,
    condition,
    faults_of,
    get_task,
    go,
    go_if,
    queue,
    story,
    timer,
)
from syncline_server.engine import IllegalMove, Limits, Taken, TaskState, Waiting, values
from syncline_server.engine.effects import DequeueCall, Dequeued, TaskFault, TaskRefused

DATA: Json = {"a": 1, "s": "text"}


def test_a_task_stands_in_its_queue_until_it_is_taken_out() -> None:
    tale = story(around(queue(), go("end")), DATA)
    (token,) = tale.task.tokens
    assert (tale.task.state, token.waiting, token.due_at, token.call) == (TaskState.WAITING, Waiting.QUEUE, None, None)
    assert tale.effects == []
    tale.modify(a=2)
    assert (token,) == tale.task.tokens
    tale.take()

    assert tale.task.data == {"a": 2, "s": "text"}
    assert tale.path() == ["start:moved", "here:moved", "end:ended"]
    assert tale.task.ended_at == T0 + 2


def test_what_follows_a_queue_is_asked_when_the_task_leaves_it() -> None:
    tale = story(around(queue(), go_if("bad", condition("a", "eq", "2")), go("end")), {"a": "1"})
    tale.modify(a="2")
    tale.take()

    assert tale.task.node_id == "bad"


def test_parameters_of_the_queue_are_set_on_the_way_in() -> None:
    tale = story(around(queue(data={"b": "{{s}}", "c": "{{a}}"}, data_type={"c": "number"}), go("end")), DATA)
    assert tale.task.data == {**DATA, "b": "text", "c": 1}
    tale.take()

    assert tale.steps[1].output == ""
    assert tale.task.data == {**DATA, "b": "text", "c": 1}


def test_too_much_data_fails_the_task() -> None:
    found = around(queue(data={"b": "{{s}}{{s}}"}), go("end"), limits=Limits(max_task_bytes=100))
    task = story(found, {"s": "x" * 40}).task

    assert task.failure is not None
    assert (task.failure.reason, task.data) == ("TASK_TOO_LARGE", {"s": "x" * 40})


def test_a_task_leaves_its_queue_when_its_time_is_over() -> None:
    tale = story(around(queue(), go("end"), semaphors=[timer("late")]))
    step = tale.task.tokens[0].step
    tale.fire()

    assert tale.path() == ["start:moved", "here:timed_out", "late:ended"]
    with pytest.raises(IllegalMove):
        tale.meet(Taken(step))


# Get from Queue.


def taking(**fields: Any) -> Story:
    return story(around(get_task("bad", **fields), go("end")), DATA)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("12", "q", False)),
        ({"order_by": "DESC"}, ("12", "q", True)),
        ({"order_by": "desc"}, ("12", "q", True)),
        ({"order_by": None}, ("12", "q", False)),
        ({"conv_id": "@{{s}}", "node_id": " {{s}}-{{a}} "}, ("@text", "text-1", False)),
    ],
)
def test_what_is_asked_for(fields: dict[str, Any], expected: tuple[str, str, bool]) -> None:
    tale = taking(**fields)
    name, node, newest_first = expected

    call = DequeueCall(step=2, node_id="here", process=name, queue=node, newest_first=newest_first)
    assert [call] == tale.effects
    assert tale.task.tokens[0].waiting is Waiting.CALL


def test_the_other_task_comes_under_two_names() -> None:
    tale = taking()
    tale.news(Dequeued("018bcfe568000002deadbeef", '{"x":{"y":1.10}}'))

    added = {
        "__queue_task_id__": "018bcfe568000002deadbeef",
        "__queue_task_data__": {"x": {"y": values.Number("1.10")}},
    }
    assert {**DATA, **added} == tale.task.data
    assert tale.path() == ["start:moved", "here:moved", "end:ended"]
    assert tale.steps[1].input == '{"process":"12","node":"q"}'
    assert values.dumps(added) == tale.steps[1].output


def test_a_second_task_takes_the_place_of_the_first() -> None:
    tale = story(around(get_task("bad"), go("here")))
    tale.news(Dequeued("1", '{"x":1}'))
    tale.news(Dequeued("2", '{"y":1}'))

    assert tale.task.data == {"__queue_task_id__": "2", "__queue_task_data__": {"y": 1}}


def test_the_loop_that_empties_a_queue_leaves_by_the_error_link() -> None:
    tale = story(around(get_task("bad"), go("here")))
    for number in range(60):
        tale.news(Dequeued(str(number), "{}"))
    tale.news(TaskRefused(TaskFault.NOT_FOUND, ""))

    assert tale.task.node_id == "bad"
    assert tale.task.data["__conveyor_get_task_return_description__"] == "not_found_task"


def test_a_queue_that_takes_too_much_to_name_is_not_asked() -> None:
    found = around(get_task("bad", node_id="{{s}}{{s}}{{s}}"), go("end"), limits=Limits(max_task_bytes=100))
    tale = story(found, {"s": "x" * 40})

    assert tale.effects == []
    assert tale.path() == ["start:moved", "here:failed"]


@pytest.mark.parametrize(
    ("fields", "field", "description"),
    [
        ({"order_by": "RANDOM"}, "order_by", "This has to be ASC, the oldest first, or DESC."),
        ({"node_id": ""}, "node_id", "No node is named here."),
        ({"node_id": None}, "node_id", "No node is named here."),
        (
            {"conv_id": "orders"},
            "conv_id",
            "The process is named by its number, by @alias, or by a reference to either.",
        ),
    ],
)
def test_what_is_refused(fields: dict[str, Any], field: str, description: str) -> None:
    (fault,) = faults_of(get_task(**fields), go("end"))

    assert (fault.field, fault.description) == (f"logics[0].{field}", description)
