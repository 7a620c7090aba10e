"""What holds for every function, whatever the author and the data say."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.definitions import T0, Json, final, new_task, process, start
from syncline_server.engine import Limits, values
from syncline_server.engine.expressions.casts import TYPES, WrongType, compile_json, compile_value
from syncline_server.engine.expressions.conditions import compile_condition
from syncline_server.engine.expressions.functions import arithmetic
from syncline_server.engine.expressions.functions.erlang.machine import Failed, Machine
from syncline_server.engine.expressions.functions.erlang.terms import compare, same, to_json
from syncline_server.engine.expressions.references import DIGESTS, NAMES, BadReference
from syncline_server.engine.expressions.scope import MISSING, Scope
from syncline_server.engine.expressions.targets import Target, WrongPlace
from syncline_server.engine.expressions.template import compile_template

if TYPE_CHECKING:
    from collections.abc import Callable

PROCESS = process(start("end"), final(), limits=Limits(max_task_bytes=2000))
PLAIN = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([0, 10**40, -(10**4299)]),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda x: values.loads(json.dumps(x))),
    st.sampled_from(["1.10", "1e5", "-0", "1e999999", "1e-999999", "0." + "1" * 80]).map(values.number),
)
SCALARS = st.one_of(NUMBERS, PLAIN, st.booleans(), st.none(), st.sampled_from(["5", "-1.5", "2*3", "+", "[1,2]", "%y"]))
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(PLAIN, inner, max_size=3)),
    max_leaves=8,
)
DATA = st.fixed_dictionaries({"a": JSON, "b": JSON, "list": st.lists(JSON, max_size=5)})

ATOMS = st.sampled_from(
    ["{{a}}", "{{b}}", "{{list}}", "{{missing}}", "{{list[0]}}", "1", "2.5", "x", " ", "(", ")", ","]
)
SIGNS = st.sampled_from(["+", "-", "*", "/", "%y", "%m-1", ":", '"', "\\", "'"])
CODE = st.sampled_from(
    [
        *("X", "X + 1", "X * X", "X / 2", "X div 2", "X ++ X", "X -- X", "not X", "X =:= X", "X < 5", "hd(X)", "X.a"),
        *("[X | X]", "{X, X}", '#{<<"k">> => X}', 'proplists:get_value(<<"a">>, X)', "eutils:to_json(X)", "Y"),
        *("byte_size(X)", "case X of [A | _] -> A; _ -> X end", "if X > 1 -> X; true -> 0 end", "round(X)", "X bsl 9"),
        *('binary:split(X, <<"a">>, [global])', "$.math(X)", "$.random(X)", "base64:decode(X)", "float_to_binary(X)"),
    ]
)
ARRAYS = st.sampled_from(["{{list}}", "{{a}}", '[1,"x",null,{"a":[{{a}}]}]', "$.to_array({{b}})"])
FUNS = st.builds(
    lambda name, code, array: f"$.{name}(fun(X) -> {code} end, {array})",
    st.sampled_from(["map", "filter"]),
    CODE,
    ATOMS,
)
SOURCES = st.recursive(
    st.one_of(ATOMS, SIGNS, FUNS, PLAIN),
    lambda inner: st.one_of(
        st.builds(
            lambda name, parts: f"$.{name}({''.join(parts)})", st.sampled_from(NAMES), st.lists(inner, max_size=4)
        ),
        st.builds("".join, st.lists(inner, max_size=3)),
        st.builds(lambda inside: f'{{"k":"{inside}","l":{inside}}}', inner),
        st.builds(lambda inside: f"{{{{list[{inside}]}}}}", inner),
    ),
    max_leaves=8,
)


def scope(data: Json) -> Scope:
    return Scope(new_task(data, node_id="end"), PROCESS, {}, T0)


def rendered(source: str, data: Json) -> object:
    """Return all that a template renders to, each from a scope of its own."""
    template = compile_template(source)
    return repr([template.value(scope(data)), template.text(scope(data)), template.json_text(scope(data))])


@settings(max_examples=400, deadline=None)
@given(SOURCES, DATA)
@example("$.math({{a}}*{{a}})", {"a": 10**4299})
@example("$.base64_encode({{a}})", {"a": "\x00"})
@example("$.date(%y-%m+{{a}}-%d)", {"a": 10**10})
def test_whatever_compiles_renders_the_same_each_time_and_never_raises(source: str, data: Json) -> None:
    with suppress(BadReference):
        assert rendered(source, data) == rendered(source, data)


@settings(max_examples=200, deadline=None)
@given(SOURCES, DATA, st.sampled_from(TYPES))
def test_a_typed_value_is_of_its_type_or_refused(source: str, data: Json, wanted: str) -> None:
    kinds = {"string": str, "boolean": bool, "object": dict, "array": list}
    with suppress(BadReference, WrongType):
        template = compile_template(source)
        found = compile_value(template, wanted)(scope(data))
        assert values.is_number(found) if wanted == "number" else isinstance(found, kinds[wanted])
        assert values.loads(compile_json(template, wanted)(scope(data)), 300) is not MISSING


@settings(max_examples=200, deadline=None)
@given(SOURCES, DATA)
def test_what_is_written_is_bounded_by_the_room(source: str, data: Json) -> None:
    with suppress(BadReference):
        seen = scope(data)
        text = compile_template(source).text(seen)
        assert len(text) <= len(source) + 2000 or seen.room < 0


@settings(max_examples=200, deadline=None)
@given(SOURCES, DATA, st.sampled_from(["eq", "more", "regexp"]), SOURCES)
def test_a_condition_or_a_place_never_raises(source: str, data: Json, function: str, constant: str) -> None:
    with suppress(ValueError):
        condition = compile_condition(source, function, constant, "")
        assert condition(scope(data)) in (True, False)
    with suppress(BadReference, WrongPlace):
        assert isinstance(Target(source).put(scope(data), {}, 1), str)


@given(st.integers(-(10**30), 10**30), st.integers(-(10**30), 10**30), st.sampled_from("+-*"))
def test_sums_of_whole_numbers_are_exact(one: int, other: int, sign: str) -> None:
    operation: Callable[[int, int], int] = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}[sign]
    seen = scope({"a": one, "b": other})

    assert operation(one, other) == compile_template(f"$.math({{{{a}}}}{sign}{{{{b}}}})").value(seen)
    assert operation(one, other) == compile_template(f"$.math(({one}){sign}({other}))").value(seen)


@given(NUMBERS, NUMBERS)
def test_a_decimal_has_at_most_six_digits_after_the_point(one: object, other: object) -> None:
    found = compile_template("$.math({{a}}/{{b}})").value(scope({"a": one, "b": other}))

    if found is not MISSING:
        whole, _, fraction = (
            values.dumps(arithmetic.operand(found)).partition(".")
            if type(found) is int
            else (f"{found:f}" if isinstance(found, float) else values.dumps(found)).partition(".")
        )
        assert whole.lstrip("-").isdigit()
        assert 1 <= len(fraction.rstrip("0") or "0") <= 6


@given(st.integers(-(2**70), 2**70), st.integers(-(2**70), 2**70))
def test_a_random_number_is_within_any_bounds(one: int, other: int) -> None:
    found = compile_template("$.random({{a}},{{b}})").value(scope({"a": one, "b": other}))
    limit = 2**63 - 1
    low, high = sorted(max(-limit, min(limit, bound)) for bound in (one, other))

    assert isinstance(found, int)
    assert low <= found <= high


@given(st.lists(NUMBERS, max_size=8))
def test_a_map_of_nothing_done_gives_the_array_and_a_filter_parts_it(items: list[object]) -> None:
    data: Json = {"items": items}
    large = [item for item in items if values.compare(item, 1) > 0]

    assert values.equal(items, compile_template("$.map(fun(X) -> X end, {{items}})").value(scope(data)))
    assert values.equal(large, compile_template("$.filter(fun(X) -> X > 1 end, {{items}})").value(scope(data)))


TERMS = st.recursive(JSON, lambda inner: st.one_of(st.lists(inner, max_size=3), st.tuples(inner, inner)), max_leaves=5)


@given(TERMS, TERMS, TERMS)
def test_terms_are_in_one_order(one: object, other: object, third: object) -> None:
    machine = Machine(scope({}), 10**9)

    assert compare(one, one, machine) == 0
    assert same(one, one, machine)
    assert (compare(one, other, machine) > 0) == (compare(other, one, machine) < 0)
    if compare(one, other, machine) <= 0 and compare(other, third, machine) <= 0:
        assert compare(one, third, machine) <= 0
    if same(one, other, machine):
        assert compare(one, other, machine) == 0


@given(JSON)
def test_json_stays_what_it_is(value: object) -> None:
    assert value == to_json(value, Machine(scope({}), 10**9))


@given(st.lists(st.tuples(PLAIN, JSON), min_size=1, max_size=4))
def test_a_list_of_pairs_becomes_an_object(pairs: list[tuple[str, object]]) -> None:
    found = to_json(list(pairs), Machine(scope({}), 10**9))

    assert isinstance(found, dict)
    assert list(found) == list(dict.fromkeys(key for key, _ in pairs))
    assert all(found[key] == next(value for name, value in pairs if name == key) for key in found)


@pytest.mark.parametrize("name", DIGESTS)
@given(a=PLAIN)
def test_a_digest_of_a_reference_is_that_of_its_text(name: str, a: str) -> None:
    one = compile_template(f"$.{name}_hex({{{{a}}}})").value(scope({"a": a}))
    other = compile_template(f"$.{name}_hex({{{{b}}}}{{{{c}}}})").value(scope({"b": a[:2], "c": a[2:]}))

    assert isinstance(one, str)
    assert one == other


def test_a_value_nested_as_deeply_as_json_may_be() -> None:
    deep: object = 1
    for _ in range(values.MAX_DEPTH - 1):
        deep = [deep]
    machine = Machine(scope({}), 10**9)

    assert deep == to_json(deep, machine)
    assert same(deep, deep, machine)
    with pytest.raises(Failed):
        to_json([[deep]], machine)
