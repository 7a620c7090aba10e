"""`api_copy`: makes a task in a process (Copy Task), or modifies one found by its ref (Modify Task).

The new task goes its own way; this one goes on as soon as it is there. `is_sync` (Synchronous callback) lets a
modification through only while the other task waits for one. What became of it is in `__conveyor_copy_task_result__`,
`ok` or one of the documented words. Both modes have the errors of Copy Task, as the page of Modify Task has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.effects import CreateCall, ModifyCall, TaskFault, TaskRefused
from syncline_server.engine.kinds.logic import Waits
from syncline_server.engine.kinds.other_tasks import as_text, process_name, read_data, read_process
from syncline_server.engine.running.errors import SOFTWARE, NodeError, take_error_link
from syncline_server.engine.task import Waiting

if TYPE_CHECKING:
    from syncline_server.engine.effects import Call, News
    from syncline_server.engine.expressions.template import Template
    from syncline_server.engine.kinds.other_tasks import DataToSend
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit

_RESULT = "__conveyor_copy_task_result__"
_WRONG, _SIZE = "copy_task_wrong_convert_param", TaskFault.SIZE
_RESULTS = frozenset({"access_denied", "not_unical_ref"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOnTask(Waits):
    """Makes or modifies another task."""

    modifies: bool
    process: Template
    ref: Template
    data: DataToSend
    is_sync: bool
    error_to: str

    def run(self, run: Run, visit: Visit) -> str:
        try:
            call = self._call(run, visit)
        except NodeError as error:
            return "" if run.asked else self._fail(run, visit, error)
        return self.ask(run, visit, Waiting.CALL, call)

    def resume(self, run: Run, visit: Visit, news: News) -> str | None:
        if isinstance(news, TaskRefused):
            return self._fail(run, visit, NodeError(SOFTWARE, news.fault, news.description))
        visit.output = run.put_anyway({_RESULT: "ok"})
        return None

    def describe(self, call: Call) -> str:
        assert isinstance(call, (CreateCall, ModifyCall))  # noqa: S101  # what `run` made
        return f'{{"process":{values.dumps(call.process)},"ref":{values.dumps(call.ref)},"data":{call.data}}}'

    def _call(self, run: Run, visit: Visit) -> CreateCall | ModifyCall:
        process, ref = process_name(self.process, run, _WRONG), self.ref.text(run)
        data = as_text(run, self.data.render(run, _WRONG), _SIZE)
        if self.modifies:
            return ModifyCall(
                step=visit.step, node_id=visit.node.id, process=process, ref=ref, data=data, is_sync=self.is_sync
            )
        return CreateCall(step=visit.step, node_id=visit.node.id, process=process, ref=ref, data=data, is_rpc=False)

    def _fail(self, run: Run, visit: Visit, error: NodeError) -> str:
        error.more[_RESULT] = error.tag if error.tag in _RESULTS else "crash_api"
        return take_error_link(run, visit, "copy_task", self.error_to, error)


def read(fields: Fields) -> WorkOnTask:
    """Read `mode`, `conv_id`, `ref`, `data` with `data_type`, `group`, `send_parent_data`, `is_sync`, `err_node_id`."""
    mode = fields.text("mode") or "create"
    if mode not in ("create", "modify"):
        fields.fault("mode", "This has to be create or modify.")
    ref = fields.template("ref")
    if mode == "modify" and ref.static == "":
        fields.fault("ref", "A task to modify is named by its ref.")
    return WorkOnTask(
        modifies=mode == "modify",
        process=read_process(fields),
        ref=ref,
        data=read_data(fields, "data", "data_type"),
        is_sync=fields.flag("is_sync"),
        error_to=fields.link("err_node_id", required=False),
    )
