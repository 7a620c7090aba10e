"""JSON as text: what is taken, what is refused, and that nothing is written anew."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline_gateway import jsontext
from syncline_gateway.jsontext import BadJson, checked_text, members, objects, read_object, value

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
SPACES = st.sampled_from(["", " ", "\n", "\t \r\n"])
DEEP = jsontext.MAX_DEPTH


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4), st.sampled_from([None, 2]))
def test_members_are_the_text_that_was_there(shown: dict[str, object], indent: int | None) -> None:
    # Surrogates that stand alone are no Unicode, so no UTF-8 holds them.
    text = json.dumps(shown, indent=indent, ensure_ascii=True)
    try:
        checked = checked_text(text.encode())
    except BadJson:
        assert "\\ud" in text
        return

    found = read_object(checked)
    assert {key: json.loads(part[0]) for key, part in found.items()} == shown
    assert all(part[0] in text for part in found.values())


@given(JSON, SPACES, SPACES)
def test_a_value_comes_without_the_space_around_it(shown: object, before: str, after: str) -> None:
    text = json.dumps(shown)

    assert value(f"{before}{text}{after}")[0] == text


@given(st.binary(max_size=40) | st.text('[]{}",:\\u1e-. tn', max_size=20).map(str.encode))
def test_what_json_refuses_is_refused(body: bytes) -> None:
    try:
        json.loads(body.decode())
    except (ValueError, RecursionError):
        with pytest.raises(BadJson):
            value(checked_text(body))
    else:
        assert body.decode().strip(" \t\r\n") == value(checked_text(body))[0] or b"N" in body or b"I" in body


def test_digits_order_escapes_and_space_are_kept() -> None:
    text = '{"b": 1.10, "a": [1e5, -0,  20000000000000000000.5], "u": "\\u041f\\/"}'

    assert read_object(f'{{"data": {text} }}')["data"][0] == text


def test_numbers_mean_their_text() -> None:
    long = "9" * 5000

    assert value(long) == (long, long)
    assert value("1.10") == ("1.10", "1.10")


def test_of_a_repeated_key_the_last_stands() -> None:
    assert read_object('{"a":1,"b":2,"a":3}') == {"a": ("3", "3"), "b": ("2", "2")}


def test_an_array_of_objects_is_cut_up() -> None:
    found, end = objects('[{"a":1} , {"b":[2]}] ', 0)

    assert (found, end) == ([{"a": ("1", "1")}, {"b": ("[2]", ["2"])}], 21)


def test_one_object_is_an_array_of_one() -> None:
    assert objects('{"a":1}', 0) == ([{"a": ("1", "1")}], 7)


def test_a_reader_of_ones_own() -> None:
    found = read_object('{"ops":[{"a":1}],"timeout":5}', {"ops": objects})

    assert found["ops"] == ('[{"a":1}]', [{"a": ("1", "1")}])
    assert found["timeout"] == ("5", "5")


# fmt: off
NO_OBJECTS = (
    "", " ", "{", '{"', '{"a', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', "{,}", "{1:2}", '{"a" 1}', '{"a":1}}',
    '{"a":1 "b":2}', "[]", "nul", "5", '{"a":NaN}', '{"a":-Infinity}', '{"a":01}', '{"a":+1}', '{"a":"\n"}', "\ufeff{}",
    '{"a":.5}', '{"a":1.}', '{"a":\x0b1}', "{'a':1}", '{"a":1}x', '{"a":"\\x"}', '{"a":"\\u12"}',
)
# fmt: on


@pytest.mark.parametrize("text", NO_OBJECTS)
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(BadJson):
        read_object(text)


@pytest.mark.parametrize("text", ["5", "[1]", "[{}", "[{},", "[{},]", "[{} {}]", '[{"a":1}', "[", ""])
def test_what_is_no_array_of_objects_is_refused(text: str) -> None:
    with pytest.raises(BadJson):
        objects(text, 0)


@pytest.mark.parametrize("body", [b"\xff", b'"\xc3"', b'"\xed\xa0\x80"', b'{"a":"\xe2\x82"}', "{}".encode("utf-16")])
def test_what_is_not_utf8_is_refused(body: bytes) -> None:
    with pytest.raises(BadJson):
        value(checked_text(body))


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        (r'"\ud83d\ude00"', True),
        (r'"\uD83D\uDE00\uD83D\uDE00"', True),
        (r'"\\ud83d"', True),
        (r'"\ud83d"', False),
        (r'"\ude00\ud83d"', False),
        (r'"\ud83d \ude00"', False),
        (r'"\\\ud83d"', False),
        (r'"\ud83d\ud83d\ude00"', False),
        (r'"\u00e9"', True),
    ],
)
def test_half_a_surrogate_pair_is_refused(text: str, is_whole: bool) -> None:
    if is_whole:
        assert checked_text(text.encode()) == text
    else:
        with pytest.raises(BadJson):
            checked_text(text.encode())


@pytest.mark.parametrize("body", [nested(DEEP), b"[" + b",".join([nested(5)] * 400) + b"]", b'"' + b"[" * 400 + b'"'])
def test_as_deep_as_allowed(body: bytes) -> None:
    assert value(checked_text(body))[0] == body.decode()


@pytest.mark.parametrize(
    "body",
    [
        nested(DEEP + 1),
        nested(10_000),
        b"[" * 1_000_000,
        b'{"a":' * 300 + b"1" + b"}" * 300,
        rb'["\"[[[", "\\", ' + nested(DEEP) + b"]",
    ],
)
def test_deeper_than_allowed(body: bytes) -> None:
    with pytest.raises(BadJson):
        checked_text(body)


@pytest.mark.parametrize("text", ["", "plain", 'a "b" \\', "\n\x00\x1f", "Привіт 😀"])
def test_a_string_as_json(text: str) -> None:
    assert json.loads(jsontext.quoted(text)) == text


def test_an_offset_into_the_text() -> None:
    assert members('xx{"a":1}yy', 2) == ({"a": ("1", "1")}, 9)
