"""Values of paths and queries: text into one field."""

from __future__ import annotations

import math
from typing import Any

import pytest

from syncline_gateway.transcoding.protojson import JsonFault
from transcoding.protojson_subjects import CODEC, Everything, Old

FIELDS = Everything.DESCRIPTOR.fields_by_name
NO_TEXT = (
    *("child", "nested", "many_child", "labels", "by_int32", "struct", "value", "list", "any", "empty", "many_value"),
    *("many_any", "choice_child", "choice_value", "values", "times", "by_bool"),
    *("by_int64", "by_uint32", "by_uint64"),
)


def from_text(name: str, *texts: str) -> Any:
    """Return the field's value after setting it from each text in turn."""
    message = Everything()
    set_text = CODEC.text_setter(FIELDS[name])
    for text in texts:
        set_text(message, text)
    return getattr(message, name)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("int32_value", "5", 5),
        ("int32_value", "-2147483648", -(2**31)),
        ("uint32_value", "4294967295", 2**32 - 1),
        ("int64_value", "-9223372036854775808", -(2**63)),
        ("uint64_value", "18446744073709551615", 2**64 - 1),
        ("fixed64_value", "0", 0),
        ("double_value", "1.5e3", 1500.0),
        ("double_value", "7", 7.0),
        ("double_value", "-Infinity", -math.inf),
        ("float_value", "Infinity", math.inf),
        ("bool_value", "true", True),
        ("bool_value", "false", False),
        ("string_value", "", ""),
        ("string_value", '"quoted" ü', '"quoted" ü'),
        ("bytes_value", "AQI=", b"\1\2"),
        ("bytes_value", "-_A", b"\xfb\xf0"),
        ("color", "COLOR_RED", 1),
        ("color", "2", 2),
        ("color", "-1", -1),
        ("color", "99", 99),
        ("alias", "ALIAS_SECOND", 1),
        ("null", "NULL_VALUE", 0),
        ("maybe_int32", "0", 0),
        ("choice_string", "x", "x"),
        ("time", "1970-01-01T00:00:01.5Z", Everything(time={"seconds": 1, "nanos": 500000000}).time),
        ("duration", "-1.5s", Everything(duration={"seconds": -1, "nanos": -500000000}).duration),
        ("mask", "fooBar,baz", Everything(mask={"paths": ["foo_bar", "baz"]}).mask),
        ("mask", "", Everything(mask={}).mask),
        ("wrapped_bool", "true", Everything(wrapped_bool={"value": True}).wrapped_bool),
        ("wrapped_int32", "-5", Everything(wrapped_int32={"value": -5}).wrapped_int32),
        ("wrapped_uint64", "5", Everything(wrapped_uint64={"value": 5}).wrapped_uint64),
        ("wrapped_double", "1.5", Everything(wrapped_double={"value": 1.5}).wrapped_double),
        ("wrapped_string", "", Everything(wrapped_string={}).wrapped_string),
        ("wrapped_bytes", "AQI", Everything(wrapped_bytes={"value": b"\1\2"}).wrapped_bytes),
        ("choice_wrapped", "5", Everything(choice_wrapped={"value": 5}).choice_wrapped),
    ],
)
def test_one_value(name: str, text: str, value: object) -> None:
    assert from_text(name, text) == value


def test_nan() -> None:
    assert math.isnan(from_text("double_value", "NaN"))


@pytest.mark.parametrize(
    ("name", "texts", "values"),
    [
        ("many_int32", ("1", "2", "1"), [1, 2, 1]),
        ("many_string", ("", "a,b"), ["", "a,b"]),
        ("many_bool", ("true", "false"), [True, False]),
        ("many_color", ("COLOR_BLUE", "1"), [2, 1]),
        ("many_bytes", ("AQI",), [b"\1\2"]),
        ("many_time", ("1970-01-01T00:00:01Z",), Everything(many_time=[{"seconds": 1}]).many_time),
        ("many_wrapped", ("1", "0"), Everything(many_wrapped=[{"value": 1}, {}]).many_wrapped),
    ],
)
def test_a_repeated_field_gets_one_more(name: str, texts: tuple[str, ...], values: object) -> None:
    assert from_text(name, *texts) == values


@pytest.mark.parametrize("name", ["time", "duration", "mask", "wrapped_string", "choice_string", "maybe_string"])
def test_what_is_set_is_present(name: str) -> None:
    text = {"time": "1970-01-01T00:00:00Z", "duration": "0s"}.get(name, "")
    message = Everything()
    CODEC.text_setter(FIELDS[name])(message, text)
    assert message.HasField(name)


INTEGER = (
    *("", "x", "1.0", "1.5", "1e2", "01", "+1", " 1", "1 ", "0x1", "1_0", "-0", "--1", "١", "null", "true", "NaN"),
    *("9" * 30, "9" * 5000, '"1"', "2147483648"),
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("int32_value", text) for text in INTEGER),
        *(("wrapped_int32", text) for text in INTEGER),
        *(("many_int32", text) for text in INTEGER),
        *(("uint64_value", text) for text in ("-1", "18446744073709551616")),
        *(("int64_value", text) for text in ("9223372036854775808", "-9223372036854775809")),
        *(("bool_value", text) for text in ("", "True", "TRUE", "1", "0", "yes", "on", "null", "t")),
        *(
            ("double_value", text)
            for text in ("", "x", "1e309", "inf", "nan", "+1", "1,5", "0x1p3", "1_0", " 1", "9" * 400)
        ),
        *(("float_value", text) for text in ("1e39", "-1e39", "infinity")),
        *(
            ("color", text)
            for text in ("", "RED", "color_red", "1.0", "1e0", "2147483648", "--1", "-", "²", "٣", "null")
        ),
        *(("bytes_value", text) for text in ("***", "A", "é", "YQ=", "A Q", "\ud800")),
        *(("time", text) for text in ("", "now", "1970-01-01", "0", '"1970-01-01T00:00:00Z"')),
        *(("duration", text) for text in ("", "1", "1h", "1m30s", "1.5")),
        *(("mask", text) for text in ("foo_bar", "a,,b", "a b", "\ud800")),
        *(("string_value", text) for text in ("\ud800", "a\udc00")),
        *(("many_string", text) for text in ("\ud800",)),
        *(("wrapped_string", text) for text in ("\ud800",)),
    ],
)
def test_what_is_refused(name: str, text: str) -> None:
    with pytest.raises(JsonFault) as caught:
        from_text(name, text)
    assert caught.value.field == ""
    assert len(caught.value.message) < 250


def test_a_closed_enum() -> None:
    set_text = CODEC.text_setter(Old.DESCRIPTOR.fields_by_name["closed"])
    message = Old()
    set_text(message, "2")
    assert message.closed == 2
    with pytest.raises(JsonFault):
        set_text(message, "3")


@pytest.mark.parametrize("name", NO_TEXT)
def test_fields_that_are_no_text(name: str) -> None:
    assert not CODEC.can_be_text(FIELDS[name])
    with pytest.raises(TypeError, match=rf"protojson\.test\.Everything\.{name} cannot be written outside of JSON"):
        CODEC.text_setter(FIELDS[name])


def test_all_others_are() -> None:
    assert {field.name for field in FIELDS.values() if not CODEC.can_be_text(field)} == set(NO_TEXT)
