"""A query performer without a database: it gives scripted news and remembers the calls.

A statement without news returns no rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine.effects import QueryReply

if TYPE_CHECKING:
    from syncline_server.engine import Task
    from syncline_server.engine.effects import QueryCall, QueryFailure


class FakeDatabases:
    """Gives news by the statement."""

    def __init__(self) -> None:
        self.calls: list[QueryCall] = []
        self.news: dict[str, QueryReply | QueryFailure] = {}
        self.closed = False

    async def query(self, _: Task, call: QueryCall) -> QueryReply | QueryFailure:
        self.calls.append(call)
        return self.news.get(call.query, QueryReply(rows="[]"))

    async def close(self) -> None:
        self.closed = True
