"""`$.sha1(…)` to `$.sha512(…)`, `$.md5(…)`, each with `_hex`, and `$.base64_encode(…)`, of text in UTF-8.

The argument counts as it stands, spaces too. A digest without `_hex` is the raw bytes where another digest or base64
takes it in (`$.base64_encode($.sha1({{x}}))`); anywhere else there is no such thing as bytes, and it is the hexadecimal
text: one of the vendor's pages says it is that, another that it is raw.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from syncline_server.engine.expressions.functions.arguments import Argument, constant
from syncline_server.engine.expressions.references import DIGESTS, Call
from syncline_server.engine.expressions.scope import Scope, text

if TYPE_CHECKING:
    from syncline_server.engine.expressions.scope import Lookup

Content = Callable[[Scope], bytes]


def compile_digest(argument: Argument) -> Lookup:
    """Compile a digest in hexadecimal."""
    digest = partial(hexadecimal, argument.name.removesuffix("_hex"))
    content = _content(argument)
    return constant(digest(content)) if isinstance(content, bytes) else lambda scope: digest(content(scope))


def compile_base64(argument: Argument) -> Lookup:
    """Compile base64 in the standard alphabet, padded. Of a secret it is a secret."""
    content = _content(argument)
    if isinstance(content, bytes):
        return constant(base64(content))

    def look(scope: Scope) -> str:
        taken = content(scope)
        converted = base64(taken)
        if scope.hidden and any(encoded(secret) in taken for secret in scope.hidden):
            scope.hidden.add(converted)
        return converted

    return look


def hexadecimal(algorithm: str, content: bytes) -> str:
    """Return a digest in hexadecimal."""
    return hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()


def base64(content: bytes) -> str:
    """Return base64 in the standard alphabet, padded."""
    return b64encode(content).decode()


def encoded(content: str) -> bytes:
    """Return text as bytes, whatever is in it."""
    return content.encode("utf-8", "surrogatepass")


def _content(argument: Argument) -> bytes | Content:
    """Return the argument's bytes, or what renders them."""
    parts: list[bytes | Content] = []
    for part in argument.parts:
        if isinstance(part, Call) and part.name in DIGESTS:
            parts.append(_raw_digest(Argument(part, argument.compile_part)))
            continue
        compiled = argument.compile_part(part)
        parts.append(encoded(compiled) if isinstance(compiled, str) else _rendered(compiled))
    if all(isinstance(part, bytes) for part in parts):
        return b"".join(part for part in parts if isinstance(part, bytes))
    return lambda scope: b"".join(part if isinstance(part, bytes) else part(scope) for part in parts)


def _rendered(lookup: Lookup) -> Content:
    def render(scope: Scope) -> bytes:
        piece = text(lookup(scope))
        return encoded(piece) if scope.spend(len(piece)) else b""

    return render


def _raw_digest(argument: Argument) -> bytes | Content:
    content = _content(argument)
    if isinstance(content, bytes):
        return _raw(argument.name, content)
    return lambda scope: _raw(argument.name, content(scope))


def _raw(algorithm: str, content: bytes) -> bytes:
    return hashlib.new(algorithm, content, usedforsecurity=False).digest()
