"""What a dialect is: the records that pass between HTTP and the contract, and who owes what.

A dialect turns one HTTP request into operations of the contract and their results into one HTTP response. It does no
I/O, keeps no state between requests, and never sees a secret. The endpoint owes it whole bodies, header names in lower
case and texts that are valid Unicode; the upstream owes it one `Reply` for each operation, in order, whatever happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncline.v1.exchange_pb2 import Accepted, Credentials, Operation, Result


@dataclass(slots=True, kw_only=True)  # Not frozen: that would double the cost of making one.
class HttpRequest:
    """One HTTP request, read whole."""

    method: str
    path: str
    """As it came: not decoded, without the query."""
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case; of repeated ones the values joined by `, `."""
    body: bytes = b""
    synchronous: bool = True
    """It came in on the face that answers with outputs, not with ids."""


@dataclass(slots=True, kw_only=True)  # Not frozen: that would double the cost of making one.
class HttpResponse:
    """One HTTP response, whole; the body is JSON unless `headers` names another type."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Call:
    """What the server is to do for one HTTP request."""

    operations: list[Operation]
    """Without numbers and credentials: the upstream sets those. It takes the list away, so that a parked caller costs
    no more memory than its answer needs."""
    credentials: Credentials | None = None
    """For all the operations; None where none are needed."""
    timeout: float = 60.0
    """Seconds that the caller stays. What has no result by then is given back without one."""
    context: object = None
    """Whatever the dialect wants to see again in `encode`."""
    held: object = None
    """The upstream's own note of the operations that wait for `delivered`; not for dialects."""


@dataclass(slots=True)
class Reply:
    """What became of one operation."""

    accepted: Accepted | None = None
    """The handle of the task, known as soon as the task is on disk."""
    result: Result | None = None
    """The last phase; None when the caller's time ran out first."""


class Dialect(Protocol):
    """One protocol that callers speak."""

    def decode(self, request: HttpRequest) -> Call | HttpResponse:
        """Return what to ask of the server, or the response when the request alone decides it."""
        ...

    def encode(self, call: Call, replies: Sequence[Reply]) -> HttpResponse | Call:
        """Return the response to a call of this dialect's own, or another call when more has to be asked before it."""
        ...

    def away(self, call: Call) -> HttpResponse:
        """Return the response for when the server is away: 503 with `Retry-After`."""
        ...

    def refuse(self, status: int, message: str) -> HttpResponse:
        """Return the response to a request that was never decoded, such as one whose body is over the limit."""
        ...
