"""`api_queue`: a queue. The task stands in the node until another one takes it out (`api_get_task`), then goes on.

What `data` says is set on the way in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from syncline_server.engine import values
from syncline_server.engine.kinds.logic import Waits
from syncline_server.engine.kinds.other_tasks import read_data
from syncline_server.engine.running.errors import SOFTWARE, NodeError, stop, take_error_link
from syncline_server.engine.running.run import TooDeep, TooLarge
from syncline_server.engine.running.timers import park
from syncline_server.engine.task import Waiting

if TYPE_CHECKING:
    from syncline_server.engine.kinds.other_tasks import DataToSend
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit

_WRONG = "queue_wrong_convert_param"


@dataclass(frozen=True, slots=True)
class Queue(Waits):
    """Lets tasks stand until they are taken out."""

    data: DataToSend
    error_to: str
    waits_for: ClassVar[frozenset[Waiting]] = frozenset({Waiting.QUEUE})

    def run(self, run: Run, visit: Visit) -> str:
        try:
            members = self.data.render(run, _WRONG)
            if members and not run.asked and run.room >= 0:
                text = values.dumps(members)
                run.put(members, text)
                visit.output = text
        except TooLarge as error:
            limit = run.process.limits.max_task_bytes
            return stop(run, visit, "TASK_TOO_LARGE", f"The task's data would have {error.size} bytes, over {limit}.")
        except (TooDeep, NodeError) as error:
            return "" if run.asked else take_error_link(run, visit, "queue", self.error_to, _described(error))
        if not run.asked and run.room >= 0:
            park(run, visit, Waiting.QUEUE)
        return ""


def _described(error: TooDeep | NodeError) -> NodeError:
    if isinstance(error, NodeError):
        return error
    return NodeError(SOFTWARE, _WRONG, f"Nested deeper than {values.MAX_DEPTH} levels")


def read(fields: Fields) -> Queue:
    """Read `data` with `data_type`."""
    return Queue(read_data(fields, "data", "data_type"), fields.link("err_node_id", required=False))
