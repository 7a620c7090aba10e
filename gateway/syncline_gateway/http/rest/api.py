"""The transcoded API: requests under `/v1` as RPCs, their responses and errors as JSON or streams.

A URL may hold a right (a callback's id, a token), so the log has the template of a path and never the path. A request
whose method lies (`X-HTTP-Method-Override`) is taken as it came.
"""

from __future__ import annotations

import logging
from http import HTTPMethod
from typing import TYPE_CHECKING

from syncline_gateway.errors import Away, Refused
from syncline_gateway.http.answering import log_failure
from syncline_gateway.http.reading import NotRead
from syncline_gateway.http.rest import refusing
from syncline_gateway.http.rest.headers import check_size
from syncline_gateway.transcoding.faults import Fault, method_not_allowed, method_unknown, route_not_found

if TYPE_CHECKING:
    from aiohttp import web

    from syncline_gateway.dialect import HttpResponse
    from syncline_gateway.http.answering import Answerer
    from syncline_gateway.http.rest.cors import Cors
    from syncline_gateway.http.rest.streams import Streams
    from syncline_gateway.http.rest.whole import Whole
    from syncline_gateway.transcoding.transcoder import Target, Transcoder

log = logging.getLogger(__name__)

ROOT = "/v1"
_UNKNOWN = "unknown"
_GENERAL = {*HTTPMethod, "QUERY"}
"""The methods of HTTP itself: those a path does not take are 405. Others' (WebDAV's) are 501 unless they are bound."""


class Rest:
    """Answers requests for transcoded RPCs."""

    def __init__(self, transcoder: Transcoder, whole: Whole, streams: Streams, answerer: Answerer, cors: Cors) -> None:
        self._transcoder = transcoder
        self._whole = whole
        self._streams = streams
        self._answerer = answerer
        self._cors = cors
        bound = {rule.method for rule in transcoder.rules}
        self.methods = bound | {"HEAD", "OPTIONS"}
        """All that some path takes."""
        self._known = self.methods | _GENERAL

    async def handle(self, request: web.BaseRequest, path: str, query: str, started: float) -> web.StreamResponse:
        """Answer one request that came at *started*, by `time.monotonic`; path and query are still percent-encoded."""
        route, task_id = _UNKNOWN, ""
        try:
            check_size(request.headers)
            if request.method == "OPTIONS":
                return self._options(request, path)
            target = self._find(request.method, path)
            route = target.route
            if target.rpc.server_streaming:
                return await self._streams.answer(request, target, query, started)
            return await self._whole.answer(request, target, query, started)
        except Fault as fault:
            answer = refusing.of_fault(fault)
        except NotRead as unread:
            answer = refusing.of_fault(refusing.fault_of(unread))
        except Refused as refused:
            answer, task_id = refusing.of_status(refused.status), refused.task_id
        except Away:
            answer = refusing.of_status(refusing.away())
        except ConnectionError:
            raise
        except Exception:
            log.exception("request.fault", extra={"facts": {"route": route}})
            answer = refusing.of_status(refusing.internal())
        log_failure(route, answer.status, started)
        return self._refuse(request, answer, task_id)

    def _find(self, method: str, path: str) -> Target:
        """Return what a method and a path mean; raise `Fault`: 400, 404, 405, 501.

        A stream has no HEAD: it would have to begin to know its headers.
        """
        try:
            target = self._transcoder.find(method, path)
        except Fault as fault:
            if fault.http_status in (404, 405) and method not in self._known:
                raise method_unknown() from None
            if fault.http_status != 405:
                raise
        else:
            if method != "HEAD" or not target.rpc.server_streaming:
                return target
        raise method_not_allowed(self._methods(path))

    def _methods(self, path: str) -> tuple[str, ...]:
        """Return the methods of a path, sorted; empty when nothing is there."""
        methods = self._transcoder.methods(path)
        if "HEAD" in methods and self._transcoder.find("HEAD", path).rpc.server_streaming:
            return tuple(method for method in methods if method != "HEAD")
        return methods

    def _options(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        methods = self._methods(path)
        if not methods:
            raise route_not_found()
        headers = {"Allow": ", ".join(methods), "Cache-Control": "no-store"}
        headers |= self._cors.preflight(request.headers, methods)
        return self._answerer.response(request, 204, b"", headers)

    def _refuse(self, request: web.BaseRequest, answer: HttpResponse, task_id: str) -> web.StreamResponse:
        headers = {**answer.headers, **self._cors.headers(request.headers)}
        if task_id:
            headers["Syncline-Task-Id"] = task_id
        return self._answerer.response(request, answer.status, answer.body, headers)
