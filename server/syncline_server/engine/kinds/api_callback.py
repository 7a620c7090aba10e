"""`api_callback`: waits until somebody modifies the task; in a state diagram it is Set State.

There the conditions that follow are looked at after each modification, and a task that meets none stays. `is_sync` and
`obj_id_path` say how the node's own public URL takes what is posted to it; that is a matter of whoever serves the URL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from syncline_server.engine.expressions.references import fixed_keys
from syncline_server.engine.kinds.logic import Waits
from syncline_server.engine.running.timers import park
from syncline_server.engine.task import Waiting

if TYPE_CHECKING:
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit


@dataclass(frozen=True, slots=True)
class AwaitModification(Waits):
    """Waits until somebody modifies the task."""

    stays: bool
    is_sync: bool = True
    """A post to the node's URL is refused unless the task stands in this very node."""
    obj_id_path: tuple[str | int, ...] = ()
    """Where a post to the node's URL names the task; empty when the node has no URL."""
    waits_for: ClassVar[frozenset[Waiting]] = frozenset({Waiting.CALLBACK})

    def run(self, run: Run, visit: Visit) -> str:
        park(run, visit, Waiting.CALLBACK)
        return ""


def read(fields: Fields) -> AwaitModification:
    """Read `is_sync` and `obj_id_path`."""
    is_sync = fields.content.get("is_sync") is None or fields.flag("is_sync")
    path = fields.text("obj_id_path")
    keys = fixed_keys(path) if path else ()
    return AwaitModification(stays=fields.reading.is_state, is_sync=is_sync, obj_id_path=keys)
