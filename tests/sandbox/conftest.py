"""A sandbox for each module: its scripts can't reach each other, so they may share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from sandbox.scripting import MAX_OUTPUT_BYTES, MEMORY_BYTES, call
from syncline_server.sandbox.scripts import Scripts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sandbox.scripting import Run
    from syncline_server.engine.effects import ScriptFailure, ScriptReply


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[Scripts]:
    scripts = Scripts(memory_bytes=MEMORY_BYTES, max_output_bytes=MAX_OUTPUT_BYTES)
    yield scripts
    await scripts.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hasty() -> AsyncIterator[Scripts]:
    """A sandbox that waits for no script longer than half a second."""
    scripts = Scripts(workers=1, seconds=0.5, memory_bytes=MEMORY_BYTES, max_output_bytes=MAX_OUTPUT_BYTES)
    yield scripts
    await scripts.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run(shared: Scripts) -> Run:
    async def run(source: str, data: str = "{}") -> ScriptReply | ScriptFailure:
        return await shared.run(call(source, data))

    return run
