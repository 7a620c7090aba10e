"""Text that goes into a request: URLs, query strings, forms, headers.

Where in a URL a value stands decides what of it is quoted:

- As the value of a query parameter (`?name={{x}}`) it arrives unchanged: everything but letters, digits and `-._~` is
  quoted.
- In the path it stays in the path: `?` and `#` are quoted, `/` is not, since it may be several segments.
- Anywhere else (the whole URL, its beginning, the host, a whole query) it is part of the URL as it stands.

Wherever a value stands, what no URL can hold (spaces, control characters, anything beyond ASCII but in the host) is
quoted, and outside of query values a `%` that quotes something already is left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, urlencode

from syncline_server.engine.expressions.scope import Lookup, Scope, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.expressions.template import Template

_LEGAL = "-._~:/?#[]@!$&'()*+,;=%"
_LEGAL_IN_PATH = "-._~:/@!$&'()*+,;=%"
_ALL_LEGAL = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]++|%[0-9A-Fa-f]{2})*+")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^/?#]*")
_HOST = re.compile(r"[^/?#]*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class UrlTemplate:
    """A compiled URL."""

    __slots__ = ("parts", "static")

    def __init__(self, template: Template) -> None:
        self.static = None if template.static is None else _quote_url(template.static.strip())
        self.parts = _with_quoting(template)

    def render(self, scope: Scope) -> str:
        """Return the URL; nothing when there is no room for it."""
        if self.static is not None:
            return self.static
        pieces = []
        for part in self.parts:
            if isinstance(part, str):
                pieces.append(part)
            else:
                piece = part[1](text(part[0](scope)))
                if not scope.spend(len(piece)):
                    return ""
                pieces.append(piece)
        return "".join(pieces)


def with_query(url: str, members: list[tuple[str, str]]) -> str:
    """Return the URL with more query parameters after its own and before its fragment."""
    if not members:
        return url
    url, hash_sign, fragment = url.partition("#")
    mark = "" if url.endswith(("?", "&")) else "&" if "?" in url else "?"
    return f"{url}{mark}{urlencode(members, quote_via=quote)}{hash_sign}{fragment}"


def spellings(value: str) -> set[str]:
    """Return what a value may look like in a URL or form, wherever in it that stands."""
    return {
        *(_quote_value(value), _quote_in_path(value), _quote_rest(value), _quote_host(value)),
        *(quote(value), quote_plus(value)),
    }


def form(members: list[tuple[str, str]]) -> str:
    """Return an `application/x-www-form-urlencoded` body."""
    return urlencode(members)


def is_header(name: str, value: str) -> bool:
    """Tell whether HTTP can carry the header."""
    return _HEADER_NAME.fullmatch(name) is not None and _CONTROL.search(value) is None


def _with_quoting(template: Template) -> list[str | tuple[Lookup, Callable[[str], str]]]:
    parts: list[str | tuple[Lookup, Callable[[str], str]]] = []
    before = ""
    for part in template.parts:
        if isinstance(part, str):
            literal = part if before else part.lstrip()
            parts.append(_quote_literal(before, literal))
            before += literal
        else:
            parts.append((part, _quoting(before)))
            before += "x"
    return parts


def _quote_literal(before: str, literal: str) -> str:
    """Quote what the author wrote himself: only what no URL can hold."""
    quoting = _quoting(before)
    return quoting(literal) if quoting in (_quote_url, _quote_host) else _quote_rest(literal)


def _quoting(before: str) -> Callable[[str], str]:
    """Return how a value after this beginning of a URL is quoted."""
    if not before:
        return _quote_url
    _, scheme_end, after_scheme = before.partition("://")
    if "#" in before:
        return _quote_rest
    if "?" in before or ("&" in before and not scheme_end):
        return _quote_value if "=" in re.split("[?&]", before)[-1] else _quote_rest
    # Without a scheme the beginning is a reference to a base address.
    if "/" in (after_scheme if scheme_end else before):
        return _quote_in_path
    return _quote_host if scheme_end else _quote_rest


def _quote_value(value: str) -> str:
    return quote(value, safe="")


def _quote_in_path(value: str) -> str:
    return _BARE_PERCENT.sub("%25", quote(value, safe=_LEGAL_IN_PATH))


def _quote_rest(value: str) -> str:
    return value if _ALL_LEGAL.fullmatch(value) else _BARE_PERCENT.sub("%25", quote(value, safe=_LEGAL))


def _quote_url(value: str) -> str:
    return _after(_ORIGIN, value)


def _quote_host(value: str) -> str:
    return _after(_HOST, value)


def _after(kept: re.Pattern[str], value: str) -> str:
    """Quote what comes after a host, which may hold letters of any alphabet."""
    if _ALL_LEGAL.fullmatch(value):
        return value
    match = kept.match(value)
    end = match.end() if match is not None else 0
    return value[:end] + _quote_rest(value[end:])
