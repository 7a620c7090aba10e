"""Splits code into words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

MAX_CODE = 10_000
"""Characters of a function."""


class BadCode(Exception):
    """Code can't be compiled; the message is for its author."""

    def __init__(self, sentence: str, at: int, *, at_end: bool = False, at_backslash: bool = False) -> None:
        super().__init__(f"{sentence}, at character {at + 1}")
        self.at_end = at_end
        """There is no more code, but would have to be."""
        self.at_backslash = at_backslash
        """A backslash stands outside of quotes."""


class Kind(Enum):
    """What a word is."""

    NUMBER = "number"
    STRING = "string"
    ATOM = "atom"
    """In single quotes."""
    NAME = "name"
    FUNCTION = "function"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One word."""

    kind: Kind
    text: str
    at: int


_TOKEN = re.compile(
    r"""(?P<blank>(?:\s|%[^\n]*+)++)
    |(?P<number>\d++\#[0-9A-Za-z]++|\d++(?:\.\d++(?:[eE][+-]?\d++)?)?)
    |(?P<string>"(?:[^"\\]|\\.)*+")
    |(?P<atom>'(?:[^'\\]|\\.)*+')
    |(?P<function>\$\.(?:date|unixtime)\([^()]*+\)|\$\.[a-z0-9_]++)
    |(?P<name>[^\W\d][\w@]*+)
    |(?P<sign>=:=|=/=|=(?=<<")|==|/=|=<|>=|->|=>|:=|\+\+|--|<<|>>|\|\||[-+*/=<>!|:;,.(){}\[\]\#?&])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|.)", re.DOTALL)
_ESCAPED = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "s": " ",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "e": "\x1b",
    "d": "\x7f",
    "0": "\0",
}


def tokens_of(source: str) -> list[Token]:
    """Return the words of the code, as far as there are words; the last is an `END`."""
    tokens: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None or match.end() > MAX_CODE:
            break
        if match.lastgroup != "blank":
            tokens.append(Token(Kind[str(match.lastgroup).upper()], match[0], at))
        at = match.end()
    tokens.append(Token(Kind.END, source[at : at + 1], at))
    return tokens


def unquoted(token: Token) -> str:
    """Return what stands between a word's quotes."""

    def character(match: re.Match[str]) -> str:
        code = match[2] or match[3]
        if not code:
            return _ESCAPED.get(match[1], match[1])
        if int(code, 16) > 0x10FFFF or 0xD800 <= int(code, 16) < 0xE000:
            raise BadCode(f"\\{match[1]} is no character", token.at)
        return chr(int(code, 16))

    return _ESCAPE.sub(character, token.text[1:-1])


def number_of(token: Token) -> int | float:
    """Return a number."""
    base, sharp, digits = token.text.partition("#")
    try:
        if sharp:
            return int(digits, int(base))
        return float(base) if "." in base else int(base)
    except ValueError:
        raise BadCode(f"{token.text[:20]} is no number", token.at) from None
