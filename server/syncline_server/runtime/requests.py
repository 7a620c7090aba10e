"""What callers ask of the runtime, as plain records: the contract's messages stay in `rpc`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncline_server.engine.task import Outcome, Task, TaskState
    from syncline_server.runtime.task_tokens import Lease


CALLBACK_URL = "__callback_url"
"""The member of a task's data that is the right to answer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, as `Access` found out. Nothing else decides what a call may do."""

    company_id: str
    login: str = ""
    """Empty for a resume token, a task token and a direct URL."""
    owner: bool = False
    operator: bool = False
    rate_limit: int = 0
    only_task: str = ""
    """A resume token's and a task token's: it may read and watch this task and do nothing else."""
    only_process: int = 0
    """A direct URL's: it may create tasks here and do nothing else."""
    expires_at: int = 0
    """An access token's: from then on (ms) it is refused. Whoever came with one makes nothing that may outlive it."""
    token_id: str = ""
    """The access token's name."""
    behind: Caller | None = None
    """Who made a task token: it gives no right that they have lost."""
    lease: Lease | None = None
    """A task token's, and a resume token's that was given for one: who has no more is a watcher."""

    @property
    def is_watcher(self) -> bool:
        """Whether they are not to see the task's callback URL."""
        return self.lease is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Names one task: by its id, or by process and ref. A process beside an id must be the task's own."""

    task_id: str = ""
    process: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What to create."""

    process: str
    """Decimal id, or `@alias`."""
    ref: str = ""
    data: str = ""
    """JSON text of an object; empty is `{}`."""
    attach: bool = False
    """When there is a task with this ref, live or finished, return that one."""
    request_id: str = ""
    may_repeat: bool = True
    """False when the request is surely sent for the first time, which saves a look at the disk."""
    callback: bool = True
    """Give the task a `__callback_url`."""
    headers: str = ""
    """JSON text of an object, for the task's `__headers`; empty for none."""


class Until(StrEnum):
    """What ends a wait."""

    OUTCOME = "outcome"
    """The first answer, or the end of the task."""
    END = "end"
    NODE = "node"
    """The task's arrival in a node, or its end."""
    ANSWER = "answer"
    """The first answer, which may come after the end of the task; only a cancelled task ends it without one."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a waiter waits for."""

    until: Until = Until.OUTCOME
    node_id: str = ""


@dataclass(frozen=True, slots=True)
class Waited:
    """What a wait came to: the task as it is, and its outcome when the goal was reached."""

    task: Task
    reached: bool
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A task came into a node."""

    sequence: int
    node_id: str
    previous_node_id: str
    at: int
    state: TaskState
    """The task's state after it."""


@dataclass(frozen=True, slots=True)
class AnswerTaken:
    """What became of a posted answer."""

    task_id: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class Reached:
    """The last event of a stream: the goal is reached, with this outcome if the task has one."""

    sequence: int
    """The outcome's own number; one more than the last arrival's when what was waited for came after the outcome."""
    task: Task
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing happened for a heartbeat's time."""


TaskEvent = Arrival | Reached | Quiet
