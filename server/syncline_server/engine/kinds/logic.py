"""The protocol of a kind of logic: what one is once it is read, and what it does.

A kind is one module with a frozen record that is a `Logic` (a `Waits`, when it waits for the world) and a function that
reads it out of a definition. The table names that function by the type's word in files; nothing else knows the kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from syncline_server.engine import values
from syncline_server.engine.running.timers import park
from syncline_server.engine.task import Waiting

if TYPE_CHECKING:
    from syncline_server.engine.effects import Call, News
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit


class Logic:
    """One logic of a node."""

    __slots__ = ()

    def run(self, run: Run, visit: Visit) -> str | None:
        """Do it; return the node to go to, nothing (`""`) when the token waits or the task has failed, None to go on.

        None means that the node's next logic is up.
        """
        raise NotImplementedError


class Waits(Logic):
    """A logic that parks the token until the world has news for it. A node has at most one."""

    __slots__ = ()
    waits_for: ClassVar[frozenset[Waiting]] = frozenset({Waiting.CALL})
    """What a token that stands here may wait for, besides the node's own time."""
    stays: bool = False
    """A modification after which no condition is met leaves the token where it is."""

    def resume(self, run: Run, visit: Visit, news: News) -> str | None:  # noqa: ARG002  # the least that can be done
        """Take the news that the token waited for; return as `run` does. By itself it just goes on."""
        return None

    @staticmethod
    def ask(run: Run, visit: Visit, waiting: Waiting, call: Call) -> str:
        """Ask the world and let the token wait; do neither when facts or room were wanting, so the call is void."""
        if not run.asked and run.room >= 0 and park(run, visit, waiting, call):
            run.effects.append(call)
        return ""

    def describe(self, call: Call) -> str:
        """Return what the token's call asked for, as the JSON text that people see of the step."""
        return values.dumps({"node": call.node_id})


Reader = Callable[["Fields"], Logic | None]
"""Reads one logic; returns None, with faults noted, when it cannot run."""
