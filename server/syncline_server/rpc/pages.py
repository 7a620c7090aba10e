"""Pages: their size, and the tokens that lead from one to the next.

A token is base64url of a digest of the request's other arguments (8 bytes) and the place of the last row.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from syncline_server.errors import InvalidRequest

MOST = 1000
PAGE_BYTES = 2 * 1024 * 1024
"""A page ends early rather than pass this by more than one row."""
_DIGEST_BYTES = 8


def size(asked: int, usual: int = 50) -> int:
    """Return how many rows a page holds: 0 is the usual number, too many are as many as there may be."""
    if asked < 0:
        raise InvalidRequest("A page size is 0 or more.", field="page_size")
    return min(asked or usual, MOST)


def token(place: str, *arguments: str) -> str:
    """Return the token for what comes after a place, good for the same arguments alone."""
    return base64.urlsafe_b64encode(_digest(arguments) + place.encode()).rstrip(b"=").decode()


def place(text: str, *arguments: str) -> str:
    """Return the place that a token stands for, "" for no token; raise `InvalidRequest` for any other's token."""
    if not text:
        return ""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        digest, found = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:].decode("ascii")
    except (binascii.Error, ValueError):
        digest, found = b"", ""
    if not found or digest != _digest(arguments):
        raise InvalidRequest("The page token does not belong to a request with these fields.", field="page_token")
    return found


def number(text: str, *arguments: str) -> int:
    """Return the place that a token stands for where places are numbers; 0 for no token."""
    found = place(text, *arguments)
    if found and not found.isdigit():
        raise InvalidRequest("The page token does not belong to a request with these fields.", field="page_token")
    return int(found or 0)


def _digest(arguments: tuple[str, ...]) -> bytes:
    # Length-prefixed, so that no two lists of arguments look alike.
    text = "".join(f"{len(argument)}:{argument}" for argument in arguments)
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()
