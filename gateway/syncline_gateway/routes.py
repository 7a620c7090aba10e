"""Which dialect speaks on which path: a new dialect is a line in this table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_gateway.dialects.callback import Callback
from syncline_gateway.dialects.direct import Direct
from syncline_gateway.dialects.node_callback import NodeCallback
from syncline_gateway.dialects.ops import Ops

if TYPE_CHECKING:
    from syncline_gateway.dialect import Dialect


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table."""

    name: str
    """For the log, which must not show paths: they hold rights."""
    path: re.Pattern[str]
    methods: tuple[str, ...]
    dialect: Dialect


class Routes:
    """The table; the first line that fits a path has it."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self._routes = routes
        self.methods = frozenset(method for route in routes for method in route.methods)
        """All that some path takes."""

    def find(self, path: str) -> Route | None:
        """Return the route of a path, or None."""
        for route in self._routes:
            if route.path.fullmatch(path):
                return route
        return None


def make_routes(*, max_wait: float) -> Routes:
    """Return the table of all dialects; `max_wait` is the longest that a caller may stay, in seconds."""
    return Routes(
        (
            Route("direct", re.compile(r"/api/[12]/json/public/[^/]+/[^/]+"), ("POST",), Direct()),
            Route("ops", re.compile(r"/api/[12]/json/[^/]+/[^/]+/[^/]+"), ("POST",), Ops(max_wait=max_wait)),
            Route("ops", re.compile(r"/api/[12]/json/[^/]+"), ("POST",), Ops(max_wait=max_wait)),
            Route(
                "node_callback",
                re.compile(r"/api/[12]/plugins/callback/node/[^/]+/[^/]+/[^/]+"),
                ("POST", "PUT"),
                NodeCallback(),
            ),
            Route("callback", re.compile(r"/api/[12]/plugins/callback/[^/]*"), ("POST", "PUT"), Callback()),
        )
    )
