"""The measure for HTTP: aiohttp as its documentation shows it, JSON in and JSON out. `python bare_http.py PORT`."""

from __future__ import annotations

import sys

from aiohttp import web


async def echo(request: web.Request) -> web.Response:
    return web.json_response(await request.json())


if __name__ == "__main__":
    app = web.Application()
    app.router.add_post("/echo", echo)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
