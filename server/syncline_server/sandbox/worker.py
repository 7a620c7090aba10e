"""A worker process, as the server sees it: started, asked, killed."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import syncline_server
from syncline_server.sandbox import frames

if TYPE_CHECKING:
    from syncline_server.sandbox.frames import Outcome
    from syncline_server.sandbox.limits import Limits

ENVIRONMENT = {"TZ": "UTC0"}
"""All that a worker knows of the server's environment: dates are UTC, wherever the server is."""

_PROGRAM = """
import sys
sys.path += sys.argv[1:3]
from syncline_server.sandbox.supervisor import main
main(sys.argv[3:])
"""


class WorkerLost(Exception):
    """The process could not be started, or ended when nobody expected it."""


class Worker:
    """One process that runs scripts, one at a time."""

    def __init__(
        self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter, room: int
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._room = room

    @classmethod
    async def start(cls, limits: Limits) -> Worker:
        """Start one, which takes about two milliseconds here and twenty there. Raises `WorkerLost`."""
        near, far = socket.socketpair()
        try:
            with far:
                process = _popen(far, limits)
        except OSError as error:
            near.close()
            raise WorkerLost from error
        try:
            reader, writer = await asyncio.open_unix_connection(sock=near)
        except BaseException:
            near.close()
            process.kill()
            process.wait()
            raise
        return cls(process, reader, writer, limits.max_output_bytes + frames.ROOM)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def run(self, source: str, data: str) -> tuple[Outcome, str]:
        """Return what became of a script. Raises `WorkerLost`; after that, or a cancellation, it can only be killed."""
        try:
            self._writer.write(frames.request(source, data))
            await self._writer.drain()
            return await frames.read_reply(self._reader, self._room)
        except (EOFError, OSError, ValueError) as error:
            raise WorkerLost from error

    def kill(self) -> None:
        """Kill it, and with it the script that it runs."""
        self._writer.transport.abort()
        self._process.kill()

    async def ended(self) -> None:
        """Wait until it is gone, after `kill`."""
        await asyncio.get_running_loop().run_in_executor(None, self._process.wait)


def _popen(channel: socket.socket, limits: Limits) -> subprocess.Popen[bytes]:
    """Start the program with the channel as its input and nothing else of the server's."""
    engine = importlib.util.find_spec("_quickjs")
    if engine is None or engine.origin is None:
        raise FileNotFoundError("the JavaScript engine is not installed")
    places = [Path(syncline_server.__file__).parents[1], Path(engine.origin).parent]
    # -S: it finds what it needs in these two places, and does not look around for anything else.
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, *map(str, places), *limits.words()]
    return subprocess.Popen(  # noqa: S603  # our own program, nothing of a caller's in its arguments
        command,
        stdin=channel.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=ENVIRONMENT,
    )
