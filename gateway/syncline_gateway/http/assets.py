"""The document of the API and the page that shows it: files, the same for everybody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from syncline_gateway.http.answering import json_response, takes_gzip
from syncline_gateway.http.reading import has_etag
from syncline_gateway.openapi.pages import DOCS, OPENAPI, site

if TYPE_CHECKING:
    from aiohttp import web

    from syncline_gateway.http.answering import Answerer

_METHODS = ("GET", "HEAD")


async def asset_response(answerer: Answerer, request: web.BaseRequest, path: str) -> web.Response | None:
    """Return a file as an answer; None when there is none at this path."""
    if path != OPENAPI and not path.startswith(DOCS):
        return None
    asset = await asyncio.to_thread(site, path)  # the first time it is read from the disk and compressed
    if asset is None:
        return None
    if request.method not in _METHODS:
        refusal = json_response(405, {"error": "The method is not allowed here."}, {"Allow": ", ".join(_METHODS)})
        return answerer.response(request, 405, refusal.body, dict(refusal.headers))
    headers = dict(asset.headers)
    if asset.etag and has_etag(request.headers, asset.etag):
        return answerer.response(request, 304, b"", headers)
    headers["Content-Type"] = asset.content_type
    if not asset.body or not takes_gzip(request.headers.get("Accept-Encoding", "")):
        return answerer.response(request, asset.status, asset.body, headers)
    headers["Content-Encoding"] = "gzip"
    return answerer.response(request, asset.status, asset.packed, headers)
