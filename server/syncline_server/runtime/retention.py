"""Retention: finished tasks go after their time; that they existed is remembered a while longer. Tokens that have
expired go at the same time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from syncline_server.errors import CommitFailed, StoreUnusable

if TYPE_CHECKING:
    from syncline_server.clock import Clock
    from syncline_server.runtime.access_tokens import AccessTokens
    from syncline_server.runtime.commits import Committer
    from syncline_server.runtime.residents import Residents
    from syncline_server.store.port import Store

log = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0
REMEMBER_TIMES = 4
"""A task's id is remembered for so many retentions after the task is gone."""
_AT_ONCE = 500


class Retention:
    """Sweeps finished tasks and expired tokens from the store."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        committer: Committer,
        residents: Residents,
        access_tokens: AccessTokens,
        retention_seconds: float,
    ) -> None:
        self._store = store
        self._clock = clock
        self._committer = committer
        self._residents = residents
        self._access_tokens = access_tokens
        self._milliseconds = int(retention_seconds * 1000)

    async def run(self) -> None:
        """Sweep now and then, for ever."""
        pause = min(SWEEP_SECONDS, max(0.5, self._milliseconds / 4000))
        while True:
            try:
                while await self.sweep() == _AT_ONCE:
                    continue
            except CommitFailed:
                log.warning("retention.put_off")
            except StoreUnusable as error:
                self._committer.give_up(error)
                return
            await asyncio.sleep(pause)

    async def sweep(self) -> int:
        """Remove some of the tasks whose time is over; return how many."""
        now = self._clock.now()
        await self._store.forget_before(now)
        self._access_tokens.sweep()
        expired = await self._store.finished_before(now - self._milliseconds, limit=_AT_ONCE)
        gone = [task_id for task_id in expired if not self._residents.is_near(task_id)]
        for task_id in gone:
            self._committer.delete(task_id, now + REMEMBER_TIMES * self._milliseconds)
        if gone:
            await self._committer.committed()
        return len(gone)
