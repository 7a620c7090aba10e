"""`api_get_task`: takes a task out of a queue, the oldest there or the newest.

Its id and data come under `__queue_task_id__` and `__queue_task_data__`, and it goes on from its queue. An empty queue
is an error with the tag `get_task_executing_error` and the description `not_found_task`: the vendor's own page says so,
where a later one has the task go on without the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.effects import DequeueCall, Dequeued, TaskFault, TaskRefused
from syncline_server.engine.kinds.logic import Waits
from syncline_server.engine.kinds.other_tasks import process_name, read_process, too_much
from syncline_server.engine.running.errors import HARDWARE, SOFTWARE, NodeError, take_error_link
from syncline_server.engine.running.run import TooDeep, TooLarge
from syncline_server.engine.task import Waiting

if TYPE_CHECKING:
    from syncline_server.engine.effects import Call, News
    from syncline_server.engine.expressions.template import Template
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit

_WRONG = "get_task_wrong_convert_param"


@dataclass(frozen=True, slots=True)
class TakeFromQueue(Waits):
    """Takes a task out of a queue."""

    process: Template
    queue: Template
    newest_first: bool
    error_to: str

    def run(self, run: Run, visit: Visit) -> str:
        try:
            process = process_name(self.process, run, _WRONG)
        except NodeError as error:
            return "" if run.asked else self._fail(run, visit, error)
        call = DequeueCall(
            step=visit.step,
            node_id=visit.node.id,
            process=process,
            queue=self.queue.text(run).strip(),
            newest_first=self.newest_first,
        )
        return self.ask(run, visit, Waiting.CALL, call)

    def resume(self, run: Run, visit: Visit, news: News) -> str | None:
        if isinstance(news, TaskRefused):
            return self._refused(run, visit, news)
        assert isinstance(news, Dequeued)  # noqa: S101  # the only other news of a `DequeueCall`
        members = {"__queue_task_id__": news.task_id, "__queue_task_data__": values.loads(news.data)}
        text = values.dumps(members)
        try:
            run.put(members, text)
        except TooLarge as error:
            limit = run.process.limits.max_task_bytes
            return self._fail(run, visit, NodeError(HARDWARE, "get_task_fatal_error", too_much(error.size, limit)))
        except TooDeep:
            description = f"Nested deeper than {values.MAX_DEPTH} levels"
            return self._fail(run, visit, NodeError(HARDWARE, "get_task_fatal_error", description))
        visit.output = text
        return None

    def describe(self, call: Call) -> str:
        assert isinstance(call, DequeueCall)  # noqa: S101  # what `run` made
        return values.dumps({"process": call.process, "node": call.queue})

    def _refused(self, run: Run, visit: Visit, news: TaskRefused) -> str:
        if news.fault is TaskFault.NO_QUEUE:
            error = NodeError(SOFTWARE, "queue_wrong_logic", news.description)
            return take_error_link(run, visit, "queue", self.error_to, error)
        word = "access_denied" if news.fault is TaskFault.DENIED else "not_found_task"
        return self._fail(run, visit, NodeError(SOFTWARE, "get_task_executing_error", word))

    def _fail(self, run: Run, visit: Visit, error: NodeError) -> str:
        return take_error_link(run, visit, "get_task", self.error_to, error)


def read(fields: Fields) -> TakeFromQueue:
    """Read `conv_id`, `node_id`, `order_by` and `err_node_id`."""
    order = fields.text("order_by").upper() or "ASC"
    if order not in ("ASC", "DESC"):
        fields.fault("order_by", "This has to be ASC, the oldest first, or DESC.")
    queue = fields.template("node_id")
    if queue.static == "":
        fields.fault("node_id", "No node is named here.")
    return TakeFromQueue(read_process(fields), queue, order == "DESC", fields.link("err_node_id", required=False))
