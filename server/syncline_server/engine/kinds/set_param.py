"""`set_param`: sets parameters of the task.

All values are made from the data that the node was entered with, then put in together, all or none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.expressions.casts import WrongType
from syncline_server.engine.expressions.targets import Target, WrongPlace
from syncline_server.engine.kinds.logic import Logic
from syncline_server.engine.masking import secrets_of
from syncline_server.engine.reading.parameters import read_parameter
from syncline_server.engine.running.errors import SOFTWARE, NodeError, stop, take_error_link
from syncline_server.engine.running.run import TooDeep, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.expressions.scope import Scope
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit


@dataclass(frozen=True, slots=True)
class Assignment:
    """One parameter to set, or one of a reply to keep."""

    target: Target
    value: Callable[[Scope], object]
    """May raise `WrongType`."""


@dataclass(frozen=True, slots=True)
class SetParameters(Logic):
    """Sets parameters of the task."""

    assignments: tuple[Assignment, ...]
    error_to: str
    """Empty without an error link."""

    def run(self, run: Run, visit: Visit) -> str | None:
        run.use = "set_param"
        to = self._set(run, visit)
        run.use = ""
        return to

    def _set(self, run: Run, visit: Visit) -> str | None:
        data = dict(run.data)
        try:
            names = []
            for assignment in self.assignments:
                names.append(_put(run, data, assignment))
                if run.room < 0:
                    return ""
            if run.asked:
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
            return take_error_link(run, visit, "set_param", self.error_to, _wrong(description))
        except NodeError as error:
            if run.asked or run.room < 0:
                return ""
            return take_error_link(run, visit, "set_param", self.error_to, error)
        return None


def read(fields: Fields) -> SetParameters:
    """Read `extra` with `extra_type`, and `err_node_id`."""
    types = fields.mapping("extra_type")
    assignments = []
    for key, raw in fields.mapping("extra").items():
        target = fields.compiled(f"extra.{key}", partial(Target, key))
        parameter = read_parameter(fields, key, raw, types.get(key))
        if target is not None and parameter is not None:
            assignments.append(Assignment(target, parameter.value))
    return SetParameters(tuple(assignments), fields.link("err_node_id", required=False))


def _put(run: Run, data: dict[str, object], assignment: Assignment) -> str:
    value: object = ""
    run.refusal = None
    try:
        value = assignment.value(run)
        _check_refusal(run, assignment)
        return assignment.target.put(run, data, value)
    except WrongType as wrong:
        _check_refusal(run, assignment)
        raise _wrong(wrong.describe(assignment.target.describe(run), secrets_of(run))) from None
    except WrongPlace as wrong:
        described = WrongType(value, wrong.wanted).describe(assignment.target.describe(run), secrets_of(run))
        raise _wrong(described) from None


def _check_refusal(run: Run, assignment: Assignment) -> None:
    refusal = run.refusal
    if refusal is not None:
        description = f"Param: {assignment.target.describe(run)}, {refusal.description}"
        raise NodeError(SOFTWARE, refusal.tag, description)


def _wrong(description: str) -> NodeError:
    return NodeError(SOFTWARE, "set_param_wrong_convert_param", description)
