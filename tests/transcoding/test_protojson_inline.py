"""Fields that hold JSON text: JSON goes in and out as it stands."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import any_pb2

from fakes.protos import load
from syncline_gateway.transcoding.protojson import Codec, JsonFault, Unprintable
from transcoding.protojson_subjects import CODEC, PROTOS, TYPE_URL, Flat, Inline, decode, encode, fault, one

FIELDS = Inline.DESCRIPTOR.fields_by_name
TEXTS = (
    *("{}", "[]", "0", "-1.5e+10", "true", "false", "null", '""', '"x"', '"é\\u00e9\\ud83d\\ude01"'),
    *('{"b":1,"a":2}', '{"a": 1.10, "b":\t[1 , 2]}', "[1,\n 2,\r\n 3]", "9" * 400, "9" * 100_000, "1e999999", "-0"),
    *('{"a":{"a":{"a":1}},"b":{"a":1}}', '"data\\": [{"', '{"":"","\\u0061":1}', "[" * 256 + "]" * 256),
)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", ["data", "maybe", "left", "right"])
@pytest.mark.parametrize("frame", ['{{"{name}":{text}}}', ' {{ "before" : "" , "{name}" : {text} , "after":""}} '])
def test_it_is_kept_as_it_was_written(text: str, name: str, frame: str) -> None:
    message = decode(frame.format(name=name, text=text), Inline)
    assert getattr(message, f"{name}_json") == text
    assert len(message.ListFields()) == 1


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "frame",
    [
        '{{"data":{text}}}',
        ' {{ "before" : "" , "data" : {text} , "after":"" , "other": {text}}} ',
        '{{"value":{{"data":1}},"data":{text},"other":{text}}}',
        '{{"d\u0061ta":{text},"before":"","after":""}}',
    ],
)
def test_so_it_is_where_it_is_cut_out(text: str, frame: str) -> None:
    message = decode(frame.format(text=text), Flat)
    assert message.data_json == text
    assert message.other_json == (text if "other" in frame else "")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{}", Flat()),
        (r'{"before":"\"data\": 1","data":[ ]}', Flat(before='"data": 1', data_json="[ ]")),
        (r'{"labels":{"x\"data":"1"},"other":2.0}', Flat(labels={'x"data': "1"}, other_json="2.0")),
        (r'{"labels":{"x\\":"data","data":"y"},"data":3}', Flat(labels={"x\\": "data", "data": "y"}, data_json="3")),
        (r'{"labels":{"data":"\u0000"},"d\u0061ta":5}', Flat(labels={"data": "\0"}, data_json="5")),
        ('{"labels":{"data":"z"}}', Flat(labels={"data": "z"})),
        ('{"data":{"data":{"data":1}},"before":"data"}', Flat(data_json='{"data":{"data":1}}', before="data")),
        ('{"data":{"other":1},"other":{"data":2}}', Flat(data_json='{"other":1}', other_json='{"data":2}')),
        (r'{"data":"\\u0000","before":"\\u0000"}', Flat(data_json=r'"\\u0000"', before=r"\u0000")),
        (r'{"before":"\u0000","data":"\u0000"}', Flat(data_json=r'"\u0000"', before="\0")),
        (r'{"before":"\u00fc","data":"\u00fc"}', Flat(data_json=r'"\u00fc"', before="ü")),
        ('{"value":{"a":[{"data":1}]}}', Flat(value=decode('{"value":{"a":[{"data":1}]}}').value)),
    ],
)
def test_what_only_looks_like_it(body: str, message: Any) -> None:
    assert decode(body, Flat) == message


@pytest.mark.parametrize("text", TEXTS)
def test_it_is_printed_as_it_stands_in_one_line(text: str) -> None:
    printed = encode(Inline(data_json=text))
    in_a_line = text.replace("\n", " ").replace("\r", " ")
    assert printed == f'{{"before":"","data":{in_a_line},"after":"","children":[],"byName":{{}},"number":"0"}}'
    assert decode(printed, Inline).data_json == in_a_line


def test_text_and_digits_survive_the_way_in_and_out() -> None:
    data = '{"z": 1.10, "a":123456789012345678901234567890,"é":"\\u00e9"}'
    body = f'{{"before":"x","data":{data},"after":"y","children":[],"byName":{{}},"number":"5"}}'
    assert encode(decode(body, Inline)) == body


def test_it_has_no_other_name() -> None:
    for name in ("dataJson", "data_json"):
        assert fault(one(name, '"{}"'), Inline).message == "There is no such field."
    assert decode('{"d\\u0061ta":[1]}', Inline).data_json == "[1]"


def test_without_the_option_it_is_a_string() -> None:
    plain = Codec()
    message = decode('{"dataJson":"{}"}', Inline, plain)
    assert message.data_json == "{}"
    assert '"dataJson":"{}"' in encode(message, plain)
    assert fault('{"data":{}}', Inline, plain).message == "There is no such field."


def test_an_empty_text_is_left_out() -> None:
    assert encode(Inline()) == '{"before":"","after":"","children":[],"byName":{},"number":"0"}'
    assert "maybe" not in encode(Inline(maybe_json=""))


def test_it_is_anywhere() -> None:
    body = (
        '{"child":{"data":[ 1 ]},"children":[{"data":{"a" :1}},{},{"data":2.50}],"byName":{"k":{"child":{"data":"x"}}},'
        f'"any":{{"@type":"{TYPE_URL}Inline","data":{{ }}}},"struct":{{"data":1.0}}}}'
    )
    message = decode(body, Inline)
    assert message.child.data_json == "[ 1 ]"
    assert [child.data_json for child in message.children] == ['{"a" :1}', "", "2.50"]
    assert message.by_name["k"].child.data_json == '"x"'
    packed = Inline()
    assert message.any.Unpack(packed)
    assert packed.data_json == "{ }"
    printed = encode(message)
    for text in ('"data":[ 1 ]', '"data":{"a" :1}', '"data":2.50', '"data":"x"', '"data":{ }'):
        assert text in printed
    assert decode(printed, Inline) == message


def test_it_is_in_an_any_in_an_any() -> None:
    inner = f'{{"data":[ 1.50 ],"@type":"{TYPE_URL}Inline"}}'
    body = f'{{"any":{{"value":{inner},"@type":"x/google.protobuf.Any"}}}}'
    outer, packed = any_pb2.Any(), Inline()
    assert decode(body, Inline).any.Unpack(outer)
    assert outer.Unpack(packed)
    assert packed.data_json == "[ 1.50 ]"


@pytest.mark.parametrize(
    "text",
    ["", "{", "{]", "[1,]", "01", "1.", "+1", "nul", "{a:1}", "'a'", '{"a":1,}', '"\t"', '"\\x"', "[1 2]", "tru"],
)
def test_it_has_to_be_json(text: str) -> None:
    assert fault(one("data", text), Inline).message.startswith("This is not JSON")


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ('{"data":{"a":1,"a":1}}', "data", 'The key "a" is there twice in one object.'),
        ('{"data":[{"b":{"\\u0061":1,"a":1}}]}', "data", 'The key "a" is there twice in one object.'),
        ('{"child":{"data":{"a":1,"a":1}}}', "child.data", 'The key "a" is there twice in one object.'),
        ('{"children":[{},{"data":{"a":1,"a":1}}]}', "children[1].data", 'The key "a" is there twice in one object.'),
        ('{"byName":{"k":{"data":{"a":1,"a":1}}}}', 'byName["k"].data', 'The key "a" is there twice in one object.'),
        ('{"data":NaN}', "data", 'NaN is not JSON; a number field takes the string "NaN".'),
        ('{"data":[-Infinity]}', "data", '-Infinity is not JSON; a number field takes the string "-Infinity".'),
        ('{"data":"\\ud800"}', "", "This holds half a surrogate pair."),
        ('{"data":{"\\udc00":1}}', "", "This holds half a surrogate pair."),
        (one("data", "[" * 257 + "]" * 257), "data", "This is nested more than 256 levels deep."),
        (one("data", "[" * 100_000 + "]" * 100_000), "", "This is nested too deep."),
        ('{"data":1,"data":1}', "data", "This is given twice."),
        ('{"before":"a","before":"b"}', "before", "This is given twice."),
        ('{"child":{"data":1,"data":1}}', "child.data", "This is given twice."),
        ('{"left":1,"right":2}', "right", "Only one of left and right can be given."),
        ('{"left":null,"right":null}', "right", "Only one of left and right can be given."),
        ('{"before":1}', "before", "Expected a string, not 1."),
        ('{"child":[]}', "child", "Expected an object, not an array."),
        ('{"children":{}}', "children", "Expected an array, not an object."),
        ('{"children":[{"after":1}]}', "children[0].after", "Expected a string, not 1."),
        ('{"byName":[]}', "byName", "Expected an object, not an array."),
    ],
)
def test_what_is_refused(body: str, field: str, message: str) -> None:
    told = fault(body, Inline)
    assert (told.field, told.message) == (field, message)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"data":{"a":1,"a":1}}', "data"),
        ('{"data":1,"data":2}', "data"),
        ('{"data":1,"d\\u0061ta":2}', "data"),
        ('{"data":1,"labels":{"data":2}}', 'labels["data"]'),
        ('{"labels":{"data":{"a":1,"a":2}},"data":1}', 'labels["data"].a'),
        ('{"data":NaN}', "data"),
        ('{"data":[}', ""),
        ('{"data":1 "before":""}', ""),
        ('{"data":1}{"data":1}', ""),
        ('{} "data":1', ""),
        ('"data":1', ""),
        ('[{"data":1}]', ""),
        ('{"before":"a"data":1}', ""),
        ('{"before":"a\\"data":1}', ""),
        ('{"data"', ""),
        ('{"data":', ""),
        ('{"before":1,"data":2}', "before"),
        ('{"before":"","before":"","data":2}', "before"),
        ('{"child":{"data":2}}', "child.data"),
        (one("data", "[" * 257 + "]" * 257), "data"),
        (one("data", "[" * 100_000), ""),
    ],
)
def test_what_is_refused_where_it_is_cut_out(body: str, field: str) -> None:
    assert fault(body, Flat).field == field


def test_depth_is_counted_apart() -> None:
    decode('{"child":' * 99 + one("data", "[" * 256 + "]" * 256) + "}" * 99, Inline)
    assert "too deep" in fault('{"child":' * 100 + one("data", "1") + "}" * 100, Inline).message


@pytest.mark.parametrize("text", ["}", "{", "1,2", '{"a":1}}', "", " ", '1,"x":2', '"a', "NaN", "nope", "1\n2"])
def test_text_that_is_not_json_is_never_printed(text: str) -> None:
    if not text:
        assert '"data"' not in encode(Inline(data_json=text))
        return
    with pytest.raises(Unprintable) as caught:
        encode(Inline(data_json=text))
    assert text not in str(caught.value) or text in {"1", " "}


def test_unusual_json_is_printed() -> None:
    for text in ('{"a":1,"a":2}', '{"a":' + "9" * 5000 + ',"a":1e999}', "[" * 300 + "]" * 300):
        assert f'"data":{text},' in encode(Inline(data_json=text))


def test_a_body_or_an_answer_that_is_one_inline_field() -> None:
    message = Inline()
    CODEC.field_decoder(FIELDS["data_json"])(b' \n{"a" : 1.10} ', message)
    assert message.data_json == '{"a" : 1.10}'
    assert CODEC.field_encoder(FIELDS["data_json"])(message) == b'{"a" : 1.10}'
    assert CODEC.field_encoder(FIELDS["data_json"])(Inline()) == b"null"
    CODEC.field_decoder(FIELDS["data_json"])(b"null", message)
    assert message.data_json == "null"
    for body in (b"{", b'{"a":1,"a":1}', b"1 2", b"\xff", b"[NaN]"):
        with pytest.raises(JsonFault) as caught:
            CODEC.field_decoder(FIELDS["data_json"])(body, message)
        assert caught.value.field == ""


def test_a_query_holds_json() -> None:
    message = Inline()
    set_text = CODEC.text_setter(FIELDS["data_json"])
    for text in ('{"a":1}', "null", "123", '"x"', "[ 1.10 ]", '"\\\\ud800"'):
        set_text(message, text)
        assert message.data_json == text
    set_text(message, " {} ")
    assert message.data_json == "{}"
    for text in ("", "x", "{", '{"a":1,"a":1}', '"\\ud800"', '"\ud800"', "NaN", "[" * 257 + "]" * 257, "[" * 5000):
        with pytest.raises(JsonFault):
            set_text(message, text)


def test_present_paths_stop_at_it() -> None:
    body = b'{"data":{"a":1},"before":"","child":{"left":null,"child":{"data":[{"x":1}]}}}'
    assert CODEC.present_paths(FIELDS["child"], body) == (
        "data_json",
        "before",
        "child.left_json",
        "child.child.data_json",
    )
    assert CODEC.present_paths(FIELDS["data_json"], b"{}") == ()


def test_the_option_is_for_single_strings() -> None:
    wrong: Any = load("protojson.proto").message("WrongInline")
    with pytest.raises(TypeError, match="is marked as inline JSON and is not a single string"):
        CODEC.decoder(wrong.DESCRIPTOR)


def test_the_option_does_not_take_the_name_of_another_field() -> None:
    wrong: Any = load("protojson.proto").message("ClashingInline")
    with pytest.raises(TypeError, match="ClashingInline have the same JSON name"):
        CODEC.decoder(wrong.DESCRIPTOR)


def test_the_option_is_read_from_another_pool() -> None:
    own = load("protojson.proto", own_pool=True)
    other: Any = own.message("Inline")
    for option in (own.extension("inline"), PROTOS.extension("inline")):
        codec = Codec(inline_json=option, pool=own.pool)
        assert decode('{"data":[ 1 ]}', other, codec).data_json == "[ 1 ]"
