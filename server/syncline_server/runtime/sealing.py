"""Sealed texts: bytes that this server has put its keyed hash behind, so that it can tell them from anybody else's.

Nothing has to be kept for them. They are not secret: whoever holds one may read what is in it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

_SEAL_BYTES = 16


class Seal:
    """Makes and opens texts of one kind: a prefix, and base64url of a body and its seal (16 bytes).

    The kind (at most 16 bytes) goes into the hash, so that no text of one kind can be taken for one of another.
    """

    def __init__(self, key: bytes, kind: bytes, *, prefix: str = "") -> None:
        self._key = key
        self._kind = kind
        self._prefix = prefix

    def close(self, body: bytes) -> str:
        """Return the text for a body."""
        return self._spelt(body + self._hash(body))

    def sign(self, body: bytes) -> str:
        """Return the keyed hash alone, as 32 hexadecimal digits: for a body that whoever checks it knows."""
        return self._hash(body).hex()

    def open(self, text: str) -> bytes | None:
        """Return the body of a text that `close` returned, of anything else None."""
        try:
            raw = base64.urlsafe_b64decode(text.removeprefix(self._prefix))
        except ValueError:
            return None
        body, seal = raw[:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
        # Python's decoder takes other spellings, too.
        is_ours = hmac.compare_digest(seal, self._hash(body)) and text == self._spelt(raw)
        return body if is_ours else None

    def _spelt(self, raw: bytes) -> str:
        return self._prefix + base64.urlsafe_b64encode(raw).decode()

    def _hash(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, digest_size=_SEAL_BYTES, key=self._key, person=self._kind).digest()
