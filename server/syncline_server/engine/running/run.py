"""One decision in the making: the task's mutable double, from which the new task is built at the end.

Nothing of the old task is changed. What lives only here ends with the decision, the loop guard's counts among it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.decision import Count, Decision, NodeSum
from syncline_server.engine.expressions.scope import MISSING, Scope
from syncline_server.engine.masking import clear, mask_steps
from syncline_server.engine.records import builder
from syncline_server.engine.running.steps import Visit, given_up, waits
from syncline_server.engine.task import LIVE, Failure, Outcome, OutcomeKind, Step, Task, TaskState, Token, Waiting

if TYPE_CHECKING:
    from syncline_server.engine.decision import FactKey, Facts
    from syncline_server.engine.effects import Call
    from syncline_server.engine.process import Node, Process

_new_task = builder(Task)
_OUTCOMES = {
    TaskState.ENDED: OutcomeKind.ENDED,
    TaskState.FAILED: OutcomeKind.FAILED,
    TaskState.CANCELLED: OutcomeKind.CANCELLED,
}


class TooLarge(Exception):
    """The task's data would be over the limit."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class TooDeep(Exception):
    """The task's data would be nested too deeply to be read again."""


class Run(Scope):
    """A task on the move."""

    __slots__ = (
        "cancelled",
        "counts",
        "effects",
        "failure",
        "modified_by",
        "outcome",
        "path",
        "rounds",
        "sequence",
        "size",
        "steps",
        "tokens",
        "visits",
    )

    def __init__(self, task: Task, process: Process, facts: Facts, now: int) -> None:
        super().__init__(task, process, facts, now)
        self.tokens = list(task.tokens)
        self.sequence = task.sequence
        self.outcome = task.outcome
        self.failure = task.failure
        self.modified_by = task.modified_by
        self.cancelled = False
        self.effects: list[Call] = []
        self.counts: list[Count] = []
        self.steps: list[Step] = []
        self.visits: dict[str, int] = {}
        """How often a small circle came back to each node since the last pause, and once more."""
        self.rounds: dict[str, int] = {}
        """How often each node was entered in this decision."""
        self.path: tuple[Node | None, Node | None, Node | None] = (None, None, None)
        """The last three nodes that the token at hand was in."""
        self.size: int | None = None
        """At least as many bytes as the data has; None before it was looked at."""

    def fact(self, key: FactKey) -> object:
        """Return a fact; what this decision has summed up itself is in it."""
        found = super().fact(key)
        self.charge(len(self.counts))
        if not self.counts or not isinstance(key, NodeSum) or found is MISSING:
            return found
        if key.process not in ("", str(self.task.process_id)):
            return found
        own = [each.amount for each in self.counts if each.name == key.name and each.node_id == key.node_id]
        return values.total([found, *own])

    def put(self, members: dict[str, object], text: str) -> None:
        """Set members of the data, whose JSON text is given; raise `TooLarge` or `TooDeep`, and nothing changes."""
        if text.count("{") + text.count("[") > values.MAX_DEPTH and not values.fits(members):
            raise TooDeep
        data = {**self.data, **members}
        self.charge(len(text) * (3 if self.process.parameters else 1) + len(data) // 2)
        limit = self.process.limits.max_task_bytes
        before = values.byte_size(values.dumps(self.data)) if self.size is None else self.size
        size = before + values.byte_size(text)
        if size > limit:
            size = values.byte_size(values.dumps(data))
            if size > limit:
                raise TooLarge(size)
        self.data, self.size = data, size

    def replace(self, data: dict[str, object], text: str) -> None:
        """Set the data as a whole, whose JSON text is given; raise `TooLarge` or `TooDeep`, and nothing changes."""
        size = values.byte_size(text)
        if size > self.process.limits.max_task_bytes:
            raise TooLarge(size)
        if not values.fits(data):
            raise TooDeep
        self.data, self.size = data, size

    def put_anyway(self, members: dict[str, object]) -> str:
        """Set members that are small and have to be there, over the limit or not; return their JSON text."""
        text = values.dumps(members)
        self.data = {**self.data, **members}
        if self.size is not None:
            self.size += values.byte_size(text)
        return text

    def take_up(self, token: Token) -> Visit | None:
        """Take a token up again where it stands; None, and the task has failed, when nothing there waits any more."""
        self.tokens.remove(token)
        self.node_id, self.previous_node_id = token.node_id, token.previous_node_id
        if token.visits is not None:
            self.visits = dict(token.visits)
        node = self.process.nodes.get(token.node_id)
        if node is None or not waits(token, node):
            self.steps.append(given_up(token, node, "failed", self.now))
            self.fail("NODE_NOT_FOUND", "The process has no such node, or nothing waits in it.", token.node_id)
            return None
        self.path = (None, self.process.nodes.get(token.previous_node_id), node)
        return Visit.again(token, node)

    def close(self, visit: Visit) -> None:
        """Record that a visit is over."""
        self.steps.append(visit.ended(self.now))

    def fail(self, reason: str, description: str, node_id: str) -> None:
        """End the task as failed; other branches of it are given up."""
        self.failure = Failure(reason=reason, description=description, node_id=node_id)
        self.give_up()

    def give_up(self) -> None:
        """Take every token away."""
        nodes = self.process.nodes
        self.steps += [given_up(token, nodes.get(token.node_id), "cancelled", self.now) for token in self.tokens]
        self.tokens.clear()

    def decision(self) -> Decision:
        """Return the task as it is now, with what is to be done."""
        task = self.task
        state = self._state()
        ends_now = state not in LIVE and task.state in LIVE
        steps = tuple(self.steps)
        declared = self.process.parameters
        if declared:
            steps = mask_steps(declared, (task.data, self.data), steps)
            if state not in LIVE:
                self.data = clear(declared, self.data)
        if ends_now and (self.outcome is None or self.outcome.kind is not OutcomeKind.ANSWERED):
            self.conclude(_OUTCOMES[state], values.dumps(self.data))
        changed = _new_task(
            task_id=task.task_id,
            process_id=task.process_id,
            process_version=task.process_version,
            ref=task.ref,
            login=task.login,
            request_id=task.request_id,
            request_hash=task.request_hash,
            callback_secret=task.callback_secret,
            state=state,
            data=self.data,
            tokens=tuple(self.tokens),
            node_id=self.node_id,
            previous_node_id=self.previous_node_id,
            outcome=self.outcome,
            failure=self.failure,
            sequence=self.sequence,
            created_at=task.created_at,
            changed_at=self.now,
            ended_at=self.now if ends_now else task.ended_at,
            caller=task.caller,
            modified_by=self.modified_by,
        )
        return Decision(changed, tuple(self.effects), steps, tuple(self.counts))

    def conclude(self, kind: OutcomeKind, data: str) -> None:
        """Set what waiters get."""
        self.sequence += 1
        self.outcome = Outcome(kind=kind, data=data, at=self.now, sequence=self.sequence)

    def _state(self) -> TaskState:
        if self.task.state not in LIVE:
            return self.task.state
        if self.failure is not None:
            return TaskState.FAILED
        if self.cancelled:
            return TaskState.CANCELLED
        if not self.tokens:
            return TaskState.ENDED
        for token in self.tokens:
            if token.waiting in (Waiting.CALL, Waiting.TURN):
                return TaskState.RUNNING
        return TaskState.WAITING
