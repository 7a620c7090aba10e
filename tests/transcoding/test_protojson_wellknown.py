"""Well-known types: what their JSON may be, and what is printed."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from google.protobuf import any_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2, wrappers_pb2

from fakes.protos import load
from syncline_gateway.transcoding.protojson import Codec, Unprintable
from transcoding.protojson_subjects import TYPE_URL, Child, Everything, decode, encode, fault, member, one

CHILD = f'"@type":"{TYPE_URL}Child"'
GOOGLE = "type.googleapis.com/google.protobuf."


@pytest.mark.parametrize(
    ("text", "seconds", "nanos"),
    [
        ("1970-01-01T00:00:00Z", 0, 0),
        ("0001-01-01T00:00:00Z", -62135596800, 0),
        ("9999-12-31T23:59:59.999999999Z", 253402300799, 999999999),
        ("1993-02-10T00:00:00.000Z", 729302400, 0),
        ("1970-01-01T08:00:01+08:00", 1, 0),
        ("1969-12-31T16:00:01-08:00", 1, 0),
        ("1970-01-01T00:00:01-00:00", 1, 0),
        ("1970-01-01T23:59:00+23:59", 0, 0),
        ("0001-01-01T01:00:00+01:00", -62135596800, 0),
        ("1969-12-31T23:59:59.9Z", -1, 900000000),
        ("2024-02-29T12:34:56.123456789Z", 1709210096, 123456789),
        ("1970-01-01T00:00:00.000000001Z", 0, 1),
        ("1970-01-01T00:00:00.1+01:00", -3600, 100000000),
    ],
)
def test_timestamps(text: str, seconds: int, nanos: int) -> None:
    time = decode(one("time", f'"{text}"')).time
    assert (time.seconds, time.nanos) == (seconds, nanos)
    assert decode(encode(Everything(time=time))).time == time


@pytest.mark.parametrize(
    "text",
    [
        *("0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "0001-01-01T00:00:00", "0001-01-01 00:00:00Z"),
        *("0001-01-01T00:00:00z", "0001-01-01t00:00:00Z", "1970-1-1T00:00:00Z", "1970-01-01", "", "now"),
        *("1970-13-01T00:00:00Z", "1970-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "1970-01-01T24:00:00Z"),
        *("1970-01-01T00:60:00Z", "1990-12-31T23:59:60Z", "1970-01-01T00:00Z", "1970-01-01T00:00:00.Z"),
        *("1970-01-01T00:00:00.1234567890Z", "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+0100"),
        *("1970-01-01T00:00:00+01", "1970-01-01T00:00:00 Z", " 1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z\\n"),
        *("0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "١٩٧٠-01-01T00:00:00Z", "19700101T000000Z"),
        *("1970-W01-4T00:00:00Z", "1970-01-01T00:00:00,5Z"),
    ],
)
def test_what_is_no_timestamp(text: str) -> None:
    assert fault(one("time", f'"{text}"')).field == "time"


@pytest.mark.parametrize(
    ("seconds", "nanos", "printed"),
    [
        (0, 0, "1970-01-01T00:00:00Z"),
        (0, 10_000_000, "1970-01-01T00:00:00.010Z"),
        (0, 10_000, "1970-01-01T00:00:00.000010Z"),
        (0, 10, "1970-01-01T00:00:00.000000010Z"),
        (-1, 500_000_000, "1969-12-31T23:59:59.500Z"),
        (-62135596800, 0, "0001-01-01T00:00:00Z"),
        (253402300799, 999_999_999, "9999-12-31T23:59:59.999999999Z"),
    ],
)
def test_how_timestamps_are_printed(seconds: int, nanos: int, printed: str) -> None:
    assert member(Everything(time={"seconds": seconds, "nanos": nanos}), "time") == printed


@pytest.mark.parametrize(
    ("text", "seconds", "nanos"),
    [
        ("0s", 0, 0),
        ("1.5s", 1, 500000000),
        ("-1.5s", -1, -500000000),
        ("-0.5s", 0, -500000000),
        ("1.000000001s", 1, 1),
        ("3s", 3, 0),
        ("315576000000.999999999s", 315576000000, 999999999),
        ("-315576000000.999999999s", -315576000000, -999999999),
        ("007s", 7, 0),
    ],
)
def test_durations(text: str, seconds: int, nanos: int) -> None:
    duration = decode(one("duration", f'"{text}"')).duration
    assert (duration.seconds, duration.nanos) == (seconds, nanos)
    assert decode(encode(Everything(duration=duration))).duration == duration


@pytest.mark.parametrize(
    "text",
    [
        *("1", "", "s", "1S", "1.s", ".5s", "1m", "1h2m", "1.5", "+1s", "1 s", " 1s", "1s ", "1e3s", "--1s", "1,5s"),
        *("315576000001s", "-315576000001s", "9999999999999999s", "1.0000000001s", "-s", "١s", "NaNs", "1s\\n"),
    ],
)
def test_what_is_no_duration(text: str) -> None:
    assert fault(one("duration", f'"{text}"')).field == "duration"


@pytest.mark.parametrize(
    ("seconds", "nanos", "printed"),
    [
        (1, 0, "1s"),
        (1, 10_000_000, "1.010s"),
        (1, 10_000, "1.000010s"),
        (1, 10, "1.000000010s"),
        (0, -500_000_000, "-0.500s"),
        (-3, -1, "-3.000000001s"),
        (0, 0, "0s"),
    ],
)
def test_how_durations_are_printed(seconds: int, nanos: int, printed: str) -> None:
    assert member(Everything(duration={"seconds": seconds, "nanos": nanos}), "duration") == printed


@pytest.mark.parametrize("name", ["time", "duration", "mask"])
@pytest.mark.parametrize("text", ["1", "1.5", "true", "[]", "{}", '{"seconds":1}'])
def test_they_are_strings(name: str, text: str) -> None:
    assert fault(one(name, text)).field == name


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("", []),
        ("foo", ["foo"]),
        ("foo,barBaz", ["foo", "bar_baz"]),
        ("fooBar.bazQux", ["foo_bar.baz_qux"]),
        ("a.b.c1", ["a.b.c1"]),
        ("*", ["*"]),
    ],
)
def test_masks(text: str, paths: list[str]) -> None:
    message = decode(one("mask", f'"{text}"'))
    assert message.HasField("mask")
    assert message.mask.paths == paths
    assert member(message, "mask") == text


@pytest.mark.parametrize("text", ["foo,bar_bar", "foo_bar", ",", "a,,b", "a,", ",a", "a, b", " ", "_"])
def test_what_is_no_mask(text: str) -> None:
    assert fault(one("mask", f'"{text}"')).field == "mask"


@pytest.mark.parametrize(
    "message",
    [
        Everything(time={"seconds": -62135596801}),
        Everything(time={"seconds": 253402300800}),
        Everything(time={"nanos": -1}),
        Everything(time={"nanos": 1_000_000_000}),
        Everything(duration={"seconds": 315576000001}),
        Everything(duration={"seconds": -315576000001}),
        Everything(duration={"seconds": 1, "nanos": -1}),
        Everything(duration={"seconds": -1, "nanos": 1}),
        Everything(duration={"nanos": 1_000_000_000}),
        Everything(mask={"paths": ["fooBar"]}),
        Everything(mask={"paths": ["foo_3_bar"]}),
        Everything(mask={"paths": ["foo__bar"]}),
        Everything(mask={"paths": ["foo_"]}),
        Everything(mask={"paths": ["a,b"]}),
        Everything(mask={"paths": [""]}),
        Everything(value=struct_pb2.Value(number_value=math.nan)),
        Everything(value=struct_pb2.Value(number_value=math.inf)),
        Everything(list=struct_pb2.ListValue(values=[struct_pb2.Value(number_value=-math.inf)])),
        Everything(any={"type_url": "x/not.known"}),
        Everything(any={"type_url": ""}, many_any=[{"value": b"x"}]),
        Everything(any={"type_url": TYPE_URL + "Child", "value": b"\xff"}),
        Everything(any={"type_url": TYPE_URL + "Everything.LabelsEntry"}),
    ],
)
def test_what_cannot_be_printed(message: Any) -> None:
    with pytest.raises(Unprintable):
        encode(message)


def test_what_is_nested_too_deep_to_be_printed() -> None:
    value = struct_pb2.Value()
    inner = value
    for _ in range(3000):
        inner = inner.list_value.values.add()
    with pytest.raises(Unprintable, match="nested too deep"):
        encode(value)
    value = struct_pb2.Value()
    inner = value
    for _ in range(300):
        inner = inner.list_value.values.add()
    with pytest.raises(Unprintable, match="nested too deep"):
        encode(value)


JSON_VALUES = (
    *("null", "true", "false", "0", "1", "-1.5", "1e+30", '"hello"', '""', "[]", "{}", '[0,"hello",[null]]'),
    *('{"value":1}', '{"a":{"b":[{"c":null}]}}', "9007199254740992", "0.1", "-0.0"),
)


@pytest.mark.parametrize("text", JSON_VALUES)
def test_values(text: str) -> None:
    message = decode(one("value", text))
    assert message.HasField("value")
    assert json.dumps(member(message, "value"), separators=(",", ":")) == text
    assert len(decode(one("manyValue", f"[{text},{text}]")).many_value) == 2


def test_structs_and_lists() -> None:
    text = '{"struct":{"n":null,"i":1234,"b":true,"d":1234.5678,"s":"x","l":[1,"2"],"o":{"value":0}},"list":[1,{},[]]}'
    message = decode(text)
    assert dict(message.struct)["i"] == 1234
    assert message.list.values[1].HasField("struct_value")
    assert message.list.values[2].HasField("list_value")
    assert json.loads(encode(message))["struct"] == json.loads(text)["struct"]
    assert decode('{"struct":{},"list":[]}') == Everything(struct=struct_pb2.Struct(), list=struct_pb2.ListValue())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"struct":[]}', "struct"),
        ('{"struct":1}', "struct"),
        ('{"list":{}}', "list"),
        ('{"struct":{"a":{"b":[1,1e999]}}}', "struct.a.b[1]"),
        ('{"value":1e999}', "value"),
        (f'{{"value":{"9" * 400}}}', "value"),
    ],
)
def test_what_is_no_struct(body: str, field: str) -> None:
    assert fault(body).field == field


def test_whole_numbers_of_a_struct_have_no_fraction() -> None:
    assert '"list":[1,1.5,1e30,-3]' in encode(decode('{"list":[1.0,1.5,1e30,-3]}')).replace("e+", "e")


def test_the_keys_of_a_struct_are_sorted() -> None:
    assert '"struct":{"a":2,"b":1}' in encode(decode('{"struct":{"b":1,"a":2}}'))


WRAPPED = (
    *(("wrappedBool", "false"), ("wrappedBool", "true"), ("wrappedInt32", "0"), ("wrappedInt32", "-5")),
    *(("wrappedUint32", "0"), ("wrappedInt64", '"0"'), ("wrappedInt64", '"-9223372036854775808"')),
    *(("wrappedUint64", '"18446744073709551615"'), ("wrappedFloat", "1.5"), ("wrappedFloat", '"NaN"')),
    *(("wrappedDouble", '"-Infinity"'), ("wrappedDouble", "0.1"), ("wrappedString", '""'), ("wrappedString", '"x"')),
    *(("wrappedBytes", '""'), ("wrappedBytes", '"AQI="'), ("manyWrapped", '["1","2"]')),
)


@pytest.mark.parametrize(("name", "text"), WRAPPED)
def test_wrappers(name: str, text: str) -> None:
    message = decode(one(name, text))
    assert message != Everything()
    assert member(message, name) == json.loads(text)
    assert decode(one(name, "null")) == Everything()
    assert member(Everything(), name) in (None, [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("wrappedBool", "1"), ("wrappedInt32", "1.5"), ("wrappedInt32", "2147483648"), ("wrappedString", "1")),
        *(
            ("wrappedBytes", '"***"'),
            ("wrappedInt32", '{"value":1}'),
            ("wrappedUint32", "-1"),
            ("wrappedFloat", "1e39"),
        ),
    ],
)
def test_what_is_no_wrapper(name: str, text: str) -> None:
    assert fault(one(name, text)).field == name


def test_null_values() -> None:
    assert encode(Everything()).count('"null":null') == 1
    assert decode('{"null":null}') == Everything()
    assert decode('{"null":"NULL_VALUE"}') == Everything()
    assert decode('{"null":0}') == Everything()
    assert decode('{"manyNull":[null,"NULL_VALUE",0]}').many_null == [0, 0, 0]
    assert member(Everything(many_null=[0, 0]), "manyNull") == [None, None]
    assert fault('{"null":false}').field == "null"


def test_empty() -> None:
    assert decode('{"empty":{}}') == Everything(empty={})
    assert member(Everything(empty={}), "empty") == {}
    assert fault('{"empty":{"a":1}}').field == "empty.a"
    assert fault('{"empty":[]}').field == "empty"
    assert decode("", empty_pb2.Empty) == empty_pb2.Empty()


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        (f"{{{CHILD}}}", Child()),
        (f'{{{CHILD},"name":"x","count":"7"}}', Child(name="x", count=7)),
        (f'{{"children":[{{}}],{CHILD}}}', Child(children=[{}])),
        (f'{{"@type":"{GOOGLE}Int32Value","value":12345}}', wrappers_pb2.Int32Value(value=12345)),
        (f'{{"@type":"{GOOGLE}Duration","value":"1.5s"}}', duration_pb2.Duration(seconds=1, nanos=500000000)),
        (f'{{"value":"1970-01-01T00:00:00Z","@type":"{GOOGLE}Timestamp"}}', timestamp_pb2.Timestamp()),
        (f'{{"@type":"{GOOGLE}FieldMask","value":"foo,barBaz"}}', field_mask_pb2.FieldMask(paths=["foo", "bar_baz"])),
        (f'{{"@type":"{GOOGLE}Value","value":1}}', struct_pb2.Value(number_value=1)),
        (f'{{"@type":"{GOOGLE}Value","value":null}}', struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)),
        (f'{{"@type":"{GOOGLE}Empty"}}', empty_pb2.Empty()),
        (f'{{"@type":"{GOOGLE}Empty","value":{{}}}}', empty_pb2.Empty()),
        ('{"@type":"https://example.com/a/protojson.test.Child","name":"x"}', Child(name="x")),
    ],
)
def test_any(text: str, packed: Any) -> None:
    message = decode(one("any", text))
    unpacked = type(packed)()
    assert message.any.Unpack(unpacked)
    assert unpacked == packed
    assert message.any.type_url == json.loads(text)["@type"]
    assert decode(encode(message)) == message


def test_any_in_any() -> None:
    text = f'{{"@type":"{GOOGLE}Any","value":{{{CHILD},"name":"x"}}}}'
    inner, child = any_pb2.Any(), Child()
    assert decode(one("any", text)).any.Unpack(inner)
    assert inner.Unpack(child)
    assert child.name == "x"
    assert member(decode(one("any", text)), "any") == {
        "@type": GOOGLE + "Any",
        "value": {"@type": TYPE_URL + "Child", "name": "x", "count": 0, "children": []},
    }


def test_an_any_that_holds_nothing() -> None:
    assert decode('{"any":{}}').HasField("any")
    assert member(Everything(any={}), "any") == {}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[]", ""),
        ("1", ""),
        ('{"name":"x"}', ".@type"),
        ('{"@type":1}', ".@type"),
        ('{"@type":null}', ".@type"),
        ('{"@type":""}', ".@type"),
        ('{"@type":"","value":""}', ".@type"),
        ('{"@type":"protojson.test.Child"}', ".@type"),
        ('{"@type":"x/"}', ".@type"),
        ('{"@type":"x/not.known"}', ".@type"),
        ('{"@type":"x/protojson.test.Color"}', ".@type"),
        ('{"@type":"x/protojson.test.Everything.LabelsEntry"}', ".@type"),
        (f'{{{CHILD},"nmae":"x"}}', ".nmae"),
        (f'{{{CHILD},"count":"x"}}', ".count"),
        (f'{{"@type":"{GOOGLE}Duration"}}', ""),
        (f'{{"@type":"{GOOGLE}Duration","value":"x"}}', ".value"),
        (f'{{"@type":"{GOOGLE}Duration","value":null}}', ".value"),
        (f'{{"@type":"{GOOGLE}Duration","value":"1s","seconds":1}}', ".seconds"),
        ('{"@type":"x/protojson.test2.Old","number":1}', ""),
    ],
)
@pytest.mark.parametrize("codec", [None, Codec()])
def test_what_is_no_any(text: str, field: str, codec: Codec | None) -> None:
    told = fault(one("any", text)) if codec is None else fault(one("any", text), codec=codec)
    assert told.field == f"any{field}"


def test_types_that_no_pool_has() -> None:
    poor = Codec(pool=load("protojson2.proto", own_pool=True).pool)
    assert fault(one("any", f"{{{CHILD}}}"), codec=poor).message == "The type protojson.test.Child is not known here."


@pytest.mark.parametrize(
    ("message", "printed"),
    [
        (timestamp_pb2.Timestamp(seconds=1), '"1970-01-01T00:00:01Z"'),
        (duration_pb2.Duration(seconds=1), '"1s"'),
        (struct_pb2.Value(), "null"),
        (struct_pb2.Value(string_value="x"), '"x"'),
        (struct_pb2.Struct(), "{}"),
        (struct_pb2.ListValue(), "[]"),
        (wrappers_pb2.Int64Value(value=5), '"5"'),
        (field_mask_pb2.FieldMask(paths=["a_b", "c"]), '"aB,c"'),
        (any_pb2.Any(), "{}"),
        (empty_pb2.Empty(), "{}"),
    ],
)
def test_as_a_whole_body(message: Any, printed: str) -> None:
    assert encode(message) == printed
    if printed != "null":
        assert decode(printed, type(message)) == message
