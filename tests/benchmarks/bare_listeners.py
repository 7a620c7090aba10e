"""The measure for waiting: aiohttp with server-sent events that never come. `python bare_listeners.py PORT`."""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web


async def listen(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    await response.write(b": listening\n\n")
    await asyncio.get_running_loop().create_future()
    return response


if __name__ == "__main__":
    app = web.Application()
    app.router.add_get("/", listen)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None, backlog=1024)
