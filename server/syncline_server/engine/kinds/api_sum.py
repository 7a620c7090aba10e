"""`api_sum`: adds values to sums of the node, which templates read as `{{node[NODE].SumID}}`.

Which of a sum's `id` and `name` the SumID is, the vendor's pages say differently; both can be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.decision import Count
from syncline_server.engine.expressions.casts import WrongType, cast
from syncline_server.engine.kinds.logic import Logic
from syncline_server.engine.masking import secrets_of
from syncline_server.engine.running.errors import SOFTWARE, NodeError, take_error_link

if TYPE_CHECKING:
    from syncline_server.engine.expressions.template import Template
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit

SUMMING = 100
"""What a summand takes, see `Scope.effort`."""
_LARGEST = 10**300
"""What is summed up is exact, so it has to be a number that can be written down."""


@dataclass(frozen=True, slots=True)
class AddToSums(Logic):
    """Adds to sums, to all or none."""

    summands: tuple[tuple[tuple[str, ...], Template], ...]
    """By the names of the sum."""
    error_to: str

    def run(self, run: Run, visit: Visit) -> str | None:
        counts: list[Count] = []
        run.charge(SUMMING * len(self.summands))
        for names, template in self.summands:
            value = template.value(run)
            try:
                summand = _summand(value)
            except WrongType as wrong:
                if run.asked or run.room < 0:
                    return ""
                error = NodeError(SOFTWARE, "api_sum_wrong_convert_param", wrong.describe(names[0], secrets_of(run)))
                return take_error_link(run, visit, "api_sum", self.error_to, error)
            counts += [Count(visit.node.id, name, summand) for name in names]
        if not run.asked and run.room >= 0:
            run.counts += counts
        return None


def _summand(value: object) -> object:
    number = cast(value, "number")
    if values.compare(number, _LARGEST) > 0 or values.compare(number, -_LARGEST) < 0:
        raise WrongType(value, "number")
    return number


def read(fields: Fields) -> AddToSums:
    """Read `extra[{id, name, value}]`: a sum goes by its id, and by its name unless another sum does."""
    items = list(fields.items("extra"))
    ids = [item.text("id") or item.text("name") for item in items]
    taken = set(ids)
    summands = []
    for item, sum_id in zip(items, ids, strict=True):
        if not sum_id:
            item.fault("id", "A sum has an id, by which it is read.")
        name = item.text("name")
        names = (sum_id, name) if name and name not in taken else (sum_id,)
        taken.add(name)
        summands.append((names, item.template("value")))
    if not summands:
        fields.fault("extra", "Nothing is summed up here.")
    return AddToSums(tuple(summands), fields.link("err_node_id", required=False))
