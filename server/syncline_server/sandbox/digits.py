"""Numbers that a script left alone keep the digits that they came with.

JavaScript has doubles: it turns 9007199254740993 into 9007199254740992 and 1.10 into 1.1, merely by reading and
printing them. So both texts are compared, and where a number stands in the same place and is the same double as before,
its first text is put back. A number that the script moved or copied somewhere else comes out as JavaScript prints it.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# What JavaScript does not print as it was written: many digits, exponents, zeros at the end of a fraction, minus zero.
# Texts within strings may look like it, which costs a comparison.
_ALTERED = re.compile(r"[0-9.]{16}|[0-9][eE]|\.[0-9]*0(?![0-9])|-0(?![0-9.])")


def restore(before: str, after: str) -> str:
    """Return the JSON text *after* with the digits of *before*, for the numbers in both that are the same double."""
    if not _ALTERED.search(before):
        return after
    mark = os.urandom(8).hex()
    try:
        old = _loads(before, lambda text: _Text(text) if _ALTERED.search(text) else float(text))
        new = _loads(after, _Text)
        if not _put_back(old, new):
            return after
        text = json.dumps(_marked(new, mark), ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return after  # Deeper than any task's data may be, so it is refused later.
    return re.sub(rf'"{mark}([^"]*)"', r"\1", text)


class _Text(str):
    """A number as its text."""

    __slots__ = ()


def _loads(text: str, parse: Callable[[str], object]) -> object:
    return json.loads(text, parse_int=_integer, parse_float=parse)


def _integer(text: str) -> object:
    return int(text) if len(text) < 16 and text != "-0" else _Text(text)


def _put_back(old: object, new: object) -> bool:
    """Put the numbers of *old* into *new*, in place; tell whether there were any."""
    found = False
    for place, was, now in _pairs(old, new):
        if isinstance(was, _Text):
            if _is_same(was, now) and now != was:
                new[place] = was  # type: ignore[index]  # `_pairs` gives places of lists and objects only
                found = True
        elif was.__class__ is now.__class__ and was.__class__ in (dict, list):
            found = _put_back(was, now) or found
    return found


def _pairs(old: object, new: object) -> list[tuple[object, object, object]]:
    if isinstance(old, dict) and isinstance(new, dict):
        return [(name, value, new[name]) for name, value in old.items() if name in new]
    if isinstance(old, list) and isinstance(new, list):
        return [(place, *pair) for place, pair in enumerate(zip(old, new, strict=False))]
    return []


def _is_same(was: _Text, now: object) -> bool:
    """Tell whether a number became what it was; one that no double can hold became null."""
    value = float(was)
    if now is None:
        return value in (float("inf"), float("-inf"))
    return isinstance(now, int | _Text) and not isinstance(now, bool) and float(now) == value


def _marked(value: object, mark: str) -> object:
    """Return the value with each number text as a string that is told from all others by the mark."""
    if isinstance(value, dict):
        return {name: _marked(one, mark) for name, one in value.items()}
    if isinstance(value, list):
        return [_marked(one, mark) for one in value]
    return f"{mark}{value}" if isinstance(value, _Text) else value
