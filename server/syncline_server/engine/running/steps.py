"""What is recorded of a visit: the step, and the request of a step that made a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine.records import builder
from syncline_server.engine.task import Step, Waiting

if TYPE_CHECKING:
    from syncline_server.engine.process import Node
    from syncline_server.engine.task import Token


_new_step = builder(Step)


class Visit:
    """One token in one node, until it leaves or waits."""

    __slots__ = ("entered_at", "input", "node", "number", "output", "previous_node_id", "result", "step", "token")

    def __init__(self, number: int, node: Node, previous_node_id: str, step: int, entered_at: int) -> None:
        self.number = number
        self.node = node
        self.previous_node_id = previous_node_id
        self.step = step
        self.entered_at = entered_at
        self.input = ""
        self.output = ""
        self.result = "moved"
        self.token: Token | None = None
        """As it waited here, when it did."""

    @classmethod
    def again(cls, token: Token, node: Node) -> Visit:
        """Return the visit that a waiting token is on."""
        visit = cls(token.number, node, token.previous_node_id, token.step, token.entered_at)
        visit.token = token
        visit.input = _request(token, node)
        return visit

    def ended(self, at: int) -> Step:
        """Return the step that the visit was."""
        return _new_step(
            sequence=self.step,
            node_id=self.node.id,
            previous_node_id=self.previous_node_id,
            started_at=self.entered_at,
            ended_at=at,
            result=self.result,
            input=self.input,
            output=self.output,
        )


def waits(token: Token, node: Node) -> bool:
    """Tell whether the node has what the token waits for; a definition that was checked always has."""
    logic = node.waiting_logic
    if token.due_at is not None and node.time_limit is None:
        return False
    return token.waiting in (Waiting.TIMER, Waiting.TURN) or (logic is not None and token.waiting in logic.waits_for)


def given_up(token: Token, node: Node | None, result: str, at: int) -> Step:
    """Return the step of a token that is taken away from where it stands."""
    return Step(
        sequence=token.step,
        node_id=token.node_id,
        previous_node_id=token.previous_node_id,
        started_at=token.entered_at,
        ended_at=at,
        result=result,
        input=_request(token, node),
    )


def _request(token: Token, node: Node | None) -> str:
    """Return what the token waits for as JSON text; nothing when it asked for nothing, or nobody can tell any more."""
    if token.call is None or token.waiting is Waiting.TURN or node is None or node.waiting_logic is None:
        return ""
    return node.waiting_logic.describe(token.call)
