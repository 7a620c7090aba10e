"""Every documented error of a node: its exact words in the task's data, and the way that the task takes."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions import (
    Json,
    Story,
    api,
    around,
    code,
    copy,
    error_members,
    get_task,
    go,
    modify,
    query,
    queue,
    rpc,
    rpc_reply,
    set_param,
    story,
    sums,
    timer,
)
from syncline_server.engine import CallFailure, CallFault, CallReply, Limits, TaskState, values
from syncline_server.engine.effects import (
    Dequeued,
    News,
    QueryFailure,
    QueryFault,
    QueryReply,
    Reply,
    ScriptFailure,
    ScriptFault,
    ScriptReply,
    TaskFault,
    TaskRefused,
)

LIMITS = Limits(max_task_bytes=400)
DATA: Json = {"s": "no", "long": "x" * 200}
HARD, SOFT = "hardware", "software"
WRONG = "Param: v, Value: no, Try convert to: number"
WRONG_PROCESS = "Param: conv_id, Value: no, Try convert to: number"
WORDS = "in plain words"
LARGE = '{"v":"' + "y" * 400 + '"}'
DEEP = '{"v":' + "[" * 255 + "]" * 255 + "}"
LONG: Json = {"v": "{{long}}{{long}}{{long}}"}


def number(name: str = "data") -> dict[str, Any]:
    """Return a value that cannot become a number."""
    return {name: {"v": "{{s}}"}, f"{name}_type": {"v": "number"}}


def too_large(size: int, end: str = "") -> str:
    limit = "Max available task size: 400 bytes"
    return f"Your task size: {size} bytes, {limit}, Try to change your data or try to split your task{end}"


def of_copy(tag: str, description: str = WORDS, *, result: str = "crash_api") -> Json:
    return error_members("copy_task", SOFT, tag, description, __conveyor_copy_task_result__=result)


def of_rpc(tag: str, description: str = WORDS, *, kind: str = SOFT, result: str = "") -> Json:
    more = {"__conveyor_copy_task_result__": result} if result else {}
    return error_members("rpc", kind, tag, description, **more)


def of_api(tag: str, description: str, *, kind: str = SOFT, code: int | None = None) -> Json:
    more: Json = {} if code is None else {"__conveyor_api_return_http_code__": code}
    return error_members("api", kind, tag, description, **more)


def answer(body: str, status: int = 200) -> CallReply:
    return CallReply(status=status, headers={}, body=body.encode())


def failure(fault: CallFault) -> CallFailure:
    return CallFailure(fault)


def refusal(fault: TaskFault) -> TaskRefused:
    return TaskRefused(fault, WORDS)


CONVEYOR = api(format="conveyor")
OVERDUE = "Expire task to API, please check your api for correct answer, or increase max_threads for connections"
BAD_PROC = "Bad request_proc tag. Please fill request_proc=ok for your answer. If you want to put error use proc!=ok"
CASES: dict[str, tuple[Json, News | None, Json]] = {
    # API Call
    "api waits": (api(), failure(CallFault.QUEUE), of_api("api_expire_query", OVERDUE, kind=HARD)),
    "api header": (
        api(extra_headers={"a": "{{long}}\n{{s}}"}),
        None,
        of_api("api_bind_error", "Error bind params to http query", kind=HARD),
    ),
    "api timeout": (api(), failure(CallFault.TIMEOUT), of_api("api_bad_answer", "timeout")),
    "api no peer": (api(), failure(CallFault.CONNECT), of_api("api_bad_answer", "failed_connect")),
    "api no url": (api("{{missing}}"), None, of_api("api_bad_answer", "no_scheme")),
    "api status": (api(), answer("no", 500), of_api("api_bad_answer", "Bad http status 500(no)", code=500)),
    "api no json": (api(), answer("ok"), of_api("api_no_valid_json", "Not valid http result json(ok)", code=200)),
    "api no proc": (CONVEYOR, answer('{"ops":[]}'), of_api("api_no_request_proc", BAD_PROC, code=200)),
    "api no ops": (
        CONVEYOR,
        answer('{"request_proc":"ok"}'),
        of_api("api_no_ops", "No ops. Please check documentation", code=200),
    ),
    "api no res_data": (
        CONVEYOR,
        answer('{"request_proc":"ok","ops":[{"proc":"ok","res_data":5}]}'),
        of_api("api_bad_res_data", "Bad res_data: 5. Please check documentation", code=200),
    ),
    "api conversion": (api(**number("extra")), None, of_api("api_wrong_convert_param", WRONG)),
    "api answer too large": (
        api(),
        answer(LARGE),
        of_api("api_task_size_overflow_limit", too_large(627, " ..."), code=200),
    ),
    # Copy Task and Modify Task
    "copy ref": (copy(), refusal(TaskFault.REF), of_copy("not_unical_ref", result="not_unical_ref")),
    "copy parameters": (copy(), refusal(TaskFault.PARAMETERS), of_copy("wrong_validate_params")),
    "copy inactive": (copy(), refusal(TaskFault.INACTIVE), of_copy("conveyor_is_not_active")),
    "copy denied": (copy(), refusal(TaskFault.DENIED), of_copy("access_denied", result="access_denied")),
    "copy too large there": (copy(), refusal(TaskFault.SIZE), of_copy("copy_task_size_overflow_limit")),
    "copy conversion": (copy(**number()), None, of_copy("copy_task_wrong_convert_param", WRONG)),
    "copy no process": (copy(conv_id="{{s}}"), None, of_copy("copy_task_wrong_convert_param", WRONG_PROCESS)),
    "copy too large": (copy(data=LONG), None, of_copy("copy_task_size_overflow_limit", too_large(600))),
    "modify nothing": (modify(), refusal(TaskFault.NOT_FOUND), of_copy("not_found_task")),
    "modify twice": (modify(), refusal(TaskFault.BUSY), of_copy("duplicate_callback")),
    "modify elsewhere": (modify(), refusal(TaskFault.NO_CALLBACK), of_copy("no_api_callback_in_node_with_task")),
    "modify conversion": (modify(**number()), None, of_copy("copy_task_wrong_convert_param", WRONG)),
    # Call a Process and its reply
    "rpc fatal": (
        rpc(),
        refusal(TaskFault.NOT_FOUND),
        of_rpc("rpc_task_fatal_error", kind=HARD, result="crash_api"),
    ),
    "rpc denied": (rpc(), refusal(TaskFault.DENIED), of_rpc("access_denied", result="access_denied")),
    "rpc parameters": (rpc(), refusal(TaskFault.PARAMETERS), of_rpc("wrong_validate_params", result="crash_api")),
    "rpc inactive": (rpc(), refusal(TaskFault.INACTIVE), of_rpc("conveyor_is_not_active", result="crash_api")),
    "rpc too large there": (rpc(), refusal(TaskFault.SIZE), of_rpc("rpc_task_size_overflow")),
    "rpc conversion": (rpc(**number("extra")), None, of_rpc("rpc_task_wrong_convert_param", WRONG)),
    "rpc no process": (rpc(conv_id="{{s}}"), None, of_rpc("rpc_task_wrong_convert_param", WRONG_PROCESS)),
    "rpc too large": (rpc(extra=LONG), None, of_rpc("rpc_task_size_overflow", too_large(600))),
    "rpc reply too large": (rpc(), Reply(LARGE), of_rpc("rpc_task_size_overflow", too_large(627))),
    "rpc exception": (rpc(), Reply("{}", "poor"), error_members("rpc_reply", SOFT, "rpc_reply_exception", "poor")),
    "reply conversion": (
        rpc_reply({"v": "{{s}}"}, {"v": "number"}),
        None,
        error_members("rpc_reply", SOFT, "rpc_task_wrong_convert_param", WRONG),
    ),
    "reply too large": (
        rpc_reply(LONG),
        None,
        error_members("rpc_reply", SOFT, "rpc_task_size_overflow", too_large(600)),
    ),
    # Queue and Get from Queue
    "queue conversion": (queue(**number()), None, error_members("queue", SOFT, "queue_wrong_convert_param", WRONG)),
    "get from empty": (
        get_task(),
        refusal(TaskFault.NOT_FOUND),
        error_members("get_task", SOFT, "get_task_executing_error", "not_found_task"),
    ),
    "get denied": (
        get_task(),
        refusal(TaskFault.DENIED),
        error_members("get_task", SOFT, "get_task_executing_error", "access_denied"),
    ),
    "get from no queue": (
        get_task(),
        refusal(TaskFault.NO_QUEUE),
        error_members("queue", SOFT, "queue_wrong_logic", WORDS),
    ),
    "get conversion": (
        get_task(conv_id="{{s}}"),
        None,
        error_members("get_task", SOFT, "get_task_wrong_convert_param", WRONG_PROCESS),
    ),
    "get too large": (
        get_task(),
        Dequeued("5", LARGE),
        error_members("get_task", HARD, "get_task_fatal_error", too_large(675)),
    ),
    "get too deep": (
        get_task(),
        Dequeued("5", DEEP),
        error_members("get_task", HARD, "get_task_fatal_error", "Nested deeper than 256 levels"),
    ),
    # Code
    "code timeout": (
        code(),
        ScriptFailure(ScriptFault.TIMEOUT, WORDS),
        error_members("code", HARD, "code_timeout", "timeout for executing code"),
    ),
    "code throws": (
        code(),
        ScriptFailure(ScriptFault.EXECUTING, WORDS),
        error_members("code", SOFT, "code_executing_error", WORDS),
    ),
    "code leaves an array": (
        code(),
        ScriptReply(data="[1]"),
        error_members("code", SOFT, "code_return_format_error", "The script left no object in data."),
    ),
    "code leaves too much": (
        code(),
        ScriptReply(data=LARGE),
        error_members("code", SOFT, "code_return_format_error", "The script left 408 bytes in data, over 400."),
    ),
    # Set Parameter and Sum
    "set conversion": (
        set_param({"v": "{{s}}"}, {"v": "number"}),
        None,
        error_members("set_param", SOFT, "set_param_wrong_convert_param", WRONG),
    ),
    "sum conversion": (
        sums(("good", "1"), ("v", "{{s}}")),
        None,
        error_members("api_sum", SOFT, "api_sum_wrong_convert_param", WRONG),
    ),
    # DB Call
    **{
        f"query {fault.name.lower()}": (
            query("SELECT 1"),
            QueryFailure(fault, WORDS),
            error_members("db_call", kind, fault.value, WORDS),
        )
        for fault, kind in (
            *((QueryFault.TIMEOUT, HARD), (QueryFault.CONNECT, HARD), (QueryFault.EXECUTING, SOFT)),
            *((QueryFault.SIZE, SOFT), (QueryFault.INSTANCE, SOFT)),
        )
    },
    "query too large": (
        query("SELECT 1"),
        QueryReply(rows=f"[{LARGE}]"),
        error_members("db_call", SOFT, "db_call_result_too_large", too_large(648, " ...")),
    ),
    "query too deep": (
        query("SELECT 1"),
        QueryReply(rows=f"[{DEEP}]"),
        error_members(
            "db_call", SOFT, "db_call_result_too_large", "The rows cannot be kept: nested deeper than 256 levels"
        ),
    ),
}
DOCUMENTED = {
    *("api_expire_query", "api_bind_error", "api_bad_answer", "api_no_valid_json", "api_no_request_proc", "api_no_ops"),
    *("api_bad_res_data", "api_wrong_convert_param", "api_task_size_overflow_limit"),
    *("code_timeout", "code_executing_error", "code_return_format_error"),
    *("not_unical_ref", "not_found_task", "wrong_validate_params", "copy_task_wrong_convert_param"),
    *("conveyor_is_not_active", "access_denied", "copy_task_size_overflow_limit", "duplicate_callback"),
    *("no_api_callback_in_node_with_task", "rpc_task_fatal_error", "rpc_task_size_overflow"),
    *("rpc_task_wrong_convert_param", "rpc_reply_exception", "set_param_wrong_convert_param"),
    *("get_task_executing_error", "get_task_wrong_convert_param", "get_task_fatal_error", "queue_wrong_logic"),
}
"""The tags of 7.3 in the list of what is published, but for those of a server that breaks down inside."""


def met(name: str, *, error: str | None, limited: bool = False) -> Story:
    """Lead a task to the error."""
    logic, news, _ = CASES[name]
    semaphors = [timer("late")] if limited else []
    tale = story(around({**logic, "err_node_id": error}, go("end"), semaphors=semaphors, limits=LIMITS), DATA)
    if news is not None:
        assert tale.task.tokens, tale.task
        tale.news(news)
    return tale


@pytest.mark.parametrize("limited", [False, True], ids=["", "limited"])
@pytest.mark.parametrize("name", CASES)
def test_an_error_is_put_into_words_and_leaves_by_its_link(name: str, limited: bool) -> None:
    tale = met(name, error="bad", limited=limited)
    members = CASES[name][2]

    assert {**DATA, **members} == tale.task.data
    assert tale.path() == ["start:moved", "here:error", "bad:ended"]
    assert values.dumps(members) == tale.steps[1].output
    assert [count.name for count in tale.counts] == [""]


@pytest.mark.parametrize("name", CASES)
def test_without_a_link_the_task_fails_with_the_words_in_its_data(name: str) -> None:
    tale = met(name, error=None)
    members = CASES[name][2]
    tag, description = (
        next(members[key] for key in members if key.endswith(end)) for end in ("tag__", "description__")
    )

    assert {**DATA, **members} == tale.task.data
    assert tale.path() == ["start:moved", "here:failed"]
    assert tale.task.state is TaskState.FAILED
    assert tale.task.failure is not None
    assert (tale.task.failure.reason, tale.task.failure.description) == ("ERROR_NOT_HANDLED", f"{tag}: {description}")
    assert tale.counts == []


def test_every_documented_tag_is_met() -> None:
    tags = {value for _, _, members in CASES.values() for name, value in members.items() if name.endswith("_tag__")}

    assert tags >= DOCUMENTED
