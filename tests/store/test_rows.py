"""Rows as they stand in databases already: these texts must be read for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from syncline_server.engine.effects import (
    CreateCall,
    DequeueCall,
    HttpCall,
    ModifyCall,
    QueryCall,
    Reply,
    ReplyCall,
    ScriptCall,
    TurnCall,
)
from syncline_server.engine.task import Failure, Outcome, OutcomeKind, Step, Task, TaskState, Token, Waiting
from syncline_server.engine.values import JsonFault, Number
from syncline_server.store import rows

if TYPE_CHECKING:
    from syncline_server.engine.effects import Call

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
            visits={"a": 2},
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
    caller="0189f7e5c0de000100c0ffef-4",
)
TOKENS_TEXT = (
    '[{"number":1,"node_id":"b","previous_node_id":"a","step":2,"entered_at":5,"waiting":"call","due_at":60000,'
    '"call":{"step":2,"node_id":"b","method":"POST","url":"http://x/é","headers":[["A","1"],["A","2"]],'
    '"body":"{\\"a\\":1}","max_threads":3,"certificate":"","hidden":[]},"visits":{"a":2}},'
    '{"number":2,"node_id":"c","previous_node_id":"a","step":3,"entered_at":6,"waiting":"callback","due_at":null,'
    '"call":null,"visits":null}]'
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
    "caller": "0189f7e5c0de000100c0ffef-4",
}
IN_B: dict[str, Any] = {"step": 2, "node_id": "b"}
OTHER_CALLS = [
    (
        ScriptCall(**IN_B, source="x", data="{}"),
        '{"kind":"script","step":2,"node_id":"b","source":"x","data":"{}"}',
    ),
    (
        QueryCall(**IN_B, instance_id=1, query="q", parameters=(Number("1.10"), "é")),
        '{"kind":"query","step":2,"node_id":"b","instance_id":1,"query":"q","parameters":"[1.10,\\"é\\"]","hidden":[]}',
    ),
    (
        CreateCall(**IN_B, process="7", ref="r", data="{}", is_rpc=True),
        '{"kind":"create","step":2,"node_id":"b","process":"7","ref":"r","data":"{}","is_rpc":true,"made":""}',
    ),
    (
        ModifyCall(**IN_B, process="7", ref="r", data="{}", is_sync=False),
        '{"kind":"modify","step":2,"node_id":"b","process":"7","ref":"r","data":"{}","is_sync":false}',
    ),
    (
        ReplyCall(**IN_B, caller="a-1", reply=Reply("{}", exception="e")),
        '{"kind":"reply","step":2,"node_id":"b","caller":"a-1","reply":{"data":"{}","exception":"e"}}',
    ),
    (
        DequeueCall(**IN_B, process="7", queue="q", newest_first=True),
        '{"kind":"dequeue","step":2,"node_id":"b","process":"7","queue":"q","newest_first":true}',
    ),
    (TurnCall(**IN_B, rounds={"a": 3}), '{"kind":"turn","step":2,"node_id":"b","rounds":{"a":3}}'),
]
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


@pytest.mark.parametrize(("call", "text"), OTHER_CALLS, ids=lambda case: type(case).__name__)
def test_what_else_a_token_waits_for_is_this_text(call: Call, text: str) -> None:
    task = replace(TASK, tokens=(replace(TASK.tokens[0], call=call),))
    before, _, after = TOKENS_TEXT.partition('{"step":2')
    visits = ',"visits":{"a":2}}'
    tokens = f"{before}{text}{after[after.index(visits) :][: len(visits)]}]"

    assert rows.task_row(task)[rows.TASK_COLUMNS.index("tokens")] == tokens
    assert rows.task_of(row(tokens=tokens)) == task


def test_an_http_call_from_before_it_could_hide_anything_is_read() -> None:
    old = TOKENS_TEXT.replace(',"certificate":"","hidden":[]', "").replace(',"visits":null', "")

    assert rows.task_of(row(tokens=old)) == TASK


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
        ({"tokens": TOKENS_TEXT.replace('{"step":2', '{"kind":"lost","step":2')}, KeyError),
        ({"tokens": "["}, ValueError),
        ({"failure": '{"reason":"r"}'}, TypeError),
    ],
)
def test_a_row_that_is_no_task_is_refused(changes: dict[str, Any], fault: type[Exception]) -> None:
    with pytest.raises(fault):
        rows.task_of(row(**changes))
