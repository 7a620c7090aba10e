from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from syncline_server.engine.effects import HttpCall
from syncline_server.engine.records import builder
from syncline_server.engine.task import Step, Task, TaskState, Token, Waiting

new_task = builder(Task)


def test_a_built_record_is_the_one_that_its_class_makes() -> None:
    built = new_task(task_id="a", process_id=1, process_version=2, state=TaskState.WAITING, data={"b": 1})
    assert type(built) is Task
    assert built == Task(task_id="a", process_id=1, process_version=2, state=TaskState.WAITING, data={"b": 1})
    assert replace(built, ref="r").ref == "r"


def test_a_built_record_is_frozen_and_has_slots() -> None:
    built = new_task(task_id="a", process_id=1, process_version=2)
    with pytest.raises(FrozenInstanceError):
        built.ref = "r"  # type: ignore[misc]
    assert not hasattr(built, "__dict__")


def test_defaults_are_made_anew_for_each_record() -> None:
    first = new_task(task_id="a", process_id=1, process_version=2)
    second = new_task(task_id="a", process_id=1, process_version=2)
    assert first.data == {}
    assert first.data is not second.data


def test_a_record_without_a_field_that_it_needs_is_refused() -> None:
    with pytest.raises(TypeError, match="task_id"):
        new_task(process_id=1, process_version=2)  # type: ignore[call-arg]


def test_every_kind_that_is_built_has_a_hash_as_before() -> None:
    step = {one.name: 1 for one in fields(Step)}
    assert hash(builder(Step)(**step)) == hash(Step(**step))  # type: ignore[arg-type]
    token = builder(Token)(number=1, node_id="n", previous_node_id="", step=1, entered_at=1, waiting=Waiting.CALL)
    assert hash(token) == hash(replace(token))
    call = builder(HttpCall)(step=1, node_id="n", method="POST", url="http://a")
    assert hash(call) == hash(HttpCall(step=1, node_id="n", method="POST", url="http://a"))
