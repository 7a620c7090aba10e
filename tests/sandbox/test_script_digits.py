"""Numbers in data that a script leaves alone."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline_server.engine.effects import ScriptReply
from syncline_server.sandbox import digits

if TYPE_CHECKING:
    from sandbox.scripting import Run

ODD = '{"big":12345678901234567890,"odd":9007199254740993,"price":1.10,"e":1e5,"zero":-0,"vast":1e999,"plain":1.5}'


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("source", "before", "after"),
    [
        ("data.x = 1", ODD, ODD[:-1] + ',"x":1}'),
        ("delete data.odd", '{"odd":9007199254740993,"b":1.0}', '{"b":1.0}'),
        ("data.deep.list[0].n++", '{"deep":{"list":[{"n":1,"k":2.50}]}}', '{"deep":{"list":[{"n":2,"k":2.50}]}}'),
        ("data.copy = data.odd", '{"odd":9007199254740993}', '{"odd":9007199254740993,"copy":9007199254740992}'),
        ("data.odd += 2", '{"odd":9007199254740993}', '{"odd":9007199254740994}'),
        ("data.odd = String(data.odd)", '{"odd":9007199254740993}', '{"odd":"9007199254740992"}'),
        ("data.list.shift()", '{"list":[1.0,2.0]}', '{"list":[2]}'),
        ("data.exact = 2 ** 53 - 1", "{}", '{"exact":9007199254740991}'),
        ("data.t = '1.10'", '{"t":"1.10","n":1.10}', '{"t":"1.10","n":1.10}'),
        (r"data.t = '\ud800'", '{"n":1.10}', r'{"n":1.10,"t":"\ud800"}'),
        ("data.e = 1e-7", '{"n":1.10}', '{"n":1.10,"e":1e-7}'),
    ],
)
async def test_a_number_in_its_place_keeps_its_digits(run: Run, source: str, before: str, after: str) -> None:
    assert await run(source, before) == ScriptReply(data=after)


NUMBERS = st.one_of(
    st.integers(-(10**25), 10**25).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(-(10**6), 10**6, places=3).map(str),
    st.sampled_from(["-0", "1.0", "1e5", "1E+2", "1e999", "0.10"]),
)
TREES = st.recursive(
    st.one_of(NUMBERS, st.sampled_from(["null", "true", '"1.0"', '"e"'])),
    lambda trees: st.one_of(
        st.lists(trees, max_size=4).map(lambda items: f"[{','.join(items)}]"),
        st.dictionaries(st.sampled_from("abcd"), trees, max_size=4).map(
            lambda members: "{" + ",".join(f'"{name}":{value}' for name, value in members.items()) + "}"
        ),
    ),
    max_leaves=12,
).map(lambda text: f'{{"data":{text}}}')


def rounded(text: str) -> str:
    """Return JSON text as JavaScript would give it back: numbers as doubles, those that are none as null."""

    def number(digits: str) -> object:
        value = float(digits)
        if math.isinf(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 1e21 else value

    value = json.loads(text, parse_int=number, parse_float=number)
    return json.dumps(value, separators=(",", ":"))


@given(TREES)
def test_what_went_through_untouched_comes_back_as_it_was(text: str) -> None:
    assert digits.restore(text, rounded(text)) == text


@given(TREES, TREES)
def test_what_comes_back_is_worth_what_the_script_left(before: str, after: str) -> None:
    left = rounded(after)

    assert rounded(digits.restore(before, left)) == left


def test_what_nests_too_deep_is_left_as_it_is() -> None:
    deep = '{"a":1.0,"b":' + "[" * 100_000 + "]" * 100_000 + "}"

    assert digits.restore(deep, deep) == deep
