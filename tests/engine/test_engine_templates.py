"""Templates: what a reference finds, and how it stands in text, in JSON text and alone."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions import T0, Json, final, new_task, process, start
from syncline_server.engine import FactKey, Limits, TaskData, values
from syncline_server.engine.expressions.casts import TYPES, WrongType, cast, compile_json, compile_value
from syncline_server.engine.expressions.references import BadReference, parse_text
from syncline_server.engine.expressions.scope import MISSING, Scope
from syncline_server.engine.expressions.template import compile_template

DATA = values.loads_object(
    r"""{"s":"text","n":12,"f":1.10,"t":true,"z":null,"e":"","q":"say \"hi\"\n\\ й","o":{"a":[{"b":"deep"},5]},
    "list":["x","y","z"],"i":1,"k":"a","a.b":"dotted","o2":{"x.y":{"z[0]":"odd"}},"root":{"mine":1},"conv":[7],
    "node":[{"t":"not a counter"}],"name with space":"yes","status_de":"german","lang":"de","p":"list",
    "m":{"1":"one","01":"zero one"}}"""
)


def scope(data: Json | None = None, facts: dict[FactKey, object] | None = None, limit: int = 1000) -> Scope:
    task = new_task(DATA if data is None else data, node_id="end", previous_node_id="start")
    return Scope(task, process(start("end"), final(), limits=Limits(max_task_bytes=limit)), facts or {}, T0)


def text(source: str, data: Json | None = None) -> str:
    return compile_template(source).text(scope(data))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        ("{{s}}", "text"),
        ("<{{s}}|{{n}}>", "<text|12>"),
        ("{{f}} {{t}} {{z}}|{{e}}", "1.10 true |"),
        ("{{missing}}{{s.x}}{{o.zz.y}}{{list[9]}}{{list.x}}{{n[0]}}", ""),
        ("{{o.a[0].b}}", "deep"),
        ("{{o.a[1]}}", "5"),
        ("{{o.a}}", '[{"b":"deep"},5]'),
        ("{{list[{{i}}]}}", "y"),
        ("{{list[{{o.a[1]}}]}}", ""),
        ("{{o[{{k}}][0].b}}", "deep"),
        ("{{{{p}}[2]}}", "z"),
        ("{{o.{{k}}[1]}}", "5"),
        ("{{status_{{lang}}}}", "german"),
        (r"{{a\.b}}", "dotted"),
        (r"{{o2.x\.y.z\[0\]}}", "odd"),
        (r"{{o2.x\\.y.z\\[0\\]}}", "odd"),
        ("{{m[1]}}{{m[01]}}", "onezero one"),
        ("{{ s }}{{ o . a [0] . b }}", "textdeep"),
        ("{{name with space}}", "yes"),
        ("{{root.mine}}", "1"),
        ("{{root.ref}}", "r1"),
        ("{{conv[0]}}", "7"),
        ("{{node[0].t}}", "not a counter"),
        ("{{{s}}}", "{text}"),
        ('{"a":{"b":{{n}}}}', '{"a":{"b":12}}'),
        ("{{", "{{"),
        ("a {{s", "a {{s"),
        ("{{s}} {{", "text {{"),
        ("}} {{s}}", "}} text"),
        ("\\{{s}}", "\\text"),
        ("$.custom({{s}})", "$.custom(text)"),
    ],
)
def test_references_in_text(source: str, expected: str) -> None:
    assert expected == text(source)


@pytest.mark.parametrize(
    "source",
    [
        *("{{}}", "{{ }}", "{{a..b}}", "{{.a}}", "{{a.}}", "{{a[}}", "{{a]}}", "{{a[0}}", "{{a[]}}", "{{a[0]b}}"),
        *("{{[0]}}", '{{"a":1}}', "{{a}b}}", "{{a\nb}}", "{{" * 12 + "a" + "}}" * 12, "{{a" + ".b" * 64 + "}}"),
        *("{{a[{{b..c}}]}}", "{{a.[0]}}"),
    ],
)
def test_what_is_no_reference_is_said_when_it_is_compiled(source: str) -> None:
    with pytest.raises(BadReference):
        compile_template(source)


def test_long_texts_are_taken_apart_in_a_moment() -> None:
    source = "a.b\\[c{{s}}" * 50_000

    assert len(parse_text(source)) == 100_000
    assert parse_text("x." * 200_000) == ("x." * 200_000,)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("task_id", "018bcfe568000001deadbeef"),
        ("ref", "r1"),
        ("conv_id", 7),
        ("node_id", "end"),
        ("prev_node_id", "start"),
        ("node_name", "the end"),
        ("prev_node_name", "the start"),
        ("status", "processing"),
        ("create_time", 1_700_000_000),
        ("change_time", 1_700_000_000),
        ("user_id", 1),
        ("end_time", MISSING),
        ("colour", MISSING),
    ],
)
def test_facts_of_the_task_itself(name: str, expected: object) -> None:
    assert expected == compile_template(f"{{{{root.{name}}}}}").value(scope())


def test_a_login_that_is_no_number_stays_text() -> None:
    seen = Scope(new_task(login="robot"), process(start("end"), final()), {}, T0)

    assert compile_template("{{root.user_id}}").value(seen) == "robot"
    assert compile_template("{{root.prev_node_name}}").value(seen) is MISSING


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{n}}", 12),
        ("{{f}}", values.Number("1.10")),
        ("{{t}}", True),
        ("{{z}}", None),
        ("{{o.a[0]}}", {"b": "deep"}),
        ("{{s}}", "text"),
        ("{{missing}}", MISSING),
        (" {{n}}", " 12"),
        ("12", "12"),
    ],
)
def test_a_lone_reference_keeps_its_type(source: str, expected: object) -> None:
    assert expected == compile_template(source).value(scope())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{"a":"{{q}}"}', r'{"a":"say \"hi\"\n\\ й"}'),
        ('{"a":"<{{q}}{{n}}>","b":[{{n}},{{f}},{{t}},{{z}},{{o}}]}', None),
        ('{"{{s}}":1}', '{"text":1}'),
        ('{"a":"{{o}}"}', r'{"a":"{\"a\":[{\"b\":\"deep\"},5]}"}'),
        ('{"a":"\\"{{s}}\\""}', '{"a":"\\"text\\""}'),
        ('["{{missing}}","{{z}}","{{t}}"]', '["","","true"]'),
        ("[{{o}}]", '[{"a":[{"b":"deep"},5]}]'),
        ("[{{z}},{{t}}]", "[null,true]"),
    ],
)
def test_inside_json_text_values_are_escaped_in_literals_and_json_outside(source: str, expected: str | None) -> None:
    template = compile_template(source)
    expected = expected or r'{"a":"<say \"hi\"\n\\ й12>","b":[12,1.10,true,null,{"a":[{"b":"deep"},5]}]}'

    assert template.is_json
    assert expected == template.json_text(scope())
    assert values.loads(expected)


def test_a_string_outside_of_a_literal_stands_as_it_is() -> None:
    """It may be JSON text itself, put together by an earlier node."""
    template = compile_template('{"payload":{{json}}}')

    assert template.json_text(scope({"json": '{"x":1}'})) == '{"payload":{"x":1}}'


@pytest.mark.parametrize(
    ("source", "is_json"),
    [
        ('{"a":"{{s}}"}', True),
        (' [1,"{{s}}"] ', True),
        ("[{{s}}]", True),
        ('[{{s}}] "{{q}}" was said', False),
        ("{{s}}", False),
        ('"{{s}}"', False),
        ("{s}", False),
        ('{"a":{{s}}{{s}}}', False),
        ('{"a":{{s}},{{s}}}', False),
    ],
)
def test_what_counts_as_json_text(source: str, is_json: bool) -> None:
    assert is_json is compile_template(source).is_json


def test_it_is_known_beforehand_what_is_always_json() -> None:
    assert compile_template('{"a":"{{s}}"}').always_json(dict)
    assert compile_template("[1]").always_json(list)
    assert not compile_template("[1]").always_json(dict)
    assert not compile_template('{"a":{{n}}}').always_json(dict)
    assert not compile_template("{{o}}").always_json(dict)


PLAIN = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(PLAIN)
def test_any_text_arrives_unchanged_through_a_string_literal(found: str) -> None:
    template = compile_template('{"info":{"param":"{{param}}"}}')

    rendered = template.json_text(scope({"param": found}, limit=10**6))

    assert {"info": {"param": found}} == json.loads(rendered)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), PLAIN),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(PLAIN, inner)),
    max_leaves=10,
)
PIECES = st.lists(
    st.sampled_from(
        ["{{a}}", "{{b[0]}}", "{{c.{{a}}}}", "{{root.ref}}", "{", "}", "[", "]", '"', "\\", ":", ",", "x", "{{"]
    )
)


@given(PIECES, st.fixed_dictionaries({"a": JSON, "b": JSON, "c": JSON}), st.sampled_from(TYPES), st.integers(0, 40))
def test_rendering_never_raises_and_is_bounded(pieces: list[str], data: Json, wanted: str, limit: int) -> None:
    source = "".join(pieces)
    try:
        template = compile_template(source)
    except BadReference:
        return
    for render in (template.text, template.json_text, template.value):
        seen = scope(data, limit=limit)
        found = render(seen)
        if isinstance(found, str) and template.lone is None:
            assert len(found) <= len(source) + limit
            assert seen.room >= 0 or not found
    for compiled in (compile_json, compile_value):
        with suppress(WrongType):
            compiled(template, wanted)(scope(data, limit=limit))


def test_a_scope_without_room_renders_nothing_more() -> None:
    seen = scope({"a": "x" * 600}, limit=1000)

    assert len(compile_template("{{a}}").text(seen)) == 600
    assert compile_template("b{{a}}").text(seen) == ""
    assert seen.room < 0


def test_a_name_made_of_references_takes_room_too() -> None:
    seen = scope({"a": "x" * 600}, limit=1000)

    assert compile_template("{{b_{{a}}{{a}}}}").value(seen) is MISSING
    assert seen.room < 0


def test_every_mention_of_a_large_value_takes_room() -> None:
    seen = scope({"a": ["x" * 600]}, limit=1000)
    whole = compile_value(compile_template("{{a}}"), "array")

    whole(seen)
    assert seen.room > 0
    with pytest.raises(WrongType):
        whole(seen)
    assert seen.room < 0


OTHER = TaskData("12", "r 9")


@pytest.mark.parametrize(
    "source",
    [
        "{{conv[12].ref[r 9].user.name}}",
        "{{conv[{{c}}].ref[{{r}}].user.name}}",
        "{{conv[{{c}}].ref[r {{nine}}].user.{{field}}}}",
    ],
)
def test_another_tasks_data_is_asked_for_and_then_read(source: str) -> None:
    data: Json = {"c": 12, "r": "r 9", "nine": 9, "field": "name"}
    template = compile_template(source)
    asking = scope(data)

    assert template.value(asking) is MISSING
    assert {OTHER} == asking.asked
    knowing = scope(data, {OTHER: {"user": {"name": "Ann"}}})
    assert template.value(knowing) == "Ann"
    assert not knowing.asked


def test_a_task_that_is_not_there_gives_nothing() -> None:
    template = compile_template("<{{conv[@users].ref[9].name}}>")

    assert template.text(scope(facts={TaskData("@users", "9"): None})) == "<>"


def test_without_a_path_the_whole_data_is_meant() -> None:
    template = compile_template("{{conv[@users].ref[9]}}")

    assert template.value(scope(facts={TaskData("@users", "9"): {"a": 1}})) == {"a": 1}


@pytest.mark.parametrize(
    "data", [{}, {"c": "", "r": "9"}, {"c": "users", "r": "9"}, {"c": "12", "r": ""}, {"c": "1;2", "r": "9"}]
)
def test_what_names_no_task_is_not_asked_for(data: Json) -> None:
    seen = scope(data)

    assert compile_template("{{conv[{{c}}].ref[{{r}}].x}}").text(seen) == ""
    assert not seen.asked


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        (5, "string", "5"),
        (values.Number("1.10"), "string", "1.10"),
        ({"a": [1]}, "string", '{"a":[1]}'),
        (None, "string", ""),
        (MISSING, "string", ""),
        ("12", "number", 12),
        (" 1.10 ", "number", values.Number("1.10")),
        (1.5, "number", 1.5),
        ("9" * 5000, "number", values.Number("9" * 5000)),
        ("true", "boolean", True),
        (" false", "boolean", False),
        (True, "boolean", True),
        ('{"a":1}', "object", {"a": 1}),
        ({"a": 1}, "object", {"a": 1}),
        (" [1] ", "array", [1]),
    ],
)
def test_casts(value: object, wanted: str, expected: object) -> None:
    assert expected == cast(value, wanted)
    assert type(expected) is type(cast(value, wanted))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("", "number"),
        (MISSING, "number"),
        (None, "number"),
        (True, "number"),
        ("05", "number"),
        ("1,5", "number"),
        ([1], "number"),
        ("yes", "boolean"),
        (1, "boolean"),
        ("[1]", "object"),
        ("{", "object"),
        ([1], "object"),
        ({"a": 1}, "array"),
        ("", "array"),
        ("[" * 256 + "]" * 256, "array"),
    ],
)
def test_what_cannot_be_cast(value: object, wanted: str) -> None:
    with pytest.raises(WrongType) as caught:
        cast(value, wanted)

    shown = caught.value.describe("p")
    assert shown.startswith("Param: p, Value: ")
    assert shown.endswith(f", Try convert to: {wanted}")
