"""The API Call logic on its way out."""

from __future__ import annotations

import pytest

from engine.definitions import CALLBACK_URL, T0, Json, api, around, go, story, timer
from syncline_server.engine import HttpCall, Limits, TaskState, Waiting, values

DATA: Json = {
    **values.loads_object(
        '{"param":1,"q":"say \\"hi\\"\\nй","f":1.10,"o":{"a":[1]},"l":[1,"x"],"t":true,"z":null,"name":"k"}'
    ),
    "__callback_url": CALLBACK_URL,
}


def call(data: Json | None = None, **more: object) -> HttpCall:
    url = str(more.pop("url", "http://peer.test/x"))
    tale = story(around(api(url, error="bad", **more), go("end")), DATA if data is None else data)
    (found,) = tale.calls
    assert TaskState.RUNNING is tale.task.state
    return found


def error(data: Json | None = None, limits: Limits | None = None, **more: object) -> tuple[object, object, object]:
    url = str(more.pop("url", "http://peer.test/x"))
    tale = story(around(api(url, error="bad", **more), go("end"), limits=limits), DATA if data is None else data)
    assert not tale.calls
    assert tale.task.node_id == "bad"
    assert tale.steps[1].result == "error"
    names = ("type_error__", "type_tag__", "description__")
    kind, tag, description = (tale.task.data[f"__conveyor_api_return_{name}"] for name in names)
    return kind, tag, description


def test_an_answer_to_the_callback_url() -> None:
    """A number inside JSON text comes out as text with its own digits."""
    made = call(
        url="{{__callback_url}}",
        method="POST",
        extra={"info": '{"param":"{{param}}"}'},
        extra_type={"info": "object"},
        extra_headers={},
        max_threads=5,
    )

    assert made == HttpCall(
        step=2,
        node_id="here",
        method="POST",
        url=CALLBACK_URL,
        headers=(("Content-Type", "application/json"),),
        body='{"info":{"param":"1"}}',
        max_threads=5,
    )


def test_what_is_absent_has_the_vendors_default() -> None:
    made = call()

    assert (made.method, made.body, made.max_threads) == ("POST", "{}", 5)
    assert made.headers == (("Content-Type", "application/json"),)


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        ("{{q}}", "string", '"say \\"hi\\"\\nй"'),
        ("{{f}}", "string", '"1.10"'),
        ("{{f}}", "number", "1.10"),
        ("{{f}}5", "number", "1.105"),
        ("7", "number", "7"),
        ("{{t}}", "boolean", "true"),
        ("{{o}}", "object", '{"a":[1]}'),
        ('{"q":"{{q}}","o":{{o}}}', "object", '{"q":"say \\"hi\\"\\nй","o":{"a":[1]}}'),
        ('{ "q" : "{{q}}" }', "object", '{ "q" : "say \\"hi\\"\\nй" }'),
        ("{{l}}", "array", '[1,"x"]'),
        ("{{l}}", "string", '"[1,\\"x\\"]"'),
        ("{{z}}", "string", '""'),
        ("{{missing}}", "string", '""'),
        (5, None, "5"),
        ({"x": "{{param}}"}, None, '{"x":"1"}'),
        (True, None, "true"),
    ],
)
def test_members_of_a_json_body(value: object, wanted: str | None, expected: str) -> None:
    made = call(extra={"v": value}, extra_type={"v": wanted} if wanted else {})

    assert f'{{"v":{expected}}}' == made.body
    assert values.loads(made.body or "")


def test_names_of_members_may_hold_references() -> None:
    assert call(extra={"x_{{name}}": "1", "y": "2"}).body == '{"x_k":"1","y":"2"}'


def test_a_form() -> None:
    made = call(
        content_type="application/x-www-form-urlencoded; charset=utf-8",
        extra={"a": "{{q}}", "o": "{{o}}", "f": "{{f}}"},
        extra_type={"o": "object", "f": "number"},
    )

    assert made.body == "a=say+%22hi%22%0A%D0%B9&o=%7B%22a%22%3A%5B1%5D%7D&f=1.10"
    assert made.headers == (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_methods_without_a_body_take_the_members_in_the_query(method: str) -> None:
    made = call(url="http://peer.test/x?y=1", method=method.lower(), extra={"a": "{{q}}", "b": "{{f}}"})

    assert (method, None, ()) == (made.method, made.body, made.headers)
    assert made.url == "http://peer.test/x?y=1&a=say%20%22hi%22%0A%D0%B9&b=1.10"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_have_a_body(method: str) -> None:
    made = call(method=method, extra={"a": "1"})

    assert (made.method, made.body) == (method, '{"a":"1"}')
    assert made.headers == (("Content-Type", "application/json"),)


def test_delete_without_parameters_has_no_body() -> None:
    made = call(method="DELETE")

    assert (made.body, made.headers) == (None, ())
    assert call(method="DELETE", format="raw", raw_body="x").body == "x"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("{{o}}", '{"a":[1]}'),
        ("{{q}}", 'say "hi"\nй'),
        ('{"q":"{{q}}","n":{{f}}}', '{"q":"say \\"hi\\"\\nй","n":1.10}'),
        ("a={{q}}", 'a=say "hi"\nй'),
        ({"q": "{{q}}"}, '{"q":"say \\"hi\\"\\nй"}'),
        (["{{q}}"], '["say \\"hi\\"\\nй"]'),
        (5, "5"),
        (None, ""),
    ],
)
def test_a_raw_body(raw: object, expected: str) -> None:
    assert expected == call(format="raw", raw_body=raw, extra={"ignored": "1"}).body


def test_a_raw_body_has_any_content_type() -> None:
    made = call(format="raw", raw_body="x", content_type="text/plain; charset=utf-8")

    assert made.headers == (("Content-Type", "text/plain; charset=utf-8"),)


def test_an_empty_raw_body_of_get_is_none() -> None:
    assert call(format="raw", raw_body="{{missing}}", method="GET").body is None
    assert call(format="raw", raw_body="x", method="GET").body == "x"


def test_the_authors_content_type_wins() -> None:
    made = call(extra_headers={"content-type": "application/json; charset=utf-8", "X-{{name}}": "<{{f}}>", "N": 5})

    assert made.headers == (("content-type", "application/json; charset=utf-8"), ("X-k", "<1.10>"), ("N", "5"))


def test_system_parameters_go_into_the_query() -> None:
    made = call(url="http://peer.test/x?a=1", send_sys=True)

    assert f"http://peer.test/x?a=1&conv_time={T0 // 1000}&conv_id=7" == made.url


def test_the_token_keeps_the_call_and_its_time_limit() -> None:
    tale = story(around(api("http://peer.test/"), go("end"), semaphors=[timer("late", 60)]))
    (token,) = tale.task.tokens

    assert (token.waiting, token.due_at) == (Waiting.CALL, T0 + 60_000)
    assert tale.calls == [token.call]


@pytest.mark.parametrize(
    ("extra", "wanted", "description"),
    [
        ("{{q}}", "number", 'Param: v, Value: say "hi"\nй, Try convert to: number'),
        ("{{missing}}", "object", "Param: v, Value: , Try convert to: object"),
        ('{"a":{{q}}}', "object", 'Param: v, Value: {"a":say "hi"\nй}, Try convert to: object'),
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_wrong_type_takes_the_error_link(extra: str, wanted: str, description: str, method: str) -> None:
    found = error(method=method, extra={"v": extra}, extra_type={"v": wanted})

    assert ("software", "api_wrong_convert_param", description) == found


@pytest.mark.parametrize("url", ["{{missing}}", "", "ftp://peer.test/", "peer.test/x", "/x", "javascript:alert(1)"])
def test_what_is_no_web_address_takes_the_error_link(url: str) -> None:
    """A task without a callback URL comes here, too."""
    assert error(url=url) == ("software", "api_bad_answer", "no_scheme")


def test_a_header_that_http_cannot_carry_takes_the_error_link() -> None:
    assert error(extra_headers={"X-A": "{{q}}"}) == ("hardware", "api_bind_error", "Error bind params to http query")
    assert error(extra_headers={"{{q}}": "x"})[1] == "api_bind_error"


def test_a_request_over_the_limit_takes_the_error_link() -> None:
    small = Limits(max_task_bytes=1000)
    for more in (
        {"extra": {"a": "{{a}}", "b": "{{a}}"}},
        {"extra": {"a": "{{a}}", "b": "{{a}}"}, "extra_type": {"b": "number"}},
        {"format": "raw", "raw_body": "{{a}}{{a}}"},
        {"url": "http://peer.test/{{a}}?b={{a}}"},
        {"extra_headers": {"X-A": "{{a}}{{a}}"}},
    ):
        kind, tag, description = error({"a": "1" * 600}, small, **more)

        assert (kind, tag) == ("software", "api_task_size_overflow_limit")
        assert description == (
            "Your task size: 1200 bytes, Max available task size: 1000 bytes, "
            "Try to change your data or try to split your task ..."
        )


def test_without_an_error_link_the_task_fails() -> None:
    tale = story(around(api("{{missing}}"), go("end")))

    assert TaskState.FAILED is tale.task.state
    assert tale.task.failure is not None
    assert tale.task.failure.description == "api_bad_answer: no_scheme"
    assert tale.task.data["__conveyor_api_return_type_tag__"] == "api_bad_answer"
    assert tale.path() == ["start:moved", "here:failed"]
