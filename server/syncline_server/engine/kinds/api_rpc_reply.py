"""`api_rpc_reply`: replies to the task that called this one, and answers whoever waits for this one.

The reply is what `res_data` says: values with types (`key_value`), or names of parameters to hand over (`keys`). With
`throw_exception` it takes the caller's error link. A task that nobody called has no one to reply to and goes on.
For waiters the first reply without an exception is the task's outcome, unless it was answered before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine.effects import Reply, ReplyCall
from syncline_server.engine.kinds.logic import Waits
from syncline_server.engine.kinds.other_tasks import DataToSend, as_text, read_data
from syncline_server.engine.running.errors import NodeError, take_error_link
from syncline_server.engine.task import OutcomeKind, Waiting

if TYPE_CHECKING:
    from syncline_server.engine.effects import Call
    from syncline_server.engine.expressions.template import Template
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit

_WRONG, _SIZE = "rpc_task_wrong_convert_param", "rpc_task_size_overflow"
LONGEST_REASON = 10_000
"""Characters of an exception's reason that its caller gets."""


@dataclass(frozen=True, slots=True)
class ReplyToCaller(Waits):
    """Replies to whoever called the task."""

    data: DataToSend | tuple[str, ...]
    """Members to make, or names of parameters."""
    exception: Template | None
    """The reason, when the reply is an exception."""
    error_to: str

    def run(self, run: Run, visit: Visit) -> str | None:
        try:
            reply = self.make(run)
        except NodeError as error:
            return "" if run.asked else take_error_link(run, visit, "rpc_reply", self.error_to, error)
        if run.asked:
            return ""
        if reply.exception is None and run.outcome is None:
            run.conclude(OutcomeKind.ANSWERED, reply.data)
        visit.input = reply.data
        if not run.task.caller:
            return None
        call = ReplyCall(step=visit.step, node_id=visit.node.id, caller=run.task.caller, reply=reply)
        return self.ask(run, visit, Waiting.CALL, call)

    def make(self, run: Run, **more: object) -> Reply:
        """Return what is replied, with more members; raise `NodeError`. A parameter that is not there is not in it."""
        reason = None if self.exception is None else self.exception.text(run)[:LONGEST_REASON]
        if isinstance(self.data, DataToSend):
            members = self.data.render(run, _WRONG)
        else:
            members = {name: run.data[name] for name in self.data if name in run.data}
        return Reply(as_text(run, members | more, _SIZE), reason)

    def describe(self, call: Call) -> str:
        assert isinstance(call, ReplyCall)  # noqa: S101  # what `run` made
        return call.reply.data


def read(fields: Fields) -> ReplyToCaller:
    """Read `mode`, `res_data` with `res_data_type`, `throw_exception`, `exception_reason` and `err_node_id`."""
    exception = fields.template("exception_reason") if fields.flag("throw_exception") else None
    return ReplyToCaller(_read_data(fields), exception, fields.link("err_node_id", required=False))


def _read_data(fields: Fields) -> DataToSend | tuple[str, ...]:
    mode = fields.text("mode") or ("keys" if isinstance(fields.content.get("res_data"), list) else "key_value")
    if mode == "key_value":
        return read_data(fields, "res_data", "res_data_type")
    names = fields.content.get("res_data")
    if mode != "keys":
        fields.fault("mode", "This has to be key_value or keys.")
    elif not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        fields.fault("res_data", "This has to be a list of names.")
    else:
        return tuple(names)
    return ()
