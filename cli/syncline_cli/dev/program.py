"""One run of a program as a child process: started, ready, ended.

The child gets two pipes. Into one it writes a line when it serves; the other has its far end here and nowhere else, so
that the child notices when this process is gone, however that came about.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GRACE_SECONDS = 1.7
"""How long a program that was told to end may take. Together with all else, a Ctrl-C takes less than two seconds."""
LAST_WORD_SECONDS = 0.5
"""How long a program that hung up before it served may take to end by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How to start a program."""

    name: str
    arguments: tuple[str, ...]
    environ: Mapping[str, str]


class NotReady(Exception):
    """The program ended, or hung up, before it served."""

    def __init__(self, command: Command, status: int) -> None:
        super().__init__(f"{command.name} did not start: {ending(status)}")
        self.status = status


class LifeLine:
    """A pipe that stays open as long as this process lives; programs hold its near end."""

    def __init__(self) -> None:
        self.near, self._far = os.pipe()

    def cut(self) -> None:
        os.close(self._far)
        os.close(self.near)


class Child:
    """A running program."""

    def __init__(self, command: Command, process: asyncio.subprocess.Process, ready: int) -> None:
        self._command = command
        self._process = process
        self._ready = ready
        self.pid = process.pid

    @classmethod
    async def start(cls, command: Command, life: LifeLine) -> Child:
        """Start the program in a session of its own: a Ctrl-C reaches it through us alone."""
        ready, ready_far = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *command.arguments,
                env={**command.environ, "SYNCLINE_READY_FD": str(ready_far), "SYNCLINE_LIFE_FD": str(life.near)},
                pass_fds=(ready_far, life.near),
                start_new_session=True,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=2,  # what a program prints must not mix with what this one prints for others to read
            )
        except BaseException:
            os.close(ready)
            raise
        finally:
            os.close(ready_far)
        return cls(command, process, ready)

    async def ready(self) -> dict[str, str]:
        """Return what the program announces when it serves; end it and raise `NotReady` when it announces nothing."""
        try:
            facts = json.loads(await _line(self._ready))
        except ValueError:
            # it most likely is about to end, with a status that says more than our signal would
            if not await self._ended_within(LAST_WORD_SECONDS):
                await self.stop()
            raise NotReady(self._command, await self.ended()) from None
        return {str(name): str(value) for name, value in facts.items()}

    async def ended(self) -> int:
        """Return the exit status, negative for the signal that ended it, as soon as there is one."""
        return await self._process.wait()

    async def stop(self, grace: float = GRACE_SECONDS) -> bool:
        """Ask the program to end, and tell whether it did; make it end, and all that it started, when it does not."""
        self._signal(os.kill, signal.SIGTERM)
        if await self._ended_within(grace):
            return True
        self._signal(os.killpg, signal.SIGKILL)
        await self.ended()
        return False

    async def _ended_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self.ended(), seconds)
        except TimeoutError:
            return False
        return True

    def _signal(self, send: Callable[[int, int], None], number: int) -> None:
        # the process object would also look whether the child has ended, and so take its status away from asyncio
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                send(self.pid, number)


def ending(status: int) -> str:
    """Say how a program ended."""
    if status >= 0:
        return f"exit status {status}"
    return f"ended by {signal.Signals(-status).name}"


async def _line(descriptor: int) -> bytes:
    """Read one line, or what came before the end, and close the descriptor."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    try:
        return await reader.readline()
    finally:
        transport.close()
