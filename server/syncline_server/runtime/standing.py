"""Which live tasks stand in which node, in the order in which they came: for counts, queues and alerts."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from syncline_server.engine import Task, Token

Place = tuple[int, str]
"""A process and one of its nodes."""


class Standing:
    """The tokens of the tasks in memory, by node."""

    def __init__(self) -> None:
        self._by_node: dict[Place, OrderedDict[tuple[str, int], int]] = {}
        """For each node the tasks and steps there, and when they came. (Those that have left a plain dict leave gaps,
        all of which have to be passed on the way to the oldest one.)"""

    def count(self, process_id: int, node_id: str) -> int:
        """Return how many tokens stand in the node."""
        return len(self._by_node.get((process_id, node_id), ()))

    def in_order(self, process_id: int, node_id: str, *, newest_first: bool) -> Iterator[tuple[str, int]]:
        """Go through the tasks and steps that stand in the node; none may move meanwhile."""
        there = self._by_node.get((process_id, node_id), OrderedDict[tuple[str, int], int]())
        return reversed(there) if newest_first else iter(there)

    def moved(self, task: Task, before: Sequence[Token], after: Sequence[Token]) -> None:
        """Note where a task stands now that stood elsewhere before."""
        for token in before:
            if not has_step(after, token.step):
                self._leave(task, token)
        for token in after:
            if not has_step(before, token.step):
                there = self._by_node.setdefault((task.process_id, token.node_id), OrderedDict())
                there[task.task_id, token.step] = token.entered_at

    def _leave(self, task: Task, token: Token) -> None:
        place = (task.process_id, token.node_id)
        there = self._by_node.get(place)
        if there is not None:
            there.pop((task.task_id, token.step), None)
            if not there:
                del self._by_node[place]

    def sort(self, tasks: Iterable[Task]) -> None:
        """Bring into order the nodes in which the tasks stand, which did not come there just now."""
        for place in {(task.process_id, token.node_id) for task in tasks for token in task.tokens}:
            there = sorted(self._by_node[place].items(), key=lambda one: (one[1], one[0]))
            self._by_node[place] = OrderedDict(there)


def has_step(tokens: Sequence[Token], step: int) -> bool:
    """Tell whether one of a task's tokens stands in the step."""
    for token in tokens:  # noqa: SIM110  # twice as fast as a generator, and run with every event
        if token.step == step:
            return True
    return False
