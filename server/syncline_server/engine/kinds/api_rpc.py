"""`api_rpc`: calls a process, and waits in the node until the task that was made there replies.

The reply's members go into the task's data. A called task that ends without a reply leaves this one where it is, until
its time limit: that is the documented behaviour. A reply that is an exception takes the error link.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from syncline_server.engine import values
from syncline_server.engine.effects import CreateCall, Reply, TaskFault, TaskMade, TaskRefused
from syncline_server.engine.kinds.logic import Waits
from syncline_server.engine.kinds.other_tasks import as_text, process_name, read_data, read_process, too_much
from syncline_server.engine.running.errors import HARDWARE, SOFTWARE, NodeError, take_error_link
from syncline_server.engine.running.run import TooLarge
from syncline_server.engine.running.timers import park_again
from syncline_server.engine.task import Waiting

if TYPE_CHECKING:
    from syncline_server.engine.effects import Call, News
    from syncline_server.engine.expressions.template import Template
    from syncline_server.engine.kinds.other_tasks import DataToSend
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit

_WRONG, _SIZE, _FATAL = "rpc_task_wrong_convert_param", "rpc_task_size_overflow", "rpc_task_fatal_error"
_OWN_TAGS = {TaskFault.DENIED, TaskFault.PARAMETERS, TaskFault.INACTIVE}
"""Faults that the author is told by their own tag, as with Copy Task; the others are the documented fatal error."""


@dataclass(frozen=True, slots=True)
class CallProcess(Waits):
    """Calls a process."""

    process: Template
    data: DataToSend
    error_to: str
    waits_for: ClassVar[frozenset[Waiting]] = frozenset({Waiting.REPLY})

    def run(self, run: Run, visit: Visit) -> str:
        try:
            process = process_name(self.process, run, _WRONG)
            data = as_text(run, self.data.render(run, _WRONG), _SIZE)
        except NodeError as error:
            return "" if run.asked else self.fail(run, visit, error)
        call = CreateCall(step=visit.step, node_id=visit.node.id, process=process, ref="", data=data, is_rpc=True)
        return self.ask(run, visit, Waiting.REPLY, call)

    def resume(self, run: Run, visit: Visit, news: News) -> str | None:
        match news:
            case TaskMade(task_id):
                park_again(run, visit, replace(_own_call(visit), made=task_id))
                return ""
            case TaskRefused(fault, description):
                return self.fail(run, visit, _refusal(fault, description))
            case Reply():
                return self.take(run, visit, news)
        raise TypeError(news)

    def describe(self, call: Call) -> str:
        assert isinstance(call, CreateCall)  # noqa: S101  # what `run` made
        return f'{{"process":{values.dumps(call.process)},"data":{call.data}}}'

    def take(self, run: Run, visit: Visit, reply: Reply) -> str | None:
        """Put a reply into the task; return as `run` does."""
        try:
            members = values.loads_object(reply.data)
            run.put(members, reply.data)
        except TooLarge as error:
            limit = run.process.limits.max_task_bytes
            return self.fail(run, visit, NodeError(SOFTWARE, _SIZE, too_much(error.size, limit)))
        visit.output = reply.data
        if reply.exception is None:
            return None
        exception = NodeError(SOFTWARE, "rpc_reply_exception", reply.exception, members)
        return take_error_link(run, visit, "rpc_reply", self.error_to, exception)

    def fail(self, run: Run, visit: Visit, error: NodeError) -> str:
        """Take the error link for a call that came to nothing."""
        if error.tag not in (_WRONG, _SIZE):
            result = "access_denied" if error.tag == TaskFault.DENIED else "crash_api"
            error.more["__conveyor_copy_task_result__"] = result
        return take_error_link(run, visit, "rpc", self.error_to, error)


def _own_call(visit: Visit) -> CreateCall:
    call = None if visit.token is None else visit.token.call
    assert isinstance(call, CreateCall)  # noqa: S101  # what `run` made
    return call


def _refusal(fault: TaskFault, description: str) -> NodeError:
    if fault is TaskFault.SIZE:
        return NodeError(SOFTWARE, _SIZE, description)
    if fault in _OWN_TAGS:
        return NodeError(SOFTWARE, fault, description)
    return NodeError(HARDWARE, _FATAL, description)


def read(fields: Fields) -> CallProcess:
    """Read `conv_id`, `extra` with `extra_type`, `group` and `err_node_id`."""
    return CallProcess(
        read_process(fields), read_data(fields, "extra", "extra_type"), fields.link("err_node_id", required=False)
    )
