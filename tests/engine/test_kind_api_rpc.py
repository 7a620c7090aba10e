"""Call a Process, Reply to Process and stubs of calls."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import (
    Json,
    Story,
    around,
    condition,
    definition,
    error_members,
    faults_of,
    final,
    go,
    go_if,
    new_task,
    node,
    process,
    read,
    rpc,
    rpc_reply,
    set_param,
    start,
    story,
    stubbed,
    timer,
)
from syncline_server.engine import Limits, OutcomeKind, Process, TaskState, Waiting, values
from syncline_server.engine.effects import CreateCall, Reply, ReplyCall, TaskDone, TaskMade
from syncline_server.engine.kinds.api_rpc_reply import LONGEST_REASON

DATA: Json = {"a": 1, "s": "text"}
CALLER = "018bcfe568000002deadbeef-7"
MADE = TaskMade("018bcfe568000003deadbeef")


def calling(**fields: Any) -> Story:
    return story(around(rpc("bad", **fields), go("end")), DATA)


def test_a_call_asks_for_a_task_that_replies() -> None:
    tale = calling(extra={"b": "{{a}}"}, extra_type={"b": "number"}, conv_id="@callee")

    call = CreateCall(step=2, node_id="here", process="@callee", ref="", data='{"b":1}', is_rpc=True)
    assert [call] == tale.effects
    assert (tale.task.state, tale.task.tokens[0].waiting) == (TaskState.WAITING, Waiting.REPLY)


def test_the_task_stays_until_the_other_replies() -> None:
    tale = calling(group="all")
    before = tale.task.tokens[0]
    assert tale.task.tokens[0].call is not None
    tale.news(MADE)
    (token,) = tale.task.tokens
    assert isinstance(token.call, CreateCall)
    assert (token.call.made, token.step, token.due_at) == (MADE.task_id, before.step, before.due_at)
    assert tale.steps[1:] == []
    assert tale.task.state is TaskState.WAITING
    tale.news(Reply('{"a":2,"c":{"d":1.10}}'))

    assert values.dumps(tale.task.data) == '{"a":2,"s":"text","c":{"d":1.10}}'
    assert tale.path() == ["start:moved", "here:moved", "end:ended"]
    assert tale.steps[1].input == '{"process":"12","data":{"a":1,"s":"text"}}'
    assert tale.steps[1].output == '{"a":2,"c":{"d":1.10}}'


def test_a_reply_may_come_before_the_news_that_the_task_was_made() -> None:
    assert calling().news(Reply('{"b":1}')).node_id == "end"


def test_a_callee_that_never_replies_leaves_the_task_to_its_time_limit() -> None:
    tale = story(around(rpc("bad"), go("end"), semaphors=[timer("late")]), DATA)
    tale.news(MADE)
    tale.fire()

    assert tale.path() == ["start:moved", "here:timed_out", "late:ended"]
    assert tale.task.data == DATA


def test_an_exception_brings_its_data_and_takes_the_error_link() -> None:
    tale = calling()
    tale.news(Reply('{"b":1}', "no money"))

    words = error_members("rpc_reply", "software", "rpc_reply_exception", "no money")
    assert {**DATA, "b": 1, **words} == tale.task.data
    assert tale.path() == ["start:moved", "here:error", "bad:ended"]


# Replying.


def replying(logic: Json, data: Json | None = None, *, caller: str = CALLER, limits: Limits | None = None) -> Story:
    tale = Story(around(logic, go("end"), limits=limits), new_task(DATA if data is None else data, caller=caller))
    tale.start()
    return tale


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        (rpc_reply({"b": "{{a}}", "c": "{{s}}!"}, {"b": "number"}, mode="key_value"), '{"b":1,"c":"text!"}'),
        (rpc_reply({"k_{{a}}": "{{missing}}"}), '{"k_1":""}'),
        (rpc_reply({"b": '{"x":"{{s}}"}'}, {"b": "object"}), '{"b":{"x":"text"}}'),
        (rpc_reply({}, []), "{}"),
        (rpc_reply(["a", "missing", "s"], ["number", "string", "string"], mode="keys"), '{"a":1,"s":"text"}'),
        (rpc_reply(["a"], {"a": "number"}), '{"a":1}'),
        (rpc_reply([], mode="keys"), "{}"),
    ],
)
def test_what_is_replied(logic: Json, expected: str) -> None:
    tale = replying(logic)

    call = ReplyCall(step=2, node_id="here", caller=CALLER, reply=Reply(expected))
    assert [call] == tale.effects
    assert tale.task.outcome is not None
    assert (tale.task.outcome.kind, tale.task.outcome.data) == (OutcomeKind.ANSWERED, expected)
    tale.news(TaskDone())
    assert tale.path() == ["start:moved", "here:moved", "end:ended"]
    assert tale.steps[1].input == expected
    assert tale.task.outcome.data == expected


def test_a_task_that_nobody_called_answers_and_goes_on() -> None:
    tale = replying(rpc_reply({"b": "{{a}}"}), caller="")

    assert tale.effects == []
    assert tale.path() == ["start:moved", "here:moved", "end:ended"]
    assert tale.steps[1].input == '{"b":"1"}'
    assert tale.task.outcome is not None
    assert (tale.task.outcome.kind, tale.task.outcome.data) == (OutcomeKind.ANSWERED, '{"b":"1"}')


def test_the_first_reply_is_the_answer() -> None:
    again = node("again", rpc_reply({"b": "2"}), go("end"))
    tale = story(process(start("here"), node("here", rpc_reply({"b": "1"}), go("again")), again, final()))

    assert tale.task.outcome is not None
    assert tale.task.outcome.data == '{"b":"1"}'


@pytest.mark.parametrize(
    ("fields", "exception"),
    [
        ({"throw_exception": True, "exception_reason": "bad {{s}}"}, "bad text"),
        ({"throw_exception": "true", "exception_reason": "bad"}, "bad"),
        ({"throw_exception": True}, ""),
        ({"throw_exception": False, "exception_reason": "bad"}, None),
    ],
)
def test_an_exception_is_no_answer(fields: dict[str, Any], exception: str | None) -> None:
    tale = replying(rpc_reply({"b": "{{a}}"}, **fields))

    (call,) = tale.effects
    assert isinstance(call, ReplyCall)
    assert call.reply == Reply('{"b":"1"}', exception)
    assert (tale.task.outcome is None) is (exception is not None)
    tale.news(TaskDone())
    assert tale.task.outcome is not None
    assert tale.task.outcome.kind is (OutcomeKind.ANSWERED if exception is None else OutcomeKind.ENDED)


def test_a_long_reason_is_cut() -> None:
    tale = replying(rpc_reply({}, throw_exception=True, exception_reason="{{long}}"), {"long": "x" * 50_000})

    (call,) = tale.effects
    assert isinstance(call, ReplyCall)
    assert call.reply.exception == "x" * LONGEST_REASON


def test_a_reason_without_room_asks_for_nothing() -> None:
    logic = rpc_reply({}, error="bad", throw_exception=True, exception_reason="{{long}}{{long}}{{long}}")
    tale = replying(logic, {"long": "x" * 40}, limits=Limits(max_task_bytes=100))

    assert tale.effects == []
    assert tale.path() == ["start:moved", "here:error", "bad:ended"]
    assert tale.task.data["__conveyor_rpc_reply_return_type_tag__"] == "rpc_task_size_overflow"


def test_what_is_nested_too_deep_is_not_sent() -> None:
    deep = values.loads("[" * 255 + "]" * 255)
    logic = rpc_reply({"b": "$.map(fun(X) -> [X] end, {{d}})"}, {"b": "array"}, "bad")
    tale = replying(logic, {"d": deep})

    assert tale.effects == []
    assert tale.task.node_id == "bad"


@pytest.mark.parametrize(
    ("fields", "field", "description"),
    [
        ({"mode": "raw"}, "mode", "This has to be key_value or keys."),
        ({"mode": "keys"}, "res_data", "This has to be a list of names."),
        ({"mode": "keys", "res_data": ["a", 1]}, "res_data", "This has to be a list of names."),
        ({"mode": "key_value", "res_data": ["a"]}, "res_data", "This has to be an object."),
        ({"res_data_type": {"b": "whole"}}, "res_data_type.b", "The type of a parameter is one of"),
        ({"throw_exception": "maybe"}, "throw_exception", "This has to be true or false."),
        ({"throw_exception": True, "exception_reason": "{{a..b}}"}, "exception_reason", "has an empty name."),
    ],
)
def test_what_is_refused_of_a_reply(fields: Json, field: str, description: str) -> None:
    (fault,) = faults_of({**rpc_reply({"b": "1"}), **fields}, go("end"))

    assert fault.field == f"logics[0].{field}"
    assert description in fault.description


# Stubs.

ALWAYS = rpc_reply({"b": "{{a}}"}, {"b": "number"})


def with_stub(*branches: list[Json], call: Json | None = None, limits: Limits | None = None) -> Process:
    here = stubbed("here", rpc("bad") if call is None else call, *branches)
    return process(start("here"), here, final(), final("bad"), limits=limits)


def test_a_stub_replies_without_a_call() -> None:
    tale = story(with_stub([ALWAYS]), DATA)

    assert tale.task.data == {**DATA, "b": 1, "__logic_stub_mode__": True}
    assert tale.effects == []
    assert tale.path() == ["start:moved", "here:moved", "end:ended"]
    assert tale.steps[1].output == '{"b":1,"__logic_stub_mode__":true}'
    assert tale.task.outcome is not None
    assert tale.task.outcome.kind is OutcomeKind.ENDED


@pytest.mark.parametrize(("mode", "expected"), [("one", "1"), ("two", "2"), ("three", "0")])
def test_the_first_branch_that_fits_counts(mode: str, expected: str) -> None:
    branches = [
        [go_if("", condition("{{mode}}", "eq", name)), rpc_reply({"r": n})] for name, n in (("one", "1"), ("two", "2"))
    ]
    tale = story(with_stub(*branches, [rpc_reply({"r": "0"})]), {"mode": mode})

    assert tale.task.data["r"] == expected


def test_a_stub_may_throw() -> None:
    thrown = rpc_reply({"status": "error"}, throw_exception=True, exception_reason="stub error")
    tale = story(with_stub([thrown]))

    words = error_members("rpc_reply", "software", "rpc_reply_exception", "stub error")
    assert {"status": "error", "__logic_stub_mode__": True, **words} == tale.task.data
    assert tale.task.node_id == "bad"


def test_a_stub_without_a_branch_that_fits_is_a_failed_call() -> None:
    tale = story(with_stub([go_if("", condition("a", "eq", "2")), ALWAYS]), {"a": "1"})

    words = error_members(
        *("rpc", "hardware", "rpc_task_fatal_error", "No reply of the stub fits the task"),
        __conveyor_copy_task_result__="crash_api",
    )
    assert {"a": "1", **words} == tale.task.data
    assert tale.task.node_id == "bad"


@pytest.mark.parametrize(
    ("reply", "tag"),
    [
        (rpc_reply({"v": "{{s}}"}, {"v": "number"}), "rpc_task_wrong_convert_param"),
        (rpc_reply({"v": "{{s}}" * 50}), "rpc_task_size_overflow"),
        (rpc_reply({"v": "{{s}}" * 20}), "rpc_task_size_overflow"),
    ],
)
def test_a_stub_fails_as_its_call_would(reply: Json, tag: str) -> None:
    tale = story(with_stub([reply], limits=Limits(max_task_bytes=100)), {"s": "text"})

    assert tale.task.data["__conveyor_rpc_return_type_tag__"] == tag
    assert tale.path() == ["start:moved", "here:error", "bad:ended"]


def test_what_stands_before_the_call_of_a_stub_is_done() -> None:
    here = stubbed("here", rpc(), [ALWAYS])
    logics: list[Json] = [set_param({"a": "5"}, {"a": "number"}), rpc(), go("end")]
    here["condition"] = {"logics": logics, "stub": {"logics": [[ALWAYS]]}}
    tale = story(process(start("here"), here, final()))

    assert tale.task.data["b"] == 5


def test_only_a_stub_node_is_stubbed() -> None:
    here = {**stubbed("here", rpc(), [ALWAYS]), "obj_type": 0}

    assert story(process(start("here"), here, final()), DATA).effects != []


@pytest.mark.parametrize(
    ("stub", "field", "description"),
    [
        (None, "stub.logics", "A stub has at least one reply."),
        ({"logics": []}, "stub.logics", "A stub has at least one reply."),
        ({"logics": [[]]}, "stub.logics[0]", "A branch of a stub is a reply, or a condition and a reply."),
        ({"logics": [[ALWAYS], [go("end")]]}, "stub.logics[1]", "A branch of a stub is a reply, or a condition and"),
        ({"logics": [[ALWAYS], "no"]}, "stub.logics[1]", "A branch of a stub is a reply, or a condition and a reply."),
        (
            {"logics": [[{"type": "go_if_const", "conditions": [condition("a", "like", "")]}, ALWAYS]]},
            "stub.logics[0][0].conditions[0]",
            "The function 'like' is none of",
        ),
        ({"logics": [[rpc_reply({}, mode="raw")]]}, "stub.logics[0][0].mode", "This has to be key_value or keys."),
    ],
)
def test_what_is_refused_of_a_stub(stub: object, field: str, description: str) -> None:
    here = {**stubbed("here", rpc()), "condition": {"logics": [rpc(), go("end")], "stub": stub}}
    faults = read(definition(start("here"), here, final())).faults

    assert any(fault.field == field and description in fault.description for fault in faults), faults


def test_a_stub_stands_in_for_a_call_and_nothing_else() -> None:
    here = stubbed("here", set_param({}), [ALWAYS])
    (fault,) = read(definition(start("here"), here, final())).faults

    assert fault.description == "A stub stands in for a call of a process, and the node has none."
