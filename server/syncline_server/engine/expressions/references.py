r"""Finds the `{{references}}` in a text and takes them apart.

A reference is a path: names after dots, names or positions in brackets, each of which may hold references itself
(`{{a[{{i}}].b}}`, `{{status_{{n}}}}`). `\.`, `\[` and `\]` (or with two backslashes, as JSON text has them) stand for
the character in a name. `{{` that no `}}` follows is text, and so is the first of three braces. Spaces around a
reference don't count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_NESTING = 8
MAX_SEGMENTS = 64

_WORDS = re.compile(r"\\{1,2}[.\[\]]|\{\{(?!\{(?!\{))|\}\}|[^\\{}.\[\]]+|.", re.DOTALL)
_ESCAPED = re.compile(r"\\{1,2}[.\[\]]")
_NOT_IN_NAMES = re.compile(r'[{}"\x00-\x1f]')
POSITION = re.compile(r"0|[1-9][0-9]{0,8}")
"""What in brackets is a position in an array."""


class BadReference(ValueError):
    """A reference can't be read or can't be followed here; the message is for the author."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a path."""

    parts: tuple[str | Path, ...]
    """Text and references that together name a member."""
    bracketed: bool = False

    @property
    def name(self) -> str | None:
        """The member's name when no reference is in it."""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], str) else None

    @property
    def key(self) -> str | int | None:
        """The member's name, or its position, when no reference is in it."""
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


def parse_text(source: str) -> tuple[str | Path, ...]:
    """Split text into what is said literally and what is referred to."""
    return _Reader(source).text()


def parse_path(source: str) -> Path:
    """Parse a path that stands without braces."""
    reader = _Reader(source)
    path = reader.path(0)
    if reader.at < len(reader.words):
        raise BadReference(f"{source!r} is not a parameter's name or path")
    return path


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
        return self._segment(parts, bracketed=True)

    def _segment(self, parts: list[str | Path], *, bracketed: bool) -> Segment:
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
