"""The fast way to read an object with inline JSON: that is cut out first, and the rest is read in one go.

What is looked for is `"data":` without a backslash before it. In JSON that is always a key: a quote within a string has
a backslash before it, and so has one that ends a string only where that ends in a backslash, which no name follows. It
may be the key of another object, or a key may hide behind escapes; so a mark is left in the place of the value, a
string that cannot be there otherwise, and has to be found where it belongs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncline_gateway.transcoding.protojson.reading import read_inline, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from syncline_gateway.transcoding.protojson.reading import Reader

_MARK = '"\\u0000"'
_MARKED = "\0"
"""What the mark means: no other string can mean it without an escape."""


class _DoubtError(ValueError):
    """The text is not as simple as it has to be."""


def cutting_reader(names: Iterable[str], careful: Reader) -> Reader:
    """Return a reader of objects whose members of these names are inline JSON.

    It reads what *careful* reads, which it asks whenever the text is unusual or wrong.
    """
    find = re.compile(rf'"({"|".join(map(re.escape, names))})"[ \t\n\r]*:[ \t\n\r]*').search

    def read_object(text: str, at: int) -> tuple[object, int]:
        try:
            return _read(text, at, find)
        except (ValueError, StopIteration, IndexError):
            return careful(text, at)

    return read_object


def _read(text: str, at: int, find: Callable[[str, int], re.Match[str] | None]) -> tuple[object, int]:
    texts: dict[str, str] = {}
    pieces: list[str] = []
    while found := find(text, at):
        start = found.end()
        if found[1] in texts or text[found.start() - 1] == "\\":
            raise _DoubtError
        texts[found[1]], end = read_inline(text, start)
        pieces.append(text[at:start])
        at = end
    pieces.append(text[at:])
    rest = _MARK.join(pieces)
    if rest.count("\\u") > len(texts):
        raise _DoubtError
    tree, end = scan(rest, 0)
    if texts:
        _put_back(texts, tree)
    return tree, len(text) - len(rest) + end


def _put_back(texts: dict[str, str], tree: object) -> None:
    if not isinstance(tree, dict):
        raise _DoubtError
    for name, value in texts.items():
        if tree.get(name) != _MARKED:
            raise _DoubtError
        tree[name] = value
