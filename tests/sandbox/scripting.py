"""What the tests of the sandbox run scripts with."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from syncline_server.engine.effects import ScriptCall, ScriptFailure, ScriptFault, ScriptReply

Run = Callable[..., Awaitable[ScriptReply | ScriptFailure]]
MEMORY_BYTES = 32 << 20
MAX_OUTPUT_BYTES = 100_000
ENDLESS = "while (true);"


def call(source: str, data: str = "{}") -> ScriptCall:
    return ScriptCall(step=1, node_id="65a1b2c3d4e5f60718293a4c", source=source, data=data)


def left(news: ScriptReply | ScriptFailure) -> dict[str, Any]:
    """Return the object that a script left."""
    assert isinstance(news, ScriptReply), news
    data: dict[str, Any] = json.loads(news.data)
    return data


def thrown(news: ScriptReply | ScriptFailure) -> str:
    """Return what a script threw."""
    assert isinstance(news, ScriptFailure), news
    assert news.fault is ScriptFault.EXECUTING
    return news.description


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and not seen ending."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
