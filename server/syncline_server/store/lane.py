"""A connection to SQLite and the one thread that it lives in."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

P = ParamSpec("P")
T = TypeVar("T")


class Lane:
    """Does work on its connection, one piece after another in the order in which it came."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._executor: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def connect(self, path: Path, settings: str) -> None:
        """Open the database, which has to be there, and run the settings."""
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=self._name)
        await asyncio.get_running_loop().run_in_executor(self._executor, self._connect, path, settings)

    async def run(self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the work returns. Work that has begun is finished even when nobody waits for it any more."""
        executor, connection = self._executor, self._connection
        if executor is None or connection is None:
            raise sqlite3.ProgrammingError("not connected")
        return await asyncio.get_running_loop().run_in_executor(executor, partial(work, connection, *args, **kwargs))

    async def close(self) -> None:
        """Finish what was asked for, then let go of the database and end the thread. A second call does nothing."""
        if self._executor is not None:
            executor, self._executor = self._executor, None
            await asyncio.get_running_loop().run_in_executor(executor, self._disconnect)
            executor.shutdown()

    def _connect(self, path: Path, settings: str) -> None:
        # isolation_level: nobody but us begins and ends transactions
        self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
        self._connection.executescript(settings)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
