"""The server put together from its settings, and run until it is told to stop: the only place that knows every part."""

from __future__ import annotations

import asyncio
import gc
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from syncline.environment import BadSetting
from syncline.lifecycle import StopSignal, announce
from syncline_server import operator_key
from syncline_server.clock import SystemClock, SystemIds
from syncline_server.engine import Limits
from syncline_server.rpc.server import CannotListen, RpcServer, Tls
from syncline_server.runtime.performers import HttpPerformer
from syncline_server.runtime.server import Runtime
from syncline_server.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from syncline_server.settings import Settings

log = logging.getLogger(__name__)

STORE_LOST = 70
"""The exit status when the store can no longer be trusted: whoever started the program starts it again."""


async def run(settings: Settings) -> int:
    """Serve until told to stop; return the exit status."""
    with StopSignal(settings.life_fd) as stop:
        async with _runtime(settings) as (runtime, store):
            await operator_key.ensure(runtime.access, store, settings.data)
            rpc = RpcServer(
                runtime,
                max_body_bytes=settings.max_body_bytes,
                max_task_bytes=settings.max_task_bytes,
                heartbeat_seconds=settings.heartbeat_seconds,
            )
            ...
