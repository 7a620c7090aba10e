"""JSON text to a tree of Python values, at C speed, refusing what ProtoJSON refuses.

A tree is made of `dict`, `list`, `str`, `int`, `bool`, `None` and two more: `RealText`, a number with a fraction or an
exponent, kept as text so that no digit is lost; `Twice`, an object with a repeated key, which nothing takes.
"""

from __future__ import annotations

import json
import re
import sys
from itertools import accumulate
from typing import TYPE_CHECKING, NoReturn

from syncline_gateway.transcoding.protojson.errors import JsonFault, excerpt, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Reader = Callable[[str, int], tuple[object, int]]
    """Reads the value at an offset; returns its tree and the offset behind it. Raises what `read` makes faults of."""

MAX_INLINE_DEPTH = 256
"""How deep JSON that is carried as text may nest."""

GIVEN_TWICE = "This is given twice."
SHALLOW = 32
"""Nesting that is harmless to anything, so that it need not be looked at closely."""

_skip_space = re.compile(r"[ \t\n\r]*").match
_MAYBE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_BRACKETS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKET = bytes(set(range(256)) - set(b'[{]}"'))


class RealText(str):
    """The text of a number that has a fraction or an exponent."""

    __slots__ = ()


class Twice:
    """An object that has the key `key` more than once."""

    __slots__ = ("key",)

    def __init__(self, key: str) -> None:
        self.key = key


def read(text: str, reader: Reader) -> object:
    """Return the tree of the one value that the text is."""
    try:
        tree, end = reader(text, after_space(text, 0))
    except JsonFault:
        raise
    except json.JSONDecodeError as error:
        raise _not_json(error.pos) from None
    except StopIteration as error:
        raise _not_json(error.value) from None
    except IndexError:
        raise _not_json(len(text)) from None
    except RecursionError:
        raise too_deep() from None
    except ValueError:
        raise JsonFault(f"A number has more than {sys.get_int_max_str_digits()} digits.") from None
    end = after_space(text, end)
    if end != len(text):
        raise _not_json(end)
    return tree


def checked_text(body: bytes) -> str:
    """Return the body as text; refuse what is not UTF-8 or holds half a surrogate pair."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise JsonFault("This is not UTF-8.") from None
    if has_lone_surrogate(text):
        raise JsonFault("This holds half a surrogate pair.")
    return text


def has_lone_surrogate(text: str) -> bool:
    """Tell whether an escape in JSON text is half a surrogate pair."""
    if "\\u" not in text or not _MAYBE_SURROGATE.search(text):
        return False
    rest = _SURROGATE_PAIR.sub(" ", text.replace("\\\\", " "))
    return _MAYBE_SURROGATE.search(rest) is not None


def nesting(text: str, enough: int = SHALLOW, start: int = 0, end: int | None = None) -> int:
    """Return how deep JSON text nests objects and arrays; a result up to *enough* may be too large."""
    brackets = text.count("{", start, end) + text.count("[", start, end)
    if brackets <= enough:
        return brackets
    plain = text[start:end].encode(errors="replace").replace(b"\\\\", b"").replace(b'\\"', b"")
    # Outside of strings, each bracket counts +1 or -1.
    outside = b"".join(plain.translate(None, _NO_BRACKET).split(b'"')[::2]).translate(_BRACKETS)
    return max(accumulate(memoryview(outside).cast("b")), default=0)


def tree_nesting(tree: object) -> int:
    """Return how deep a tree nests objects and arrays."""
    depth, level = 0, [tree]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


def too_deep() -> JsonFault:
    return JsonFault("This is nested too deep.")


def after_space(text: str, at: int) -> int:
    """Return the offset of what follows the white space at an offset."""
    found = _skip_space(text, at)
    return found.end() if found else at


def described(tree: object) -> str:
    """Return a few words that say what the caller wrote where something else belongs."""
    if isinstance(tree, RealText) or type(tree) is int:
        return excerpt(str(tree))
    if isinstance(tree, str):
        return quoted(tree)
    words = {bool: str(tree).lower(), type(None): "null", list: "an array", dict: "an object"}
    return words[type(tree)]


def expected(what: str, tree: object) -> JsonFault:
    """Return the fault for a value where *what* belongs."""
    if isinstance(tree, Twice):
        return JsonFault(GIVEN_TWICE).inside(tree.key)
    return JsonFault(f"Expected {what}, not {described(tree)}.")


def _not_json(position: int) -> JsonFault:
    return JsonFault(f"This is not JSON: what is wrong is at character {position + 1}.")


def _object(pairs: list[tuple[str, object]]) -> object:
    members = dict(pairs)
    return members if len(members) == len(pairs) else Twice(_repeated(pairs))


def _repeated(pairs: list[tuple[str, object]]) -> str:
    seen: set[str] = set()
    return next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]


def _expect_unique(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise JsonFault(f"The key {quoted(_repeated(pairs))} is there twice in one object.")


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN, Infinity and -Infinity where they are no strings."""
    raise JsonFault(f'{name} is not JSON; a number field takes the string "{name}".')


_scan_inline: Reader = json.JSONDecoder(  # builds nothing, so numbers of any length are only looked at
    object_pairs_hook=_expect_unique, parse_int=bool, parse_float=bool, parse_constant=refuse_constant
).scan_once  # type: ignore[attr-defined]
scan: Reader = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=RealText, parse_constant=refuse_constant
).scan_once  # type: ignore[attr-defined]
"""Reads any value."""


def read_inline(text: str, at: int) -> tuple[str, int]:
    """Read any value as its own text, as it stands there, once it is known to be JSON with no key twice."""
    _, end = _scan_inline(text, at)
    if nesting(text, MAX_INLINE_DEPTH, at, end) > MAX_INLINE_DEPTH:
        raise JsonFault(f"This is nested more than {MAX_INLINE_DEPTH} levels deep.")
    return text[at:end], end


def object_reader(
    readers: Mapping[str, Reader],
    every: Reader = scan,
    within: Callable[[JsonFault, str], JsonFault] = JsonFault.inside,
) -> Reader:
    """Return a reader of objects some of whose members are read in their own way, and the others by *every*.

    Slower than `scan`; for objects that hold JSON as text somewhere within. What is no object is read by `scan`.
    *within* tells a fault which member it is in.
    """

    def read_object(text: str, at: int) -> tuple[object, int]:
        if text[at] != "{":
            return scan(text, at)
        at = after_space(text, at + 1)
        members: dict[str, object] = {}
        repeated: Twice | None = None
        while text[at] != "}":
            key, at = _key(text, at)
            try:
                value, at = readers.get(key, every)(text, at)
            except JsonFault as fault:
                raise within(fault, key) from None
            if key in members:
                repeated = Twice(key)
            members[key] = value
            at = _to_next(text, at, "}")
        return repeated or members, at + 1

    return read_object


def array_reader(item: Reader) -> Reader:
    """Return a reader of arrays whose items are read by *item*. What is no array is read by `scan`."""

    def read_array(text: str, at: int) -> tuple[object, int]:
        if text[at] != "[":
            return scan(text, at)
        at = after_space(text, at + 1)
        items: list[object] = []
        while text[at] != "]":
            try:
                value, at = item(text, at)
            except JsonFault as fault:
                raise fault.inside_list(len(items)) from None
            items.append(value)
            at = _to_next(text, at, "]")
        return items, at + 1

    return read_array


def _key(text: str, at: int) -> tuple[str, int]:
    """Read a key and its colon; return the key and the offset of the value."""
    if text[at] != '"':
        raise json.JSONDecodeError("", text, at)
    key, at = scan(text, at)
    if text[at] <= " ":
        at = after_space(text, at)
    if text[at] != ":":
        raise json.JSONDecodeError("", text, at)
    at += 1
    return key, at if text[at] > " " else after_space(text, at)  # type: ignore[return-value]  # what a quote begins


def _to_next(text: str, at: int, closing: str) -> int:
    """Return the offset of the next member or of the closing bracket."""
    if text[at] <= " ":
        at = after_space(text, at)
    if text[at] == closing:
        return at
    if text[at] != ",":
        raise json.JSONDecodeError("", text, at)
    at = after_space(text, at + 1)
    if text[at] == closing:
        raise json.JSONDecodeError("", text, at)
    return at
