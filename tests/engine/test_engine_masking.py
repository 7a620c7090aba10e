"""How values that are to be cleared are hidden: in a task's data at its end, in the records of its steps at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions import T0, Json, definition, final, read, start
from syncline_server.engine import Step, values
from syncline_server.engine.masking import MASK, MOST_TEXTS, clear, mask_steps

if TYPE_CHECKING:
    from syncline_server.engine.parameters import Declaration


def cleared(*names: str, flags: tuple[str, ...] = ("input", "auto-clear")) -> tuple[Declaration, ...]:
    params = [{"name": name, "flags": list(flags)} for name in names]
    found = read(definition(start("end"), final(), params=params)).process
    assert found is not None
    return found.parameters


def step(input_text: str = "", output: str = "") -> Step:
    return Step(
        sequence=3,
        node_id="n",
        previous_node_id="p",
        started_at=T0,
        ended_at=T0 + 1,
        result="moved",
        input=input_text,
        output=output,
    )


def masked(text: str, data: Json, *names: str) -> object:
    """Return what is left of a step's output."""
    (found,) = mask_steps(cleared(*(names or ("card",))), [data], [step(output=text)])
    return json.loads(found.output)


# The data of a task that has ended.


@pytest.mark.parametrize("value", ["4111", 4111, values.Number("1.10"), True, None, "", {"a": 1}, [1, 2]])
def test_a_value_is_masked_whatever_it_is(value: object) -> None:
    assert clear(cleared("card"), {"a": 1, "card": value, "b": 2}) == {"a": 1, "card": MASK, "b": 2}


def test_the_order_of_members_stays() -> None:
    assert list(clear(cleared("card"), {"z": 1, "card": 2, "a": 3})) == ["z", "card", "a"]


def test_data_without_the_parameter_stays_the_same_object() -> None:
    data: dict[str, object] = {"a": 1}

    assert clear(cleared("card"), data) is data
    assert clear((), data) is data


def test_what_is_not_declared_to_be_cleared_stays() -> None:
    assert clear(cleared("card", flags=("required", "input", "output")), {"card": 1}) == {"card": 1}


def test_a_path_is_masked_where_it_leads() -> None:
    data: dict[str, object] = {"card": {"number": "4111", "name": "A"}, "codes": ["1", "2"], "a.b": 1, "a": {"b": 2}}

    found = clear(cleared("card.number", "codes[1]", "a.b", "card.none", "codes[7]", "name.first"), data)

    assert found == {"card": {"number": MASK, "name": "A"}, "codes": ["1", MASK], "a.b": MASK, "a": {"b": 2}}


def test_nothing_is_changed_in_place() -> None:
    data: dict[str, object] = {"card": {"numbers": ["4111"]}}

    assert clear(cleared("card.numbers[0]"), data) == {"card": {"numbers": [MASK]}}
    assert data == {"card": {"numbers": ["4111"]}}


# The records of steps.


def test_a_record_is_masked_by_name() -> None:
    assert masked('{"card":"new","a":1}', {"card": "old"}) == {"card": MASK, "a": 1}


def test_a_record_is_masked_by_value_wherever_that_stands() -> None:
    data: Json = {"card": "4111 2222"}
    text = '{"copy":"4111 2222","text":"pays with 4111 2222.","in":{"list":["4111 2222",1]},"other":"4111"}'

    assert masked(text, data) == {
        "copy": MASK,
        "text": "pays with ***.",
        "in": {"list": [MASK, 1]},
        "other": "4111",
    }


@pytest.mark.parametrize(
    ("secret", "written"),
    [
        ("a b/ї", "http://x.test/?c=a%20b%2F%D1%97"),
        ("a b/ї", "c=a+b%2F%D1%97"),
        ("a b/ї", "http://x.test/a%20b/%D1%97/"),
        ('a"b\\c', '{"c":"a\\"b\\\\c"}'),
        ("line\nbreak", "line\\nbreak"),
    ],
)
def test_a_value_is_found_as_urls_forms_and_json_write_it(secret: str, written: str) -> None:
    found = masked(json.dumps({"body": written}), {"card": secret})

    assert isinstance(found, dict)
    assert MASK in found["body"]
    assert len(found["body"]) < len(written)


def test_the_body_of_a_request_is_masked_by_name() -> None:
    request = '{"method":"POST","url":"http://x.test/?card=12","body":{"card":{"a":true},"b":1}}'
    (found,) = mask_steps(cleared("card"), [{"card": "12"}], [step(input_text=request)])

    assert json.loads(found.input)["body"] == {"card": MASK, "b": 1}


def test_a_short_value_is_hidden_only_where_it_stands_alone() -> None:
    data: Json = {"card": "12"}

    assert masked('{"a":"12","b":"1234","c":12,"d":123}', data) == {"a": MASK, "b": "1234", "c": MASK, "d": 123}


def test_a_number_is_hidden_as_number_and_inside_texts() -> None:
    assert masked('{"a":4111,"b":"no 4111","c":41112}', {"card": 4111}) == {"a": MASK, "b": "no ***", "c": 41112}
    assert masked('{"a":1.10,"b":1.1}', {"card": values.Number("1.10")}) == {"a": MASK, "b": 1.1}


def test_truth_values_and_null_hide_nothing_elsewhere() -> None:
    assert masked('{"card":true,"b":true,"c":null}', {"card": True}) == {"card": MASK, "b": True, "c": None}
    assert masked('{"c":null,"d":""}', {"card": None}) == {"c": None, "d": ""}
    assert masked('{"d":"","e":"x"}', {"card": ""}) == {"d": "", "e": "x"}


def test_what_an_object_holds_is_hidden_as_well() -> None:
    data: Json = {"card": {"number": "4111", "codes": [777]}}

    assert masked('{"a":"4111","b":[777,"x777y"]}', data) == {"a": MASK, "b": [MASK, "x***y"]}


def test_the_longest_value_is_hidden_first() -> None:
    assert masked('{"a":"41112222 and 4111"}', {"card": "4111", "full": "41112222"}, "card", "full") == {
        "a": "*** and ***"
    }


def test_a_value_of_any_version_of_the_data_is_hidden() -> None:
    (found,) = mask_steps(
        cleared("card"), [{"card": "before"}, {"card": "after"}], [step('{"a":"before"}', '{"b":"after"}')]
    )

    assert (json.loads(found.input), json.loads(found.output)) == ({"a": MASK}, {"b": MASK})


def test_a_parameter_of_too_many_texts_hides_whole_records() -> None:
    data: Json = {"card": [f"text {number}" for number in range(MOST_TEXTS + 1)]}

    assert masked('{"a":1}', data) == MASK
    assert masked('{"a":1}', {"card": [f"text {number}" for number in range(MOST_TEXTS)]}) == {"a": 1}


def test_a_record_that_is_no_json_as_it_is_taken_here_is_hidden() -> None:
    assert masked('{"a":' * 300 + "1" + "}" * 300, {"card": "x"}) == MASK


def test_the_rest_of_a_step_stays() -> None:
    before = step('{"a":1.10}', '{"b":"x"}')

    assert mask_steps(cleared("card"), [{"card": "4111"}], [before]) == (before,)
    assert mask_steps(cleared("card"), [{"card": "4111"}], [step()]) == (step(),)


def test_without_such_parameters_nothing_is_looked_at() -> None:
    odd = step("no json")

    assert mask_steps(cleared("card", flags=("input",)), [{"card": "4111"}], [odd]) == (odd,)


TEXTS = st.text(min_size=3, max_size=8)
JSON = st.recursive(
    TEXTS | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(TEXTS.filter(lambda text: MASK not in text and "*" not in text), JSON)
def test_no_text_of_a_record_holds_the_value(secret: str, other: object) -> None:
    record = values.dumps({"one": f"<{secret}>", "two": [secret, other]})
    found = masked(record, {"card": secret})

    def texts(value: object) -> list[str]:
        if isinstance(value, dict):
            return [text for item in value.values() for text in texts(item)]
        if isinstance(value, list):
            return [text for item in value for text in texts(item)]
        return [value] if isinstance(value, str) else []

    assert not [text for text in texts(found) if secret in text]


@given(st.dictionaries(st.sampled_from(["a", "b"]), JSON))
def test_clearing_twice_is_clearing_once(data: dict[str, object]) -> None:
    declared = cleared("a", "b[0]", "b.c")

    once = clear(declared, data)

    assert clear(declared, once) == once
