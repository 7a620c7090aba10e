"""Answers on their way out: whole ones, compressed when they are large and the client asked for that."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import time
from typing import TYPE_CHECKING

from aiohttp import web

from syncline_gateway.dialect import HttpResponse
from syncline_gateway.http.reading import is_unread

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

SERVER = "syncline"
LARGE_ANSWER_BYTES = 64 * 1024


class Answerer:
    """Makes responses."""

    def __init__(self) -> None:
        self.is_stopping = False
        """Every answer closes its connection."""

    def response(self, request: web.BaseRequest, status: int, body: bytes, headers: dict[str, str]) -> web.Response:
        """Return an answer that is ready to go out; the headers become its own."""
        headers["Server"] = SERVER
        response = web.Response(status=status, body=body, headers=headers)
        if self.is_stopping or is_unread(request):
            response.force_close()
        return response


async def squeezed(request: web.BaseRequest, body: bytes, headers: dict[str, str]) -> bytes:
    """Return a body of more than `LARGE_ANSWER_BYTES` as the client takes it, and note how in the headers."""
    headers["Vary"] = f"{headers['Vary']}, Accept-Encoding" if "Vary" in headers else "Accept-Encoding"
    if not takes_gzip(request.headers.get("Accept-Encoding", "")):
        return body
    headers["Content-Encoding"] = "gzip"
    return await asyncio.to_thread(gzip.compress, body, 1, mtime=0)


def json_response(status: int, content: Mapping[str, str], headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return a response of this program's own, which no dialect speaks."""
    body = json.dumps(dict(content)).encode()
    return HttpResponse(
        status=status, body=body, headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    )


def takes_gzip(accepted: str) -> bool:
    """Tell whether a client asks for gzip by name."""
    for coding in accepted.lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False


def log_failure(route: str, status: int, started: float) -> None:
    """Log that a request got an answer of 400 or above; *started* is when it came, by `time.monotonic`.

    Paths may hold rights, so it is named by its route.
    """
    facts = {"route": route, "status": status, "seconds": round(time.monotonic() - started, 3)}
    log.log(logging.WARNING if status >= 500 else logging.INFO, "request.failed", extra={"facts": facts})
