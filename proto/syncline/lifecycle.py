"""How a program and whoever started it tell each other that it serves, and that it is to stop.

Both go through inherited file descriptors, so that neither a port has to be tried nor a process id to be trusted: the
program's last breath closes the one, its parent's last breath the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from typing import TYPE_CHECKING

from syncline.environment import BadSetting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Any, Self


async def announce(fd: int | None, facts: Mapping[str, str]) -> None:
    """Write the facts as one JSON line and close the descriptor; do nothing without one.

    A reader that has gone away is no fault; raises `BadSetting` when the number is no descriptor that can be written.
    """
    if fd is None:
        return
    try:
        with contextlib.suppress(BrokenPipeError), os.fdopen(fd, "wb") as pipe:
            pipe.write(json.dumps(dict(facts)).encode() + b"\n")
    except OSError as error:
        raise BadSetting(f"SYNCLINE_READY_FD: descriptor {fd}: {error.strerror}") from None


class StopSignal:
    """From entry to exit, notices what tells this program to stop: SIGTERM, SIGINT, or the end of the life pipe.

    With a life pipe SIGINT does nothing: a terminal sends it to every process of the group, and the parent decides.
    Use it round everything that has to be ended in order; only the main thread can.
    """

    def __init__(self, life_fd: int | None = None) -> None:
        self._life_fd = life_fd
        self._told = asyncio.Event()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        if self._life_fd is not None:
            self._watch(self._life_fd)
        self._handle(signal.SIGTERM, self._told.set)
        self._handle(signal.SIGINT, self._told.set if self._life_fd is None else _ignore)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._life_fd is not None:
            self._loop.remove_reader(self._life_fd)
        for number, before in self._before.items():
            self._loop.remove_signal_handler(number)
            signal.signal(number, before)
        self._before.clear()

    @property
    def is_set(self) -> bool:
        """Whether the program has been told to stop."""
        return self._told.is_set()

    async def wait(self) -> None:
        """Return when the program is told to stop; at once when it has been."""
        await self._told.wait()

    def _handle(self, number: signal.Signals, react: Callable[[], None]) -> None:
        self._before[number] = signal.getsignal(number)
        self._loop.add_signal_handler(number, react)

    def _watch(self, fd: int) -> None:
        try:
            os.set_blocking(fd, False)
            self._loop.add_reader(fd, self._read, fd)
        except OSError as error:
            raise BadSetting(f"SYNCLINE_LIFE_FD: descriptor {fd}: {error.strerror}") from None

    def _read(self, fd: int) -> None:
        try:
            if os.read(fd, 4096):
                return  # Nothing is said on this pipe; only its end counts.
        except BlockingIOError:
            return
        except OSError:
            pass  # Whatever ended it, the parent is not there any more.
        self._loop.remove_reader(fd)
        self._told.set()


async def wait_for_stop(life_fd: int | None = None) -> None:
    """Return when the program is told to stop; the signals then do again what they did before (see `StopSignal`)."""
    with StopSignal(life_fd) as stop:
        await stop.wait()


def _ignore() -> None:
    """Let a signal pass: a handler that does nothing is not inherited by child programs, as SIG_IGN would be."""
