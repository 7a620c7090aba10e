"""Task tokens: the right to read and watch one task for a while, signed, so that nothing has to be kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from syncline_server.errors import BadCredentials

PREFIX = "slw_"
"""What every token begins with. An access token begins otherwise, so that each is looked at as what it is."""
USUAL_SECONDS, MOST_SECONDS = 15 * 60, 24 * 60 * 60
_ID_BYTES = 12
_LOGIN_BYTES = 8
_TIME_BYTES = 6
_SEAL_BYTES = 16
_BODY_BYTES = _ID_BYTES + _LOGIN_BYTES + _TIME_BYTES


@dataclass(frozen=True, slots=True)
class Watching:
    """Who lets whoever holds the token watch which task, and until when."""

    task_id: str
    login: str
    expires_at: int


class TaskTokens:
    """Makes and reads tokens: base64url of id (12 bytes), login (8), expiry (6) and a keyed hash of all of it (16).

    That is a whole number of base64's groups: no bit is left over, so each token has one spelling. What is sealed is
    longer than what a resume token seals with the same key, so that neither can be taken for the other.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, watching: Watching) -> str:
        """Return the token."""
        login = int(watching.login).to_bytes(_LOGIN_BYTES, "big")
        body = bytes.fromhex(watching.task_id) + login + watching.expires_at.to_bytes(_TIME_BYTES, "big")
        return PREFIX + base64.urlsafe_b64encode(body + self._seal(body)).decode()

    def read(self, token: str) -> Watching:
        """Return what a token gives, expired or not; raise `BadCredentials` for anything that `make` never returned."""
        try:
            raw = base64.b64decode(token.removeprefix(PREFIX), altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        body, seal = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
        if len(raw) != _BODY_BYTES + _SEAL_BYTES or not hmac.compare_digest(seal, self._seal(body)):
            raise BadCredentials("The task token is not one of this server's.")
        login, expires_at = body[_ID_BYTES:-_TIME_BYTES], body[-_TIME_BYTES:]
        return Watching(body[:_ID_BYTES].hex(), str(int.from_bytes(login, "big")), int.from_bytes(expires_at, "big"))

    def _seal(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, digest_size=_SEAL_BYTES, key=self._key).digest()
