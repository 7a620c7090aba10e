"""A connection to SQLite and the one thread that it lives in.

An executor of the standard library would do the same for twice the event loop's time: it tells of each result by
itself, where here all results that are ready come in one call.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

P = ParamSpec("P")
T = TypeVar("T")
Job: TypeAlias = "tuple[asyncio.Future[Any], Callable[[], Any]]"
Result: TypeAlias = "tuple[asyncio.Future[Any], Any, BaseException | None]"

_MOST_AT_ONCE = 16
"""So many results at most wait for one that is still being worked on."""


class Lane:
    """Does work on its connection, one piece after another in the order in which it was asked for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None

    async def connect(self, path: Path, settings: str) -> None:
        """Open the database, which has to be there, and run the settings."""
        loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, args=(loop,), name=self._name, daemon=True)
        self._thread.start()
        await self._ask(partial(self._connect, path, settings))

    def run(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        """Return what will be done when the work is. It is done even when nobody waits for it any more."""
        if self._connection is None:
            raise sqlite3.ProgrammingError("not connected")
        return self._ask(partial(work, self._connection, *args, **kwargs))

    async def close(self) -> None:
        """Finish what was asked for, then let go of the database and end the thread. A second call does nothing."""
        if self._thread is not None:
            thread, self._thread = self._thread, None
            await self._ask(self._disconnect)
            self._jobs.put(None)
            thread.join()

    def _ask(self, job: Callable[[], T]) -> asyncio.Future[T]:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put((future, job))
        return future

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        results: list[Result] = []
        while (asked := self._jobs.get()) is not None:
            future, job = asked
            try:
                results.append((future, job(), None))
            except BaseException as fault:
                results.append((future, None, fault))
            if self._jobs.empty() or len(results) == _MOST_AT_ONCE:
                with contextlib.suppress(RuntimeError):  # the loop was closed: nobody is left to tell
                    loop.call_soon_threadsafe(_tell, results)
                results = []

    def _connect(self, path: Path, settings: str) -> None:
        # isolation_level: nobody but us begins and ends transactions
        self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
        self._connection.executescript(settings)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _tell(results: list[Result]) -> None:
    for future, result, fault in results:
        if future.done():
            continue
        if fault is None:
            future.set_result(result)
        else:
            future.set_exception(fault)
