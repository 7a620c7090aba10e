"""Messages: names, presence, oneofs, lists, maps; what is not JSON; and how faults name the field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakes.protos import load
from syncline_gateway.transcoding.protojson import Codec, JsonFault
from transcoding.protojson_subjects import (
    CODEC,
    OLD_ADDED,
    Child,
    Everything,
    Inline,
    Names,
    Old,
    Swapped,
    decode,
    encode,
    fault,
    member,
    one,
)

FIELDS = Everything.DESCRIPTOR.fields_by_name


@pytest.mark.parametrize("body", ["", "{}", " {} ", "\n{\t}\r\n"])
def test_nothing_is_an_empty_message(body: str) -> None:
    assert decode(body) == Everything()


@pytest.mark.parametrize("body", ["[]", "null", "1", '"x"', "true", "[{}]", "1.5"])
@pytest.mark.parametrize("into", [Everything, Inline])
def test_the_body_has_to_be_an_object(body: str, into: Any) -> None:
    told = fault(body, into)
    assert told.field == ""
    assert told.message.startswith("Expected an object, not ")


BROKEN = (
    *("{", "}", "{]", '{"a"', '{"a":', '{"a":1', '{"int32Value":1,}', '{"int32Value":1 , }', '{"int32Value":1,\n}'),
    *("{int32Value:1}", "{'int32Value':1}", '{"int32Value":1}{}', '{"int32Value":1} x', '{"int32Value" 1}', "\ufeff{}"),
    *('{"int32Value":1 "int64Value":2}', '{"int32Value":1\n"int64Value":2}', '{,"int32Value":1}', '{"a":1,,"b":2}'),
    *('{// no\n"int32Value":1}', '{"int32Value":01}', '{"int32Value":-01}', '{"int32Value":+1}', '{"int32Value":.5}'),
    *('{"int32Value":1.}', '{"int32Value":1e}', '{"int32Value":0x1}', '{"boolValue":True}', '{"boolValue":TRUE}'),
    *('{"color":COLOR_RED}', '{"manyInt32":[1,2,]}', '{"manyInt32":[1 2]}', '{"manyInt32":[,1]}', '{"manyInt32":[1'),
    *("nul", "\0", "{}\0", '{"byInt32":{1:{}}}', '{"byBool":{true:1}}', '{"nested":{"int32Value":1,}}', " "),
    *('{"int32Value"\u00a0:1}', "{\u00a0}", "{}\u2028", '{"\n":1}'),
)


@pytest.mark.parametrize("body", BROKEN)
@pytest.mark.parametrize("into", [Everything, Inline])
def test_what_is_not_json(body: str, into: Any) -> None:
    told = fault(body, into)
    assert told.field == ""
    assert told.message.startswith("This is not JSON: what is wrong is at character ")


def test_where_it_stops_being_json() -> None:
    assert fault('{"int32Value":1 x').message.endswith(" 17.")
    assert fault('{"before":"" x', Inline).message.endswith(" 14.")


def test_what_is_not_utf8() -> None:
    assert fault(b'{"stringValue":"\xff"}').message == "This is not UTF-8."
    assert fault(b'{"stringValue":"\xed\xa0\x80"}').message == "This is not UTF-8."
    assert fault('{"stringValue":"x"}'.encode("utf-16")).message == "This is not UTF-8."


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("place", ["doubleValue", "value", "stringValue", "unknown"])
def test_constants_that_are_not_json(name: str, place: str) -> None:
    assert f'the string "{name}"' in fault(one(place, name)).message


def test_both_names_of_a_field_are_taken() -> None:
    assert decode('{"int32Value":1,"string_value":"x","many_int32":[1]}') == Everything(
        int32_value=1, string_value="x", many_int32=[1]
    )
    named = Names(plain_name="a", renamed="b", field_name1="c", _leading="d", Capital="e", double__underscore="f")
    assert decode(encode(named), Names) == named
    assert list(json.loads(encode(named))) == [
        *("plainName", "@other", "fieldName1", "Leading", "Capital", "doubleUnderscore")
    ]
    by_proto_name = {field.name: getattr(named, field.name) for field in Names.DESCRIPTOR.fields}
    assert decode(json.dumps(by_proto_name), Names) == named
    assert decode('{"pl\\u0061inName":"a"}', Names) == Names(plain_name="a")


def test_a_json_name_goes_before_another_fields_proto_name() -> None:
    message = decode('{"second":"1","first":"2","third":"3"}', Swapped)
    assert message == Swapped(first="1", second="2", third="3")
    assert encode(message) == '{"second":"1","first":"2","own":"3"}'


@pytest.mark.parametrize("name", ["unknown", "int32value", "INT32_VALUE", "Int32Value", "int32Value ", "", "[x.y]"])
@pytest.mark.parametrize("value", ["1", "null", "{}"])
def test_unknown_fields(name: str, value: str) -> None:
    told = fault(one(name, value))
    assert told.message == "There is no such field."
    assert told.field == name


def test_a_fault_names_that_field_alone_and_shortens_it() -> None:
    told = fault(one("x" * 5000, "1"))
    assert len(told.field) == 60
    long_path = fault('{"struct":' + f'{{"{"k" * 100}":' * 30 + "1e999" + "}" * 31)
    assert long_path.field.startswith("struct.")
    assert len(long_path.field) < 300
    assert "Value" not in told.message + told.field


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"int32Value":1,"int32Value":1}', "int32Value"),
        ('{"int32Value":1,"color":2,"int32Value":null}', "int32Value"),
        ('{"child":{"name":"a","name":"b"}}', "child.name"),
        ('{"nested":{"child":{},"child":{}}}', "nested.child"),
        ('{"labels":{"a":"1","a":"2"}}', 'labels["a"]'),
        ('{"struct":{"a":{"b":1,"b":2}}}', "struct.a.b"),
        ('{"value":[{"b":1,"b":2}]}', "value[0].b"),
        ('{"manyChild":[{},{"name":"","name":""}]}', "manyChild[1].name"),
        ('{"int32Value":{"a":1,"a":1}}', "int32Value.a"),
        ('{"any":{"@type":"x/y","@type":"x/y"}}', "any.@type"),
        ('{"time":{"a":1,"a":2}}', "time.a"),
    ],
)
def test_keys_given_twice(body: str, field: str) -> None:
    told = fault(body)
    assert (told.field, told.message) == (field, "This is given twice.")


@pytest.mark.parametrize(
    ("body", "field", "other"),
    [
        ('{"int32Value":1,"int32_value":1}', "int32_value", "int32Value"),
        ('{"int32_value":1,"int32Value":1}', "int32_value", "int32Value"),
        ('{"int32_value":null,"int32Value":1}', "int32_value", "int32Value"),
        ('{"nested":{"bool_value":true,"boolValue":true}}', "nested.bool_value", "boolValue"),
    ],
)
def test_a_field_given_by_both_names(body: str, field: str, other: str) -> None:
    told = fault(body)
    assert told.field == field
    assert told.message == f"This is the same field as {other}, and both are given."


@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        ('{"choiceString":""}', "choice_string", ""),
        ('{"choiceInt32":0}', "choice_int32", 0),
        ('{"choiceChild":{}}', "choice_child", Child()),
        ('{"choiceNull":null}', "choice_null", 0),
        ('{"choiceNull":"NULL_VALUE"}', "choice_null", 0),
        ('{"choice_null":null}', "choice_null", 0),
        ('{"choiceString":null,"choiceInt32":1}', "choice_int32", 1),
        ('{"choiceInt32":1,"choiceString":null}', "choice_int32", 1),
        ('{"choiceInt32":1,"choice_wrapped":null,"choiceChild":null}', "choice_int32", 1),
        ('{"choiceWrapped":"5"}', "choice_wrapped", Everything(choice_wrapped={"value": 5}).choice_wrapped),
    ],
)
def test_oneofs(body: str, name: str, value: object) -> None:
    message = decode(body)
    assert message.WhichOneof("choice") == name
    assert getattr(message, name) == value
    assert decode(encode(message)) == message


def test_a_null_value_is_a_member_of_its_oneof() -> None:
    assert decode('{"choiceValue":null}').WhichOneof("choice") == "choice_value"
    assert decode('{"choiceString":null,"choiceInt32":null}').WhichOneof("choice") is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"choiceString":"","choiceInt32":0}', "choiceInt32"),
        ('{"choice_string":"","choiceInt32":0}', "choiceInt32"),
        ('{"choiceInt32":0,"choice_string":""}', "choice_string"),
        ('{"choiceInt32":0,"choiceNull":null}', "choiceNull"),
        ('{"choiceValue":null,"choiceInt32":0}', "choiceInt32"),
        ('{"nested":{"choiceInt32":0,"choiceChild":{}}}', "nested.choiceChild"),
    ],
)
def test_a_oneof_set_twice(body: str, field: str) -> None:
    told = fault(body)
    assert told.field == field
    assert told.message.startswith("Only one of ")


def test_presence() -> None:
    assert not decode("{}").HasField("maybe_int32")
    assert not decode('{"maybeInt32":null}').HasField("maybe_int32")
    assert decode('{"maybeInt32":0,"maybeString":"","maybeColor":0}') == Everything(
        maybe_int32=0, maybe_string="", maybe_color=0
    )
    assert member(Everything(), "maybeInt32") is None
    assert member(Everything(maybe_int32=0), "maybeInt32") == 0
    assert decode('{"child":{}}').HasField("child")
    assert not decode('{"child":null}').HasField("child")


def test_null_leaves_every_field_unset_but_values() -> None:
    kept = {"value", "choice_value", "choice_null"}
    body = json.dumps({name: None for name in FIELDS if name not in kept})
    assert decode(body) == Everything()
    assert decode('{"value":null}').value.WhichOneof("kind") == "null_value"


def test_lists() -> None:
    body = (
        '{"manyInt32":[1,"2",3.0],"manyString":["a",""],"manyBool":[true],"manyColor":["COLOR_RED",0],"manyBytes":[""]}'
    )
    assert decode(body) == Everything(
        many_int32=[1, 2, 3], many_string=["a", ""], many_bool=[True], many_color=[1, 0], many_bytes=[b""]
    )
    assert len(decode('{"manyChild":[{},{"count":2}]}').many_child) == 2
    assert decode('{"manyInt32":[]}') == Everything()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"manyInt32":[1,null,2]}', "manyInt32[1]"),
        ('{"manyChild":[{"name":"a"},null]}', "manyChild[1]"),
        ('{"manyTime":[null]}', "manyTime[0]"),
        ('{"manyWrapped":[null]}', "manyWrapped[0]"),
        ('{"manyInt32":[1,false]}', "manyInt32[1]"),
        ('{"manyInt32":[1,2,"name"]}', "manyInt32[2]"),
        ('{"manyInt32":[[1]]}', "manyInt32[0]"),
        ('{"manyString":["1",2]}', "manyString[1]"),
        ('{"manyChild":[{"children":[{},{"count":"x"}]}]}', "manyChild[0].children[1].count"),
        ('{"manyChild":[1]}', "manyChild[0]"),
        ('{"manyInt32":1}', "manyInt32"),
        ('{"manyInt32":{}}', "manyInt32"),
        ('{"manyChild":{}}', "manyChild"),
        ('{"manyInt32":"1,2"}', "manyInt32"),
        ('{"child":[]}', "child"),
        ('{"child":"x"}', "child"),
        ('{"labels":{"a":null}}', 'labels["a"]'),
        ('{"labels":{"a":1}}', 'labels["a"]'),
        ('{"labels":[]}', "labels"),
        ('{"labels":[{"key":"a","value":"b"}]}', "labels"),
        ('{"byInt32":[]}', "byInt32"),
        ('{"byInt32":{"1":null}}', 'byInt32["1"]'),
        ('{"byInt32":{"1":{"nmae":""}}}', 'byInt32["1"].nmae'),
        ('{"times":{"a \\"b\\"":"yesterday"}}', 'times["a \\"b\\""]'),
        ('{"nested":{"nested":{"labels":{"k":7}}}}', 'nested.nested.labels["k"]'),
        ('{"nested":{"string_value":7}}', "nested.string_value"),
    ],
)
def test_a_fault_has_the_path_to_the_value(body: str, field: str) -> None:
    assert fault(body).field == field


def test_maps() -> None:
    message = decode(
        '{"labels":{"a":"b","":"c"},"byInt32":{"-1":{"name":"x"},"0":{}},"byInt64":{"-9223372036854775808":"5"},'
        '"byUint32":{"4294967295":"COLOR_RED"},"byUint64":{"18446744073709551615":"AQI="},'
        '"byBool":{"true":1.5,"f\\u0061lse":"NaN"},"values":{"a":null,"b":[1]},"times":{"a":"1970-01-01T00:00:01Z"}}'
    )
    assert dict(message.labels) == {"a": "b", "": "c"}
    assert message.by_int32[-1].name == "x"
    assert 0 in message.by_int32
    assert dict(message.by_int64) == {-(2**63): 5}
    assert dict(message.by_uint32) == {2**32 - 1: 1}
    assert dict(message.by_uint64) == {2**64 - 1: b"\1\2"}
    assert message.by_bool[True] == 1.5
    assert message.values["a"].WhichOneof("kind") == "null_value"
    assert message.times["a"].seconds == 1
    assert json.loads(encode(message))["byBool"] == {"false": "NaN", "true": 1.5}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        *(("byInt32", key) for key in ("x", "", "1.0", "1e2", "01", " 1", "+1", "-0", "2147483648", "null", "9" * 30)),
        *(("byUint32", key) for key in ("-1", "4294967296")),
        *(("byInt64", key) for key in ("9223372036854775808", "-9223372036854775809", "٣")),
        *(("byUint64", key) for key in ("-1", "18446744073709551616")),
        *(("byBool", key) for key in ("True", "1", "0", "", "yes")),
    ],
)
def test_keys_that_are_none(name: str, key: str) -> None:
    assert fault(f'{{"{name}":{{"{key}":1}}}}').field == f'{name}["{key}"]'


def test_maps_are_printed_in_the_order_of_their_keys() -> None:
    message = Everything(labels={"b": "2", "a": "1", "ä": "3"}, by_int64={10: 1, 9: 2, -1: 3})
    text = encode(message)
    assert '"labels":{"a":"1","b":"2","ä":"3"}' in text
    assert '"byInt64":{"-1":"3","9":"2","10":"1"}' in text


def test_what_is_always_printed() -> None:
    assert encode(Child()) == '{"name":"","count":0,"children":[]}'
    printed = json.loads(encode(Everything()))
    always = {field.json_name for field in FIELDS.values() if not field.has_presence}
    assert set(printed) == always
    assert printed["manyChild"] == []
    assert printed["labels"] == {}
    assert printed["color"] == "COLOR_UNSPECIFIED"


def test_it_is_printed_in_one_line_of_utf8() -> None:
    text = encode(Child(name='Grüße\n\r\t\u2028\x00\x7f"\\/😁', count=1))
    assert text == '{"name":"Grüße\\n\\r\\t\u2028\\u0000\x7f\\"\\\\/😁","count":1,"children":[]}'
    assert decode(text, Child).name == 'Grüße\n\r\t\u2028\x00\x7f"\\/😁'


def nested(levels: int) -> str:
    return '{"nested":' * (levels - 1) + "{}" + "}" * (levels - 1)


def test_how_deep_it_nests() -> None:
    decode(nested(100))
    assert fault(nested(101)).message == "This is nested too deep."
    for levels in (200, 5000, 200_000):
        assert fault(nested(levels)).message == "This is nested too deep."
        assert "too deep" in fault(one("value", "[" * levels + "]" * levels)).message
        assert "too deep" in fault("[" * levels, Child).message
    assert decode(one("stringValue", json.dumps("[{" * 500))).string_value == "[{" * 500
    assert len(decode(one("manyChild", f"[{','.join(['{}'] * 500)}]")).many_child) == 500


def test_it_nests_no_deeper_than_the_binary_form() -> None:
    # Value and ListValue are a message each, so an array costs two levels, and an object three with its map's entry.
    assert Everything.FromString(decode(one("value", "[" * 48 + "]" * 48)).SerializeToString())
    assert "too deep" in fault(one("value", "[" * 60 + "]" * 60)).message
    assert "too deep" in fault(one("struct", '{"a":' * 40 + "1" + "}" * 40)).message


def test_another_depth() -> None:
    shallow = Codec(max_depth=3)
    decode(nested(3), codec=shallow)
    assert "too deep" in fault(nested(4), codec=shallow).message
    decode('{"manyChild":[{},{},{},{}]}', codec=shallow)


def test_required_fields_and_presence_of_old_files() -> None:
    assert fault("{}", Old).field == "needed"
    assert fault("", Old).field == "needed"
    assert encode(decode('{"needed":false}', Old)) == '{"manyClosed":[],"needed":false,"byName":{}}'
    message = decode('{"needed":true,"number":0,"grouped":{"name":"x"}}', Old)
    assert message.HasField("number")
    assert message.grouped.name == "x"
    assert decode(encode(message), Old) == message


def test_extensions_are_refused_both_ways() -> None:
    message = Old(needed=True)
    message.Extensions[OLD_ADDED] = 5
    with pytest.raises(ValueError, match=r"protojson\.test2\.Old has an extension"):
        encode(message)
    assert fault('{"needed":true,"[protojson.test2.added]":5}', Old).message == "There is no such field."


def test_types_of_another_pool() -> None:
    own = load("protojson.proto", own_pool=True)
    other: Any = own.message("Everything")
    codec = Codec(pool=own.pool)
    body = '{"time":"1970-01-01T00:00:01Z","any":{"@type":"x/protojson.test.Child","name":"y"},"value":[1]}'
    message = decode(body, other, codec)
    assert type(message) is other
    assert decode(encode(message, codec), other, codec) == message


def test_what_is_compiled_is_kept() -> None:
    assert CODEC.decoder(Child.DESCRIPTOR) is CODEC.decoder(Child.DESCRIPTOR)
    assert CODEC.encoder(Child.DESCRIPTOR) is CODEC.encoder(Child.DESCRIPTOR)


def set_field(name: str, body: str) -> Any:
    message = Everything(string_value="kept")
    CODEC.field_decoder(FIELDS[name])(body.encode(), message)
    assert message.string_value == "kept" or name == "string_value"
    return getattr(message, name)


@pytest.mark.parametrize(
    ("name", "body", "value"),
    [
        ("child", '{"name":"x"}', Child(name="x")),
        ("int32_value", "5", 5),
        ("string_value", '"x"', "x"),
        ("many_int32", "[1,2]", [1, 2]),
        ("many_child", "[{}]", [Child()]),
        ("labels", '{"a":"b"}', {"a": "b"}),
        ("time", '"1970-01-01T00:00:00Z"', Everything(time={}).time),
        ("child", "", Child()),
    ],
)
def test_a_body_that_is_one_field(name: str, body: str, value: object) -> None:
    assert set_field(name, body) == value


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("child", "null", ""),
        ("child", "[]", ""),
        ("child", '{"count":"x"}', "count"),
        ("many_child", '[{},{"count":"x"}]', "[1].count"),
        ("labels", '{"a":1}', '["a"]'),
        ("int32_value", "null", ""),
        ("many_int32", "null", ""),
        ("int32_value", "x", ""),
    ],
)
def test_the_path_of_a_fault_starts_at_the_body(name: str, body: str, field: str) -> None:
    with pytest.raises(JsonFault) as caught:
        set_field(name, body)
    assert caught.value.field == field


def test_a_body_of_null_leaves_a_wrapper_unset() -> None:
    message = Everything()
    CODEC.field_decoder(FIELDS["wrapped_int64"])(b" null ", message)
    assert not message.HasField("wrapped_int64")
    assert CODEC.field_encoder(FIELDS["wrapped_int64"])(message) == b"null"
    with pytest.raises(JsonFault):
        set_field("many_wrapped", "null")


def test_a_value_that_is_null() -> None:
    assert set_field("value", "null").WhichOneof("kind") == "null_value"


@pytest.mark.parametrize(
    ("name", "message", "printed"),
    [
        ("child", Everything(child={"name": "x"}), '{"name":"x","count":0,"children":[]}'),
        ("child", Everything(), "null"),
        ("many_int32", Everything(), "[]"),
        ("many_child", Everything(many_child=[{}]), '[{"name":"","count":0,"children":[]}]'),
        ("labels", Everything(labels={"a": "b"}), '{"a":"b"}'),
        ("int64_value", Everything(), '"0"'),
        ("maybe_int32", Everything(), "null"),
        ("time", Everything(time={"seconds": 1}), '"1970-01-01T00:00:01Z"'),
        ("string_value", Everything(string_value="ü"), '"ü"'),
    ],
)
def test_an_answer_that_is_one_field(name: str, message: Any, printed: str) -> None:
    assert CODEC.field_encoder(FIELDS[name])(message).decode() == printed


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("{}", ()),
        ("", ()),
        ('{"int32Value":1,"string_value":null}', ("int32_value", "string_value")),
        ('{"child":{"name":"","count":1},"boolValue":true}', ("child.name", "child.count", "bool_value")),
        ('{"nested":{"nested":{"child":{"name":""}}}}', ("nested.nested.child.name",)),
        ('{"child":{},"nested":null}', ("child", "nested")),
        ('{"manyChild":[{"name":""}],"labels":{"a":"b"},"byInt32":{"1":{}}}', ("many_child", "labels", "by_int32")),
        ('{"struct":{"a":{"b":1}},"value":{"a":1},"any":{}}', ("struct", "value", "any")),
        ('{"duration":"1s","wrappedInt32":1,"mask":"a","empty":{}}', ("duration", "wrapped_int32", "mask", "empty")),
    ],
)
def test_present_paths(body: str, paths: tuple[str, ...]) -> None:
    assert CODEC.present_paths(FIELDS["nested"], body.encode()) == paths


def test_present_paths_of_what_has_none() -> None:
    assert CODEC.present_paths(FIELDS["many_int32"], b"[1]") == ()
    assert CODEC.present_paths(FIELDS["struct"], b'{"a":1}') == ()
    assert CODEC.present_paths(FIELDS["int32_value"], b"1") == ()
    with pytest.raises(JsonFault) as caught:
        CODEC.present_paths(FIELDS["nested"], b'{"child":{"x":1}}')
    assert caught.value.field == "child.x"
