"""The document and the page that shows it, as files for whoever speaks HTTP.

Everything that the page needs is here, and its Content-Security-Policy lets it reach nothing else. Swagger UI sets
styles by script, which the policy does not touch; it needs no inline scripts.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OPENAPI = "/openapi.json"
DOCS = "/docs"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_HTML = "text/html; charset=utf-8"
_SCRIPT = "text/javascript; charset=utf-8"
_STYLE = "text/css; charset=utf-8"
_FILES = {
    OPENAPI: ("openapi.json", "application/json"),
    DOCS: ("page/index.html", _HTML),
    f"{DOCS}/icon.svg": ("page/icon.svg", "image/svg+xml"),
    f"{DOCS}/page.css": ("page/page.css", _STYLE),
    f"{DOCS}/page.js": ("page/page.js", _SCRIPT),
    f"{DOCS}/swagger-ui-bundle.js": ("page/swagger-ui/swagger-ui-bundle.js", _SCRIPT),
    f"{DOCS}/swagger-ui.css": ("page/swagger-ui/swagger-ui.css", _STYLE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file, or where it is."""

    status: int = 200
    content_type: str
    body: bytes
    packed: bytes
    """The body in gzip, for those who take it."""
    etag: str
    """Weak: the same for both forms of the body. Empty when there is none."""
    headers: Mapping[str, str]
    """Whatever else goes with it, `ETag` included; a 304 has them, too."""


def site(path: str) -> Asset | None:
    """Return what GET and HEAD find at a path; None when there is nothing of this site.

    The first call for a path reads and packs the file, some 50 ms for the largest; later ones return what is kept.
    """
    if path == f"{DOCS}/":
        return _ELSEWHERE
    return _asset(path) if path in _FILES else None


@cache
def _asset(path: str) -> Asset:
    name, content_type = _FILES[path]
    body = files("syncline_gateway.openapi").joinpath(name).read_bytes()
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Asset(
        content_type=content_type,
        body=body,
        packed=gzip.compress(body, 6, mtime=0),
        etag=etag,
        headers=MappingProxyType(
            {
                "Cache-Control": "no-cache",
                "Content-Security-Policy": POLICY if content_type == _HTML else "default-src 'none'",
                "Cross-Origin-Resource-Policy": "same-origin",
                "ETag": etag,
                "Referrer-Policy": "no-referrer",
                "Vary": "Accept-Encoding",
                "X-Content-Type-Options": "nosniff",
            }
        ),
    )


_ELSEWHERE = Asset(
    status=308,
    content_type="text/plain; charset=utf-8",
    body=b"",
    packed=b"",
    etag="",
    headers=MappingProxyType({"Location": "../docs"}),
)
"""The page's links count from `/docs`, wherever a proxy has put it."""
