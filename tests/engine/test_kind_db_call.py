"""The DB Call logic: statements with bound parameters, and their rows."""

from __future__ import annotations

import pytest

from engine.definitions import Json, Story, around, faults_of, go, query, story, timer
from syncline_server.engine import Limits, TaskState, Waiting, values
from syncline_server.engine.effects import QueryCall, QueryReply

DATA: Json = {"a": 1, "s": "it's", "o": {"k": [1]}, "n": None}


def asking(text: str, data: Json | None = None) -> QueryCall:
    (call,) = story(around(query(text), go("end")), DATA if data is None else data).effects
    assert isinstance(call, QueryCall)
    return call


@pytest.mark.parametrize(
    ("text", "statement", "parameters"),
    [
        ("SELECT 1", "SELECT 1", ()),
        ("SELECT {{a}}, {{s}}, {{a}}", "SELECT $1, $2, $3", (1, "it's", 1)),
        ("SELECT {{o}}, {{o.k[0]}}, {{n}}, {{missing}}", "SELECT $1, $2, $3, $4", ({"k": [1]}, 1, None, None)),
        ("SELECT $.math({{a}}+1)", "SELECT $1", (2,)),
        ("SELECT {{o.{{x}}}}", "SELECT $1", (None,)),
        # one in quotes takes their place
        ("SELECT '{{s}}', '{{a}}'", "SELECT $1, $2", ("it's", 1)),
        ("SELECT 'x', '{{a}}', 'y'", "SELECT 'x', $1, 'y'", (1,)),
        # beside other text it is a part of it, and a text
        ("LIKE '%{{s}}%'", "LIKE ('%'||$1||'%')", ("it's",)),
        ("LIKE '{{a}}%' AND {{a}}", "LIKE (''||$1||'%') AND $2", ("1", 1)),
        ("= '{{a}}{{s}}'", "= (''||$1||''||$2||'')", ("1", "it's")),
        ("= 'it''s {{a}}'::text", "= ('it''s '||$1||'')::text", ("1",)),
        ("'a''b' = {{a}}", "'a''b' = $1", (1,)),
        # nothing of a comment counts
        ("SELECT {{a}} -- of {{s}}, don't\n, {{s}}", "SELECT $1 -- of , don't\n, $2", (1, "it's")),
        ("/* {{a}}'s\n */ SELECT '{{s}}'", "/* 's\n */ SELECT $1", ("it's",)),
        ("SELECT '--{{a}}'", "SELECT ('--'||$1||'')", ("1",)),
        ("SELECT '/*', {{a}}, '*/'", "SELECT '/*', $1, '*/'", (1,)),
        ("SELECT '{{a}}", "SELECT '$1", (1,)),
        ("""SELECT "a--b", {{a}}, '"', '$1'""", """SELECT "a--b", $1, '"', '$1'""", (1,)),
        ("SELECT \0{{a}}\0", "SELECT $1", (1,)),
    ],
)
def test_a_reference_is_a_parameter_everywhere(text: str, statement: str, parameters: tuple[object, ...]) -> None:
    call = asking(text)

    assert (statement, parameters) == (call.query, call.parameters)
    assert (call.step, call.node_id, call.instance_id) == (2, "here", 3)


@pytest.mark.parametrize("value", ["' OR 1=1 --", "'; DROP TABLE users; --", "$1", "\0", "{{a}}", "\\'"])
@pytest.mark.parametrize("text", ["= {{v}}", "= '{{v}}'", "LIKE '%{{v}}%'"])
def test_no_value_gets_into_the_statement(text: str, value: str) -> None:
    call = asking(text, {"v": value})

    assert asking(text, {"v": "x"}).query == call.query
    assert call.parameters == (value,)


def answered(rows: str, *, data: Json | None = None, limits: Limits | None = None) -> Story:
    tale = story(around(query("SELECT {{a}}", "bad"), go("end"), limits=limits), data or {"a": 1})
    assert tale.task.tokens[0].waiting is Waiting.CALL
    assert tale.task.state is TaskState.RUNNING
    tale.news(QueryReply(rows=rows))
    return tale


@pytest.mark.parametrize("rows", ["[]", '[{"id":1,"price":1.10},{"id":2,"price":null}]'])
def test_the_rows_come_under_one_name(rows: str) -> None:
    tale = answered(rows)

    assert f'{{"a":1,"db_call_result":{rows}}}' == values.dumps(tale.task.data)
    assert tale.path() == ["start:moved", "here:moved", "end:ended"]
    assert tale.steps[1].input == '{"query":"SELECT $1","parameters":[1]}'
    assert f'{{"db_call_result":{rows}}}' == tale.steps[1].output


def test_new_rows_take_the_place_of_the_old() -> None:
    tale = answered("[]", data={"a": 1, "db_call_result": [{"a": 1}]})

    assert tale.task.data["db_call_result"] == []


def test_a_time_semaphor_ends_the_wait() -> None:
    tale = story(around(query("SELECT 1"), go("end"), semaphors=[timer("late")]))
    tale.fire()

    assert tale.path() == ["start:moved", "here:timed_out", "late:ended"]


def test_more_parameters_than_a_task_may_hold_are_not_sent() -> None:
    found = around(query("SELECT " + "{{s}}, " * 1000 + "1", "bad"), go("end"), limits=Limits(max_task_bytes=1000))
    tale = story(found, {"s": "x" * 500})

    assert tale.effects == []
    assert tale.task.failure is not None
    assert tale.task.failure.reason == "TASK_TOO_LARGE"


@pytest.mark.parametrize(
    ("fields", "field", "description"),
    [
        ({"instance_id": None}, "instance_id", "No database is named here."),
        ({"instance_id": "main"}, "instance_id", "This has to be a whole number from 1 on."),
        ({"query": " "}, "query", "The statement is empty."),
        ({"query": None}, "query", "The statement is empty."),
        ({"query": "SELECT {{a..b}}"}, "query", "has an empty name."),
        ({"query": "SELECT $1, {{a}}"}, "query", "not by $1"),
        ({"query": 'SELECT "{{a}}"'}, "query", "a quoted name"),
        ({"query": "SELECT $$ {{a}} $$"}, "query", "dollar quotes"),
        ({"query": "SELECT $x$ {{a}} $x$"}, "query", "dollar quotes"),
        ({"query": "SELECT E'\\n{{a}}'"}, "query", "E'"),
        ({"err_node_id": "gone"}, "err_node_id", "The node 'gone' does not exist."),
    ],
)
def test_what_is_refused(fields: Json, field: str, description: str) -> None:
    faults = faults_of({**query("SELECT 1"), **fields}, go("end"))

    assert any(fault.field == f"logics[0].{field}" and description in fault.description for fault in faults), faults
