"""The Code logic: what its script gets, and what of the task is the script's afterwards."""

from __future__ import annotations

import pytest

from engine.definitions import Json, around, code, faults_of, go, story, timer
from syncline_server.engine import TaskState, Waiting, values
from syncline_server.engine.effects import ScriptCall, ScriptReply

DATA: Json = {"a": 1, "s": "text", "n": values.Number("1.10")}
TEXT = '{"a":1,"s":"text","n":1.10}'


def test_a_script_gets_the_whole_data() -> None:
    tale = story(around(code("data.b = '{{a}}';"), go("end")), DATA)

    call = ScriptCall(step=2, node_id="here", source="data.b = '{{a}}';", data=TEXT)
    assert [call] == tale.effects
    assert (tale.task.state, tale.task.tokens[0].waiting) == (TaskState.RUNNING, Waiting.CALL)


@pytest.mark.parametrize(
    ("left", "output"),
    [
        (TEXT, ""),
        ('{"a":1,"s":"text","n":1.10,"b":[1]}', '{"b":[1]}'),
        ('{"a":2,"s":"text","n":1.1}', '{"a":2,"n":1.1}'),
        ('{"s":"text"}', ""),
        ("{}", ""),
    ],
)
def test_what_the_script_left_is_the_data(left: str, output: str) -> None:
    tale = story(around(code(error="bad"), go("end")), DATA)
    tale.news(ScriptReply(data=left))

    assert left == values.dumps(tale.task.data)
    assert tale.path() == ["start:moved", "here:moved", "end:ended"]
    assert (tale.steps[1].input, tale.steps[1].output) == (TEXT, output)


def test_what_a_modification_has_set_meanwhile_stays_unless_the_script_has_changed_it_too() -> None:
    tale = story(around(code(), go("end")), {"a": 1, "b": 1, "c": 1, "d": 1})
    tale.modify(a=2, b=2, c=2, e=2)
    tale.news(ScriptReply(data='{"a":1,"b":3,"d":1,"f":3}'))

    assert tale.task.data == {"a": 2, "b": 3, "d": 1, "e": 2, "f": 3}
    assert tale.steps[1].output == '{"b":3,"f":3}'


TOO_DEEP = '{"a":' + "[" * 300 + "]" * 300 + "}"


@pytest.mark.parametrize("left", ["null", "5", '"text"', "[]", "{", "", '{"a":NaN}', TOO_DEEP])
def test_what_is_no_object_is_an_error_and_changes_nothing(left: str) -> None:
    tale = story(around(code(error="bad"), go("end")), {"a": 1})
    tale.news(ScriptReply(data=left))

    assert tale.task.data["a"] == 1
    assert tale.task.data["__conveyor_code_return_type_tag__"] == "code_return_format_error"
    assert tale.task.node_id == "bad"


def test_a_time_semaphor_ends_the_wait() -> None:
    tale = story(around(code(), go("end"), semaphors=[timer("late")]))
    tale.fire()

    assert tale.path() == ["start:moved", "here:timed_out", "late:ended"]


@pytest.mark.parametrize("lang", ["js", "JS", "javascript", "", None])
def test_the_language_is_javascript(lang: str | None) -> None:
    assert faults_of(code(lang=lang), go("end")) == ()


@pytest.mark.parametrize(
    ("lang", "description"),
    [
        ("erl", "Erlang code cannot run here: rewrite the node in JavaScript."),
        ("erlang", "Erlang code cannot run here: rewrite the node in JavaScript."),
        ("python", "The language of a Code node is js."),
    ],
)
def test_any_other_language_is_refused(lang: str, description: str) -> None:
    (fault,) = faults_of(code(lang=lang), go("end"))

    assert (fault.field, fault.description) == ("logics[0].lang", description)
