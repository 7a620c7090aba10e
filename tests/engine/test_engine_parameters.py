"""What a process declares about its tasks' parameters: how it is read, and what is held to it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions import Json, definition, final, node, read, start
from syncline_server.engine import Process, values
from syncline_server.engine.expressions.scope import MISSING
from syncline_server.engine.parameters import (
    FLAGS,
    NO_MATCH,
    NO_VALUE,
    Problem,
    check_modification,
    check_new,
    validate,
)


def declare(name: str, *flags: str, **more: object) -> Json:
    return {"name": name, "type": "", "descr": "", "flags": list(flags), "regex": "", "regex_error_text": "", **more}


def declaring(*params: object) -> Process:
    found = read(definition(start("end"), final(), params=list(params)))
    assert found.process is not None, found.faults
    return found.process


def said(*params: object, of: str = "faults") -> list[tuple[str, str]]:
    found = read(definition(start("end"), final(), params=list(params)))
    return [(fault.field, fault.description) for fault in getattr(found, of)]


# Reading.


@pytest.mark.parametrize("params", [None, []])
def test_a_process_may_declare_nothing(params: object) -> None:
    found = read(definition(start("end"), final(), params=params))

    assert found.process is not None
    assert found.process.parameters == ()


def test_parameters_may_be_absent() -> None:
    found = read(definition(start("end"), final())).process

    assert found is not None
    assert found.parameters == ()


@pytest.mark.parametrize(
    "bare",
    [
        {"name": "a"},
        {"name": "a", "type": None, "descr": None, "flags": None, "regex": None, "regex_error_text": None},
        {"name": "a", "type": "", "flags": "", "regex": "", "noise": 1},
    ],
)
def test_missing_fields_have_defaults(bare: Json) -> None:
    (declared,) = declaring(bare).parameters

    assert declared.keys == ("a",)
    assert declared.type == ""
    assert not declared.is_required
    assert not declared.is_cleared
    assert declared.matches is None
    assert declared.mismatch == NO_MATCH


@pytest.mark.parametrize("flag", FLAGS)
def test_every_documented_flag_is_taken(flag: str) -> None:
    (declared,) = declaring(declare("a", flag)).parameters

    assert declared.is_required == (flag == "required")
    assert declared.is_cleared == (flag == "auto-clear")
    assert declared.is_checked == (flag != "output")


@pytest.mark.parametrize(
    ("bad", "field", "words"),
    [
        ({"type": "date"}, "type", "The type of a parameter is one of string, number, boolean, object, array."),
        ({"type": {}}, "type", "This has to be a text."),
        ({"flags": ["input", "hidden"]}, "flags", "not 'hidden'."),
        ({"flags": "input"}, "flags", "This has to be a list of texts."),
        ({"flags": [1]}, "flags", "This has to be a list of texts."),
        ({"regex": "("}, "regex", "'(' is no regular expression of RE2."),
        ({"regex": "(?=a)"}, "regex", "is no regular expression of RE2."),
        ({"regex": "a" * 10_001}, "regex", "A regular expression has at most 10000 characters."),
        ({"regex": []}, "regex", "This has to be a text."),
        ({"name": " "}, "name", "A parameter has a name."),
        ({"name": None}, "name", "A parameter has a name."),
        ({"regex_error_text": ["x"]}, "regex_error_text", "This has to be a text."),
    ],
)
def test_what_is_not_known_is_a_fault_that_names_its_field(bad: Json, field: str, words: str) -> None:
    ((place, description),) = said(declare("fine"), {**declare("a"), **bad})

    assert place == f"params[1].{field}"
    assert words in description


def test_what_is_no_list_of_objects_is_a_fault() -> None:
    assert said("noise") == [("params[0]", "This has to be an object.")]
    assert [fault.field for fault in read(definition(start("end"), final(), params="x")).faults] == ["params"]


def test_faults_of_declarations_come_with_those_of_nodes() -> None:
    found = read(definition(start("nowhere"), final(), params=[declare("a", type="x")]))

    assert [fault.field for fault in found.faults] == ["logics[0].to_node_id", "params[0].type"]


def test_a_name_declared_twice_is_noted_and_both_hold() -> None:
    twice = [declare("a", type="string"), declare("a", "required", "input")]

    assert said(*twice, of="notes") == [("params[1].name", "The parameter 'a' is declared more than once.")]
    assert check_new(declaring(*twice), {}) == Problem("a", NO_VALUE)
    assert check_new(declaring(*twice), {"a": 1}) == Problem("a", "The value is not of the type string")


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("phone", ("phone",)),
        ("card.number", ("card", "number")),
        ("phones[0]", ("phones", 0)),
        (r"phone\[0\]", ("phone[0]",)),
        (r"a\.b", ("a.b",)),
        ("#$@_Z9", ("#$@_Z9",)),
        ("ім'я-2", ("ім'я-2",)),
        ("[x", ("[x",)),
        ("a..b", ("a..b",)),
        ("a_{{b}}", ("a_{{b}}",)),
    ],
)
def test_a_name_is_a_path_when_it_can_be_one(name: str, keys: tuple[str | int, ...]) -> None:
    (declared,) = declaring(declare(name)).parameters

    assert declared.name == name
    assert declared.keys == keys


# What is held to it.

SAMPLES: dict[str, object] = {
    "string": "x",
    "number": values.Number("1.10"),
    "boolean": False,
    "object": {},
    "array": [],
}


@pytest.mark.parametrize("wanted", SAMPLES)
@pytest.mark.parametrize("given_type", SAMPLES)
def test_a_value_is_of_the_declared_type(wanted: str, given_type: str) -> None:
    found = check_new(declaring(declare("a", "input", type=wanted)), {"a": SAMPLES[given_type]})

    expected = None if wanted == given_type else Problem("a", f"The value is not of the type {wanted}")
    assert found == expected


@pytest.mark.parametrize("value", SAMPLES.values())
def test_without_a_type_any_value_fits(value: object) -> None:
    assert check_new(declaring(declare("a", "required", "input")), {"a": value}) is None


@pytest.mark.parametrize(
    ("value", "type_name"), [("10", "number"), (10, "string"), ("true", "boolean"), ("{}", "object")]
)
def test_nothing_is_converted(value: object, type_name: str) -> None:
    assert check_new(declaring(declare("a", type=type_name)), {"a": value}) is not None


@pytest.mark.parametrize(
    ("data", "is_there"),
    [({}, False), ({"a": None}, False), ({"b": 1}, False), ({"a": ""}, True), ({"a": 0}, True), ({"a": False}, True)],
)
def test_a_required_parameter_has_to_be_there(data: Json, is_there: bool) -> None:
    assert check_new(declaring(declare("a", "required", "input")), data) == (
        None if is_there else Problem("a", NO_VALUE)
    )


@pytest.mark.parametrize("data", [{}, {"a": None}])
def test_one_that_is_not_required_may_be_left_out(data: Json) -> None:
    assert check_new(declaring(declare("a", "input", type="number", regex="^x")), data) is None


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("^[0-9]+$", "0123", True),
        ("^[0-9]+$", "0123x", False),
        ("b", "abc", True),
        ("^[0-9]{3}$", 123, True),
        ("^1\\.10$", values.Number("1.10"), True),
        ("^true$", True, True),
        ("^true$", False, False),
        ('"k":1', {"k": 1}, True),
        ("^\\[\\]$", [], True),
        ("^$", "", True),
        ("(?i)^ї$", "Ї", True),
    ],
)
def test_a_value_matches_the_expression(pattern: str, value: object, fits: bool) -> None:
    process = declaring(declare("a", "input", regex=pattern, regex_error_text="Write it well!"))

    assert check_new(process, {"a": value}) == (None if fits else Problem("a", "Write it well!"))


def test_without_words_of_the_author_a_mismatch_has_ours() -> None:
    assert check_new(declaring(declare("a", regex="^x")), {"a": "y"}) == Problem("a", NO_MATCH)


def test_the_type_comes_before_the_expression() -> None:
    process = declaring(declare("a", "input", type="string", regex="^x", regex_error_text="no"))

    assert check_new(process, {"a": 1}) == Problem("a", "The value is not of the type string")


def test_an_output_is_not_asked_for() -> None:
    result = declare("a", "required", "output", type="string", regex="^x")

    assert check_new(declaring(result), {}) is None
    assert check_new(declaring(result), {"a": 1}) is None
    assert check_new(declaring({**result, "flags": ["required", "input", "output"]}), {}) is not None


def test_a_local_parameter_is_held_to_its_type() -> None:
    assert check_new(declaring(declare("a", type="string")), {"a": 1}) is not None


def test_a_path_leads_into_objects_and_arrays() -> None:
    process = declaring(declare("a.b[1]", "required", type="number"))

    assert check_new(process, {"a": {"b": [0, 1]}}) is None
    assert check_new(process, {"a": {"b": [0, "1"]}}) == Problem("a.b[1]", "The value is not of the type number")
    assert check_new(process, {"a": {"b": [0]}}) == Problem("a.b[1]", NO_VALUE)
    assert check_new(process, {"a": "text"}) == Problem("a.b[1]", NO_VALUE)


def test_a_member_of_the_very_name_counts_more_than_the_path() -> None:
    process = declaring(declare("a.b", "required", type="number"))

    assert check_new(process, {"a.b": 1, "a": {"b": "x"}}) is None
    assert check_new(process, {"a.b": "x", "a": {"b": 1}}) is not None


def test_validation_tells_everything_in_the_order_of_the_declarations() -> None:
    process = declaring(
        declare("a", "required", "input"),
        declare("b", "input", type="number"),
        declare("fine", type="string"),
        declare("c", "input", regex="^[a-z]+$", regex_error_text="Small letters, please"),
    )

    assert validate(process.parameters, {"c": "Ä", "b": "2", "fine": "x"}) == [
        Problem("a", NO_VALUE),
        Problem("b", "The value is not of the type number"),
        Problem("c", "Small letters, please"),
    ]


def test_a_problem_is_described_as_documented() -> None:
    assert Problem("phone", "Wrong format").description == "Param: phone, Error: Wrong format"


def test_no_value_is_in_a_description() -> None:
    process = declaring(declare("a", "input", type="number"), declare("b", regex="^x"))
    found = validate(process.parameters, {"a": "s3cret", "b": "s3cret"})

    assert len(found) == 2
    assert all("s3cret" not in problem.description for problem in found)


# Modifications.


def test_a_modification_is_held_to_what_it_gives() -> None:
    process = declaring(
        declare("a", "required", "input"), declare("b", "input", type="number"), declare("c", regex="^x")
    )

    assert check_modification(process, {}) is None
    assert check_modification(process, {"z": 1}) is None
    assert check_modification(process, {"b": 2, "c": "xy"}) is None
    assert check_modification(process, {"b": "2"}) == Problem("b", "The value is not of the type number")
    assert check_modification(process, {"c": "y"}) == Problem("c", NO_MATCH)
    assert check_modification(process, {"a": None}) == Problem("a", NO_VALUE)


def test_a_modification_replaces_what_a_path_leads_into() -> None:
    process = declaring(declare("a.b", "required", "input"))

    assert check_modification(process, {"a": {"c": 1}}) == Problem("a.b", NO_VALUE)
    assert check_modification(process, {"c": 1}) is None


# Laws.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0"]), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["a", "b", "a.b", "a[0]", "a[0].b", r"a\.b", "0"]) | st.text(min_size=1, max_size=6)
DECLARED = st.builds(
    declare,
    NAMES.filter(str.strip),
    st.sampled_from(FLAGS),
    st.sampled_from(FLAGS),
    type=st.sampled_from(["", *SAMPLES]),
    regex=st.sampled_from(["", "a", "^.$", "[0-9]"]),
)


@given(st.lists(DECLARED, max_size=4), st.dictionaries(st.sampled_from(["a", "b", "0", "a.b"]), JSON, max_size=3))
def test_a_process_takes_what_is_valid_and_modifications_by_it(params: list[Json], data: dict[str, object]) -> None:
    process = declaring(*params)
    problems = validate(process.parameters, data)

    assert check_new(process, data) == (problems[0] if problems else None)
    if not problems:
        assert check_modification(process, data) is None
    for declaration in process.parameters:
        found = declaration.find(data)
        assert found is MISSING or declaration.name in data or declaration.keys[0] in data


@given(st.dictionaries(st.sampled_from(["name", "type", "flags", "regex", "regex_error_text"]), JSON), JSON)
def test_whatever_is_declared_reading_only_notes_faults(param: Json, whole: object) -> None:
    found = read(definition(start("end"), node("x", semaphors=[]), final(), params=[param, whole]))

    assert all(fault.field for fault in found.faults)


def test_searches_are_bounded() -> None:
    """Nine seconds it took to check one new task."""
    names = [f"a{n}" for n in range(300)]
    process = declaring(*[declare(name, "input", regex="(x{1,30}){1,30}y") for name in names])
    before = time.process_time()

    problems = validate(process.parameters, dict.fromkeys(names, "x" * 3000))

    assert problems[0].error == NO_MATCH
    assert problems[-1].error == "The value is too long for the regular expression"
    assert time.process_time() - before < 2
