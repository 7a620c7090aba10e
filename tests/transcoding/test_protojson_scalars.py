"""Scalar fields: what is taken, what is refused, and what is printed. Values are JSON text."""

from __future__ import annotations

import math
import sys
from typing import Any

import pytest
from google.protobuf import json_format

from transcoding.protojson_subjects import Everything, Old, decode, encode, fault, member, one

INT32 = ("int32Value", "sint32Value", "sfixed32Value")
UINT32 = ("uint32Value", "fixed32Value")
INT64 = ("int64Value", "sint64Value", "sfixed64Value")
UINT64 = ("uint64Value", "fixed64Value")
INTEGERS = (*INT32, *UINT32, *INT64, *UINT64)
PROTO_NAMES = {field.json_name: field.name for field in Everything.DESCRIPTOR.fields}


def value(name: str, text: str) -> Any:
    return getattr(decode(one(name, text)), PROTO_NAMES[name])


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("12", 12),
        ('"12"', 12),
        ("12.0", 12),
        ("12.000", 12),
        ("1e2", 100),
        ("1E+2", 100),
        ("1.2e1", 12),
        ("120e-1", 12),
        ('"1e2"', 100),
        ('"12.0"', 12),
        ("0e999999999", 0),
        ("0.0", 0),
        ('"1\\u0032"', 12),
        ("-0", 0),
        ("-0.0", 0),
        ("100000000000000000000e-19", 10),
        ("2147483647", 2147483647),
        ("2.147483647e9", 2147483647),
    ],
)
def test_integers_of_all_types(name: str, text: str, expected: int) -> None:
    assert value(name, text) == expected


@pytest.mark.parametrize(
    ("names", "low", "high"),
    [
        (INT32, -(2**31), 2**31 - 1),
        (UINT32, 0, 2**32 - 1),
        (INT64, -(2**63), 2**63 - 1),
        (UINT64, 0, 2**64 - 1),
    ],
)
def test_ranges(names: tuple[str, ...], low: int, high: int) -> None:
    for name in names:
        for bound in (low, high):
            assert value(name, str(bound)) == bound
            assert value(name, f'"{bound}"') == bound
            assert value(name, f"{bound}.0") == bound  # exact, where a double would not be
        for outside in (low - 1, high + 1):
            for text in (str(outside), f'"{outside}"', f"{outside}.0", f"{outside}e0"):
                assert f"from {low} to {high}" in fault(one(name, text)).message


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize(
    "text",
    [
        *("0.5", "1.5", '"0.5"', "1e-1", "12.0000000000000000000000000001", "1e-99999999999999999999999"),
        *("1e999999999", "1e99999999999999999999999", '"1e400"', "9" * 400, f'"{"9" * 400}"', f'"{"9" * 5000}"'),
        *('"3x3"', '""', '" 1"', '"1 "', '"+1"', '"01"', '"-01"', '"0x10"', '"1_000"', '"١"', '"1."', '".5"', '"NaN"'),
        *("true", "false", "[]", "{}", "[1]", '"null"', '"Infinity"', '"true"'),
    ],
)
def test_what_is_no_integer(name: str, text: str) -> None:
    assert fault(one(name, text)).field == name


def test_a_number_too_long_for_python() -> None:
    digits = "9" * (sys.get_int_max_str_digits() + 1)
    assert "digits" in fault(one("int64Value", digits)).message
    assert "digits" in fault(one("value", digits)).message


@pytest.mark.parametrize("name", ["doubleValue", "floatValue"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0.0),
        ("1", 1.0),
        ("-1.5", -1.5),
        ("1.5e3", 1500.0),
        ('"1.5"', 1.5),
        ('"1"', 1.0),
        ('"-2.5E-1"', -0.25),
        ('"Infinity"', math.inf),
        ('"-Infinity"', -math.inf),
        ("1e-999", 0.0),
        ("16777216", 16777216.0),
    ],
)
def test_floats(name: str, text: str, expected: float) -> None:
    assert value(name, text) == expected


@pytest.mark.parametrize("name", ["doubleValue", "floatValue"])
def test_nan_and_minus_zero(name: str) -> None:
    assert math.isnan(value(name, '"NaN"'))
    assert math.copysign(1, value(name, "-0.0")) == -1


@pytest.mark.parametrize("name", ["doubleValue", "floatValue"])
@pytest.mark.parametrize(
    "text",
    [
        *("NaN", "Infinity", "-Infinity", '"nan"', '"inf"', '"infinity"', '"+Infinity"', '"-NaN"'),
        *("1e309", "-1e309", '"1e309"', "1.89769e+308", "9" * 400),
        *("true", '""', '"1 "', '" 1"', '"1,5"', '"0x1p3"', '"1_0"', "[]", "{}", '"1d"'),
    ],
)
def test_what_is_no_float(name: str, text: str) -> None:
    assert fault(one(name, text)).field == name


def test_range_of_a_single_float() -> None:
    for text in ("3.402823e+38", "3.4028234663852886e+38", "-3.402823e+38", "1.175494e-38", "1.4e-45"):
        assert math.isfinite(value("floatValue", text))
    for text in ("3.502823e+38", "-3.502823e+38", "3.4028236e38", "1e39", '"1e39"'):
        assert "32-bit" in fault(one("floatValue", text)).message


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        (0.1, "0.1"),
        (1.5, "1.5"),
        (3.4028234663852886e38, "3.4028235e+38"),
        (16777216.0, "16777216.0"),
        (1.175494e-38, "1.175494e-38"),
        (1e-45, "1.4013e-45"),
        (math.nan, '"NaN"'),
        (math.inf, '"Infinity"'),
        (-math.inf, '"-Infinity"'),
    ],
)
def test_a_float_is_printed_with_the_fewest_digits(number: float, printed: str) -> None:
    message = Everything(float_value=number)
    text = encode(message)
    assert f'"floatValue":{printed}'.replace("e+", "e") in text.replace("e+", "e")
    assert decode(text).SerializeToString() == message.SerializeToString()


@pytest.mark.parametrize("number", [0.1, 1e300, 5e-324, 1.7976931348623157e308, 123456789.123456789, math.inf])
def test_a_double_survives(number: float) -> None:
    assert decode(encode(Everything(double_value=number))).double_value == number


def test_bool() -> None:
    assert value("boolValue", "true") is True
    assert value("boolValue", "false") is False


@pytest.mark.parametrize("text", ["0", "1", '"true"', '"false"', '""', "[]", "{}", "1.0"])
def test_what_is_no_bool(text: str) -> None:
    assert "true or false" in fault(one("boolValue", text)).message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('""', ""),
        ('"Hello world!"', "Hello world!"),
        ('"谷歌"', "谷歌"),
        (r'"\"\\\/\b\f\n\r\t"', '"\\/\b\f\n\r\t'),
        (r'"\u8C37\u6b4c"', "谷歌"),
        (r'"\uD83D\uDE01"', "😁"),
        (r'"\u0000"', "\0"),
        ('"\u2028"', "\u2028"),
        (r'"\\ud800"', r"\ud800"),
        ('"it\'s"', "it's"),
    ],
)
def test_strings(text: str, expected: str) -> None:
    assert value("stringValue", text) == expected


@pytest.mark.parametrize("text", ["12345", "1.5", "true", "[]", '["a"]', "{}"])
def test_what_is_no_string(text: str) -> None:
    assert "Expected a string, not" in fault(one("stringValue", text)).message


@pytest.mark.parametrize(
    "text",
    [
        *(r'"\U8C37"', r'"\uXXXX"', r'"\u8C3"', r'"\a"', '"a\nb"', '"a\tb"', "'a'", '"a', '"a\\'),
        *(r'"\uD800"', r'"\uDC00"', r'"\uDE01\uD83D"', r'"\ud83d\\ude01"', r'"\ud83d x"', '"\ud800"'),
    ],
)
def test_broken_strings(text: str) -> None:
    assert fault(one("stringValue", text)).field == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", b""),
        ("AQI=", b"\1\2"),
        ("AQI", b"\1\2"),
        ("-_", b"\xfb"),
        ("-_A=", b"\xfb\xf0"),
        ("+/A=", b"\xfb\xf0"),
        ("-/A", b"\xfb\xf0"),
        ("YQ==", b"a"),
        ("YQ", b"a"),
        ("YWJj", b"abc"),
    ],
)
def test_bytes(text: str, expected: bytes) -> None:
    assert value("bytesValue", f'"{text}"') == expected


@pytest.mark.parametrize(
    "text",
    ["***", "A", "AAAAA", "YQ=", "YQ===", "=", "====", "YQ==YQ==", "Y Q=", "YWJj\\n", "YWJjé", "YWJj=", "A===", "YW=j"],
)
def test_what_is_no_base64(text: str) -> None:
    assert "Expected base64" in fault(one("bytesValue", f'"{text}"')).message


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("color", '"COLOR_RED"', 1),
        ("color", "1", 1),
        ("color", "1.0", 1),
        ("color", "0", 0),
        ("color", "-1", -1),
        ("color", "99", 99),
        ("color", "2147483647", 2147483647),
        ("alias", '"ALIAS_SECOND"', 1),
        ("alias", '"ALIAS_FIRST"', 1),
    ],
)
def test_enums(name: str, text: str, expected: int) -> None:
    assert value(name, text) == expected


@pytest.mark.parametrize(
    "text", ['"COLOR_PINK"', '"color_red"', '""', '"1"', "true", "1.5", "2147483648", "[]", "{}", "false"]
)
def test_what_is_no_enum(text: str) -> None:
    assert fault(one("color", text)).field == "color"


def test_an_unknown_name_is_told_the_known_ones() -> None:
    assert fault('{"color":"PINK"}').message == (
        'Expected one of COLOR_UNSPECIFIED, COLOR_RED, COLOR_BLUE, COLOR_BELOW, not "PINK".'
    )


def test_how_enums_are_printed() -> None:
    assert member(Everything(color=2), "color") == "COLOR_BLUE"
    assert member(Everything(color=99), "color") == 99
    assert member(Everything(alias=1), "alias") == "ALIAS_FIRST"


def test_a_closed_enum_has_no_unknown_numbers() -> None:
    assert decode('{"needed":true,"closed":2}', Old).closed == 2
    assert fault('{"needed":true,"closed":3}', Old).field == "closed"
    assert fault('{"needed":true,"manyClosed":[1,3]}', Old).field == "manyClosed[1]"


def test_64_bits_are_printed_as_strings_and_32_as_numbers() -> None:
    printed = encode(Everything(int64_value=-(2**63), uint64_value=2**64 - 1, int32_value=-5, uint32_value=7))
    for text in ('"int64Value":"-9223372036854775808"', '"uint64Value":"18446744073709551615"'):
        assert text in printed
    for text in ('"int32Value":-5', '"uint32Value":7', '"fixed64Value":"0"', '"boolValue":false', '"bytesValue":""'):
        assert text in printed


def test_bytes_are_printed_as_standard_base64() -> None:
    assert member(Everything(bytes_value=b"\xfb\xf0"), "bytesValue") == "+/A="


@pytest.mark.parametrize(
    "name", [*INTEGERS, "floatValue", "doubleValue", "boolValue", "stringValue", "bytesValue", "color"]
)
def test_null_is_unset(name: str) -> None:
    assert decode(one(name, "null")) == Everything()


@pytest.mark.parametrize(
    "text",
    [
        '{"int32Value":"7","int64Value":"-8","uint64Value":18446744073709549568,"doubleValue":1e5,"floatValue":0.1}',
        '{"boolValue":true,"stringValue":"ü\\n","bytesValue":"_-8","color":"COLOR_BLUE","manyInt32":[1,"2",3.0]}',
    ],
)
def test_it_agrees_with_json_format(text: str) -> None:
    ours = decode(text)
    assert ours == json_format.Parse(text, Everything())
    assert json_format.Parse(encode(ours), Everything()) == ours
