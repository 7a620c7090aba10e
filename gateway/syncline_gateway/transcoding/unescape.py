"""Percent-decoding of paths (RFC 3986, 2.1), strict where text is the caller's and where it is compared.

In a path `+` is never a blank: that is form encoding, which only queries have.
"""

from __future__ import annotations

import re
from enum import Enum
from urllib.parse import unquote_to_bytes

_MALFORMED = re.compile("%(?![0-9A-Fa-f]{2})")
_SLASH = re.compile("(%2[Ff])")
_RESERVED = re.compile("(%(?:2[1346-9A-Ca-cFf]|3[ABDFabdf]|40|5[BDbd]))")  # ! # $ & ' ( ) * + , / : ; = ? @ [ ]


class Unescape(Enum):
    """What a variable of several segments is decoded of. A variable of one segment is always decoded wholly.

    What is left encoded stays as it was written, `%2f` in lower case too. A `%25` is decoded under every setting, so
    `%252F` and `%2F` are told apart under `ALL` alone: the reference (grpc-httpjson-transcoding) has it so.
    """

    ALL_EXCEPT_RESERVED = "all-except-reserved"
    """All but the reserved characters of RFC 6570 (2.2 of RFC 3986): ``! # $ & ' ( ) * + , / : ; = ? @ [ ]``."""
    ALL_EXCEPT_SLASH = "all-except-slash"
    """All but `/`: what http.proto asks for."""
    ALL = "all"
    """Everything; a `/` that was encoded and one that parts segments look the same."""


_KEPT = {Unescape.ALL_EXCEPT_RESERVED: _RESERVED, Unescape.ALL_EXCEPT_SLASH: _SLASH}


_ASCII = {f"{high}{low}": chr(int(high + low, 16)) for high in "01234567" for low in "0123456789abcdefABCDEF"}


def decode(text: str, unescape: Unescape = Unescape.ALL) -> str:
    """Return text of a path, decoded. Raises ValueError when an encoding is malformed or the bytes are not UTF-8."""
    kept = _KEPT.get(unescape) if "%" in text else None
    if kept is None:
        return checked(literal_text(text))
    parts = kept.split(text)
    parts[::2] = [checked(literal_text(part)) for part in parts[::2]]
    return "".join(parts)


def checked(text: str | None) -> str:
    """Return what `literal_text` made. Raises ValueError when that is None or has lone surrogates: no UTF-8 text."""
    if text is None:
        raise ValueError("an encoding is malformed")
    if not text.isascii():
        text.encode()
    return text


def literal_text(text: str) -> str | None:
    """Return text of a path, decoded so that equal literals are equal strings; None when an encoding is malformed.

    Bytes that are not UTF-8 become lone surrogates, as HTTP servers hand on those that came raw.
    """
    if "%" not in text:
        return text
    first, *rest = text.split("%")
    try:
        return first + "".join([_ASCII[part[:2]] + part[2:] for part in rest])
    except KeyError:
        return _beyond_ascii(text)


def _beyond_ascii(text: str) -> str | None:
    if _MALFORMED.search(text):
        return None
    try:
        return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte
        return None
