"""Rows as they stand in databases already: these texts must be read for ever."""

from __future__ import annotations

from typing import Any

import pytest

from syncline_server.engine.effects import HttpCall
from syncline_server.engine.task import Failure, Outcome, OutcomeKind, Step, Task, TaskState, Token, Waiting
from syncline_server.engine.values import JsonFault, Number
from syncline_server.store import rows

CALL = HttpCall(
    step=2,
    node_id="b",
    method="POST",
    url="http://x/é",
    headers=(("A", "1"), ("A", "2")),
    body='{"a":1}',
    max_threads=3,
)
TASK = Task(
    task_id="0189f7e5c0de000100c0ffee",
    process_id=7,
    process_version=3,
    ref="r",
    login="12",
    request_id="q",
    request_hash="h",
    callback_secret="s",
    state=TaskState.FAILED,
    data={"n": Number("1.10"), "big": 10**30, "ü": [None, True, 0.5]},
    tokens=(
        Token(
            number=1,
            node_id="b",
            previous_node_id="a",
            step=2,
            entered_at=5,
            waiting=Waiting.CALL,
            due_at=60_000,
            call=CALL,
        ),
        Token(number=2, node_id="c", previous_node_id="a", step=3, entered_at=6, waiting=Waiting.CALLBACK),
    ),
    node_id="b",
    previous_node_id="a",
    outcome=Outcome(kind=OutcomeKind.FAILED, data="[1.0]", at=9, sequence=4),
    failure=Failure(reason="LOOP_LIMIT", description="d", node_id="b"),
    sequence=4,
    created_at=1,
    changed_at=9,
    ended_at=9,
    modified_by=("m1", "m2"),
)
TOKENS_TEXT = (
    '[{"number":1,"node_id":"b","previous_node_id":"a","step":2,"entered_at":5,"waiting":"call","due_at":60000,'
    '"call":{"step":2,"node_id":"b","method":"POST","url":"http://x/é","headers":[["A","1"],["A","2"]],'
    '"body":"{\\"a\\":1}","max_threads":3}},'
    '{"number":2,"node_id":"c","previous_node_id":"a","step":3,"entered_at":6,"waiting":"callback","due_at":null,'
    '"call":null}]'
)
TASK_ROW: dict[str, Any] = {
    "task_id": "0189f7e5c0de000100c0ffee",
    "process_id": 7,
    "process_version": 3,
    "ref": "r",
    "login": "12",
    "request_id": "q",
    "request_hash": "h",
    "callback_secret": "s",
    "state": "failed",
    "data": '{"n":1.10,"big":1000000000000000000000000000000,"ü":[null,true,0.5]}',
    "tokens": TOKENS_TEXT,
    "node_id": "b",
    "previous_node_id": "a",
    "outcome_kind": "failed",
    "outcome_data": "[1.0]",
    "outcome_at": 9,
    "outcome_sequence": 4,
    "failure": '{"reason":"LOOP_LIMIT","description":"d","node_id":"b"}',
    "sequence": 4,
    "created_at": 1,
    "changed_at": 9,
    "ended_at": 9,
    "modified_by": '["m1","m2"]',
}
STEPS = [
    Step(sequence=1, node_id="a", previous_node_id="", started_at=1, ended_at=2, result="moved"),
    Step(
        sequence=3,
        node_id="b",
        previous_node_id="a",
        started_at=2,
        ended_at=3,
        result="error",
        input="{}",
        output='{"é":"\\n"}',
    ),
]
STEPS_TEXT = '[[1,"a","",1,2,"moved","",""],[3,"b","a",2,3,"error","{}","{\\"é\\":\\"\\\\n\\"}"]]'


def row(**changes: Any) -> tuple[Any, ...]:
    return tuple({**TASK_ROW, **changes}.values())


def test_a_task_is_this_row() -> None:
    assert dict(zip(rows.TASK_COLUMNS, rows.task_row(TASK), strict=True)) == TASK_ROW
    assert rows.task_of(row()) == TASK


def test_steps_are_this_text() -> None:
    assert rows.steps_row(STEPS) == (1, 3, STEPS_TEXT)
    assert rows.steps_of(STEPS_TEXT) == STEPS


def test_a_new_task_has_little_to_say() -> None:
    first = Task(task_id="1", process_id=7, process_version=1)
    written = dict(zip(rows.TASK_COLUMNS, rows.task_row(first), strict=True))

    assert written["tokens"] == written["modified_by"] == "[]"
    assert [written[name] for name in ("outcome_kind", "outcome_data", "failure", "ended_at")] == [None] * 4
    assert rows.task_of(tuple(written.values())) == first


def test_an_answer_that_is_the_data_is_written_once() -> None:
    task = Task(
        task_id="1",
        process_id=7,
        process_version=1,
        data={"a": 1},
        outcome=Outcome(kind=OutcomeKind.ENDED, data='{"a":1}', at=1, sequence=2),
    )
    written = rows.task_row(task)

    assert written[rows.DATA] == '{"a":1}'
    assert written[rows.OUTCOME_DATA] is None
    assert rows.task_of(written) == task


def test_data_that_was_taken_once_is_read_however_deep_it_is() -> None:
    text = '{"a":' + "[" * 300 + "]" * 300 + "}"

    assert rows.task_row(rows.task_of(row(data=text)))[rows.DATA] == text


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"data": "[]"}, JsonFault),
        ({"data": '{"a":NaN}'}, JsonFault),
        ({"data": None}, TypeError),
        ({"state": "lost"}, ValueError),
        ({"outcome_kind": "lost"}, ValueError),
        ({"tokens": "[{}]"}, KeyError),
        ({"tokens": "["}, ValueError),
        ({"failure": '{"reason":"r"}'}, TypeError),
    ],
)
def test_a_row_that_is_no_task_is_refused(changes: dict[str, Any], fault: type[Exception]) -> None:
    with pytest.raises(fault):
        rows.task_of(row(**changes))
