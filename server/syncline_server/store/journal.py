"""Keeps the write-ahead journal short without holding up commits."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING

from syncline_server.store.transaction import is_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.store.lane import Lane


class Journal:
    """Copies the journal back into the database each time it has grown by so many pages.

    Most of it is copied, and synced, on a lane of its own while commits go on. What they added meanwhile is copied
    between two commits, so that the next one finds nothing left to copy and writes at the journal's start again.

    Copying beside commits never begins without a commit since the journal was last copied to its end: SQLite before
    3.51.3 may lose a commit that starts the journal over while a second such copying runs (its "WAL-reset bug").
    """

    def __init__(
        self, *, copier: Lane, writer: Lane, copy: str, pages: int, on_failure: Callable[[sqlite3.Error], None]
    ) -> None:
        self._lanes = (copier, writer)
        self._copy = copy
        self._limit = pages
        self._on_failure = on_failure
        self._pages = 0
        self._copying: asyncio.Task[None] | None = None

    def grew(self, pages: int) -> None:
        """Take note of a commit."""
        self._pages += pages
        if self._pages >= self._limit and (self._copying is None or self._copying.done()):
            self._pages = 0
            self._copying = asyncio.create_task(self._copy_back(), name="copy journal")

    async def settle(self) -> None:
        """Wait for the copying that is under way."""
        if self._copying is not None:
            await asyncio.wait((self._copying,))

    async def _copy_back(self) -> None:
        for lane in self._lanes:
            try:
                await lane.run(_execute, self._copy)
            except sqlite3.Error as fault:
                # a full disk has room for none of it now, and perhaps later: nothing is lost but time
                if not is_refusal(fault):
                    self._on_failure(fault)
                return


def _execute(connection: sqlite3.Connection, query: str) -> None:
    connection.execute(query).fetchall()
