"""Query parameters as fields: forms, names, what is refused and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncline_gateway.transcoding import query as query_module
from syncline_gateway.transcoding.faults import Fault, Violation
from syncline_gateway.transcoding.protojson import Codec
from syncline_gateway.transcoding.query import (
    DEEPEST_NAME,
    LONGEST_QUERY,
    MOST_FAULTS,
    MOST_PARAMETERS,
    Query,
    decode,
    parse,
    refuse_all,
)
from transcoding.protojson_subjects import Swapped
from transcoding.shapes import INLINE, Everything, everything

if TYPE_CHECKING:
    from google.protobuf.message import Message

QUERY = Query(Everything.DESCRIPTOR, Codec(inline_json=INLINE), inline_json=INLINE)


def applied(query: str, to: Query = QUERY) -> Message:
    message: Message = Everything()
    to.apply(message, query)
    return message


def fault_of(query: str, to: Query = QUERY) -> Fault:
    with pytest.raises(Fault) as caught:
        applied(query, to)
    return caught.value


PIECES = [
    ("", []),
    ("a=1", [("a", "1")]),
    ("a=1&b=2", [("a", "1"), ("b", "2")]),
    ("a", [("a", "")]),
    ("a=", [("a", "")]),
    ("a&b", [("a", ""), ("b", "")]),
    ("=1", [("", "1")]),
    ("=", [("", "")]),
    ("&", []),
    ("&&&", []),
    ("&a=1&&b=2&", [("a", "1"), ("b", "2")]),
    ("a=1=2", [("a", "1=2")]),
    ("a==", [("a", "=")]),
    ("a=1;b=2", [("a", "1;b=2")]),
    ("a;b", [("a;b", "")]),
    ("a=x+y", [("a", "x y")]),
    ("a+b=c", [("a b", "c")]),
    ("a=+", [("a", " ")]),
    ("a=x%20y", [("a", "x y")]),
    ("a=x%2By", [("a", "x+y")]),
    ("a=x%2by", [("a", "x+y")]),
    ("a=%26&b=%3D", [("a", "&"), ("b", "=")]),
    ("a%3D=1", [("a=", "1")]),
    ("a%2Eb=1", [("a.b", "1")]),
    ("%61=%62", [("a", "b")]),
    ("a=%25", [("a", "%")]),
    ("a=%2525", [("a", "%25")]),
    ("a=%00", [("a", "\0")]),
    ("a=%C3%B6", [("a", "ö")]),
    ("a=%c3%b6", [("a", "ö")]),
    ("a=ö", [("a", "ö")]),
    ("a=ö+%C3%B6", [("a", "ö ö")]),
    ("a=%F0%9F%98%80", [("a", "😀")]),
    ("a=a/b:c@d?e!f$g'h(i)j*k,l", [("a", "a/b:c@d?e!f$g'h(i)j*k,l")]),
    ("a=#", [("a", "#")]),
    ("a=1&a=2", [("a", "1"), ("a", "2")]),
]


@pytest.mark.parametrize(("query", "expected"), PIECES)
def test_query_is_cut_and_decoded(query: str, expected: list[tuple[str, str]]) -> None:
    assert list(parse(query)) == expected


BROKEN = [
    "%",
    "%2",
    "%zz",
    "%2g",
    "a%",
    "%%",
    "%-1",
    "% 41",
    "%+1",
    "%C3",
    "%FF",
    "%C3%28",
    "%ED%A0%80",
    "%C0%AF",
    "\udc80",
]


@pytest.mark.parametrize("text", BROKEN)
def test_text_that_is_not_percent_encoded_utf8_is_refused(text: str) -> None:
    with pytest.raises(Fault) as caught:
        decode(text, of="name")

    assert (caught.value.http_status, caught.value.reason, caught.value.field) == (400, "INVALID_REQUEST", "name")


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize("query", ["a_string={}", "{}=x", "{}", "a_string=x&strings={}", "a_string={}&b"])
def test_broken_encoding_anywhere_is_a_400(query: str, text: str) -> None:
    assert fault_of(query.format(text)).http_status == 400


TAKEN = [
    # every scalar
    ("a_double=1.5", "a_double: 1.5"),
    ("a_double=-0.25", "a_double: -0.25"),
    ("a_double=1e3", "a_double: 1000"),
    ("a_double=1E-3", "a_double: 0.001"),
    ("a_double=5", "a_double: 5"),
    ("a_double=Infinity", "a_double: inf"),
    ("a_double=-Infinity", "a_double: -inf"),
    ("a_float=1.5", "a_float: 1.5"),
    ("a_float=-Infinity", "a_float: -inf"),
    ("an_int32=1", "an_int32: 1"),
    ("an_int32=-1", "an_int32: -1"),
    ("an_int32=2147483647", "an_int32: 2147483647"),
    ("an_int32=-2147483648", "an_int32: -2147483648"),
    ("an_int32=0", ""),
    ("an_int64=9223372036854775807", "an_int64: 9223372036854775807"),
    ("an_int64=-9223372036854775808", "an_int64: -9223372036854775808"),
    ("a_uint32=4294967295", "a_uint32: 4294967295"),
    ("a_uint64=18446744073709551615", "a_uint64: 18446744073709551615"),
    ("a_sint32=-7", "a_sint32: -7"),
    ("a_sint64=-7", "a_sint64: -7"),
    ("a_fixed32=7", "a_fixed32: 7"),
    ("a_fixed64=7", "a_fixed64: 7"),
    ("a_sfixed32=-7", "a_sfixed32: -7"),
    ("a_sfixed64=-7", "a_sfixed64: -7"),
    ("a_bool=true", "a_bool: true"),
    ("a_bool=false", ""),
    ("a_string=x", "a_string: 'x'"),
    ("a_string=", ""),
    ("a_string", ""),
    ("a_string=null", "a_string: 'null'"),
    ("a_string=1", "a_string: '1'"),
    ("a_string=true", "a_string: 'true'"),
    ('a_string="x"', "a_string: '\"x\"'"),
    ("a_string={}", "a_string: '{}'"),
    ("a_string=a,b", "a_string: 'a,b'"),
    ("a_string=a;b=c", "a_string: 'a;b=c'"),
    ("a_string=x+y%20z%2B", "a_string: 'x y z+'"),
    ("a_string=%26%3D%3F%23", "a_string: '&=?#'"),
    ("a_string=%00", "a_string: '\\000'"),
    ("a_string=%E2%82%AC", "a_string: '€'"),
    ("a_string=€", "a_string: '€'"),
    ("a_bytes=YWJj", "a_bytes: 'abc'"),
    ("a_bytes=YQ", "a_bytes: 'a'"),
    ("a_bytes=YQ==", "a_bytes: 'a'"),
    ("a_bytes=%2B%2F%2B%2F", "a_bytes: '\\373\\377\\277'"),
    ("a_bytes=-_-_", "a_bytes: '\\373\\377\\277'"),
    ("a_bytes=", ""),
    # enums by name and number
    ("a_kind=KIND_SMALL", "a_kind: KIND_SMALL"),
    ("a_kind=1", "a_kind: KIND_SMALL"),
    ("a_kind=0", ""),
    ("a_kind=-3", "a_kind: KIND_NEGATIVE"),
    ("kinds=KIND_LARGE&kinds=1", "kinds: KIND_LARGE kinds: KIND_SMALL"),
    # proto3 optional: presence is kept
    ("maybe_int32=0", "maybe_int32: 0"),
    ("maybe_int32=5", "maybe_int32: 5"),
    ("maybe_string=", "maybe_string: ''"),
    ("maybe_string", "maybe_string: ''"),
    ("maybe_bool=false", "maybe_bool: false"),
    ("maybe_kind=KIND_UNSPECIFIED", "maybe_kind: KIND_UNSPECIFIED"),
    ("maybe_int32=1&maybe_string=2", "maybe_int32: 1 maybe_string: '2'"),
    # names
    ("aDouble=1.5", "a_double: 1.5"),
    ("anInt32=1", "an_int32: 1"),
    ("aString=x", "a_string: 'x'"),
    ("aKind=KIND_LARGE", "a_kind: KIND_LARGE"),
    ("maybeInt32=1", "maybe_int32: 1"),
    ("ownName=x", "named_json: 'x'"),
    ("named_json=x", "named_json: 'x'"),
    ("a%5Fstring=x", "a_string: 'x'"),
    # repeated keys
    ("doubles=1&doubles=2.5", "doubles: 1 doubles: 2.5"),
    ("int32s=1&int32s=2&int32s=1", "int32s: [1, 2, 1]"),
    ("int64s=-5", "int64s: -5"),
    ("bools=true&bools=false", "bools: true bools: false"),
    ("strings=a&strings=b", "strings: 'a' strings: 'b'"),
    ("strings=", "strings: ''"),
    ("strings&strings", "strings: '' strings: ''"),
    ("strings=a,b", "strings: 'a,b'"),
    ("strings=b&a_string=x&strings=a", "strings: 'b' strings: 'a' a_string: 'x'"),
    ("many_bytes=YQ&manyBytes=Yg", "many_bytes: 'a' many_bytes: 'b'"),
    ("times=1970-01-01T00:00:01Z&times=1970-01-01T00:00:02Z", "times {seconds: 1} times {seconds: 2}"),
    ("numbers=1&numbers=2", "numbers {value: 1} numbers {value: 2}"),
    # nested messages
    ("node.name=x", "node {name: 'x'}"),
    ("node.weight=0", "node {}"),
    ("node.name=", "node {}"),
    ("node.weight=3&node.name=x", "node {name: 'x' weight: 3}"),
    ("node.child.name=x", "node {child {name: 'x'}}"),
    ("node.child.child.child.weight=1", "node {child {child {child {weight: 1}}}}"),
    ("node.name=a&node.child.name=b", "node {name: 'a' child {name: 'b'}}"),
    ("node.tags=a&node.tags=b", "node {tags: 'a' tags: 'b'}"),
    ("node.age=1.5s", "node {age {seconds: 1 nanos: 500000000}}"),
    ("node%2Ename=x", "node {name: 'x'}"),
    # wrappers: their bare values
    ("double_value=1.5", "double_value {value: 1.5}"),
    ("float_value=1.5", "float_value {value: 1.5}"),
    ("int64_value=-5", "int64_value {value: -5}"),
    ("int64Value=0", "int64_value {}"),
    ("uint64_value=5", "uint64_value {value: 5}"),
    ("int32_value=5", "int32_value {value: 5}"),
    ("uint32_value=5", "uint32_value {value: 5}"),
    ("bool_value=true", "bool_value {value: true}"),
    ("bool_value=false", "bool_value {}"),
    ("string_value=x", "string_value {value: 'x'}"),
    ("string_value=", "string_value {}"),
    ("bytes_value=YWJj", "bytes_value {value: 'abc'}"),
    # well-known types: ProtoJSON's texts
    ("time=1970-01-01T00:00:00Z", "time {}"),
    ("time=2026-11-25T10:20:30.5Z", "time {seconds: 1795602030 nanos: 500000000}"),
    ("time=1970-01-01T01:00:00%2B01:00", "time {}"),
    ("duration=1.5s", "duration {seconds: 1 nanos: 500000000}"),
    ("duration=-1s", "duration {seconds: -1}"),
    ("duration=0s", "duration {}"),
    ("mask=a,b.cD", "mask {paths: 'a' paths: 'b.c_d'}"),
    ("mask=", "mask {}"),
    # JSON values are JSON text
    ('object={"a":1}', "object {fields {key: 'a' value {number_value: 1}}}"),
    ("object={}", "object {}"),
    ('value="x"', "value {string_value: 'x'}"),
    ("value=1", "value {number_value: 1}"),
    ("value=null", "value {null_value: NULL_VALUE}"),
    ("list=[1]", "list {values {number_value: 1}}"),
    ('inline={"a":[1,2]}', "inline_json: '{\"a\":[1,2]}'"),
    ("inline=1", "inline_json: '1'"),
    ("inline=null", "inline_json: 'null'"),
    ("node.note=true", "node {note_json: 'true'}"),
    # oneofs: one member
    ("chosen_string=x", "chosen_string: 'x'"),
    ("chosen_string=", "chosen_string: ''"),
    ("chosen_int32=0", "chosen_int32: 0"),
    ("chosenInt32=1", "chosen_int32: 1"),
    ("chosen_node.name=x&chosen_node.weight=1", "chosen_node {name: 'x' weight: 1}"),
    ("chosen_duration=1s", "chosen_duration {seconds: 1}"),
    ("node.this=a&chosen_string=b", "node {this: 'a'} chosen_string: 'b'"),
    ("node.this=a&node.child.that=b", "node {this: 'a' child {that: 'b'}}"),
    # nothing
    ("", ""),
    ("&&", ""),
]


@pytest.mark.parametrize(("query", "expected"), TAKEN)
def test_parameter_sets_its_field(query: str, expected: str) -> None:
    assert applied(query) == everything(expected)


def test_not_a_number_is_a_double() -> None:
    made: object = applied("a_double=NaN").ListFields()[0][1]

    assert made != made  # noqa: PLR0124 - the one value that is not itself


REFUSED = [
    # names
    ("nothing=1", "nothing"),
    ("a_string.x=1", "a_string.x"),
    ("A_STRING=1", "A_STRING"),
    ("AString=1", "AString"),
    ("a-string=1", "a-string"),
    ("a_String=1", "a_String"),
    ("node.nothing=1", "node.nothing"),
    ("node..name=1", "node..name"),
    (".node=1", ".node"),
    ("node.=1", "node."),
    ("a_string.=1", "a_string."),
    ("14=x", "14"),
    ("strings[]=x", "strings[]"),
    ("strings[0]=x", "strings[0]"),
    ("node[name]=x", "node[name]"),
    ("namedJson=x", "namedJson"),
    ("inline_json=1", "inline_json"),
    ("inlineJson=1", "inlineJson"),
    ("node.note_json=1", "node.note_json"),
    ("choice=x", "choice"),
    ("_maybe_int32=1", "_maybe_int32"),
    ("+a_string=1", " a_string"),
    # twice
    ("a_string=x&a_string=y", "a_string"),
    ("a_string=x&a_string=x", "a_string"),
    ("a_string=x&aString=x", "aString"),
    ("aString=&a_string=", "a_string"),
    ("an_int32=0&an_int32=0", "an_int32"),
    ("maybe_int32=1&maybeInt32=1", "maybeInt32"),
    ("node.name=x&node.name=x", "node.name"),
    ("time=1970-01-01T00:00:00Z&time=1970-01-01T00:00:00Z", "time"),
    ("mask=a&mask=b", "mask"),
    ("int64_value=1&int64Value=1", "int64Value"),
    ("inline=1&inline=1", "inline"),
    ("chosen_string=x&chosen_string=x", "chosen_string"),
    # oneofs
    ("chosen_string=x&chosen_int32=1", "chosen_int32"),
    ("chosen_int32=0&chosen_string=", "chosen_string"),
    ("chosen_string=x&chosen_node.name=y", "chosen_node.name"),
    ("chosen_node.name=y&chosenString=x", "chosenString"),
    ("chosen_node.weight=0&chosen_int32=1", "chosen_int32"),
    ("chosen_duration=0s&chosen_int32=0", "chosen_int32"),
    ("node.this=a&node.that=b", "node.that"),
    ("node.child.this=&node.child.that=", "node.child.that"),
    # forms that no query has
    ("node=x", "node"),
    ("node={}", "node"),
    ("node", "node"),
    ("chosen_node=x", "chosen_node"),
    ("nodes=x", "nodes"),
    ("nodes.name=x", "nodes.name"),
    ("node.children=x", "node.children"),
    ("node.children.name=x", "node.children.name"),
    ("labels=x", "labels"),
    ("labels.a=x", "labels.a"),
    ("labels[a]=x", "labels[a]"),
    ("labels.key=x", "labels.key"),
    ("nodes_by_name.a.name=x", "nodes_by_name.a.name"),
    ("node.labels.a=x", "node.labels.a"),
    ("any=x", "any"),
    ("empty=", "empty"),
    ("empty={}", "empty"),
    ("time.seconds=1", "time.seconds"),
    ("duration.seconds=1", "duration.seconds"),
    ("int64_value.value=1", "int64_value.value"),
    ("mask.paths=a", "mask.paths"),
    ("object.fields=a", "object.fields"),
    ("value.string_value=a", "value.string_value"),
    # values
    ("an_int32=", "an_int32"),
    ("an_int32", "an_int32"),
    ("an_int32=x", "an_int32"),
    ("an_int32=1.5", "an_int32"),
    ("an_int32=2147483648", "an_int32"),
    ("an_int32=-2147483649", "an_int32"),
    ("an_int32=0x10", "an_int32"),
    ("an_int32=+1", "an_int32"),
    ("an_int32=%201", "an_int32"),
    ("an_int32=1_000", "an_int32"),
    ("an_int32=true", "an_int32"),
    ("an_int32=١", "an_int32"),
    ("an_int64=9223372036854775808", "an_int64"),
    ("a_uint32=-1", "a_uint32"),
    ("a_uint32=4294967296", "a_uint32"),
    ("a_uint64=18446744073709551616", "a_uint64"),
    ("a_uint64=-1", "a_uint64"),
    ("a_fixed32=-1", "a_fixed32"),
    ("a_double=", "a_double"),
    ("a_double=x", "a_double"),
    ("a_double=1e999", "a_double"),
    ("a_double=inf", "a_double"),
    ("a_double=1_0", "a_double"),
    ("a_float=1e39", "a_float"),
    ("a_bool=", "a_bool"),
    ("a_bool", "a_bool"),
    ("a_bool=1", "a_bool"),
    ("a_bool=yes", "a_bool"),
    ("a_bool=True", "a_bool"),
    ("a_bool=TRUE", "a_bool"),
    ("a_kind=", "a_kind"),
    ("a_kind=NOTHING", "a_kind"),
    ("a_kind=kind_small", "a_kind"),
    ("a_kind=SMALL", "a_kind"),
    ("a_kind=1.5", "a_kind"),
    ("a_kind=2147483648", "a_kind"),
    ("kinds=KIND_LARGE&kinds=x", "kinds"),
    ("int32s=1&int32s=x", "int32s"),
    ("int32s=1,2", "int32s"),
    ("a_bytes=***", "a_bytes"),
    ("a_bytes=a", "a_bytes"),
    ("time=", "time"),
    ("time=yesterday", "time"),
    ("time=2026-11-25", "time"),
    ("time=1970-01-01T00:00:00", "time"),
    ("time=1970-01-01T01:00:00+01:00", "time"),
    ("time=0", "time"),
    ("duration=", "duration"),
    ("duration=1", "duration"),
    ("duration=1h", "duration"),
    ("duration=s", "duration"),
    ("mask=a_b", "mask"),
    ("int64_value=x", "int64_value"),
    ("int64_value=", "int64_value"),
    ("bool_value=1", "bool_value"),
    ("numbers=-1", "numbers"),
    ("object=[]", "object"),
    ("object=", "object"),
    ("object=x", "object"),
    ("list={}", "list"),
    ("value=x", "value"),
    ("inline=", "inline"),
    ("inline", "inline"),
    ("inline={", "inline"),
    ("inline=NaN", "inline"),
    ("node.note=x", "node.note"),
    ("maybe_int32=", "maybe_int32"),
    ("node.age=x", "node.age"),
    ("chosen_int32=x", "chosen_int32"),
]


@pytest.mark.parametrize(("query", "field"), REFUSED)
def test_wrong_parameter_is_a_400_that_names_it(query: str, field: str) -> None:
    fault = fault_of(query)

    assert (fault.http_status, fault.field, fault.others) == (400, field, ())
    assert fault.metadata == {"field": field}
    assert fault.message.endswith(".")


def test_nameless_parameter_is_refused() -> None:
    assert fault_of("=x").message == 'There is no query parameter "".'


MESSAGES = [
    ("nothing=1", 'There is no query parameter "nothing".'),
    ("a_string=x&aString=x", "aString is given twice."),
    ("chosen_string=x&chosen_int32=1", "Only one of chosen_int32 and chosen_string may be given."),
    ("chosen_node.name=x&chosen_int32=1", "Only one of chosen_int32 and chosen_node may be given."),
    ("node.this=x&node.that=1", "Only one of node.that and node.this may be given."),
    ("node=x", "node is a message: give its fields, each by its own name."),
    ("nodes.name=x", "nodes.name is a list of messages, which a query cannot hold."),
    ("labels.a=x", "labels.a is a map, which a query cannot hold."),
]


@pytest.mark.parametrize(("query", "message"), MESSAGES)
def test_refusal_says_why(query: str, message: str) -> None:
    assert fault_of(query).message == message


def test_all_wrong_parameters_are_told_at_once() -> None:
    fault = fault_of("a_string=x&nothing=1&an_int32=5&node=x&labels=y")

    assert fault.field == "nothing"
    assert fault.others == (
        Violation("node", "node is a message: give its fields, each by its own name."),
        Violation("labels", "labels is a map, which a query cannot hold."),
    )


def test_number_of_told_faults_is_bounded() -> None:
    assert len(fault_of("&".join(f"x{i}=" for i in range(100))).others) == MOST_FAULTS - 1


def test_value_that_a_caller_sent_is_not_told_back_at_length() -> None:
    fault = fault_of("an_int32=" + "9" * 10_000)

    assert len(fault.message) < 300


def test_long_name_is_not_told_back_at_length() -> None:
    fault = fault_of("x" * 10_000)

    assert len(fault.message) + len(fault.field) < 600


def test_query_may_have_so_many_parameters_and_no_more() -> None:
    assert len(applied("&".join(["strings=x"] * MOST_PARAMETERS)).strings) == MOST_PARAMETERS  # type: ignore[attr-defined]
    assert fault_of("&".join(["strings=x"] * (MOST_PARAMETERS + 1))).http_status == 400


def test_query_may_be_so_long_and_no_longer() -> None:
    start = "a_string="
    rest = LONGEST_QUERY - len(start)

    assert len(applied(start + "x" * rest).a_string) == rest  # type: ignore[attr-defined]
    assert fault_of(start + "x" * (rest + 1)).http_status == 400


def test_name_may_be_so_deep_and_no_deeper() -> None:
    deep = "node." + "child." * (DEEPEST_NAME - 2) + "name"

    assert applied(deep + "=x").ByteSize() > DEEPEST_NAME
    assert fault_of("node." + "child." * (DEEPEST_NAME - 1) + "name=x").http_status == 400
    assert fault_of("node" + ".child" * 5_000 + "=x").http_status == 400


def test_a_json_name_goes_before_another_fields_proto_name() -> None:
    message = Swapped()

    Query(Swapped.DESCRIPTOR, Codec()).apply(message, "second=1&first=2&own=3&inner.first=4&inner.third=5")

    assert message == Swapped(first="1", second="2", third="3", inner={"second": "4", "third": "5"})


def test_names_without_end_take_no_memory_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_module, "KEPT_NAMES", 5)
    fresh = Query(Everything.DESCRIPTOR, Codec(inline_json=INLINE), inline_json=INLINE)
    for depth in range(20):
        applied("node." + "child." * depth + "name=x", fresh)

    assert len(fresh._known) == 5
    assert applied("node.weight=1", fresh) == everything("node {weight: 1}")


TAKEN_ELSEWHERE = Query(
    Everything.DESCRIPTOR,
    Codec(inline_json=INLINE),
    inline_json=INLINE,
    taken={"a_string": "path", "node.child.name": "path", "chosen_node": "body", "inline_json": "body"},
)


@pytest.mark.parametrize(
    ("query", "field", "place"),
    [
        ("a_string=x", "a_string", "path"),
        ("aString=x", "aString", "path"),
        ("a_string=", "a_string", "path"),
        ("node.child.name=x", "node.child.name", "path"),
        ("chosen_node.name=x", "chosen_node.name", "body"),
        ("chosenNode.child.name=x", "chosenNode.child.name", "body"),
        ("inline=1", "inline", "body"),
    ],
)
def test_field_that_is_given_elsewhere_is_refused(query: str, field: str, place: str) -> None:
    fault = fault_of(query, TAKEN_ELSEWHERE)

    assert (fault.http_status, fault.field) == (400, field)
    assert fault.message == f"{field} is given by the {place} already."


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("an_int32=1", "an_int32: 1"),
        ("node.name=x", "node {name: 'x'}"),
        ("node.child.weight=1", "node {child {weight: 1}}"),
        ("node.child.child.name=x", "node {child {child {name: 'x'}}}"),
        ("chosen_int32=1", "chosen_int32: 1"),
    ],
)
def test_neighbours_of_a_field_given_elsewhere_are_taken(query: str, expected: str) -> None:
    assert applied(query, TAKEN_ELSEWHERE) == everything(expected)


def test_query_beside_a_whole_body_is_refused_name_by_name() -> None:
    with pytest.raises(Fault) as caught:
        refuse_all(Everything(), "a_string=x&nothing")

    assert [caught.value.field, *(one.field for one in caught.value.others)] == ["a_string", "nothing"]


def test_empty_query_beside_a_whole_body_is_none() -> None:
    refuse_all(Everything(), "&&")
