"""Path templates of HTTP rules: the grammar that google/api/http.proto gives.

```
Template  = "/" [ Segments [ ":" Verb ] ]           "/" alone is the root: no segments
Segments  = Segment { "/" Segment }
Segment   = "*" | "**" | LITERAL | "{" FieldPath [ "=" Segments ] "}"
FieldPath = IDENT { "." IDENT }
Verb      = LITERAL { ":" LITERAL }
```

`{x}` is `{x=*}`. `*` takes one segment that is not empty; `**` takes any number of segments, none and empty ones
included. What that grammar leaves open is settled thus. A LITERAL is of RFC 3986's pchar without `*` and `:`, which a
template writes as `%2A` and `%3A`, and stands for what it decodes to: `%61` is `a`. There is one `**` at most, and
only literals after it. Variables do not nest, and none is there twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, NoReturn, TypeAlias

from syncline_gateway.transcoding.unescape import literal_text


class Wildcard(Enum):
    """A segment that takes what a path holds there. Not text: the literal `%2A` is the text `*`."""

    STAR = "*"
    DOUBLE_STAR = "**"


STAR: Final = Wildcard.STAR
DOUBLE_STAR: Final = Wildcard.DOUBLE_STAR

Segment: TypeAlias = "str | Wildcard"

_LITERAL = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()+,;=@]|%[0-9A-Fa-f]{2})+")
_IDENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BROKEN_ESCAPE = "a % must be followed by two hexadecimal digits"


class TemplateError(ValueError):
    """A path template is not of the grammar."""

    def __init__(self, sentence: str, position: int) -> None:
        self.position = position
        """Where it stops making sense, in characters from 0."""
        super().__init__(f"{sentence} (column {position + 1})")


@dataclass(frozen=True, slots=True)
class Variable:
    """A field that is set from the path."""

    field_path: tuple[str, ...]
    start: int
    """Its first segment, from 0. After a `**` counted from the path's end, as an index takes it: -1 is the last."""
    end: int | None
    """One past its last segment. After a `**`, or with one inside, counted from the path's end, as a slice takes it: -2
    leaves two segments to the right, None leaves none."""
    is_multi: bool
    """It may span other than exactly one segment: how it is percent-decoded hangs on it."""


@dataclass(frozen=True, slots=True)
class Template:
    """A path template, parsed."""

    text: str
    """As it was written."""
    segments: tuple[Segment, ...]
    """Literals percent-decoded (bytes that are not UTF-8 as lone surrogates), `STAR` and `DOUBLE_STAR`."""
    verb: str
    """Percent-decoded and without the leading `:`; empty when there is none."""
    variables: tuple[Variable, ...]
    """In the order in which they are written."""

    @staticmethod
    def parse(text: str) -> Template:
        """Return the template that a text is. Raises `TemplateError`."""
        return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._segments: list[Segment] = []
        self._spans: list[tuple[tuple[str, ...], int, int]] = []

    def parse(self) -> Template:
        self._expect("/", "a path template begins with /")
        if self._text == "/":
            return Template("/", (), "", ())
        self._read_segments(inside=False)
        verb = self._verb() if self._take(":") else ""
        if self._at < len(self._text):
            self._refuse_rest()
        return Template(self._text, tuple(self._segments), verb, tuple(self._variable(*span) for span in self._spans))

    def _read_segments(self, *, inside: bool) -> None:
        self._read_segment(inside=inside)
        while self._take("/"):
            self._read_segment(inside=inside)

    def _read_segment(self, *, inside: bool) -> None:
        start = self._at
        if self._take("{"):
            self._read_variable(start, nested=inside)
        elif self._take("**"):
            self._add(DOUBLE_STAR, start)
        elif self._take("*"):
            self._add(STAR, start)
        else:
            self._segments.append(self._literal("a segment must not be empty"))

    def _add(self, wildcard: Wildcard, start: int) -> None:
        if DOUBLE_STAR in self._segments:
            self._fail(f"only literals may follow **, not {wildcard.value}", start)
        self._segments.append(wildcard)

    def _read_variable(self, start: int, *, nested: bool) -> None:
        if nested:
            self._fail("a variable must not be inside another", start)
        path = [self._identifier()]
        while self._take("."):
            path.append(self._identifier())
        first = len(self._segments)
        if self._take("="):
            self._read_segments(inside=True)
        elif self._at == len(self._text) or self._text[self._at] == "}":
            self._add(STAR, start)
        else:
            self._fail("a variable's name is followed by = or }")
        self._close(start)
        if tuple(path) in (known for known, _, _ in self._spans):
            self._fail(f"the variable {'.'.join(path)} is there twice", start)
        self._spans.append((tuple(path), first, len(self._segments)))

    def _close(self, start: int) -> None:
        if self._take("}"):
            return
        if self._at == len(self._text):
            self._fail("a variable is not closed with }", start)
        if self._text[self._at] == ":":
            self._fail("a verb stands at the template's end, not in a variable; a literal : is written %3A")
        self._refuse_rest()

    def _identifier(self) -> str:
        found = _IDENT.match(self._text, self._at)
        if found is None:
            self._fail("a field's name is expected here: letters, digits and _, no digit first")
        self._at = found.end()
        return found[0]

    def _verb(self) -> str:
        parts = [self._literal("a verb must not be empty")]
        while self._take(":"):
            parts.append(self._literal("a verb must not be empty"))
        if self._text.startswith("/", self._at):
            self._fail("a verb stands at the template's end; a literal : is written %3A")
        return ":".join(parts)

    def _literal(self, if_empty: str) -> str:
        found = _LITERAL.match(self._text, self._at)
        if found is None:
            if self._at == len(self._text) or self._text[self._at] in "/:}":
                self._fail(if_empty)
            self._refuse_rest()
        self._at = found.end()
        return literal_text(found[0]) or ""  # never None: the pattern lets no malformed encoding through

    def _variable(self, path: tuple[str, ...], first: int, end: int) -> Variable:
        length = len(self._segments)
        deep = self._segments.index(DOUBLE_STAR) if DOUBLE_STAR in self._segments else length
        is_multi = first <= deep < end or end - first > 1
        return Variable(
            path,
            start=first if first <= deep else first - length,
            end=end if end <= deep else end - length or None,
            is_multi=is_multi,
        )

    def _take(self, text: str) -> bool:
        if self._text.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _expect(self, text: str, sentence: str) -> None:
        if not self._take(text):
            self._fail(sentence)

    def _refuse_rest(self) -> NoReturn:
        """Say why the character here cannot go on what was read before it."""
        character = self._text[self._at]
        before = self._text[self._at - 1]
        if character == "%":
            self._fail(_BROKEN_ESCAPE)
        if character in "*{}" or before in "*}":
            self._fail("a wildcard or a variable must be a whole segment; a literal * is written %2A")
        self._fail(f"{character!r} cannot stand here unless it is percent-encoded")

    def _fail(self, sentence: str, position: int | None = None) -> NoReturn:
        raise TemplateError(sentence, self._at if position is None else position)
