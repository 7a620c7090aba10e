"""`api_code`: runs the author's JavaScript on the task's data, outside, under limits of time and memory.

What the script leaves in `data` is the task's data afterwards, so a member that it deletes is gone. What a modification
has set meanwhile stays, unless the script has changed that, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from syncline_server.engine import values
from syncline_server.engine.effects import ScriptCall, ScriptFailure, ScriptFault, ScriptReply
from syncline_server.engine.kinds.logic import Waits
from syncline_server.engine.running.errors import HARDWARE, SOFTWARE, NodeError, take_error_link
from syncline_server.engine.running.run import TooDeep, TooLarge
from syncline_server.engine.task import Waiting

if TYPE_CHECKING:
    from syncline_server.engine.effects import Call, News
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit


@dataclass(frozen=True, slots=True)
class RunScript(Waits):
    """Runs a script on the task's data."""

    source: str
    error_to: str

    def run(self, run: Run, visit: Visit) -> str:
        call = ScriptCall(step=visit.step, node_id=visit.node.id, source=self.source, data=values.dumps(run.data))
        return self.ask(run, visit, Waiting.CALL, call)

    def resume(self, run: Run, visit: Visit, news: News) -> str | None:
        try:
            if isinstance(news, ScriptFailure):
                if news.fault is ScriptFault.TIMEOUT:
                    raise NodeError(HARDWARE, news.fault, "timeout for executing code")
                raise NodeError(SOFTWARE, news.fault, news.description)
            assert isinstance(news, ScriptReply)  # noqa: S101  # the only other news of a `ScriptCall`
            self._take(run, visit, news.data)
        except NodeError as error:
            return take_error_link(run, visit, "code", self.error_to, error)
        return None

    def _take(self, run: Run, visit: Visit, text: str) -> None:
        assert visit.token is not None  # noqa: S101  # it waited, and for a script
        before = values.loads_object(cast("ScriptCall", visit.token.call).data)
        try:
            after = values.loads_object(text)
            changed = {name: value for name, value in after.items() if name not in before or before[name] != value}
            if run.data != before:
                others = {name: value for name, value in run.data.items() if name not in before or name in after}
                after = others | changed
                text = values.dumps(after)
            run.replace(after, text)
        except values.JsonFault:
            raise NodeError(SOFTWARE, ScriptFault.FORMAT, "The script left no object in data.") from None
        except TooLarge as error:
            description = f"The script left {error.size} bytes in data, over {run.process.limits.max_task_bytes}."
            raise NodeError(SOFTWARE, ScriptFault.FORMAT, description) from None
        except TooDeep:
            description = f"Nested deeper than {values.MAX_DEPTH} levels"
            raise NodeError(SOFTWARE, ScriptFault.FORMAT, description) from None
        visit.output = values.dumps(changed) if changed else ""

    def describe(self, call: Call) -> str:
        assert isinstance(call, ScriptCall)  # noqa: S101  # what `run` made
        return call.data


def read(fields: Fields) -> RunScript:
    """Read `lang`, `src` and `err_node_id`."""
    language = fields.text("lang").lower() or "js"
    if language in ("erl", "erlang"):
        fields.fault("lang", "Erlang code cannot run here: rewrite the node in JavaScript.")
    elif language not in ("js", "javascript"):
        fields.fault("lang", "The language of a Code node is js.")
    return RunScript(fields.text("src"), fields.link("err_node_id", required=False))
