"""`go`: leaves for another node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine.kinds.logic import Logic

if TYPE_CHECKING:
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit


@dataclass(frozen=True, slots=True)
class Go(Logic):
    """Leaves for another node."""

    to: str

    def run(self, _: Run, __: Visit) -> str:
        return self.to


def read(fields: Fields) -> Go:
    """Read `to_node_id`."""
    return Go(fields.link("to_node_id"))
