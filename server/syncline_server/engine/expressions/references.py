r"""Finds the `{{references}}` and the `$.functions(…)` in a text and takes them apart.

A reference is a path: names after dots, names or positions in brackets, each of which may hold references itself
(`{{a[{{i}}].b}}`, `{{status_{{n}}}}`). `\.`, `\[` and `\]` (or with two backslashes, as JSON text has them) stand for
the character in a name. `{{` that no `}}` follows is text, and so is the first of three braces. Spaces around a
reference don't count.

A function is one of `NAMES` between `$.` and an opening parenthesis; its argument goes to the parenthesis that closes
it, with functions and references in it as the author likes. Anything else that begins with `$.` is text. Functions
stand in text and in the brackets of a reference (`{{a[$.math({{i}}+1)]}}`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NESTING = 8
"""References inside each other, and functions inside each other."""
MAX_SEGMENTS = 64
DIGESTS = ("sha1", "sha224", "sha256", "sha384", "sha512", "md5")
NAMES = (
    *("math", "random", "date", "unixtime", "base64_encode", "map", "filter"),
    *("to_object", "to_number", "to_array", "to_string"),
    *DIGESTS,
    *(f"{digest}_hex" for digest in DIGESTS),
)
"""The documented functions."""

_WORDS = re.compile(r"\\{1,2}[.\[\]]|\{\{(?!\{(?!\{))|\}\}|[^\\{}.\[\]]+|.", re.DOTALL)
_ESCAPED = re.compile(r"\\{1,2}[.\[\]]")
_NOT_IN_NAMES = re.compile(r'[{}"\x00-\x1f]')
_CALL = re.compile(rf"\$\.({'|'.join(NAMES)})\(")
_ZONE = re.compile(r"\.tz\(")
_BRACKETS = re.compile(r"[()]")
_BRACKETS_OF_CODE = re.compile(
    r"""[()]|"(?:[^"\\]|\\.)*+(?:"|\Z)|\\"(?:[^"\\]|\\[^"])*+(?:\\"|\Z)|'(?:[^'\\]|\\.)*+(?:'|\Z)""", re.DOTALL
)
"""Brackets outside of quotes, which JSON text has escaped."""
POSITION = re.compile(r"0|[1-9][0-9]{0,8}")
"""What in brackets is a position in an array."""


class BadReference(ValueError):
    """A reference can't be read or can't be followed here; the message is for the author."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a path."""

    parts: tuple[Part, ...]
    """Text, references and functions that together name a member."""
    bracketed: bool = False

    @property
    def name(self) -> str | None:
        """The member's name when it is said literally."""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], str) else None

    @property
    def key(self) -> str | int | None:
        """The member's name, or its position, when it is said literally."""
        name = self.name
        return int(name) if self.bracketed and name is not None and POSITION.fullmatch(name) else name


@dataclass(frozen=True, slots=True)
class Path:
    """What stands between the braces."""

    segments: tuple[Segment, ...]
    source: str

    @property
    def names(self) -> list[str | None]:
        """The names of its segments."""
        return [segment.name for segment in self.segments]


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its argument."""

    name: str
    argument: tuple[str | Path, ...]
    """Text and references; functions in it are still text, see `split_calls`."""
    nesting: int
    zone: tuple[str | Path, ...] | None = None
    """What stands in `$.unixtime(…).tz(…)`."""


Part = str | Path | Call


def parse_text(source: str) -> tuple[Part, ...]:
    """Split text into what is said literally and what is referred to or computed."""
    return split_calls(_Reader(source).text())


def split_calls(parts: tuple[str | Path, ...], nesting: int = 0) -> tuple[Part, ...]:
    """Find the functions in text; raise `BadReference` for one without an end, or too deep in others."""
    if not any(isinstance(part, str) and _CALL.search(part) for part in parts):
        return parts
    found: list[Part] = []
    index = at = 0
    while index < len(parts):
        part = parts[index]
        match = _CALL.search(part, at) if isinstance(part, str) else None
        if match is None:
            found.append(part[at:] if isinstance(part, str) else part)
            index, at = index + 1, 0
            continue
        if nesting == MAX_NESTING:
            raise BadReference(f"functions inside each other more than {MAX_NESTING} times")
        found.append(match.string[at : match.start()])
        argument, index, at = _argument(parts, index, match)
        zone = None
        if match[1] == "unixtime" and (after := _ZONE.match(str(parts[index]), at)):
            zone, index, at = _argument(parts, index, after)
        found.append(Call(match[1], argument, nesting + 1, zone))
    return tuple(part for part in found if part != "")


def _argument(
    parts: tuple[str | Path, ...], index: int, opening: re.Match[str]
) -> tuple[tuple[str | Path, ...], int, int]:
    """Return what is between a function's parentheses, and the part and place in it where the function ends."""
    brackets = _BRACKETS_OF_CODE if opening[0] in ("$.map(", "$.filter(") else _BRACKETS
    inside: list[str | Path] = []
    at = opening.end()
    open_ones = 1
    for i in range(index, len(parts)):
        part = parts[i]
        if isinstance(part, str):
            for match in brackets.finditer(part, at):
                open_ones += (match[0] == "(") - (match[0] == ")")
                if not open_ones:
                    inside.append(part[at : match.start()])
                    return tuple(kept for kept in inside if kept != ""), i, match.end()
            part = part[at:]
        inside.append(part)
        at = 0
    raise BadReference(f"{opening[0]}…) lacks its closing parenthesis")


def parse_path(source: str) -> Path:
    """Parse a path that stands without braces."""
    reader = _Reader(source)
    path = reader.path(0)
    if reader.at < len(reader.words):
        raise BadReference(f"{source!r} is not a parameter's name or path")
    return path


def fixed_keys(name: str) -> tuple[str | int, ...]:
    """Return the path that a name is; one that is none, or not a fixed one, is the name of a member as it stands."""
    try:
        keys = [segment.key for segment in parse_path(name).segments]
    except BadReference:
        return (name,)
    fixed = tuple(key for key in keys if key is not None)
    return fixed if len(fixed) == len(keys) else (name,)


class _Reader:
    """Walks over the words of one text."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.words = _WORDS.findall(source)
        self.at = 0
        self.last_closing = max((i for i, word in enumerate(self.words) if word == "}}"), default=-1)

    def text(self) -> tuple[str | Path, ...]:
        parts: list[str | Path] = []
        while self.at < len(self.words):
            word = self.words[self.at]
            self.at += 1
            if word == "{{" and self.at <= self.last_closing:
                parts.append(self.path(1))
                self.at += 1
            else:
                parts.append(word)
        return tuple(_joined(parts))

    def path(self, nesting: int) -> Path:
        """Read up to the closing braces, or to the end when nesting is 0."""
        if nesting > MAX_NESTING:
            raise BadReference(f"references inside each other more than {MAX_NESTING} times")
        start = self.at
        segments: list[Segment] = []
        while True:
            word = self._peek()
            if word == "[":
                segments.append(self._bracketed(nesting))
            elif word not in ("", "}}", "]") and (not segments) == (word != "."):
                self.at += word == "."
                segments.append(self._named(nesting))
            else:
                break
        source = "".join(self.words[start : self.at]).strip()
        if (word != "}}" and nesting) or not segments or segments[0].bracketed:
            raise BadReference(f"{self._excerpt(start)!r} is not a reference")
        if len(segments) > MAX_SEGMENTS:
            raise BadReference(f"a reference of more than {MAX_SEGMENTS} names")
        if _CALL.match(source):
            raise BadReference(f"{source[:60]!r} stands in braces, but a function has none around it")
        return Path(tuple(segments), source)

    def _named(self, nesting: int) -> Segment:
        parts = self._parts(nesting, (".", "[", "]"))
        if isinstance(parts[0], str):
            parts[0] = parts[0].lstrip()
        if isinstance(parts[-1], str):
            parts[-1] = parts[-1].rstrip()
        return self._segment(parts, bracketed=False)

    def _bracketed(self, nesting: int) -> Segment:
        self.at += 1
        parts = self._parts(nesting, ("[", "]"))
        if self._peek() != "]":
            raise BadReference(f"{self._excerpt(self.at)!r} lacks a closing bracket")
        self.at += 1
        if self._peek().isspace():
            self.at += 1
        return self._segment(split_calls(tuple(parts)), bracketed=True)

    def _segment(self, parts: Iterable[Part], *, bracketed: bool) -> Segment:
        kept = tuple(part for part in parts if part != "")
        bad = any(isinstance(part, str) and _NOT_IN_NAMES.search(part) for part in kept)
        if not kept or bad:
            raise BadReference(f"a reference in {self._excerpt(0)!r} has {'an impossible' if bad else 'an empty'} name")
        return Segment(kept, bracketed)

    def _parts(self, nesting: int, ends: tuple[str, ...]) -> list[str | Path]:
        parts: list[str | Path] = [""]
        while (word := self._peek()) not in ("", "}}", *ends):
            self.at += 1
            if word == "{{":
                parts.append(self.path(nesting + 1))
                self.at += 1
            else:
                parts.append(word[-1] if _ESCAPED.fullmatch(word) else word)
        return _joined(parts)

    def _peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def _excerpt(self, start: int) -> str:
        return "".join(self.words[start : start + 20])[:60]


def _joined(parts: list[str | Path]) -> list[str | Path]:
    """Put texts beside each other together."""
    joined: list[str | Path] = []
    texts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
            continue
        if texts:
            joined.append("".join(texts))
            texts = []
        joined.append(part)
    return [*joined, "".join(texts)] if texts else joined
