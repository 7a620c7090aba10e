"""What a task is: frozen records without behaviour.

Rule 1: a record here holds everything that must survive a restart, and nothing else.
Rule 2: every instant is an `int`, milliseconds since the epoch, UTC; a sequence number counts from 1 within its task.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncline_server.engine.effects import Call


MOST_REMEMBERED = 16
"""Requests that a task remembers to have been modified by."""


class TaskState(StrEnum):
    """Where a task is in its life; the last three are final. (Paused is the state of a process, not of a task.)"""

    RUNNING = "running"
    WAITING = "waiting"
    ENDED = "ended"
    FAILED = "failed"
    CANCELLED = "cancelled"


LIVE = frozenset({TaskState.RUNNING, TaskState.WAITING})
"""The states that a task can leave."""


class OutcomeKind(StrEnum):
    """How a task answered its waiters."""

    ANSWERED = "answered"
    ENDED = "ended"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Waiting(StrEnum):
    """What a token stands still for."""

    CALL = "call"
    """What its step asked for is under way."""
    REPLY = "reply"
    """The task that it called has to reply."""
    QUEUE = "queue"
    """Another task has to take it out of the queue."""
    CALLBACK = "callback"
    """Somebody has to modify the task."""
    TIMER = "timer"
    """Nothing but time has to pass."""
    TURN = "turn"
    """Others have to have had their turn: it has not begun with the node yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One place where a task stands. A task without branches has one; a finished task has none."""

    number: int
    """Tells the branches of a task apart."""
    node_id: str
    previous_node_id: str
    """Empty in the start node."""
    step: int
    """Sequence number of the step that this visit of the node is."""
    entered_at: int
    waiting: Waiting
    due_at: int | None = None
    """When the node's time semaphor fires; None without one."""
    call: Call | None = None
    """What is under way, kept as it was rendered so that a repeat after a crash is the same."""
    visits: dict[str, int] | None = None
    """How often each node was entered so far without a pause; None where the token pauses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a waiter gets."""

    kind: OutcomeKind
    data: str
    """JSON text: the answer exactly as it was posted, or the task's data at its end."""
    at: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a task failed."""

    reason: str
    """A stable word: `LOOP_LIMIT`, `ERROR_NOT_HANDLED`, `TASK_TOO_LARGE`, `NODE_NOT_FOUND`."""
    description: str
    node_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One visit of a node that is over."""

    sequence: int
    node_id: str
    previous_node_id: str
    started_at: int
    ended_at: int
    result: str
    """`moved`, `ended`, `error`, `timed_out`, `failed` or `cancelled`."""
    input: str = ""
    """JSON text of what the node worked on; empty when it needed nothing."""
    output: str = ""
    """JSON text of the members that it added to the task's data; empty when none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run through a process."""

    task_id: str
    process_id: int
    process_version: int
    ref: str = ""
    login: str = ""
    """The key that created it; empty when a direct URL did."""
    request_id: str = ""
    request_hash: str = ""
    """Digest of the request that created it, to tell a repeat from a reuse of its id."""
    callback_secret: str = field(default="", repr=False)
    """Empty when the task has no callback URL."""
    state: TaskState = TaskState.RUNNING
    data: dict[str, object] = field(default_factory=dict, repr=False)
    """Parsed JSON (see `values`). Never changed in place: a change makes a new dict, sharing what stayed the same."""
    tokens: tuple[Token, ...] = ()
    node_id: str = ""
    """The node it is in, or was in last."""
    previous_node_id: str = ""
    outcome: Outcome | None = None
    failure: Failure | None = None
    sequence: int = 0
    """The last sequence number given to a step or an outcome."""
    created_at: int = 0
    changed_at: int = 0
    ended_at: int | None = None
    caller: str = ""
    """The task that called it and waits for its reply, and its step, with a hyphen between them."""
    modified_by: tuple[str, ...] = ()
    """Ids of the last `MOST_REMEMBERED` requests that modified it, so that one that comes again changes nothing."""
