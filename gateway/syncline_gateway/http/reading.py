"""Requests as they come from the wire: target, headers, body, each within its limits."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from aiohttp import HttpVersion10, web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from multidict import CIMultiDictProxy

    Headers = CIMultiDictProxy[str]

MAX_HEADER_BYTES = 32 * 1024
TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""A whole `traceparent` header, as W3C Trace Context has it."""
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class NotRead(Exception):
    """The request was not read to its end."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        """The HTTP status to answer with: 400, 405, 408, 413, 415, 417, 431 or 501."""
        self.message = message
        """For the caller, without a full stop."""


class BodyReader:
    """Reads bodies. Header names are to be in lower case, or to be found in any."""

    def __init__(self, *, max_bytes: int, seconds: float) -> None:
        self.max_bytes = max_bytes
        self.seconds = seconds
        """A body must have come whole by then, the next part of a stream too."""

    async def read(self, request: web.BaseRequest, headers: Mapping[str, str]) -> bytes:
        """Return the whole body, as it came; no more of it than the limit is ever kept. Raises `NotRead`."""
        content, limit = request.content, self.max_bytes
        _check_encoding(headers)
        if (request.content_length or 0) > limit:
            raise self._too_large()
        if "expect" in headers:
            await _go_on(request, headers["expect"])
        try:
            if content.is_eof():
                body = content.read_nowait()
            else:
                async with asyncio.timeout(self.seconds):
                    body = await _read(request, limit)
        except TimeoutError:
            raise NotRead(408, f"The body did not come within {self.seconds:g} seconds") from None
        except (web.RequestPayloadError, ConnectionError):
            raise NotRead(400, "The body did not come whole") from None
        if len(body) > limit:
            raise self._too_large()
        return body

    async def parts(self, request: web.BaseRequest, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Give the body in parts of any size as they come, as long as it goes on coming. Raises `NotRead`."""
        _check_encoding(headers)
        if "expect" in headers:
            await _go_on(request, headers["expect"])
        while True:
            try:
                async with asyncio.timeout(self.seconds):
                    part = await request.content.readany()
            except TimeoutError:
                raise NotRead(408, f"Nothing more of the body came within {self.seconds:g} seconds") from None
            except (web.RequestPayloadError, ConnectionError):
                raise NotRead(400, "The body did not come whole") from None
            if not part:
                return
            yield part

    def _too_large(self) -> NotRead:
        return NotRead(413, f"The body is over the limit of {self.max_bytes} bytes")


def headers_of(request: web.BaseRequest) -> dict[str, str]:
    """Return the headers with names in lower case and values that are Unicode, repeated ones joined by `, `."""
    headers: dict[str, str] = {}
    size = 0
    for name, text in request.headers.items():
        size += len(name) + len(text) + 4
        key = name.lower()
        value = text if text.isascii() else _unicode(text)
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    if size > MAX_HEADER_BYTES:
        raise NotRead(431, f"The headers are over the limit of {MAX_HEADER_BYTES} bytes")
    return headers


def joined(headers: Headers, name: str) -> str | None:
    """Return all values of a header as one; None when it is not there."""
    values = headers.getall(name, None)
    return None if values is None else ", ".join(values)


def has_etag(headers: Headers, etag: str) -> bool:
    """Tell by `If-None-Match` whether the client has what a tag names, weak or not (RFC 9110, 13.1.2)."""
    known = joined(headers, "If-None-Match")
    if known is None:
        return False
    opaque = etag.removeprefix("W/")
    return known.strip() == "*" or any(tag.strip().removeprefix("W/") == opaque for tag in known.split(","))


def target_of(request: web.BaseRequest) -> str:
    """Return path and query of the target: without scheme and host, with one slash at the start."""
    target = request.raw_path
    if target[:1] != "/":
        target = "/" + target.partition("://")[2].partition("/")[2]
    elif target[:2] == "//":
        target = "/" + target.lstrip("/")
    return target if target.isascii() else _unicode(target)


def host_name(host: str) -> str:
    """Return a `Host` header's name without its port."""
    name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return name.strip("[]").lower()


def is_unread(request: web.BaseRequest) -> bool:
    """Tell whether some of the body is still to come, or never will: the connection is of no more use then."""
    return not request.content.is_eof() or request.content.exception() is not None


def _check_encoding(headers: Mapping[str, str]) -> None:
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise NotRead(415, "The body must not be compressed")
    if headers.get("transfer-encoding", "chunked").strip().lower() != "chunked":
        # RFC 9112, 6.1. To take it as it came would be to read another body than a proxy in front that decodes it.
        raise NotRead(501, "There is no other transfer coding than chunked")


async def _go_on(request: web.BaseRequest, expectation: str) -> None:
    """Tell a client that waits for it to send the body."""
    if expectation.strip().lower() != "100-continue":
        raise NotRead(417, "There is nothing else to expect than 100-continue")
    if request.version > HttpVersion10 and not request.content.is_eof():
        await request.writer.write(_CONTINUE)


async def _read(request: web.BaseRequest, limit: int) -> bytes:
    parts, size = [], 0
    while size <= limit and (part := await request.content.readany()):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _unicode(text: str) -> str:
    """Return text from the wire with what is no UTF-8 replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
