"""Resume tokens: a place in one task's history, sealed, so that whoever holds it may go on watching from there.

One that was given to somebody with a task token holds no longer than that: it has its lease in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from syncline_server.errors import BadCredentials
from syncline_server.runtime.sealing import Seal
from syncline_server.runtime.task_tokens import Lease

_ID_BYTES = 12
_SEQUENCE_BYTES = 8
_LAST = 1 << 63


@dataclass(frozen=True, slots=True)
class Place:
    """After which event of which task."""

    task_id: str
    sequence: int
    is_last: bool = False
    """That event was the last one of its stream."""
    lease: Lease | None = None
    """Of whom it was given to, when that was somebody with a task token."""


class ResumeTokens:
    """Makes and reads tokens: the task's id (12 bytes), the sequence (8) and the lease, if any (22), sealed.

    The sequence's highest bit says that its event was the last.
    """

    def __init__(self, key: bytes) -> None:
        self._seal = Seal(key, b"resume")

    def make(self, place: Place) -> str:
        """Return the token for a place."""
        number = place.sequence | (_LAST if place.is_last else 0)
        lease = b"" if place.lease is None else place.lease.packed()
        return self._seal.close(bytes.fromhex(place.task_id) + number.to_bytes(_SEQUENCE_BYTES, "big") + lease)

    def read(self, token: str) -> Place:
        """Return the place; raise `BadCredentials` for anything that `make` never returned."""
        body = self._seal.open(token)
        if body is None:
            raise BadCredentials("The resume token is not one of this server's.", field="resume_token")
        task_id, lease = body[:_ID_BYTES].hex(), body[_ID_BYTES + _SEQUENCE_BYTES :]
        number = int.from_bytes(body[_ID_BYTES : _ID_BYTES + _SEQUENCE_BYTES], "big")
        return Place(task_id, number & ~_LAST, bool(number & _LAST), Lease.unpacked(lease) if lease else None)
