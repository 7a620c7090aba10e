"""A script performer that runs nothing: it gives scripted news and remembers the calls.

A script without news leaves the data as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine.effects import ScriptReply

if TYPE_CHECKING:
    import asyncio

    from syncline_server.engine.effects import ScriptCall, ScriptFailure


class FakeScripts:
    """Gives news by the script's source."""

    def __init__(self) -> None:
        self.calls: list[ScriptCall] = []
        self.news: dict[str, ScriptReply | ScriptFailure] = {}
        self.held: asyncio.Event | None = None
        """Every script waits for it, when there is one."""
        self.closed = False

    async def run(self, call: ScriptCall) -> ScriptReply | ScriptFailure:
        self.calls.append(call)
        if self.held is not None:
            await self.held.wait()
        return self.news.get(call.source, ScriptReply(data=call.data))

    async def close(self) -> None:
        self.closed = True
