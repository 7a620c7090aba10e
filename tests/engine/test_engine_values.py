"""JSON values: what comes in goes out again, digit for digit."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline_server.engine import values
from syncline_server.engine.values import JsonFault, Number

NUMBERS = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,15})?", fullmatch=True),
)
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"])).map(
    lambda text: json.dumps(text, ensure_ascii=False)
)
SCALARS = st.one_of(NUMBERS, TEXTS, st.sampled_from(["true", "false", "null"]))


def _array(items: list[str]) -> str:
    return "[" + ",".join(items) + "]"


def _object(members: dict[str, str]) -> str:
    return "{" + ",".join(f"{name}:{item}" for name, item in members.items()) + "}"


JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner).map(_array), st.dictionaries(TEXTS, inner).map(_object)),
)


@given(JSON)
def test_text_goes_in_and_comes_out_as_it_was(text: str) -> None:
    """Compact text with raw characters keeps everything: the digits of numbers, the order of keys."""
    first = json.loads(text)
    # Python's JSON writes some strings with other escapes than ours; the canonical form of the strings is the same.
    assert json.loads(values.dumps(values.loads(text))) == first
    assert values.dumps(values.loads(values.dumps(values.loads(text)))) == values.dumps(values.loads(text))


@given(st.lists(NUMBERS))
def test_numbers_keep_their_text(numbers: list[str]) -> None:
    text = _array(numbers)

    assert text == values.dumps(values.loads(text))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1", int),
        ("-1", int),
        ("9" * 400, int),
        ("1.5", float),
        ("-0.0", float),
        ("1e+16", float),
        ("-0", Number),
        ("1.10", Number),
        ("1e5", Number),
        ("1E5", Number),
        ("0.30000000000000000001", Number),
        ("1e400", Number),
        ("9" * 6000, Number),
    ],
)
def test_each_number_has_the_cheapest_type_that_keeps_it(text: str, kind: type) -> None:
    assert type(values.loads(f"[{text}]")[0]) is kind  # type: ignore[index]
    assert type(values.number(text)) is kind
    assert f'{{"a":[{text}]}}' == values.dumps(values.loads(f'{{"a":[{text}]}}'))


def test_keys_keep_their_order_and_the_last_of_equal_ones_wins() -> None:
    assert values.dumps(values.loads('{"b":1,"a":2,"b":3}')) == '{"b":3,"a":2}'


def test_characters_are_written_as_they_are() -> None:
    assert values.dumps(values.loads('"\\u041fривіт \\"\\n\\/\\ud83d\\ude00"')) == '"Привіт \\"\\n/😀"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON: the text ends too early at line 1, column 1"),
        ('{"a":', "not JSON: the text ends too early at line 1, column 6"),
        ("{'a':1}", "not JSON: something unexpected at line 1, column 2"),
        ("01", "not JSON: something unexpected at line 1, column 2"),
        ('["\t"]', "not JSON: something unexpected at line 1, column 3"),
        ("\ufeff{}", "not JSON: something unexpected at line 1, column 1"),
        ("NaN", "NaN is not JSON"),
        ('{"a":-Infinity}', "-Infinity is not JSON"),
        ('"\\ud800"', "half a surrogate pair, which is no character"),
        ('{"a":["\\uDC00x"]}', "half a surrogate pair, which is no character"),
        ('"\ud800"', "half a surrogate pair, which is no character"),
        ("[" * 257 + "]" * 257, "nested deeper than 256 levels"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "nested deeper than 256 levels"),
        ("1e1234567890123456", "a number's exponent has more than 15 digits"),
    ],
)
def test_what_is_no_json_is_refused_with_a_sentence(text: str, message: str) -> None:
    with pytest.raises(JsonFault) as caught:
        values.loads(text)

    assert message == str(caught.value)


@pytest.mark.parametrize("text", ["[1,]", '{"a":1,}', '{"a":1 , }', '{"a":[1,2\n,\n]}'])
def test_a_trailing_comma_is_named(text: str) -> None:
    with pytest.raises(JsonFault, match="a comma before the closing bracket at line"):
        values.loads(text)


def test_depth_is_counted_in_brackets_that_hold_each_other() -> None:
    wide = "[" + ",".join(["[]"] * 1000) + "]"

    assert wide == values.dumps(values.loads(wide))
    assert values.loads("[" * 256 + "]" * 256)
    assert values.fits([[[]]], 3)
    assert not values.fits([[[]]], 2)
    assert not values.fits({"a": {"b": {"c": {}}}}, 3)
    assert values.fits("text", 0)
    with pytest.raises(JsonFault):
        values.loads("[[[]]]", 2)


def test_only_an_object_is_an_object() -> None:
    assert values.loads_object('{"a":1}') == {"a": 1}
    with pytest.raises(JsonFault, match="not a JSON object"):
        values.loads_object("[]")


def test_what_is_no_json_value_is_not_written() -> None:
    with pytest.raises(TypeError):
        values.dumps({"a": object()})


def test_numbers_beside_every_other_value_are_written() -> None:
    text = '{"n":1.10,"s":"\\"й","t":true,"z":null,"i":5,"f":1.5,"o":{},"a":[],"b":[1,{"c":-0}]}'

    assert text == values.dumps(values.loads(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("1.00", "1"),
        ("1e2", "100"),
        ("-0", "0.0"),
        ("12e-1", "1.2"),
        ('[1,{"a":2.0,"b":null}]', '[1.0,{"b":null,"a":2}]'),
        ('"a"', '"\\u0061"'),
        ("0e99", "0"),
    ],
)
def test_equal_by_value(one: str, other: str) -> None:
    assert values.equal(values.loads(one), values.loads(other))
    assert values.equal(values.loads(other), values.loads(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "true"),
        ("0", "false"),
        ("1", '"1"'),
        ("null", "false"),
        ("0.30000000000000000001", "0.3"),
        ("9" * 5000, "9" * 4999 + "8"),
        ("[1,2]", "[2,1]"),
        ("[1]", "[1,1]"),
        ('{"a":1}', '{"a":1,"b":1}'),
        ('{"a":1}', '{"b":1}'),
        ("{}", "[]"),
        ('""', "null"),
    ],
)
def test_different_by_value(one: str, other: str) -> None:
    assert not values.equal(values.loads(one), values.loads(other))
    assert not values.equal(values.loads(other), values.loads(one))


@given(NUMBERS, NUMBERS)
def test_numbers_are_ordered_exactly(one: str, other: str) -> None:
    first, second = values.number(one), values.number(other)
    exact, other_exact = Decimal(one), Decimal(other)
    expected = (exact > other_exact) - (exact < other_exact)

    assert expected == values.compare(first, second)
    assert -expected == values.compare(second, first)


def test_a_number_knows_its_exact_value() -> None:
    assert Decimal("1.10") == Number("1.10").decimal()


@pytest.mark.parametrize("text", ["", " 1", "+1", ".5", "5.", "0x1", "1_0", "NaN", "Infinity", "٣", "1e", "--1"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(JsonFault):
        values.number(text)


def test_sizes_are_in_bytes() -> None:
    assert (values.byte_size("abc"), values.byte_size("йцу")) == (3, 6)
