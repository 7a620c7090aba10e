"""The Set Parameter logic: all values are made from the data that the node was entered with, then put in together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.expressions.casts import WrongType
from syncline_server.engine.expressions.targets import WrongPlace
from syncline_server.engine.running.errors import SOFTWARE, NodeError, stop, take_error_link
from syncline_server.engine.running.run import TooDeep, TooLarge

if TYPE_CHECKING:
    from syncline_server.engine.process import Assignment, SetParameters
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit


def set_parameters(run: Run, visit: Visit, logic: SetParameters) -> str | None:
    """Set the parameters, all or none; return the error link when a value has the wrong type."""
    data = dict(run.data)
    try:
        names = [_put(run, data, assignment) for assignment in logic.assignments]
        if run.asked or run.room < 0:
            return ""
        members = {name: data[name] for name in names}
        if members:
            output = values.dumps(members)
            run.put(members, output)
            visit.output = output
    except TooLarge as error:
        limit = run.process.limits.max_task_bytes
        return stop(run, visit, "TASK_TOO_LARGE", f"The task's data would have {error.size} bytes, over {limit}.")
    except TooDeep:
        description = f"Nested deeper than {values.MAX_DEPTH} levels"
        return take_error_link(run, visit, "set_param", logic.error_to, _wrong(description))
    except NodeError as error:
        if run.asked or run.room < 0:
            return ""
        return take_error_link(run, visit, "set_param", logic.error_to, error)
    return None


def _put(run: Run, data: dict[str, object], assignment: Assignment) -> str:
    value: object = ""
    try:
        value = assignment.value(run)
        return assignment.target.put(run, data, value)
    except WrongType as wrong:
        raise _wrong(wrong.describe(assignment.target.describe(run))) from None
    except WrongPlace as wrong:
        described = WrongType(value, wrong.wanted).describe(assignment.target.describe(run))
        raise _wrong(described) from None


def _wrong(description: str) -> NodeError:
    return NodeError(SOFTWARE, "set_param_wrong_convert_param", description)
