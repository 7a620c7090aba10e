"""Whole processes, as they are exported: an answer at once, later, after a modification, and one that decides."""

from __future__ import annotations

import json

import pytest

from engine.definitions import CALLBACK_URL, T0, Json, Story, shipped, story
from syncline_server.engine import CallFailure, CallFault, CallReturned, OutcomeKind, TaskState, values


def asked(name: str, text: str) -> Story:
    data = values.loads_object(text)
    return story(shipped(name), {**data, "__callback_url": CALLBACK_URL, "__headers": {}})


def answered(tale: Story) -> str:
    """Deliver the call to the task's own callback URL, as a runtime does; return the answer."""
    (call,) = tale.calls
    assert (call.url, call.method) == (CALLBACK_URL, "POST")
    assert call.body is not None
    tale.answer(call.body)
    tale.reply("{}")
    assert TaskState.ENDED is tale.task.state
    assert tale.task.outcome is not None
    assert OutcomeKind.ANSWERED is tale.task.outcome.kind
    return tale.task.outcome.data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"param":1}', '{"info":{"param":"1"}}'),
        ('{"param":"1"}', '{"info":{"param":"1"}}'),
        ('{"param":1.10}', '{"info":{"param":"1.10"}}'),
        ('{"param":1e5}', '{"info":{"param":"1e5"}}'),
        ('{"param":' + "7" * 400 + "}", '{"info":{"param":"' + "7" * 400 + '"}}'),
        ('{"param":' + "7" * 6000 + "}", '{"info":{"param":"' + "7" * 6000 + '"}}'),
        ('{"param":true}', '{"info":{"param":"true"}}'),
        ('{"param":null}', '{"info":{"param":""}}'),
        ("{}", '{"info":{"param":""}}'),
        ('{"param":{"a":[1,"x"]}}', '{"info":{"param":"{\\"a\\":[1,\\"x\\"]}"}}'),
        (r'{"param":"\"\\\n\u0000\u2028й😀{{x}}</script>"}', None),
    ],
)
def test_echo(text: str, expected: str | None) -> None:
    answer = answered(asked("echo", text))

    assert expected in (None, answer)
    if expected is None:
        assert json.loads(text)["param"] == json.loads(answer)["info"]["param"]


def test_echo_without_a_callback_url_takes_its_error_link() -> None:
    tale = story(shipped("echo"), {"param": 1})

    assert TaskState.ENDED is tale.task.state
    assert tale.task.data["__conveyor_api_return_description__"] == "no_scheme"


def test_an_answer_that_nobody_takes_takes_the_error_link() -> None:
    tale = asked("echo", "{}")
    tale.meet(CallReturned(tale.calls[0].step, CallFailure(CallFault.TIMEOUT)))

    assert [step.result for step in tale.steps] == ["moved", "error", "ended"]


@pytest.mark.parametrize("until", ["1700000005", '"1700000005"'])
def test_later(until: str) -> None:
    tale = asked("later", f'{{"param":"x","until":{until}}}')
    assert (tale.task.state, tale.calls) == (TaskState.WAITING, [])
    tale.fire()

    assert tale.now == T0 + 5000
    assert answered(tale) == '{"info":{"param":"x"}}'


def test_waiting() -> None:
    tale = asked("waiting", "{}")
    assert TaskState.WAITING is tale.task.state
    tale.modify(answer='say "hi"')

    assert answered(tale) == '{"answer":"say \\"hi\\""}'


@pytest.mark.parametrize(
    ("amount", "balance", "expected"),
    [
        (5, 10, {"result": "ok"}),
        ("5", "10", {"result": "ok"}),
        (10, 10, {"result": "ok"}),
        (10.01, 10, {"result": "error", "reason": "insufficient funds"}),
        ("1" * 30, 10, {"result": "error", "reason": "insufficient funds"}),
        (0, 10, {"result": "error", "reason": "bad amount"}),
        (-5, 10, {"result": "error", "reason": "bad amount"}),
        ("five", 10, {"result": "error", "reason": "bad amount"}),
        ("", 10, {"result": "error", "reason": "bad amount"}),
        (None, 10, {"result": "error", "reason": "bad amount"}),
        ([5], 10, {"result": "error", "reason": "bad amount"}),
    ],
)
def test_a_transfer_between_two_clients(amount: object, balance: object, expected: Json) -> None:
    tale = asked("p2p", json.dumps({"from": "A", "to": "B", "amount": amount, "balance": balance}))

    assert expected == json.loads(answered(tale))
