"""What the headers of a transcoded request say: who asks, how long they stay, which answer they take.

Of all that a caller sends only `authorization`, `traceparent` and `tracestate` go on to the server, once each and in
the characters that they may have. Whatever else looks like metadata (`grpc-…`, `Grpc-Metadata-…`, `…-bin`) stays here.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from google.rpc import code_pb2

from syncline_gateway.asker import Asker
from syncline_gateway.http.reading import MAX_HEADER_BYTES, TRACEPARENT, NotRead, joined
from syncline_gateway.transcoding.faults import Fault, bad_request
from syncline_gateway.transcoding.framing import NDJSON, SERVER_SENT_EVENTS
from syncline_gateway.transcoding.media import JSON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from syncline_gateway.http.reading import Headers
    from syncline_gateway.transcoding.framing import Framing

MAX_AUTHORIZATION = 7_000
"""Characters: gRPC takes 8 KiB of metadata, and all else needs its place, too."""
MAX_TRACESTATE = 512

_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_ANYTHING = (None, "", "*/*", JSON)


def check_size(headers: Headers) -> None:
    """Raise `NotRead` 431 when the headers are too large."""
    size = 0
    for name, text in headers.items():
        size += len(name) + len(text) + 4
    if size > MAX_HEADER_BYTES:
        raise NotRead(431, f"The headers are over the limit of {MAX_HEADER_BYTES} bytes")


def asker_of(headers: Headers, started: float, *, ceiling: float, token: str = "") -> Asker:
    """Return who asks; raise `Fault` when the headers that say so are malformed.

    *started* is when the request came, by `time.monotonic`; no deadline is later than *ceiling* seconds after it. A
    *token* stands in for a missing `Authorization`.
    """
    asker = Asker(authorization=f"Bearer {token}" if token else _authorization(headers))
    traceparent = headers.get("traceparent", "")
    if traceparent and TRACEPARENT.fullmatch(traceparent):
        asker.traceparent = traceparent
        tracestate = ",".join(headers.getall("tracestate", ()))
        if len(tracestate) <= MAX_TRACESTATE and _PRINTABLE.fullmatch(tracestate):
            asker.tracestate = tracestate.strip()
    seconds = _timeout(headers)
    if seconds is not None:
        asker.deadline = started + min(seconds, ceiling)
    return asker


def accepts_json(headers: Headers) -> bool:
    """Tell whether the caller takes JSON (RFC 9110, 12.5.1)."""
    accept = joined(headers, "Accept")
    return accept in _ANYTHING or _weight(accept or "", JSON)[0] > 0


def framing_of(headers: Headers) -> Framing:
    """Return how the caller wants a stream: lines unless it prefers events. Raises `Fault` 406 when it takes neither.

    Who takes JSON takes lines of it, unless it says otherwise of lines. Of two equal wishes the one that names its
    type goes first.
    """
    accept = joined(headers, "Accept")
    if accept in _ANYTHING:
        return NDJSON
    lines, events = (_weight(accept or "", framing.content_type) for framing in (NDJSON, SERVER_SENT_EVENTS))
    if lines[1] < _BY_NAME:
        lines = max(lines, _weight(accept or "", JSON))
    if max(lines, events)[0] <= 0:
        raise not_acceptable(f"{NDJSON.content_type}, {SERVER_SENT_EVENTS.content_type}")
    return SERVER_SENT_EVENTS if events > lines else NDJSON


def not_acceptable(available: str) -> Fault:
    """Return the fault for a caller that takes none of the content types there are."""
    message = f"The answer comes as {available} alone."
    facts = {"available": available}
    return Fault(code_pb2.INVALID_ARGUMENT, 406, "NOT_ACCEPTABLE", message, metadata=facts)


def _authorization(headers: Headers) -> str:
    values = headers.getall("Authorization", ())
    if not values:
        return ""
    if len(values) > 1:
        raise bad_request("Only one Authorization header may be given.", "Authorization")
    (value,) = values
    if len(value) > MAX_AUTHORIZATION or not _PRINTABLE.fullmatch(value):
        message = f"The Authorization header must be at most {MAX_AUTHORIZATION} printable ASCII characters."
        raise bad_request(message, "Authorization")
    return value


# Deadlines. gRPC's own spelling (at most 8 digits and a unit), Connect's, the one for people, and Envoy's, where 0 is
# none at all.


def _timeout(headers: Headers) -> float | None:
    """Return the shortest time that any of the headers gives, in seconds; None when there are none."""
    times = [
        _parsed(name, pattern, seconds, value)
        for name, pattern, seconds in _DEADLINES
        if name in headers
        for value in headers.getall(name)
    ]
    return min(times) if times else None


def _parsed(name: str, pattern: re.Pattern[str], seconds: Callable[[str], float], value: str) -> float:
    if not pattern.fullmatch(value):
        raise bad_request(f"{name} is not a time as that header has it.", name)
    return seconds(value)


_DEADLINES: Iterable[tuple[str, re.Pattern[str], Callable[[str], float]]] = (
    ("Grpc-Timeout", re.compile(r"[0-9]{1,8}[HMSmun]"), lambda text: int(text[:-1]) * _UNITS[text[-1]]),
    ("Connect-Timeout-Ms", re.compile(r"[0-9]{1,10}"), lambda text: int(text) / 1000),
    ("X-Server-Timeout", re.compile(r"[0-9]{1,10}(\.[0-9]{0,9})?|\.[0-9]{1,9}"), float),
    ("X-Envoy-Upstream-Rq-Timeout-Ms", re.compile(r"[0-9]{1,10}"), lambda text: int(text) / 1000 or math.inf),
)


# What is accepted.

_BY_NAME = 2


def _weight(accept: str, kind: str) -> tuple[float, int]:
    """Return how much the caller wants a content type, 0 to 1, and how exactly it named it, -1 to `_BY_NAME`.

    The most specific range that fits is the one that counts. A malformed range is none.
    """
    best, exactness = 0.0, -1
    ranges = {kind: _BY_NAME, f"{kind.partition('/')[0]}/*": 1, "*/*": 0}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name in ranges and ranges[name] > exactness:
            best, exactness = _quality(parameters), ranges[name]
    return best, exactness


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return float(value) if _QUALITY.fullmatch(value.strip()) else 0.0
    return 1.0


_QUALITY = re.compile(r"(0(\.[0-9]{0,3})?|1(\.0{0,3})?)")
