"""Copy Task and Modify Task: what they ask for, and how the task goes on."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import Json, around, copy, faults_of, go, modify, story, timer
from syncline_server.engine import TaskState, Waiting, values
from syncline_server.engine.effects import CreateCall, ModifyCall, TaskDone, TaskMade

DATA: Json = {"a": 1, "s": "text", "id": "77"}


def created(**fields: Any) -> CreateCall:
    """Return what the node asks for with these fields."""
    (call,) = story(around(copy(**fields), go("end")), DATA).effects
    assert isinstance(call, CreateCall)
    return call


def test_a_copy_asks_for_a_task_and_waits_for_nothing_but_that() -> None:
    tale = story(around(copy(data={"b": "{{a}}"}, data_type={"b": "number"}), go("end")), DATA)

    call = CreateCall(step=2, node_id="here", process="12", ref="", data='{"b":1}', is_rpc=False)
    assert [call] == tale.effects
    assert (tale.task.state, tale.task.tokens[0].waiting) == (TaskState.RUNNING, Waiting.CALL)
    assert tale.task.tokens[0].call == call


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"data": {"b": "{{s}}-{{a}}"}}, {"b": "text-1"}),
        ({"data": {"k_{{a}}": "{{a}}"}, "data_type": {"k_{{a}}": "number"}}, {"k_1": 1}),
        ({"group": "all"}, DATA),
        ({"group": "all", "data": {"a": "2", "b": "3"}}, {**DATA, "a": "2", "b": "3"}),
        ({"send_parent_data": True, "data": {"b": "3"}}, {**DATA, "b": "3"}),
        ({"group": "", "send_parent_data": False, "data": {"b": "3"}}, {"b": "3"}),
    ],
)
def test_what_goes_along(fields: Json, expected: Json) -> None:
    assert expected == values.loads(created(**fields).data)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"conv_id": 12}, "12"),
        ({"conv_id": "12"}, "12"),
        ({"conv_id": "@orders"}, "@orders"),
        ({"conv_id": "{{id}}"}, "77"),
        ({"conv_id": "@{{s}}"}, "@text"),
        ({"conv_id": None, "obj_alias": "orders"}, "@orders"),
        ({"conv_id": 12, "obj_alias": "orders"}, "12"),
        ({"conv_id": "@orders", "project_id": 5, "stage_id": 6, "user_id": 1, "obj_to_id": None}, "@orders"),
    ],
)
def test_how_a_process_is_named(fields: Json, expected: str) -> None:
    assert expected == created(**fields).process


@pytest.mark.parametrize(("ref", "expected"), [("", ""), (None, ""), ("{{a}}-{{s}}", "1-text"), ("{{missing}}", "")])
def test_the_ref_of_the_new_task(ref: object, expected: str) -> None:
    assert expected == created(ref=ref).ref


def test_the_task_goes_on_when_the_other_is_there() -> None:
    tale = story(around(copy(data={"b": "{{s}}"}), go("end")), DATA)
    tale.news(TaskMade("018bcfe568000002deadbeef"))

    assert tale.task.data == {**DATA, "__conveyor_copy_task_result__": "ok"}
    assert tale.path() == ["start:moved", "here:moved", "end:ended"]
    assert tale.steps[1].input == '{"process":"12","ref":"","data":{"b":"text"}}'
    assert tale.steps[1].output == '{"__conveyor_copy_task_result__":"ok"}'


@pytest.mark.parametrize("is_sync", [True, False, None])
def test_a_modification_names_the_task_by_its_ref(is_sync: bool | None) -> None:
    tale = story(around(modify(ref="{{s}}", data={"b": "{{a}}"}, is_sync=is_sync), go("end")), DATA)

    call = ModifyCall(step=2, node_id="here", process="12", ref="text", data='{"b":"1"}', is_sync=is_sync is True)
    assert [call] == tale.effects
    tale.news(TaskDone())
    assert tale.task.node_id == "end"
    assert tale.task.data["__conveyor_copy_task_result__"] == "ok"


def test_beside_a_time_semaphor_it_waits_no_longer_than_that() -> None:
    tale = story(around(copy(), go("end"), semaphors=[timer("late")]))
    tale.fire()

    assert tale.path() == ["start:moved", "here:timed_out", "late:ended"]
    assert "__conveyor_copy_task_result__" not in tale.task.data


@pytest.mark.parametrize(
    ("fields", "field", "description"),
    [
        ({"mode": "delete"}, "mode", "This has to be create or modify."),
        ({"mode": "modify", "ref": ""}, "ref", "A task to modify is named by its ref."),
        ({"group": "some"}, "group", "This has to be all, or empty."),
        ({"conv_id": 0}, "conv_id", "The process is named by its number, by @alias, or by a reference to either."),
        ({"conv_id": None}, "conv_id", "The process is named by its number, by @alias, or by a reference to either."),
        (
            {"data": {"a": "{{b..c}}"}},
            "data.a",
            "The value cannot be read: a reference in '{{b..c}}' has an empty name.",
        ),
        ({"data": {"{{b..c}}": "1"}}, "data.{{b..c}}", "A reference in '{{b..c}}' has an empty name."),
        ({"data": {"a": "x"}, "data_type": {"a": "number"}}, "data.a", "The value is no number."),
        ({"data": {"a": "x"}, "data_type": {"a": "int"}}, "data_type.a", ""),
        ({"is_sync": "yes"}, "is_sync", "This has to be true or false."),
        ({"err_node_id": "gone"}, "err_node_id", "The node 'gone' does not exist."),
    ],
)
def test_what_is_refused(fields: dict[str, Any], field: str, description: str) -> None:
    (fault,) = faults_of(copy(**fields), go("end"))

    assert fault.field == f"logics[0].{field}"
    assert description in fault.description
