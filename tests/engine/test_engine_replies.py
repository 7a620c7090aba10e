"""The API Call logic on its way back: what a reply adds to the task, and which error it is."""

from __future__ import annotations

import time
from typing import Any

import pytest

from engine.definitions import Json, Story, api, around, go, story, timer
from syncline_server.engine import CallFailure, CallFault, CallReturned, Limits, TaskState, values

KIND, TAG, DESCRIPTION, CODE = (
    f"__conveyor_api_return_{name}" for name in ("type_error__", "type_tag__", "description__", "http_code__")
)


def called(data: Json | None = None, *, limits: Limits | None = None, **more: Any) -> Story:
    return story(around(api(error="bad", **more), go("end"), limits=limits), data)


def added(tale: Story, before: Json) -> Json:
    return {name: value for name, value in tale.task.data.items() if before.get(name) != value}


@pytest.mark.parametrize("status", [200, 201, 202])
def test_the_members_of_an_object_go_into_the_task(status: int) -> None:
    tale = called({"a": 1, "b": 2})
    tale.reply('{"b":1.10,"c":{"d":[null]}}', status)

    assert values.dumps(tale.task.data) == '{"a":1,"b":1.10,"c":{"d":[null]}}'
    assert tale.path() == ["start:moved", "here:moved", "end:ended"]
    assert TaskState.ENDED is tale.task.state


def test_an_empty_object_adds_nothing() -> None:
    tale = called({"a": 1})
    tale.reply("{}")

    assert tale.task.data == {"a": 1}
    assert tale.steps[1].output == ""


def test_an_array_goes_under_one_name() -> None:
    tale = called()
    tale.reply('[1,{"a":2}]')

    assert tale.task.data == {"__conveyor_api_array__": [1, {"a": 2}]}


def test_an_image_goes_under_one_name_in_base64() -> None:
    tale = called()
    tale.reply("\x89PNG", headers={"content-type": "image/png"})

    assert tale.task.data == {"__conveyor_api_image__": "wolQTkc="}


def test_a_byte_order_mark_does_not_count() -> None:
    tale = called()
    tale.reply('\ufeff{"a":1}')

    assert tale.task.data == {"a": 1}


@pytest.mark.parametrize(
    ("status", "more", "good"),
    [
        (200, {}, False),
        (201, {}, False),
        (202, {}, False),
        (200, {"rfc_format": True}, False),
        (201, {"rfc_format": True}, False),
        (202, {"rfc_format": True}, True),
        (200, {"method": "HEAD"}, True),
    ],
)
def test_an_empty_body(status: int, more: dict[str, Any], good: bool) -> None:
    tale = called(**more)
    tale.reply(" ", status)

    assert ("end" if good else "bad") == tale.task.node_id
    assert tale.task.data == {} if good else tale.task.data[DESCRIPTION] == "Not valid http result json( )"


@pytest.mark.parametrize(
    "body", ["ok", "<html>", '{"a":1,}', "NaN", '"text"', "5", "null", "true", "[" * 300 + "]" * 300]
)
def test_what_is_no_json_takes_the_error_link(body: str) -> None:
    tale = called()
    tale.reply(body)

    expected = {
        KIND: "software",
        TAG: "api_no_valid_json",
        DESCRIPTION: f"Not valid http result json({body})",
        CODE: 200,
    }
    assert expected == tale.task.data
    assert tale.path() == ["start:moved", "here:error", "bad:ended"]
    assert values.dumps(expected) == tale.steps[1].output


def test_a_long_body_is_shown_in_part() -> None:
    tale = called()
    tale.reply("й" * 5000)

    assert f"Not valid http result json({'й' * 1000})" == tale.task.data[DESCRIPTION]


@pytest.mark.parametrize("status", [100, 204, 301, 400, 404, 500])
def test_any_other_status_takes_the_error_link(status: int) -> None:
    tale = called()
    tale.reply('{"textError":"no"}', status)

    assert {
        KIND: "software",
        TAG: "api_bad_answer",
        DESCRIPTION: f'Bad http status {status}({{"textError":"no"}})',
        CODE: status,
    } == tale.task.data


@pytest.mark.parametrize(
    ("fault", "kind", "tag", "description"),
    [
        (CallFault.TIMEOUT, "software", "api_bad_answer", "timeout"),
        (CallFault.CONNECT, "software", "api_bad_answer", "failed_connect"),
        (CallFault.SCHEME, "software", "api_bad_answer", "no_scheme"),
        (CallFault.REFUSED, "software", "api_bad_answer", "target_not_allowed"),
        (CallFault.TOO_LARGE, "software", "api_bad_answer", "response_too_large"),
        (CallFault.BROKEN, "software", "api_bad_answer", "connection_closed"),
        (
            CallFault.QUEUE,
            "hardware",
            "api_expire_query",
            "Expire task to API, please check your api for correct answer, or increase max_threads for connections",
        ),
    ],
)
def test_a_call_without_an_answer(fault: CallFault, kind: str, tag: str, description: str) -> None:
    tale = called()
    tale.meet(CallReturned(2, CallFailure(fault)))

    assert {KIND: kind, TAG: tag, DESCRIPTION: description} == tale.task.data


def test_every_fault_has_its_words() -> None:
    for fault in CallFault:
        tale = called()
        tale.meet(CallReturned(2, CallFailure(fault)))
        assert tale.task.node_id == "bad"


def test_without_an_error_link_the_task_fails_with_the_words_in_its_data() -> None:
    tale = story(around(api(), go("end")))
    tale.reply("ok", 500)

    assert TaskState.FAILED is tale.task.state
    assert tale.task.failure is not None
    assert (
        tale.task.failure.reason,
        tale.task.failure.description,
        tale.task.failure.node_id,
    ) == ("ERROR_NOT_HANDLED", "api_bad_answer: Bad http status 500(ok)", "here")
    assert tale.task.data[CODE] == 500
    assert tale.path() == ["start:moved", "here:failed"]


def test_a_reply_that_makes_the_task_too_large_takes_the_error_link() -> None:
    tale = called({"a": "x" * 500}, limits=Limits(max_task_bytes=1000))
    tale.reply('{"b":"' + "y" * 600 + '"}')

    assert tale.task.node_id == "bad"
    assert tale.task.data[TAG] == "api_task_size_overflow_limit"
    assert "Your task size: 1115 bytes, Max available task size: 1000 bytes" in str(tale.task.data[DESCRIPTION])
    assert "b" not in tale.task.data


REPLY = '{"data":{"id":42,"items":["x","y"]},"status":"ok","n":1.10}'
HEADERS = {"content-type": "application/json", "x-request": "r9"}


@pytest.mark.parametrize(
    ("template", "wanted", "expected"),
    [
        ("{{body}}", "object", {"data": {"id": 42, "items": ["x", "y"]}, "status": "ok", "n": values.Number("1.10")}),
        ("{{header}}", "object", HEADERS),
        ("{{header.X-Request}}", "string", "r9"),
        ("{{header.Content-Type}}", "", "application/json"),
        ("{{body.data.id}}", "", 42),
        ("{{body.data.id}}", "string", "42"),
        ("{{body.n}}", "number", values.Number("1.10")),
        ("{{body.data.items[{{i}}]}}", "string", "y"),
        ("{{body.status}}-{{own}}", "string", "ok-mine"),
        ("{{body.data.gone}}", "object", ""),
        ("{{body.data}}", "array", [{"id": 42, "items": ["x", "y"]}]),
        ("{{body.status}}", "array", ["ok"]),
        ("{{body.status}}", "number", "ok"),
        ("{{body.status}}", "object", "ok"),
        ("fixed", "string", "fixed"),
    ],
)
def test_a_customized_response_keeps_what_it_names(template: str, wanted: str, expected: object) -> None:
    before: Json = {"own": "mine", "i": 1}
    tale = called(
        before, customize_response=True, response={"kept": template}, response_type={"kept": wanted} if wanted else {}
    )
    tale.reply(REPLY, headers=HEADERS)

    assert tale.task.node_id == "end"
    assert {"kept": expected} == added(tale, before)


def test_keys_of_a_customized_response_may_hold_references_to_the_task() -> None:
    before: Json = {"env": "dev", "o": {"a": 1}}
    tale = called(before, customize_response=True, response={"{{res_{{env}}}}": "{{body.n}}", "{{o.b}}": "{{header}}"})
    tale.reply(REPLY)

    assert {"res_dev": values.Number("1.10"), "o": {"a": 1, "b": {}}} == added(tale, before)


def test_a_customized_response_of_nothing_keeps_nothing() -> None:
    tale = called(customize_response=True, response={})
    tale.reply(REPLY)

    assert tale.task.data == {}


def test_a_customized_response_of_an_array() -> None:
    tale = called(customize_response=True, response={"body": "{{body}}"}, response_type={"body": "array"})
    tale.reply("[1]")

    assert tale.task.data == {"body": [1]}


def test_a_place_that_cannot_be_set_takes_the_error_link() -> None:
    tale = called({"s": "text"}, customize_response=True, response={"{{s.x}}": "{{body.n}}"})
    tale.reply(REPLY)

    assert tale.task.node_id == "bad"
    assert tale.task.data[DESCRIPTION] == "Param: s.x, Value: 1.10, Try convert to: object"


def test_a_reply_never_makes_the_data_too_deep_to_be_read_again() -> None:
    tale = called({"o": {}}, customize_response=True, response={"{{o.x}}": "{{body}}"})
    tale.reply("[" * 255 + "]" * 255)

    assert tale.task.node_id == "bad"
    assert tale.task.data[DESCRIPTION] == "Nested deeper than 256 levels"


def test_a_customized_response_is_bounded() -> None:
    kept = {f"k{i}": "<{{body}}>" for i in range(100)}
    tale = called(limits=Limits(max_task_bytes=2000), customize_response=True, response=kept)
    tale.reply('{"a":"' + "x" * 1000 + '"}')

    assert tale.task.data[TAG] == "api_task_size_overflow_limit"


def test_customized_or_not_no_json_is_an_error() -> None:
    tale = called(customize_response=True, response={"b": "{{body}}"})
    tale.reply("<html>")

    assert tale.task.data[TAG] == "api_no_valid_json"


@pytest.mark.parametrize("status", [200, 500])
def test_debug_information(status: int) -> None:
    tale = called(debug_info=True, extra={"a": "й"})
    tale.reply('{"b":1}', status)

    assert {
        "http_exec_time": 12.5,
        "http_req_body_size": 10,
        "http_res_code": status,
        "http_res_body_size": 7,
    } == tale.task.data["__conveyor_api_debug__"]


def test_a_step_holds_the_request_and_what_was_added() -> None:
    tale = called(extra={"a": "1"})
    tale.reply('{ "b": 1.10 }')
    step = tale.steps[1]

    assert step.input == '{"method":"POST","url":"http://peer.test/","body":{"a":"1"}}'
    assert step.output == '{"b":1.10}'
    assert (
        step.sequence,
        step.previous_node_id,
        step.started_at - tale.now + 1,
        step.ended_at - tale.now + 1,
    ) == (2, "start", 0, 1)


def test_a_step_of_a_request_without_a_json_body() -> None:
    form = called(content_type="application/x-www-form-urlencoded", extra={"a": "1"})
    form.reply()
    query = called(method="GET", extra={"a": "1"})
    query.reply()

    assert form.steps[1].input == '{"method":"POST","url":"http://peer.test/","body":"a=1"}'
    assert query.steps[1].input == '{"method":"GET","url":"http://peer.test/?a=1"}'


def test_a_call_that_its_time_limit_cut_off_leaves_its_request_in_the_step() -> None:
    tale = story(around(api(), go("end"), semaphors=[timer("late")]))
    tale.fire()

    assert tale.path() == ["start:moved", "here:timed_out", "late:ended"]
    assert tale.steps[1].input == '{"method":"POST","url":"http://peer.test/","body":{}}'


@pytest.mark.parametrize("wanted", ["string", "array"])
def test_a_reply_that_is_kept_many_times_is_too_large_at_once(wanted: str) -> None:
    """Half a minute and gigabytes it took to find that out."""
    kept = {f"k{n}": "{{body.l}}" for n in range(500)}
    process = around(api(customize_response=True, response=kept, response_type=dict.fromkeys(kept, wanted)), go("end"))
    told = story(process)
    before = time.process_time()

    told.reply(f'{{"l":[{",".join("1" * 250_000)}]}}')

    assert told.task.failure is not None
    assert "api_task_size_overflow_limit" in told.task.failure.description
    assert time.process_time() - before < 2
