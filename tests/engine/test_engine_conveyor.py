"""The conveyor format of API Calls: what is sent, and what of a reply is taken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from syncline_server.engine import values
from syncline_server.engine.formats.conveyor import (
    BAD_REQUEST_PROC,
    NO_OPS,
    SHOWN,
    BadReply,
    request_body,
    result,
)

if TYPE_CHECKING:
    from engine.definitions import Json

TASK, REF = "53c29d228245aa58be013acf", "130605"
OP: Json = {"ref": REF, "obj_id": TASK, "proc": "ok", "res_data": {"res": "0"}}


def body(**more: object) -> str:
    members: Json = {
        "ref": REF,
        "task_id": TASK,
        "process_id": 1234,
        "node_id": "n1",
        "data": {},
        "extra": "{}",
        **more,
    }
    return request_body(**members)  # type: ignore[arg-type]


def taken(reply: object, ref: str = REF) -> dict[str, object]:
    return result(reply, ref=ref, task_id=TASK)


def refused(reply: object) -> tuple[str, str]:
    with pytest.raises(BadReply) as caught:
        taken(reply)
    return caught.value.tag, caught.value.description


def answer(*ops: object) -> Json:
    return {"request_proc": "ok", "ops": list(ops)}


def test_a_request_tells_of_the_task() -> None:
    sent = body(data={"phone": "380501234561", "sum": values.Number("1.10")}, extra='{"param1":"Значення","n":2.50}')

    assert sent == (
        '{"ops":[{"ref":"130605","type":"data","obj_id":"53c29d228245aa58be013acf","conv_id":1234,"node_id":"n1",'
        '"data":{"phone":"380501234561","sum":1.10},"extra":{"param1":"Значення","n":2.50}}]}'
    )


def test_a_task_without_a_ref_has_null() -> None:
    assert json.loads(body(ref=""))["ops"][0]["ref"] is None


def test_whatever_ids_and_refs_hold_the_request_is_json() -> None:
    ref = 'a"b\\}'

    assert json.loads(body(ref=ref))["ops"][0]["ref"] == ref


def test_a_good_reply_gives_its_result() -> None:
    assert taken(answer(OP)) == {"res": "0"}


@pytest.mark.parametrize(
    "op",
    [
        {"proc": "ok", "res_data": {"res": "0"}},
        {**OP, "ref": None},
        {**OP, "ref": 130605},
        {**OP, "obj_id": ""},
        {**OP, "more": [1]},
    ],
)
def test_an_op_that_names_no_other_task_is_about_this_one(op: Json) -> None:
    assert taken(answer(op)) == {"res": "0"}


def test_an_op_may_stand_without_a_list() -> None:
    assert taken({"request_proc": "ok", "ops": OP}) == {"res": "0"}


def test_of_several_ops_the_one_about_the_task_counts() -> None:
    other = {**OP, "obj_id": "another", "res_data": {"res": "wrong"}}

    assert taken(answer("noise", other, OP)) == {"res": "0"}


def test_an_empty_array_is_an_empty_result() -> None:
    assert taken(answer({**OP, "res_data": []})) == {}


@pytest.mark.parametrize(
    "reply",
    [{}, {"ops": [OP]}, {"request_proc": "fail", "ops": [OP]}, {"request_proc": True, "ops": [OP]}, [OP], "ok", None],
)
def test_without_request_proc_it_is_no_reply(reply: object) -> None:
    assert refused(reply) == ("api_no_request_proc", BAD_REQUEST_PROC)


@pytest.mark.parametrize(
    "reply",
    [
        {"request_proc": "ok"},
        {"request_proc": "ok", "ops": None},
        {"request_proc": "ok", "ops": "x"},
        answer(),
        answer(1, [OP]),
        answer({**OP, "obj_id": "another"}),
        answer({**OP, "ref": "another"}),
    ],
)
def test_without_an_op_about_the_task_there_are_no_ops(reply: object) -> None:
    assert refused(reply) == ("api_no_ops", NO_OPS)


@pytest.mark.parametrize(("found", "shown"), [(None, ""), ("text", "text"), (1, "1"), ([1], "[1]"), (True, "true")])
def test_a_result_that_is_no_object_is_bad(found: object, shown: str) -> None:
    expected = ("api_bad_res_data", f"Bad res_data: {shown}. Please check documentation")

    assert refused(answer({**OP, "res_data": found})) == expected


def test_a_result_that_is_missing_is_bad() -> None:
    assert refused(answer({"proc": "ok"}))[0] == "api_bad_res_data"


def test_an_op_that_is_not_ok_has_failed() -> None:
    assert refused(answer({**OP, "proc": "fail", "res_data": {"error": "Text error"}})) == (
        "api_bad_answer",
        'Bad proc: fail({"error":"Text error"})',
    )
    assert refused(answer({"res_data": {}}))[0] == "api_bad_answer"


def test_a_description_shows_a_bounded_part() -> None:
    tag, description = refused(answer({**OP, "res_data": "x" * 100_000}))

    assert tag == "api_bad_res_data"
    assert len(description) < SHOWN + 100


def test_a_task_without_a_ref_takes_no_op_of_one_with_a_ref() -> None:
    with pytest.raises(BadReply):
        taken(answer({**OP, "obj_id": None}), ref="")
    assert taken(answer({**OP, "ref": None}), ref="") == {"res": "0"}
