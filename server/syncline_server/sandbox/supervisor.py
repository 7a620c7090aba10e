"""The program of a worker process: takes a script, runs it in a copy of itself, gives back what became of it.

It runs no author's code in its own process. A script's process has one pipe to here and no other descriptor, so all
that it can do is to write there; when its time is over it is killed, and this process takes the next script. It ends
when the server does, since its channel ends then, also while a script runs.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import time

from syncline_server.sandbox import frames
from syncline_server.sandbox.confinement import confine_script, confine_worker, give_way
from syncline_server.sandbox.frames import Outcome
from syncline_server.sandbox.limits import Limits
from syncline_server.sandbox.script import World

CHANNEL = 0
"""The descriptor that the server is at the other end of."""
PATIENT_SECONDS = 0.1
"""A script that takes longer than this gives way to everybody else on the machine."""

_PIECE = 1 << 18
_DIED = b"InternalError: the script took all its memory or stack"


class Supervisor:
    """Runs one script after the other, each in a process of its own."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pid = os.getpid()
        self._worlds: dict[bool, World] = {}

    def serve(self) -> None:
        """Answer requests. Raises `EOFError` or `OSError` when nobody asks any more."""
        while True:
            source, data = frames.read_request(CHANNEL)
            frames.write_reply(CHANNEL, *self._perform(source, data))

    def _perform(self, source: str, data: str) -> tuple[Outcome, bytes]:
        world = self._world(source)
        near, far = os.pipe()
        try:
            script = os.fork()
        except OSError:
            os.close(far)
            os.close(near)
            return Outcome.BROKEN, b""
        if not script:
            self._be_script(world, far, source, data)
        os.close(far)
        try:
            return self._await(near, script)
        finally:
            os.close(near)
            os.kill(script, signal.SIGKILL)
            os.waitpid(script, 0)

    def _world(self, source: str) -> World:
        """Return the world to copy: the one with libraries for a script in which the word `require` is to be read."""
        with_libraries = "require" in source
        if with_libraries not in self._worlds:
            self._worlds[with_libraries] = World(self._limits.memory_bytes, with_libraries=with_libraries)
            # What is there now stays, so the collector need not touch it and the copies share it.
            gc.collect()
            gc.freeze()
        return self._worlds[with_libraries]

    def _be_script(self, world: World, pipe: int, source: str, data: str) -> None:
        """Be the process of a script; does not return."""
        try:
            limits = self._limits
            confine_script(pipe, self._pid, memory_bytes=limits.memory_bytes, seconds=limits.seconds)
            frames.write_reply(pipe, *world.run(source, data, limits.max_output_bytes))
        finally:
            os._exit(0)

    def _await(self, pipe: int, script: int) -> tuple[Outcome, bytes]:
        """Return what a script's process says. Raises `EOFError` when the server is gone."""
        started = time.monotonic()
        reply = bytearray()
        poller = select.poll()
        poller.register(pipe, select.POLLIN)
        poller.register(CHANNEL, select.POLLIN)
        patience, deadline = started + PATIENT_SECONDS, started + self._limits.seconds
        while True:
            until = min(patience, deadline)
            ready = poller.poll(max(0.0, until - time.monotonic()) * 1000)
            if any(descriptor == CHANNEL for descriptor, _ in ready):
                raise EOFError
            if ready:
                part = os.read(pipe, _PIECE)
                if not part:
                    return frames.parse_reply(reply) or (Outcome.EXECUTING, _DIED)
                reply += part
                if len(reply) > self._limits.max_output_bytes + frames.ROOM:
                    return Outcome.EXECUTING, _DIED
            elif until == deadline:
                return Outcome.TIMEOUT, b""
            else:
                give_way(script)
                patience = deadline


def main(arguments: list[str]) -> None:
    """Serve until the server ends. The arguments are the words of `Limits`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    confine_worker()
    gc.disable()
    try:
        Supervisor(Limits.from_words(arguments)).serve()
    except (EOFError, OSError):
        os._exit(0)
