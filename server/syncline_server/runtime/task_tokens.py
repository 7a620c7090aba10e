"""Task tokens: the right to read and watch one task for a while, sealed, so that nothing has to be kept."""

from __future__ import annotations

from dataclasses import dataclass

from syncline_server.errors import BadCredentials
from syncline_server.runtime.sealing import Seal

PREFIX = "slw_"
"""What every token begins with. An access token begins otherwise, so that each is looked at as what it is."""
USUAL_SECONDS, MOST_SECONDS = 15 * 60, 24 * 60 * 60
_ID_BYTES = 12
_NUMBER_BYTES = 8
_TIME_BYTES = 6


@dataclass(frozen=True, slots=True)
class Lease:
    """On whose behalf somebody may watch a task, and until when (ms). Whatever they get by it ends with it."""

    login: str
    expires_at: int
    token_id: str = ""
    """The access token that it was asked for with: the lease ends with that, too."""

    def packed(self) -> bytes:
        """Return it as login (8 bytes), access token (8, zeros for none) and expiry (6)."""
        token = bytes.fromhex(self.token_id) or bytes(_NUMBER_BYTES)
        return int(self.login).to_bytes(_NUMBER_BYTES, "big") + token + self.expires_at.to_bytes(_TIME_BYTES, "big")

    @classmethod
    def unpacked(cls, raw: bytes) -> Lease:
        """Return what `packed` made so many bytes of."""
        login, token, expiry = raw[:_NUMBER_BYTES], raw[_NUMBER_BYTES:-_TIME_BYTES], raw[-_TIME_BYTES:]
        return cls(str(int.from_bytes(login, "big")), int.from_bytes(expiry, "big"), token.hex() if any(token) else "")


class TaskTokens:
    """Makes and reads tokens: the task's id (12 bytes) and the lease (22), sealed."""

    def __init__(self, key: bytes) -> None:
        self._seal = Seal(key, b"task", prefix=PREFIX)

    def make(self, task_id: str, lease: Lease) -> str:
        """Return the token."""
        return self._seal.close(bytes.fromhex(task_id) + lease.packed())

    def read(self, token: str) -> tuple[str, Lease]:
        """Return the task's id and the lease, expired or not.

        Raises `BadCredentials` for anything that `make` never returned.
        """
        body = self._seal.open(token)
        if body is None:
            raise BadCredentials("The task token is not one of this server's.")
        return body[:_ID_BYTES].hex(), Lease.unpacked(body[_ID_BYTES:])
