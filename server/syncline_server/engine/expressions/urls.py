"""URLs with references in them: where in the URL a value stands decides what of it is quoted.

- As the value of a query parameter (`?name={{x}}`) it arrives unchanged: everything but letters, digits and `-._~` is
  quoted.
- In the path it stays in the path: `?` and `#` are quoted, `/` is not, since it may be several segments.
- Anywhere else (the whole URL, its beginning, the host, a whole query) it is part of the URL as it stands.

In the last two, what may not stand in a URL at all (spaces, control characters, anything beyond ASCII) is quoted, and a
`%` that quotes something already is left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from syncline_server.engine.expressions.scope import Scope, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.expressions.lookups import Lookup
    from syncline_server.engine.expressions.template import Template

_LEGAL = "-._~:/?#[]@!$&'()*+,;=%"
_LEGAL_IN_PATH = "-._~:/@!$&'()*+,;=%"
_ALL_LEGAL = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


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
    """Return the URL with more query parameters after its own, before its fragment."""
    if not members:
        return url
    url, hash_sign, fragment = url.partition("#")
    mark = "" if url.endswith(("?", "&")) else "&" if "?" in url else "?"
    return f"{url}{mark}{urlencode(members, quote_via=quote)}{hash_sign}{fragment}"


def form(members: list[tuple[str, str]]) -> str:
    """Return an `application/x-www-form-urlencoded` body."""
    return urlencode(members)


def _with_quoting(template: Template) -> list[str | tuple[Lookup, Callable[[str], str]]]:
    parts: list[str | tuple[Lookup, Callable[[str], str]]] = []
    before = ""
    for part in template.parts:
        if isinstance(part, str):
            literal = _quote_url(part if before else part.lstrip())
            parts.append(literal)
            before += literal
        else:
            parts.append((part, _quoting(before)))
            before += "x"
    return parts


def _quoting(before: str) -> Callable[[str], str]:
    """Return how a value after this beginning of a URL is quoted."""
    if "#" in before:
        return _quote_url
    has_query = "?" in before or ("&" in before and "://" not in before)
    if has_query:
        return _quote_value if "=" in re.split("[?&]", before)[-1] else _quote_url
    return _quote_in_path if "/" in before.partition("://")[2] or _after_reference(before) else _quote_url


def _after_reference(before: str) -> bool:
    """Tell whether the beginning is a reference, for a base address, and a path after it."""
    return "://" not in before and "/" in before


def _quote_value(value: str) -> str:
    return quote(value, safe="")


def _quote_in_path(value: str) -> str:
    return _BARE_PERCENT.sub("%25", quote(value, safe=_LEGAL_IN_PATH))


def _quote_url(value: str) -> str:
    return value if _ALL_LEGAL.fullmatch(value) else _BARE_PERCENT.sub("%25", quote(value, safe=_LEGAL))
