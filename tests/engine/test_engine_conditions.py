"""Conditions of go_if_const, one by one and in blocks."""

from __future__ import annotations

import pytest

from engine.definitions import (
    T0,
    Json,
    around,
    condition,
    final,
    go,
    go_if,
    new_task,
    node,
    process,
    start,
    story,
)
from syncline_server.engine import Limits, values
from syncline_server.engine.expressions.conditions import compile_condition
from syncline_server.engine.expressions.scope import Scope

DATA = values.loads_object(
    """{"s":"text","n":10,"f":1.10,"t":true,"no":false,"z":null,"e":"","ten":"10","o":{"a":[1,{"b":"deep"}]},"l":[1,2.0],
    "big":123456789012345678901234567890,"name":"s","pattern":"^te","bad":"(","a.b":"dotted"}"""
)


def met(param: str, fun: str, const: object, cast: str = "string", data: Json | None = None) -> bool:
    seen = Scope(new_task(DATA if data is None else data), process(start("end"), final()), {}, T0)
    return compile_condition(param, fun, const, cast)(seen)


@pytest.mark.parametrize(
    ("param", "fun", "const", "cast", "expected"),
    [
        # strings
        ("s", "eq", "text", "string", True),
        ("s", "eq", "Text", "string", False),
        ("s", "not_eq", "Text", "string", True),
        ("s", "not_eq", "text", "string", False),
        ("s", "more", "tex", "string", True),
        ("s", "less", "u", "string", True),
        ("s", "more_or_eq", "text", "string", True),
        ("s", "less_or_eq", "tex", "string", False),
        # "present and not empty"
        ("s", "not_eq", "", "string", True),
        ("n", "not_eq", "", "string", True),
        ("o", "not_eq", "", "string", True),
        ("e", "not_eq", "", "string", False),
        ("z", "not_eq", "", "string", False),
        ("z", "eq", "", "string", True),
        ("missing", "not_eq", "", "string", False),
        ("missing", "eq", "", "string", False),
        # a missing parameter meets nothing
        ("missing", "not_eq", "x", "number", False),
        ("missing", "less", "1", "number", False),
        ("missing", "regexp", ".*", "string", False),
        ("o.zz", "not_eq", "", "string", False),
        ("{{missing}}", "not_eq", "", "string", False),
        # numbers
        ("n", "eq", "10", "number", True),
        ("n", "eq", "10.0", "number", True),
        ("n", "eq", 10, "number", True),
        ("n", "eq", "1e1", "number", True),
        ("f", "eq", "1.1", "number", True),
        ("big", "eq", "123456789012345678901234567890", "number", True),
        ("big", "more", "123456789012345678901234567889", "number", True),
        ("n", "more", "9.99", "number", True),
        ("n", "more", "10", "number", False),
        ("n", "more_or_eq", "10", "number", True),
        ("n", "less", "9", "number", False),
        ("n", "less_or_eq", "10", "number", True),
        # the types have to match
        ("ten", "eq", "10", "number", False),
        ("ten", "not_eq", "10", "number", True),
        ("ten", "more", "9", "number", False),
        ("n", "eq", "10", "string", False),
        ("n", "more", "1", "string", False),
        ("t", "eq", "1", "number", False),
        ("n", "eq", "x", "number", False),
        ("n", "not_eq", "x", "number", True),
        ("n", "more", "x", "number", False),
        # booleans
        ("t", "eq", "true", "boolean", True),
        ("t", "eq", True, "boolean", True),
        ("no", "eq", "false", "boolean", True),
        ("no", "not_eq", "true", "boolean", True),
        ("s", "eq", "true", "boolean", False),
        ("s", "eq", "yes", "boolean", False),
        # arrays and objects
        ("l", "eq", "[1, 2]", "array", True),
        ("l", "eq", "[2,1]", "array", False),
        ("l", "not_eq", "[]", "array", True),
        ("l", "eq", [1, 2], "array", True),
        ("o", "eq", '{"a":[1.0,{"b":"deep"}]}', "object", True),
        ("o", "eq", "{}", "object", False),
        ("o", "eq", "not json", "object", False),
        ("o", "not_eq", "not json", "object", True),
        # ways to name a parameter
        ("o.a[1].b", "eq", "deep", "string", True),
        ("{{o.a[1].b}}", "eq", "deep", "string", True),
        ("{{n}}", "eq", "10", "number", True),
        ("{{s}}-{{n}}", "eq", "text-10", "string", True),
        ("{{s}}{{missing}}", "eq", "text", "string", True),
        ("{{{{name}}}}", "eq", "text", "string", True),
        (r"a\.b", "eq", "dotted", "string", True),
        ("a.b", "eq", "dotted", "string", False),
        ("root.ref", "eq", "r1", "string", True),
        # constants out of the task
        ("n", "eq", "{{n}}", "number", True),
        ("n", "eq", "{{ten}}", "number", True),
        ("s", "eq", "{{s}}", "string", True),
        ("s", "eq", "te{{missing}}xt", "string", True),
        ("e", "eq", "{{missing}}", "string", True),
        ("o", "eq", "{{o}}", "object", True),
        ("n", "less", "{{big}}", "number", True),
        ("n", "less", "{{missing}}", "number", False),
        # expressions
        ("s", "regexp", "ex", "string", True),
        ("s", "regexp", "^ex", "string", False),
        ("s", "regexp", "^[a-z]+$", "string", True),
        ("n", "regexp", r"^\d+$", "string", True),
        ("n", "regexp", 10, "number", True),
        ("s", "regexp", "{{pattern}}", "string", True),
        ("s", "regexp", "{{bad}}", "string", False),
        ("s", "regexp", "{{missing}}", "string", True),
        ("missing", "regexp", "{{pattern}}", "string", False),
        # the first form has no cast
        ("n", "eq", "10", "", True),
        ("ten", "eq", 10, "", True),
        ("ten", "eq", "10.0", "", True),
        ("s", "eq", "text", "", True),
        ("t", "eq", "true", "", True),
        ("z", "eq", "", "", True),
        ("o", "eq", '{"a":[1,{"b":"deep"}]}', "", True),
        ("n", "not_eq", "11", "", True),
        ("ten", "more", "9", "", True),
        ("s", "more", "a", "", True),
        ("n", "less", "text", "", True),
    ],
)
def test_conditions(param: str, fun: str, const: object, cast: str, expected: bool) -> None:
    assert expected is met(param, fun, const, cast)


def test_values_of_any_kind_meet_any_function_without_an_error() -> None:
    for fun in ("eq", "not_eq", "more", "less", "more_or_eq", "less_or_eq", "regexp"):
        for cast in ("", "string", "number"):
            for param in DATA:
                if "." not in param:
                    assert met(param, fun, "1", cast) in (True, False)


def chosen(data: Json, *blocks: Json) -> str:
    tale = story(
        process(start("here"), node("here", *blocks, go("none")), final("one"), final("two"), final("none")), data
    )
    return tale.task.node_id


def test_the_conditions_of_a_block_hold_together() -> None:
    block = go_if("one", condition("a", "eq", "1", "number"), condition("b", "eq", "2", "number"))

    assert chosen({"a": 1, "b": 2}, block) == "one"
    assert chosen({"a": 1, "b": 3}, block) == "none"
    assert chosen({"b": 2}, block) == "none"


def test_the_first_block_that_is_met_wins() -> None:
    blocks = (go_if("one", condition("a", "more", "5", "number")), go_if("two", condition("a", "more", "3", "number")))

    assert chosen({"a": 6}, *blocks) == "one"
    assert chosen({"a": 4}, *blocks) == "two"
    assert chosen({"a": 1}, *blocks) == "none"


def test_the_first_form_of_a_condition_stands_in_the_logic() -> None:
    logic: Json = {"type": "go_if_const", "to_node_id": "one", "param": "res", "fun": "eq", "const": "0"}

    assert chosen({"res": 0}, logic) == "one"
    assert chosen({"res": "0"}, logic) == "one"
    assert chosen({"res": 1}, logic) == "none"


def test_a_constant_may_be_null() -> None:
    assert chosen({"a": ""}, go_if("one", condition("a", "eq", None))) == "one"


def test_a_condition_that_writes_too_much_fails_the_task() -> None:
    logics = (go_if("bad", condition("{{a}}{{a}}", "eq", "x")), go("end"))
    data: Json = {"a": "x" * 600}

    assert story(around(*logics), data).task.node_id == "end"
    failed = story(around(*logics, limits=Limits(max_task_bytes=1000)), data).task
    assert failed.failure is not None
    assert (failed.failure.reason, failed.failure.node_id) == ("TASK_TOO_LARGE", "here")
