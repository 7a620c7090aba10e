"""Which pages of other origins may use the transcoded API (CORS, as the Fetch standard has it): none until named.

Credentials mode is not offered: whoever calls from a page sends its credentials in a header, and there are no cookies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from syncline_gateway.http.reading import Headers

ANY = "*"
MAX_AGE_SECONDS = 7200
"""How long a browser may remember the answer to its question; more than this Chromium cuts."""
REQUEST_HEADERS = (
    *("Accept", "Authorization", "Content-Type", "If-None-Match", "Last-Event-ID"),
    *("Grpc-Timeout", "Connect-Timeout-Ms", "X-Server-Timeout", "traceparent", "tracestate"),
)
"""What a page may send."""
RESPONSE_HEADERS = ("ETag", "Retry-After", "Syncline-Task-Id", "WWW-Authenticate")
"""What a page may see, besides what it always may."""


class Cors:
    """Says to browsers what pages may do."""

    def __init__(self, origins: Collection[str]) -> None:
        """Take origins such as `https://example.org`, or `*` for all; none for no page at all."""
        self._origins = frozenset(origins)

    def headers(self, request: Headers) -> dict[str, str]:
        """Return what goes with any answer to a request."""
        if not self._origins:
            return {}
        answer = self._allowed(request)
        if answer:
            answer["Access-Control-Expose-Headers"] = ", ".join(RESPONSE_HEADERS)
        return {**answer, "Vary": "Origin"}

    def preflight(self, request: Headers, methods: Sequence[str]) -> dict[str, str]:
        """Return what goes with the answer to OPTIONS: whether the page may ask what it asks about."""
        if not self._origins:
            return {}
        answer = self._allowed(request) if "Access-Control-Request-Method" in request else {}
        if answer:
            answer["Access-Control-Allow-Methods"] = ", ".join(methods)
            answer["Access-Control-Allow-Headers"] = ", ".join(REQUEST_HEADERS)
            answer["Access-Control-Max-Age"] = str(MAX_AGE_SECONDS)
        return {**answer, "Vary": "Origin"}

    def _allowed(self, request: Headers) -> dict[str, str]:
        origin = request.get("Origin")
        if origin is None or not (ANY in self._origins or origin in self._origins):
            return {}
        return {"Access-Control-Allow-Origin": ANY if ANY in self._origins else origin}
