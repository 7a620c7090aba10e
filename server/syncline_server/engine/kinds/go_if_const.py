"""`go_if_const`: leaves for another node when all its conditions are met.

Version 1 of the format has one condition, written on the logic itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from syncline_server.engine.expressions.conditions import Condition, compile_condition
from syncline_server.engine.kinds.logic import Logic

if TYPE_CHECKING:
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit


@dataclass(frozen=True, slots=True)
class Branch(Logic):
    """Leaves for another node when all its conditions are met."""

    conditions: tuple[Condition, ...]
    to: str

    def run(self, run: Run, _: Visit) -> str | None:
        for condition in self.conditions:
            if not condition(run):
                return None
        return self.to


def read(fields: Fields) -> Branch:
    """Read `to_node_id` and `conditions`."""
    return Branch(read_conditions(fields), fields.link("to_node_id"))


def read_conditions(fields: Fields) -> tuple[Condition, ...]:
    """Read `conditions[{param, const, fun, cast}]`, or one that stands on the logic itself."""
    items = list(fields.items("conditions"))
    if not items and "param" in fields.content:
        items = [fields]
    elif not items:
        fields.fault("conditions", "A condition names at least one parameter to compare.")
    return tuple(condition for item in items if (condition := _read_condition(item)) is not None)


def _read_condition(item: Fields) -> Condition | None:
    param, function, cast_name = item.text("param"), item.text("fun"), item.text("cast")
    constant = item.content.get("const", "")
    constant = "" if constant is None else constant
    return item.compiled("", partial(compile_condition, param, function, constant, cast_name))
