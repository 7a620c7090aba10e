"""Who asks for a transcoded RPC, and until when they stay."""

from __future__ import annotations

import time
from dataclasses import dataclass

from syncline_gateway import reasons
from syncline_gateway.errors import Refused

METADATA = ("authorization", "traceparent", "tracestate")
"""The names of all that goes along with a call."""


@dataclass(slots=True, kw_only=True)
class Asker:
    """What is known of a caller; nothing else that it sent goes to the server."""

    authorization: str = ""
    """As it came; empty for none."""
    traceparent: str = ""
    tracestate: str = ""
    deadline: float | None = None
    """The caller's own, by `time.monotonic`; None when it gave none."""

    def seconds_left(self) -> float | None:
        """Return the time up to the deadline, more than 0; None without one. Raises `Refused` when it has passed."""
        if self.deadline is None:
            return None
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise deadline_exceeded()
        return left

    def metadata(self) -> list[tuple[str, str]]:
        """Return the metadata of a call for this caller."""
        values = (self.authorization, self.traceparent, self.tracestate)
        return [pair for pair in zip(METADATA, values, strict=True) if pair[1]]


def deadline_exceeded() -> Refused:
    """Return what a caller is told whose time is over."""
    return Refused(reasons.make("DEADLINE_EXCEEDED", "The caller's time was over."))
