"""`$.functions`: where they stand, sums, digests, conversions, random numbers."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest

from engine.definitions import Json, around, condition, go, go_if, new_task, set_param, story
from engine.rendering import scope, text, value
from syncline_server.engine import values
from syncline_server.engine.expressions.conditions import compile_condition
from syncline_server.engine.expressions.functions.table import FUNCTIONS
from syncline_server.engine.expressions.references import NAMES, BadReference
from syncline_server.engine.expressions.scope import MISSING
from syncline_server.engine.expressions.targets import Target
from syncline_server.engine.expressions.template import compile_template

DATA = values.loads_object(
    r"""{"a":3,"b":2,"neg":-3,"zero":0,"price":1.10,"text":"word","five":"5","plus":"+","formula":"2*3","i":1,
    "list":["x","y","z"],"null":null,"yes":true,"object":{"k":1},"padded":" 7 ","zeros":"007",
    "json":"{\"n\":{\"m\":1}}",
    "array":"[1,2]","quote":"a\"b"}"""
) | {"huge": int("9" * 4300)}


def test_every_documented_function_is_in_the_table() -> None:
    assert set(NAMES) == set(FUNCTIONS)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$.math(1+1)", 2),
        ("$.math(100+50)", 150),
        ("$.math({{a}}+10)", 13),
        ("$.math({{a}}-{{b}})", 1),
        ("$.math({{price}}*{{a}})", 3.3),
        ("$.math({{a}}*1.2)", 3.6),
        ("$.math({{a}}/{{b}})", 1.5),
        ("$.math(100/2)", 50.0),
        ("$.math($.math({{a}}+1)-1)", 3),
        ("$.math(1+2*3)", 7),
        ("$.math((1+2)*3)", 9),
        ("$.math(10-2-3)", 5),
        ("$.math(100/5/2)", 10.0),
        ("$.math({{a}}-{{b}}+{{five}}-1)", 5),
        ("$.math({{a}}*{{b}}*{{five}}/3)", 10.0),
        ("$.math(-3+{{a}})", 0),
        ("$.math({{a}}-{{neg}})", 6),
        ("$.math({{a}}*-{{b}})", -6),
        ("$.math(--3)", 3),
        ("$.math(-({{a}}+1))", -4),
        ("$.math( 1 + {{ a }} )", 4),
        ("$.math(2/3)", 0.666667),
        ("$.math(0.1+0.2)", 0.3),
        ("$.math(1/3*3)", 1.0),
        ("$.math(0.0000005+0)", values.Number("0.000001")),
        ("$.math(-0.0000001*1)", 0.0),
        ("$.math(1.5e3+{{a}})", 1503.0),
        ("$.math({{five}}*{{padded}})", 35),
        ("$.math(99999999999999999999*99999999999999999999)", 9999999999999999999800000000000000000001),
        ("$.math(12345678901234567890.5*2)", values.Number("24691357802469135781.0")),
    ],
)
def test_sums(source: str, expected: object) -> None:
    assert expected == value(source, DATA)
    assert type(expected) is type(value(source, DATA))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$.math({{missing}}+1)", 1),
        ("$.math({{null}}-1)", -1),
        ("$.math({{a}}{{plus}}{{b}})", 5),
        ("$.math({{a}}{{b}}+1)", 33),
        ("$.math(1{{b}})", 12),
        ("$.math({{a}}.5)", 3.5),
        ("$.math({{formula}})", 6),
        ("$.math({{formula}}+1)", 7),
        ("$.math(1+{{formula}})", 7),
        ("$.math({{zeros}}+1)", 8),
        ("$.math(({{a}}){{plus}}1)", 4),
    ],
)
def test_where_a_reference_is_no_number_the_text_is_read(source: str, expected: object) -> None:
    assert expected == value(source, DATA)


@pytest.mark.parametrize(
    "source",
    [
        *("$.math({{a}}/{{zero}})", "$.math({{a}}/0)", "$.math({{text}}+1)", "$.math(1+{{missing}})"),
        *("$.math({{yes}}+1)", "$.math({{object}}+1)", "$.math({{missing}})", "$.math({{huge}}*{{huge}})"),
        *("$.math({{huge}}+0.5)", "$.math({{a}}{{formula}}{{a}}{{text}})", "$.math(1e400*{{a}})"),
        *("$.random({{text}})", "$.random(1,{{missing}})", "$.random({{null}})", "$.to_number({{text}})"),
        *("$.to_object({{text}})", "$.to_object({{array}})", "$.to_array({{a}})", "$.to_number({{missing}})"),
    ],
)
def test_what_has_no_value_is_the_empty_value(source: str) -> None:
    assert value(source, DATA) is MISSING
    assert text(source, DATA) == ""
    assert text(f"<{source}>", DATA) == "<>"


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("$.math()", "more is expected at the beginning"),
        ("$.math(1+)", "more is expected after '1+'"),
        ("$.math({{a}}+)", "more is expected after '{{…}}+'"),
        ("$.math(2 % 3)", "'%' is not expected after '2'; it knows + - * / and brackets"),
        ("$.math({{a}}^2)", "'^' is not expected"),
        ("$.math(x*2)", "'x' is not expected at the beginning"),
        ("$.math((1+2)", "$.math(…) lacks its closing parenthesis"),
        ("$.math(1/0)", "1 / 0 has no value"),
        ("$.math(1e60+1.5)", "the result is too large"),
        ("$.math(" + "1" * 4301 + ")", "too large"),
        ("$.math(1e" + "9" * 30 + ")", "too large"),
        ("$.math(" + "(" * 65 + "1" + ")" * 65 + ")", "more than 64 brackets"),
        ("$.random(1,2,3)", "it takes at most two bounds"),
        ("$.random(x)", "'x' is no number"),
        ("$.to_number(x)", "that is no number"),
        ("$.to_object([1])", "that is no object"),
        ("$.sha1(" * 9 + ")" * 9, "functions inside each other more than 8 times"),
        ("$.sha1_hex({{a}", "lacks its closing parenthesis"),
        ("{{$.math(1+1)}}", "a function has none around it"),
        ("{{a[$.math(1]}}", "lacks its closing parenthesis"),
    ],
)
def test_what_cannot_be_compiled_is_refused_with_a_sentence(source: str, part: str) -> None:
    with pytest.raises(BadReference) as refused:
        compile_template(source)

    assert part in str(refused.value)


@pytest.mark.parametrize("source", ["$.foo(1)", "$.Math(1)", "$.math", "$ .math(1)", "$.math 1", "math(1)", "$.tz(1)"])
def test_what_only_looks_like_a_function_is_text(source: str) -> None:
    assert source == text(source)


def test_long_sums_and_long_texts_take_no_stack() -> None:
    terms = "+".join(["{{a}}"] * 5000)

    assert value(f"$.math({terms})", DATA) == 15_000
    assert value(f"$.math({'-' * 5001}1)") == -1
    assert value("$.math({{a}}{{plus}}{{t}})", {**DATA, "t": "+".join(["1"] * 4000)}) == 4003
    assert value("$.math({{a}}{{plus}}{{t}})", {**DATA, "t": "+".join(["1"] * 6000)}) is MISSING
    assert value("$.math({{a}}{{plus}}{{t}})", {**DATA, "t": "(" * 100 + "1" + ")" * 100}) is MISSING
    assert (
        text("$.sha1(" + "$.sha1 (" * 1000 + ")" * 1001)
        == hashlib.sha1(("$.sha1 (" * 1000 + ")" * 1000).encode()).hexdigest()
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a $.math({{a}}*2) b", "a 6 b"),
        ("$.math(1+1)$.math(2+2)", "24"),
        ("$.base64_encode(hello)", "aGVsbG8="),
        ("$.base64_encode({{text}})", "d29yZA=="),
        ("$.base64_encode(a(b)c)", "YShiKWM="),
        ("$.base64_encode({{object}})", "eyJrIjoxfQ=="),
        ("$.base64_encode()", ""),
        ("$.base64_encode({{missing}}x)", "eA=="),
        ("{{list[$.math({{i}}+1)]}}", "z"),
        ("{{list[$.math(4/2)]}}", "z"),
        ("{{list[$.math({{i}}*9)]}}", ""),
        ("{{list[$.math(1-1)]}}", "x"),
    ],
)
def test_functions_stand_in_text_and_in_brackets(source: str, expected: str) -> None:
    assert expected == text(source, DATA)


@pytest.mark.parametrize("name", ["sha1", "sha224", "sha256", "sha384", "sha512", "md5"])
def test_digests(name: str) -> None:
    hexadecimal = hashlib.new(name, "ключ=3".encode()).hexdigest()

    assert hexadecimal == text(f"$.{name}_hex(ключ={{{{a}}}})", DATA)
    assert hexadecimal == text(f"$.{name}(ключ={{{{a}}}})", DATA)
    assert hexadecimal == text(f"$.{name}_hex(ключ=3)")


def test_a_digest_inside_base64_is_raw() -> None:
    """That is how a payment's signature is asked for."""
    raw = b64encode(hashlib.sha1(b"k3k").digest()).decode()

    assert raw == text("$.base64_encode($.sha1(k{{a}}k))", DATA)
    assert text("$.base64_encode($.sha1(k3k))") == text("$.base64_encode($.sha1(k{{a}}k))", DATA)
    assert text("$.md5_hex($.sha1({{a}}))", DATA) == hashlib.md5(hashlib.sha1(b"3").digest()).hexdigest()
    assert text("$.base64_encode($.sha1_hex(x))") == text(
        "$.base64_encode({{d}})", {"d": hashlib.sha1(b"x").hexdigest()}
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$.to_number({{five}})", 5),
        ("$.to_number( {{five}} )", 5),
        ("$.to_number({{price}})", values.Number("1.10")),
        ("$.to_number({{a}}{{five}})", 35),
        ("$.to_object({{json}})", {"n": {"m": 1}}),
        ("$.to_object({{object}})", {"k": 1}),
        ('$.to_object({"q":"{{quote}}","n":{{a}}})', {"q": 'a"b', "n": 3}),
        ("$.to_array({{array}})", [1, 2]),
        ("$.to_array([{{a}},4])", [3, 4]),
        ("$.to_string({{a}})", "3"),
        ("$.to_string({{object}})", '{"k":1}'),
        ("$.to_string({{missing}})", ""),
        ("$.to_number(12)", 12),
    ],
)
def test_conversions(source: str, expected: object) -> None:
    assert expected == value(source, DATA)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{"v":"$.to_object({{json}})"}', '{"v":{"n":{"m":1}}}'),
        ('{"v":$.to_object({{json}})}', '{"v":{"n":{"m":1}}}'),
        ('{"v":"$.to_number({{five}})","w":"$.to_array({{array}})"}', '{"v":5,"w":[1,2]}'),
        ('{"v":"$.to_string({{a}})","w":$.to_string({{quote}})}', '{"v":"3","w":"a\\"b"}'),
        ('{"v":"<$.to_number({{five}})>"}', '{"v":"<5>"}'),
        ('{"v":"$.to_number({{five}}) "}', '{"v":"5 "}'),
        ('{"v":"\\"$.to_number({{five}})\\""}', '{"v":"\\"5\\""}'),
        ('{"v":"$.to_object({{text}})"}', '{"v":""}'),
        ('["$.to_number({{five}})"]', "[5]"),
        ('{"v":"$.math({{a}}+1)","w":$.math({{a}}+1)}', '{"v":"4","w":4}'),
        ('{"v":"$.base64_encode({{quote}})"}', '{"v":"YSJi"}'),
    ],
)
def test_functions_in_json_text(source: str, expected: str) -> None:
    template = compile_template(source)

    assert template.is_json
    assert expected == template.json_text(scope(DATA))


def test_a_conversion_leaves_json_text_sound() -> None:
    assert compile_template('{"v":"$.to_object({{x}})","w":$.to_string({{x}})}').always_json(dict)
    assert not compile_template('{"v":$.math({{x}})}').always_json(dict)


@pytest.mark.parametrize(
    ("source", "low", "high"),
    [
        ("$.random(0)", 0, 0),
        ("$.random(1)", 1, 1),
        ("$.random(10)", 1, 10),
        ("$.random(-10)", -10, -1),
        ("$.random(50, 100)", 50, 100),
        ("$.random(100,50)", 50, 100),
        ("$.random({{neg}},{{a}})", -3, 3),
        ("$.random(1,$.math({{a}}*2))", 1, 6),
        ("$.random(2.9)", 1, 2),
        ("$.random(99999999999999999999)", 1, 2**63 - 1),
    ],
)
def test_random_numbers_are_within_their_bounds(source: str, low: int, high: int) -> None:
    seen = scope(DATA)
    template = compile_template(source)
    found = [template.value(seen) for _ in range(200)]

    assert all(isinstance(one, int) and low <= one <= high for one in found)
    assert len(set(found)) >= min(high - low, 6)


def test_a_random_fraction() -> None:
    seen = scope()
    found = [compile_template("$.random()").value(seen) for _ in range(50)]

    assert all(isinstance(one, float) and 0 <= one < 1 for one in found)
    assert len(set(found)) == 50


def test_random_numbers_are_the_same_in_a_replay_and_else_different() -> None:
    template = compile_template("$.random(1000000000) $.random(1000000000)")
    first = template.text(scope())

    assert len(set(first.split())) == 2
    assert first == template.text(scope())
    other = scope()
    other.task = new_task(sequence=4, callback_secret="secret")
    assert first != template.text(other)
    unknown = scope()
    unknown.task = new_task(sequence=3, callback_secret="another")
    assert first != template.text(unknown)


def test_a_function_sets_a_parameter_or_takes_the_error_link() -> None:
    here = around(
        set_param({"n": "$.math({{a}}/{{b}})", "s": "$.math({{a}}/{{b}})"}, {"n": "number"}, error="bad"), go("end")
    )

    assert story(here, {"a": 6, "b": 4}).task.data == {"a": 6, "b": 4, "n": 1.5, "s": "1.5"}
    refused = story(here, {"a": 6, "b": 0}).task
    assert refused.node_id == "bad"
    assert refused.data["__conveyor_set_param_return_type_tag__"] == "set_param_wrong_convert_param"
    assert refused.data["__conveyor_set_param_return_description__"] == "Param: n, Value: , Try convert to: number"


def test_a_function_names_a_parameter() -> None:
    seen = scope(DATA)
    data: Json = {"list": [1]}

    Target("day_$.date(%d)").put(seen, data, "x")
    Target("{{list[$.math({{i}}+1)]}}").put(seen, data, "y")
    Target("$.math(1+1)").put(seen, data, "z")

    assert data == {"list": [1, None, "y"], "day_14": "x", "2": "z"}


def test_a_function_in_a_condition() -> None:
    late = compile_condition("$.math({{root.change_time}}-{{a}})", "more", "300", "number")
    never = compile_condition("$.math({{a}}/{{zero}})", "not_eq", "5", "number")
    constant = compile_condition("a", "eq", "$.math({{b}}+1)", "number")
    mixed = compile_condition("x$.math({{b}}+1)", "eq", "x3", "string")

    assert late(scope(DATA))
    assert not never(scope(DATA))
    assert constant(scope(DATA))
    assert mixed(scope(DATA))


def test_a_branch_by_a_function() -> None:
    is_three = condition("$.math({{n}}+1)", "eq", "3", "number")

    assert story(around(go_if("end", is_three), go("bad")), {"n": 2}).task.node_id == "end"
    assert story(around(go_if("end", is_three), go("bad")), {"n": 3}).task.node_id == "bad"


def test_without_room_functions_give_nothing() -> None:
    poor = scope({"t": "x" * 100}, room=50)

    assert compile_template("$.base64_encode({{t}})").value(poor) == ""
    assert poor.room < 0
