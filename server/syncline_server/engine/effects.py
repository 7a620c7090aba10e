"""What the engine asks the world to do, and what the world says back.

Timers are not effects: a token's `due_at` is the whole truth about them, in memory and on disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_REPLY_BYTES = 524_288
"""The vendor's `max_http_resp_size`."""
CALL_SECONDS = 60.0
"""The vendor's `max_client_response_wait_time`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """One outgoing HTTP request, fully rendered."""

    step: int
    node_id: str
    method: str
    """Upper case."""
    url: str
    """With its query string."""
    headers: tuple[tuple[str, str], ...] = ()
    """As the author and the body's format ask for; the performer adds its own (`Idempotency-Key`, …)."""
    body: str | None = None
    """Text, sent as UTF-8; None for no body."""
    max_threads: int = 5
    """At most this many calls of the node at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReply:
    """The peer answered with some HTTP status."""

    status: int
    headers: dict[str, str]
    """Names in lower case; of repeated ones the last."""
    body: bytes
    """At most `MAX_REPLY_BYTES`; whoever made the call reports a longer one as a failure."""
    milliseconds: float = 0.0


class CallFault(StrEnum):
    """Why a call has no reply; the value is the documented description where there is one."""

    TIMEOUT = "timeout"
    CONNECT = "failed_connect"
    SCHEME = "no_scheme"
    REFUSED = "target_not_allowed"
    TOO_LARGE = "response_too_large"
    QUEUE = "queue_timeout"
    """It waited for one of its node's `max_threads` until its time was over."""
    BROKEN = "connection_closed"


@dataclass(frozen=True, slots=True)
class CallFailure:
    """No HTTP answer."""

    fault: CallFault
