"""Laws of ProtoJSON: what is printed reads back as it was, json_format agrees, and no bytes do worse than a fault."""

from __future__ import annotations

import json
import math
import string
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from syncline_gateway.transcoding.protojson import JsonFault
from syncline_gateway.transcoding.protojson.cutting import cutting_reader
from syncline_gateway.transcoding.protojson.reading import Twice, object_reader, read, read_inline
from transcoding.protojson_subjects import CODEC, TYPE_URL, Child, Everything, Flat, Inline, decode, encode

if TYPE_CHECKING:
    from syncline_gateway.transcoding.protojson.reading import Reader

DESCRIPTOR = Everything.DESCRIPTOR
FIELDS = DESCRIPTOR.fields_by_name


def integers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high) | st.sampled_from([low, high, 0])


texts = st.text(st.characters(exclude_categories=["Cs"]))
floats = st.floats(width=32, allow_nan=False) | st.just(math.nan)  # the one NaN whose bits JSON can tell
doubles = st.floats(allow_nan=False) | st.just(math.nan)
finite = st.floats(allow_nan=False, allow_infinity=False)
int32s = integers(-(2**31), 2**31 - 1)
uint32s = integers(0, 2**32 - 1)
int64s = integers(-(2**63), 2**63 - 1)
uint64s = integers(0, 2**64 - 1)
colors = st.sampled_from([0, 1, 2, -1]) | int32s
nanos = st.integers(0, 999_999_999) | st.sampled_from([0, 10_000_000, 10_000, 10])
times = st.builds(
    lambda seconds, nanos: {"seconds": seconds, "nanos": nanos}, integers(-62135596800, 253402300799), nanos
)
durations = st.builds(
    lambda sign, seconds, nanos: {"seconds": sign * seconds, "nanos": sign * nanos},
    st.sampled_from([1, -1]),
    integers(0, 315576000000),
    nanos,
)
words = st.text(string.ascii_lowercase, min_size=1, max_size=4)
paths = st.lists(st.lists(words, min_size=1, max_size=3).map("_".join), min_size=1, max_size=3).map(".".join)
masks = st.lists(paths, max_size=4).map(lambda found: {"paths": found})
children = st.builds(lambda name, count: Child(name=name, count=count), texts, int32s)
json_values = st.recursive(
    st.none() | st.booleans() | finite | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)

LARGEST_FLOAT = float.fromhex("0x1.fffffep+127")


def as_value(value: Any) -> struct_pb2.Value:
    return json_format.ParseDict(value, struct_pb2.Value())


def as_any(child: Any) -> dict[str, object]:
    return {"type_url": TYPE_URL + "Child", "value": child.SerializeToString()}


values = json_values.map(as_value)
structs = st.dictionaries(texts, json_values, max_size=3).map(lambda found: as_value(found).struct_value)
MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("int32_value", "sint32_value", "sfixed32_value", "maybe_int32"), int32s),
    **dict.fromkeys(("uint32_value", "fixed32_value"), uint32s),
    **dict.fromkeys(("int64_value", "sint64_value", "sfixed64_value"), int64s),
    **dict.fromkeys(("uint64_value", "fixed64_value"), uint64s),
    "float_value": floats,
    "double_value": doubles,
    "bool_value": st.booleans(),
    "bytes_value": st.binary(),
    **dict.fromkeys(("string_value", "maybe_string"), texts),
    **dict.fromkeys(("color", "maybe_color"), colors),
    "child": children,
    "many_int32": st.lists(int32s),
    "many_int64": st.lists(int64s),
    "many_bool": st.lists(st.booleans()),
    "many_double": st.lists(doubles),
    "many_string": st.lists(texts),
    "many_bytes": st.lists(st.binary()),
    "many_color": st.lists(colors),
    "many_child": st.lists(children, max_size=3),
    "labels": st.dictionaries(texts, texts),
    "by_int32": st.dictionaries(int32s, children, max_size=3),
    "by_int64": st.dictionaries(int64s, int64s),
    "by_uint32": st.dictionaries(uint32s, colors),
    "by_uint64": st.dictionaries(uint64s, st.binary()),
    "by_bool": st.dictionaries(st.booleans(), doubles),
    "values": st.dictionaries(texts, values, max_size=3),
    "time": times,
    "duration": durations,
    "mask": masks,
    "struct": structs,
    "value": values,
    "any": children.map(as_any),
    "empty": st.just({}),
    "many_time": st.lists(times, max_size=3),
    "many_value": st.lists(values, max_size=3),
    "wrapped_bool": st.booleans(),
    "wrapped_int32": int32s,
    "wrapped_uint32": uint32s,
    "wrapped_int64": int64s,
    "wrapped_uint64": uint64s,
    "wrapped_float": floats,
    "wrapped_double": doubles,
    "wrapped_string": texts,
    "wrapped_bytes": st.binary(),
}
CHOICES: dict[str, st.SearchStrategy[Any]] = {
    "choice_string": texts,
    "choice_int32": int32s,
    "choice_child": children,
    "choice_null": st.just(0),
    "choice_value": values,
    "choice_wrapped": int64s,
}


def build(members: dict[str, Any]) -> Any:
    wrapped = ("wrapped_", "choice_wrapped")
    return Everything(
        **{name: {"value": value} if name.startswith(wrapped) else value for name, value in members.items()}
    )


messages = st.builds(
    lambda members, choice: build(members | choice),
    st.fixed_dictionaries({}, optional=MEMBERS),
    st.just({}) | st.sampled_from(list(CHOICES)).flatmap(lambda name: st.fixed_dictionaries({name: CHOICES[name]})),
)


def same(one: Any, other: Any) -> bool:
    """Tell whether messages are equal to the bit."""
    return bool(one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True))


@pytest.mark.parametrize("name", [*MEMBERS, *CHOICES])
def test_a_field_survives(name: str) -> None:
    @settings(max_examples=30, deadline=None)
    @given((MEMBERS | CHOICES)[name])
    def law(value: Any) -> None:
        message = build({name: value})
        printed = encode(message)
        assert same(decode(printed), message)
        body = CODEC.field_encoder(FIELDS[name])(message)
        if body != b"null":
            read = Everything()
            CODEC.field_decoder(FIELDS[name])(body, read)
            assert same(read, message)

    law()


@settings(max_examples=100, deadline=None)
@given(messages)
def test_a_message_survives(message: Any) -> None:
    printed = encode(message)
    assert "\n" not in printed
    assert "\r" not in printed
    assert same(decode(printed), message)
    assert encode(decode(printed)) == printed


@settings(max_examples=60, deadline=None)
@given(messages)
def test_json_format_agrees(message: Any) -> None:
    theirs = json_format.MessageToJson(message, indent=None)
    assert same(decode(theirs), message)
    # json_format writes this one as 3.4028235e+38, and takes that for more than a float holds.
    assume(LARGEST_FLOAT not in (abs(message.float_value), abs(message.wrapped_float.value)))
    assert same(json_format.Parse(encode(message), Everything()), message)


TEXTS = [name for name in MEMBERS if CODEC.can_be_text(FIELDS[name]) and not FIELDS[name].is_repeated]


@pytest.mark.parametrize("name", TEXTS)
def test_text_survives(name: str) -> None:
    @settings(max_examples=20, deadline=None)
    @given(MEMBERS[name])
    def law(value: Any) -> None:
        message = build({name: value})
        printed = json.loads(CODEC.field_encoder(FIELDS[name])(message))
        text = printed if isinstance(printed, str) else json.dumps(printed)
        read = Everything()
        CODEC.text_setter(FIELDS[name])(read, text)
        assert same(read, build({name: value}))

    law()


json_texts = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
).flatmap(
    lambda value: st.sampled_from([None, 1]).map(
        lambda indent: json.dumps(value, indent=indent, ensure_ascii=bool(indent))
    )
)


@settings(max_examples=100, deadline=None)
@given(json_texts, texts)
def test_inline_json_survives_to_the_letter(text: str, other: str) -> None:
    body = json.dumps({"before": other})[:-1] + ', "data" : ' + text + "}"
    message = decode(body, Inline)
    assert message == Inline(before=other, data_json=text)
    assert decode(encode(message), Inline).data_json == text.replace("\n", " ")


members = st.sampled_from(
    [field.json_name for field in DESCRIPTOR.fields] + [field.name for field in DESCRIPTOR.fields] + ["@type", "value"]
)
likely = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | doubles
    | texts
    | st.sampled_from(["1", "NaN", "AQI=", "1s", "COLOR_RED"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members | texts, inner, max_size=4),
    max_leaves=12,
).map(lambda tree: json.dumps(tree).encode())
cut = st.builds(lambda body, at: body[:at] + body[at + 1 :], likely, st.integers(0, 60))
pieces = st.lists(
    st.sampled_from(
        [*'{}[],:"\\ 01-.eE', "null", "true", '"data":', '"child":', '"value":', "\\ud800", "NaN", "9" * 30]
    ),
    max_size=25,
).map(lambda found: "".join(found).encode())


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *('"data"', '"other"', '"before"', ":", ":", ",", "{", "}", "[", "]", '"', "\\", " ", "1", '"\0"'),
                *('"data":1', r'"x\"data":', r'"d\u0061ta":', '"a":"data"', "{}", '{"data":', '"data":{"data":2}'),
                *('"y":1', r'"\u0000"'),
            ]
        ),
        max_size=12,
    ).map("".join)
)
@example('{"y":1,"data":1}')
def test_cutting_reads_what_careful_reading_does(text: str) -> None:
    careful = object_reader({"data": read_inline, "other": read_inline})
    cut = cutting_reader(["data", "other"], careful)
    for candidate in (text, "{" + text + "}"):
        assert outcome(candidate, cut) == outcome(candidate, careful)


def outcome(text: str, reader: Reader) -> object:
    try:
        tree = read(text, reader)
    except JsonFault as fault:
        return fault.field, fault.message
    return tree.key if isinstance(tree, Twice) else tree


@settings(max_examples=300, deadline=None)
@given(st.binary() | likely | cut | pieces)
@pytest.mark.parametrize("into", [Everything, Inline, Flat, struct_pb2.Value])
def test_no_bytes_do_worse_than_a_fault(into: Any, body: bytes) -> None:
    try:
        message = decode(body, into)
    except JsonFault:
        return
    printed = encode(message)
    assert encode(decode(printed, into)) == printed


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([name for name in FIELDS if CODEC.can_be_text(FIELDS[name])]), st.text())
def test_no_text_does_worse_than_a_fault(name: str, text: str) -> None:
    message = Everything()
    with suppress(JsonFault):
        CODEC.text_setter(FIELDS[name])(message, text)
        assert len(message.ListFields()) <= 1
