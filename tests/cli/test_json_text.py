from __future__ import annotations

import pytest

from syncline_cli import json_text


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("{}", {}),
        (" { } ", {}),
        ('{"a":1}', {"a": "1"}),
        ('{ "a" : 1.10 ,\n"b": {"c": [1, 2]} }', {"a": "1.10", "b": '{"c": [1, 2]}'}),
        ('{"a":"}", "b\\"":null}', {"a": '"}"', 'b"': "null"}),
        ('{"a":1,"a":2}', {"a": "2"}),
        ('{"n":' + "9" * 5000 + "}", {"n": "9" * 5000}),
    ],
)
def test_members_keep_their_text(text: str, members: dict[str, str]) -> None:
    assert json_text.members(text) == members


@pytest.mark.parametrize("text", ["", "[]", '{"a"}', '{"a":}', '{"a":1', "{1:2}", "nothing"])
def test_what_is_no_object_has_no_members(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_text.members(text)


def test_the_first_item_keeps_its_text() -> None:
    assert json_text.first_item('[ {"a": 1.0}, 2]') == '{"a": 1.0}'


@pytest.mark.parametrize("text", ["[]", "{}", ""])
def test_an_empty_list_has_no_first_item(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_text.first_item(text)


@pytest.mark.parametrize("text", ["{}", '{"n": ' + "9" * 5000 + "}", '{"e": 1e999}'])
def test_objects_pass(text: str) -> None:
    json_text.check_object(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "at line 1, column 1"),
        ('{"a":}', "at line 1, column 6"),
        ("[1]", "must be an object"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": "\udcff"}', "not UTF-8"),
        ('{"a":' * 100_000, "nested too deep"),
    ],
)
def test_everything_else_is_refused_with_a_reason(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        json_text.check_object(text)
