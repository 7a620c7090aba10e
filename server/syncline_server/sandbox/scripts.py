"""Runs the scripts of Code nodes, a few at a time, each in a process that nothing else depends on.

A script has five seconds, as documented. Who waits for a worker longer than `wait_seconds` is told so under the same
tag, `code_timeout`. Of several workers the last free one is only for scripts that ended within a second when they ran
last, and a script's process gives way to everybody else on the machine after a tenth of a second. So scripts that never
end cost their own tasks five seconds each, and others nothing, but for scripts that nobody has seen ending yet.
"""

from __future__ import annotations

import asyncio
import logging

from syncline_server.engine.effects import ScriptCall, ScriptFailure, ScriptFault, ScriptReply
from syncline_server.sandbox.fairness import FairTurns
from syncline_server.sandbox.frames import Outcome
from syncline_server.sandbox.limits import Limits
from syncline_server.sandbox.worker import Worker, WorkerLost

WAIT_SECONDS = 30.0
GRACE_SECONDS = 5.0
"""How much longer than its time a script's end may take to be known, its worker's start included."""
SLOW_SECONDS = 1.0
"""From here on a script is not quick."""

log = logging.getLogger(__name__)

_FAULTS = {
    Outcome.EXECUTING: ScriptFault.EXECUTING,
    Outcome.FORMAT: ScriptFault.FORMAT,
    Outcome.TIMEOUT: ScriptFault.TIMEOUT,
    Outcome.BROKEN: ScriptFault.TIMEOUT,
}


class Scripts:
    """At most *workers* processes, started when the first scripts come; each runs one script at a time.

    A script may take *seconds*, and *memory_bytes* of its engine's memory; what it leaves may be *max_output_bytes* of
    JSON text in UTF-8.
    """

    def __init__(
        self,
        *,
        max_output_bytes: int,
        workers: int = 2,
        seconds: float = 5.0,
        memory_bytes: int = 64 << 20,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._limits = Limits(seconds=seconds, memory_bytes=memory_bytes, max_output_bytes=max_output_bytes)
        self._wait_seconds = wait_seconds
        self._turns = FairTurns(workers)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The workers' process ids."""
        return tuple(worker.pid for worker in (*self._idle, *self._busy))

    async def run(self, call: ScriptCall) -> ScriptReply | ScriptFailure:
        """Return what became of the script; raises nothing but `CancelledError`, also when this is closed meanwhile."""
        key = hash(call.source)
        try:
            async with asyncio.timeout(self._wait_seconds) as waiting, self._turns.turn(key):
                waiting.reschedule(None)
                return self._reply(*await self._timed(key, call))
        except TimeoutError:
            description = f"no worker was free for {self._wait_seconds:g} seconds"
            return ScriptFailure(ScriptFault.TIMEOUT, description)

    async def close(self) -> None:
        """Kill every worker and wait until they are gone; a second call does nothing."""
        self._closed = True
        for worker in (*self._idle, *self._busy):
            self._end(worker)
        await asyncio.gather(*self._ending)

    async def _timed(self, key: int, call: ScriptCall) -> tuple[Outcome, str]:
        """Run a script, and remember whether it was quick."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        late = loop.call_later(SLOW_SECONDS, self._turns.mark_slow, key)
        try:
            answer = await self._perform(call)
        finally:
            late.cancel()
        if answer[0] is not Outcome.TIMEOUT and loop.time() - started < SLOW_SECONDS:
            self._turns.mark_quick(key)
        return answer

    async def _perform(self, call: ScriptCall) -> tuple[Outcome, str]:
        """Run a script; once more when its worker is lost, since a script has no effect but what it leaves."""
        for _ in range(2):
            self._check_open()
            try:
                return await self._run_once(call)
            except TimeoutError:
                return Outcome.TIMEOUT, ""
            except WorkerLost as error:
                self._check_open()
                log.warning("scripts.worker_lost", extra={"facts": {"cause": type(error.__cause__).__name__}})
        return Outcome.BROKEN, ""

    async def _run_once(self, call: ScriptCall) -> tuple[Outcome, str]:
        worker = self._idle.pop() if self._idle else await Worker.start(self._limits)
        self._busy.add(worker)
        try:
            async with asyncio.timeout(self._limits.seconds + GRACE_SECONDS):
                answer = await worker.run(call.source, call.data)
        except BaseException:
            self._end(worker)
            raise
        self._busy.discard(worker)
        self._idle.append(worker)
        return answer

    def _reply(self, outcome: Outcome, text: str) -> ScriptReply | ScriptFailure:
        if outcome is Outcome.DATA:
            return ScriptReply(data=text)
        if outcome is Outcome.TIMEOUT:
            text = f"timeout for executing code: {self._limits.seconds:g} seconds"
        elif outcome is Outcome.BROKEN:
            text = "no process could be had for the script"
        return ScriptFailure(_FAULTS[outcome], text)

    def _check_open(self) -> None:
        # What closing did to a script is not its outcome: the next start runs it again.
        if self._closed:
            raise asyncio.CancelledError

    def _end(self, worker: Worker) -> None:
        """Kill a worker; in the background its end is waited for."""
        if worker in self._busy or worker in self._idle:
            self._busy.discard(worker)
            if worker in self._idle:
                self._idle.remove(worker)
            worker.kill()
            task = asyncio.create_task(worker.ended())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
