"""JSON as text: read only as far as needed, so that every number keeps its digits."""

from __future__ import annotations

import json
import re

# texts of numbers are left alone: Python would round long fractions and refuse integers of over 4300 digits
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
_BLANK = re.compile(r"[ \t\r\n]*")


def check_object(text: str) -> None:
    """Raise ValueError, with a sentence for people, unless the text is one JSON object."""
    try:
        value = json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse)
        text.encode()
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except UnicodeEncodeError:
        raise ValueError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    if not isinstance(value, dict):
        raise ValueError('it must be an object, such as {"param": 1}')


def members(text: str) -> dict[str, str]:
    """Return the members of a JSON object, each as the text it has there; of equal names the last.

    Raises ValueError when the text is no JSON object.
    """
    found: dict[str, str] = {}
    at = _after(text, 0, "{")
    if text.startswith("}", at):
        return found
    while True:
        if not text.startswith('"', at):
            raise ValueError(f"a name was expected at character {at}")
        name, end = _DECODER.raw_decode(text, at)
        start = _after(text, end, ":")
        _, end = _DECODER.raw_decode(text, start)
        found[name] = text[start:end]
        end = _skip(text, end)
        if text.startswith("}", end):
            return found
        at = _after(text, end, ",")


def first_item(text: str) -> str:
    """Return the first item of a JSON array as the text it has there, or raise ValueError when there is none."""
    start = _after(text, 0, "[")
    _, end = _DECODER.raw_decode(text, start)
    return text[start:end]


def _after(text: str, at: int, sign: str) -> int:
    at = _skip(text, at)
    if not text.startswith(sign, at):
        raise ValueError(f"{sign} was expected at character {at}")
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
