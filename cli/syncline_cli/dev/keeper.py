"""Keeps a program running: started again whenever it ends, slower and slower while it keeps ending."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from syncline_cli.dev.program import Child, NotReady, ending

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_cli.dev.program import Command, LifeLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long to wait before a program is started again."""

    first: float = 0.05
    longest: float = 2.0
    calm: float = 2.0
    """A program that served this long starts without delay again."""

    def after(self, delay: float, served: float) -> float:
        """Return the next delay, from the last one and the seconds that the program served."""
        return self.first if served >= self.calm else min(max(delay * 2, self.first), self.longest)


class Keeper:
    """One program, kept running from `start` to `stop`."""

    def __init__(self, command: Command, life: LifeLine, say: Callable[[str], None], backoff: Backoff) -> None:
        self._command = command
        self._life = life
        self._say = say
        self._backoff = backoff
        self._child: Child | None = None
        self._served_from = 0.0

    @property
    def pid(self) -> int | None:
        """The program's process id; None while there is none."""
        return self._child.pid if self._child else None

    async def start(self) -> dict[str, str]:
        """Start the program and return what it announces; `NotReady` when it ends instead."""
        self._child = await Child.start(self._command, self._life)
        facts = await self._child.ready()
        self._served_from = time.monotonic()
        return facts

    async def keep(self) -> NoReturn:
        """Start the program again whenever it ends, until cancelled."""
        delay = 0.0
        while True:
            status = await self._child.ended() if self._child else 0
            delay = self._backoff.after(delay, time.monotonic() - self._served_from)
            self._say(f"{self._command.name} has ended ({ending(status)}), and is started again")
            await asyncio.sleep(delay)
            try:
                await self.start()
            except NotReady:
                self._served_from = time.monotonic()
            else:
                self._say(f"{self._command.name} runs again")

    async def stop(self) -> None:
        """End the program, for good; call it once `keep` no longer runs."""
        if self._child and not await self._child.stop():
            self._say(f"{self._command.name} took too long to end, and was killed")
