"""Resume tokens: a place in one task's history, signed, so that whoever holds it may go on watching from there."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from syncline_server.errors import BadCredentials

_ID_BYTES = 12
_SEQUENCE_BYTES = 8
_SEAL_BYTES = 16
_LAST = 1 << 63
_WATCHER = 1 << 62
_BODY_BYTES = _ID_BYTES + _SEQUENCE_BYTES


@dataclass(frozen=True, slots=True)
class Place:
    """After which event of which task."""

    task_id: str
    sequence: int
    is_last: bool = False
    """That event was the last one of its stream."""
    for_watcher: bool = False
    """It was given to somebody who is not shown what would let them answer the task."""


class ResumeTokens:
    """Makes and reads tokens: base64url of id (12 bytes), sequence (8) and a keyed hash of both (16).

    The sequence's highest bit says that its event was the last, the next one that it was given to a watcher.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, task_id: str, sequence: int, *, is_last: bool = False, for_watcher: bool = False) -> str:
        """Return the token for a place."""
        number = sequence | (_LAST if is_last else 0) | (_WATCHER if for_watcher else 0)
        body = bytes.fromhex(task_id) + number.to_bytes(_SEQUENCE_BYTES, "big")
        return base64.urlsafe_b64encode(body + self._seal(body)).decode()

    def read(self, token: str) -> Place:
        """Return the place; raise `BadCredentials` for anything that `make` never returned."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii"))
        except (binascii.Error, UnicodeEncodeError):
            raw = b""
        body, seal = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
        if len(raw) != _BODY_BYTES + _SEAL_BYTES or not hmac.compare_digest(seal, self._seal(body)):
            raise BadCredentials("The resume token is not one of this server's.", field="resume_token")
        number = int.from_bytes(body[_ID_BYTES:], "big")
        sequence = number & ~(_LAST | _WATCHER)
        return Place(body[:_ID_BYTES].hex(), sequence, bool(number & _LAST), bool(number & _WATCHER))

    def _seal(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, digest_size=_SEAL_BYTES, key=self._key).digest()
