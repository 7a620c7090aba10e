"""JSON as text: checked whole, cut into its members, never written anew.

What a caller sends on comes out exactly as it came in: digits of numbers, order and repeats of keys, escapes, white
space. So an object is given as a dict of `Part`s, each the member's own text beside what it means; of a repeated key
the last stands. Numbers mean their text (`str`), because turning 400 digits into a number helps nobody: the first
character of the part's text tells a number from a string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import NoReturn

Part = tuple[str, object]
"""A value's text, and what it means."""
Members = dict[str, Part]
"""The members of an object."""
Reader = Callable[[str, int], tuple[object, int]]
"""Reads the value that starts at an offset; returns what it means and the offset behind it."""

MAX_DEPTH = 256

_skip_space = re.compile(r"[ \t\n\r]*").match
_MAYBE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_BRACKETS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKET = bytes(set(range(256)) - set(b'[{]}"'))
_NOTHING: Mapping[str, Reader] = {}

quoted = json.encoder.encode_basestring
"""Returns a string as JSON, what is not ASCII unescaped."""


class BadJson(ValueError):
    """The text is not JSON that is taken here; the message is one sentence for the caller."""


def checked_text(body: bytes) -> str:
    """Return the body as text that any of the functions below may be given.

    Raise `BadJson` when it is not UTF-8, nested too deep, or holds half a surrogate pair.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadJson("The body is not UTF-8.") from None
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise BadJson(f"The body is nested more than {MAX_DEPTH} levels deep.")
    if "\\u" in text and _MAYBE_SURROGATE.search(text) and _has_lone_surrogate(text):
        raise BadJson("The body holds half a surrogate pair.")
    return text


def value(text: str) -> Part:
    """Return the one value that the text is, without the white space around it."""
    start = _after_space(text, 0)
    meaning, end = scan(text, start)
    _expect_end(text, end)
    return text[start:end], meaning


def read_object(text: str, readers: Mapping[str, Reader] = _NOTHING) -> Members:
    """Return the members of the one object that the text is; readers say how to read the values of certain keys."""
    found, end = members(text, _after_space(text, 0), readers)
    _expect_end(text, end)
    return found


def members(text: str, at: int, readers: Mapping[str, Reader] = _NOTHING) -> tuple[Members, int]:
    """Return the members of the object that starts at the offset, and the offset behind it."""
    found: Members = {}
    try:
        if text[at] != "{":
            _refuse()
        at = _after_space(text, at + 1)
        if text[at] == "}":
            return found, at + 1
        while True:
            at = _member(text, at, readers, found)
            if text[at] == "}":
                return found, at + 1
            at = _after_comma(text, at)
    except BadJson:
        raise
    except (IndexError, StopIteration, ValueError):
        _refuse()


def objects(text: str, at: int) -> tuple[list[Members], int]:
    """Read an array of objects, or one object as an array of one."""
    try:
        if text[at] == "{":
            one, end = members(text, at)
            return [one], end
        if text[at] != "[":
            _refuse("There is neither an object nor an array of objects where one has to be.")
        found: list[Members] = []
        at = _after_space(text, at + 1)
        if text[at] == "]":
            return found, at + 1
        while True:
            one, at = members(text, at)
            found.append(one)
            at = _after_space(text, at)
            if text[at] == "]":
                return found, at + 1
            at = _after_comma(text, at)
    except IndexError:
        _refuse()


def scan(text: str, at: int) -> tuple[object, int]:
    """Read any value."""
    try:
        return _scan_once(text, at)
    except (StopIteration, ValueError):
        _refuse()


def is_object(part: Part) -> bool:
    """Tell whether the part is an object."""
    return part[0].startswith("{")


def is_string(part: Part) -> bool:
    """Tell whether the part is a string (and not a number, which means its text as well)."""
    return part[0].startswith('"')


def is_number(part: Part) -> bool:
    """Tell whether the part is a number."""
    return part[0][0] in "-0123456789"


def _refuse(message: str = "The body is not JSON.") -> NoReturn:
    raise BadJson(message)


def _refuse_constant(_name: str) -> NoReturn:
    _refuse()


def _member(text: str, at: int, readers: Mapping[str, Reader], found: Members) -> int:
    """Read one member; return the offset of what follows it. The hot path of every request, so calls are spared."""
    if text[at] != '"':
        _refuse()
    key, at = _scan_once(text, at)
    if text[at] <= " ":
        at = _after_space(text, at)
    if text[at] != ":":
        _refuse()
    at += 1
    if text[at] <= " ":
        at = _after_space(text, at)
    meaning, end = readers.get(key, _scan_once)(text, at)  # type: ignore[call-overload]  # what begins with a quote is a str
    found[key] = (text[at:end], meaning)  # type: ignore[index]
    return _after_space(text, end) if text[end] <= " " else end


def _after_comma(text: str, at: int) -> int:
    if text[at] != ",":
        _refuse()
    return at + 1 if text[at + 1] > " " else _after_space(text, at + 1)


def _after_space(text: str, at: int) -> int:
    found = _skip_space(text, at)
    return found.end() if found else at


def _expect_end(text: str, at: int) -> None:
    if _after_space(text, at) != len(text):
        _refuse()


def _depth(body: bytes) -> int:
    """Return how deep the body nests, at C speed: outside its strings, each bracket counts +1 or -1."""
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NO_BRACKET)
    outside = b"".join(plain.split(b'"')[::2]).translate(_BRACKETS)
    return max(accumulate(memoryview(outside).cast("b")), default=0)


def _has_lone_surrogate(text: str) -> bool:
    rest = _SURROGATE_PAIR.sub(" ", text.replace("\\\\", " "))
    return _MAYBE_SURROGATE.search(rest) is not None


_scan_once: Reader = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant).scan_once  # type: ignore[attr-defined]
