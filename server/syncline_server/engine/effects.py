"""What the engine asks the world to do (a `Call`), and what the world says back (`News`).

Calls of a script and of a database leave the program; those from task to task never do. Whatever is asked for stands in
the token that waits for it, so that it can be asked for again after a crash. Timers are no calls: a token's `due_at` is
the whole truth about them, in memory and on disk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

MAX_REPLY_BYTES = 524_288
"""The vendor's `max_http_resp_size`."""
CALL_SECONDS = 60.0
"""The vendor's `max_client_response_wait_time`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """One outgoing HTTP request, fully rendered."""

    step: int
    node_id: str
    method: str
    """Upper case."""
    url: str
    """With its query string."""
    headers: tuple[tuple[str, str], ...] = ()
    """As the author and the body's format ask for; the performer adds its own (`Idempotency-Key`, …)."""
    body: str | None = None
    """Text, sent as UTF-8; None for no body."""
    max_threads: int = 5
    """At most this many calls of the node at a time."""
    certificate: str = field(default="", repr=False)
    """PEM of a client certificate with its key; empty for none."""
    hidden: tuple[str, ...] = field(default=(), repr=False)
    """Secret texts in it, which nobody is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReply:
    """The peer answered with some HTTP status."""

    status: int
    headers: dict[str, str]
    """Names in lower case; of repeated ones the last."""
    body: bytes
    """At most `MAX_REPLY_BYTES`; whoever made the call reports a longer one as a failure."""
    milliseconds: float = 0.0


class CallFault(StrEnum):
    """Why a call has no reply; the value is the documented description where there is one."""

    TIMEOUT = "timeout"
    CONNECT = "failed_connect"
    SCHEME = "no_scheme"
    REFUSED = "target_not_allowed"
    TOO_LARGE = "response_too_large"
    QUEUE = "queue_timeout"
    """It waited for one of its node's `max_threads` until its time was over."""
    CERTIFICATE = "client_certificate_unusable"
    BROKEN = "connection_closed"


@dataclass(frozen=True, slots=True)
class CallFailure:
    """No HTTP answer."""

    fault: CallFault


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptCall:
    """A Code node's script to be run on the task's data."""

    step: int
    node_id: str
    source: str
    """JavaScript that changes the global `data`."""
    data: str
    """JSON text of an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptReply:
    """The script ran to its end."""

    data: str
    """JSON text of the object that `data` was then."""


class ScriptFault(StrEnum):
    """Why a script has no result: the documented tags."""

    TIMEOUT = "code_timeout"
    EXECUTING = "code_executing_error"
    FORMAT = "code_return_format_error"
    """What it left in `data` is no JSON object, or too large."""


@dataclass(frozen=True, slots=True)
class ScriptFailure:
    """No result."""

    fault: ScriptFault
    description: str
    """For the author: what the script threw, or which limit it met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryCall:
    """A statement for one of the company's databases."""

    step: int
    node_id: str
    instance_id: int
    query: str
    """SQL with `$1`, `$2`, … where values go."""
    parameters: tuple[object, ...]
    """JSON values; numbers as they are in `values`."""
    hidden: tuple[str, ...] = field(default=(), repr=False)
    """Secret texts among them, which nobody is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryReply:
    """The statement was executed."""

    rows: str
    """JSON text of an array of objects; `[]` when it returns none."""


class QueryFault(StrEnum):
    """Why a statement has no result: tags of an error of the node."""

    TIMEOUT = "db_call_timeout"
    CONNECT = "db_call_connect_error"
    EXECUTING = "db_call_executing_error"
    SIZE = "db_call_result_too_large"
    INSTANCE = "not_found_instance"


@dataclass(frozen=True, slots=True)
class QueryFailure:
    """No result."""

    fault: QueryFault
    description: str
    """For the author: the database's own words, without its address and credentials."""


class TaskFault(StrEnum):
    """Why one task could do nothing with another: the documented tags, and the descriptions where they are fixed."""

    NOT_FOUND = "not_found_task"
    REF = "not_unical_ref"
    PARAMETERS = "wrong_validate_params"
    INACTIVE = "conveyor_is_not_active"
    DENIED = "access_denied"
    SIZE = "copy_task_size_overflow_limit"
    BUSY = "duplicate_callback"
    NO_CALLBACK = "no_api_callback_in_node_with_task"
    NO_QUEUE = "queue_wrong_logic"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCall:
    """A task to be made in a process of the same company. Its news is `TaskMade` or `TaskRefused`."""

    step: int
    node_id: str
    process: str
    """Decimal id, or `@alias`."""
    ref: str
    data: str
    """JSON text of an object."""
    is_rpc: bool
    """The caller waits for the new task's reply: after `TaskMade`, for a `Reply`."""
    made: str = ""
    """The new task's id, once it is there: then there is nothing left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyCall:
    """A task to be modified, found by its ref. Its news is `TaskDone` or `TaskRefused`."""

    step: int
    node_id: str
    process: str
    ref: str
    data: str
    """JSON text of an object."""
    is_sync: bool
    """Only while it waits for a modification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCall:
    """A reply to the task that called this one. Its news is `TaskDone`, whether that task still waits or not."""

    step: int
    node_id: str
    caller: str
    """Id and step, with a hyphen between them."""
    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class DequeueCall:
    """A task to be taken out of a queue. Its news is `Dequeued` or `TaskRefused`."""

    step: int
    node_id: str
    process: str
    queue: str
    """The queue's node."""
    newest_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCall:
    """A pause for others, after as much work as a task may do at once. Its news is `TaskDone`."""

    step: int
    node_id: str
    rounds: dict[str, int]
    """How often each node was entered so far: the loop guard goes on counting."""


@dataclass(frozen=True, slots=True)
class TaskMade:
    """The task is there."""

    task_id: str


@dataclass(frozen=True, slots=True)
class TaskDone:
    """What was asked for is done."""


@dataclass(frozen=True, slots=True)
class TaskRefused:
    """Nothing was done."""

    fault: TaskFault
    description: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a called task replied."""

    data: str
    """JSON text of an object."""
    exception: str | None = None
    """The reason when it is an exception."""


@dataclass(frozen=True, slots=True)
class Dequeued:
    """A task that stood in the queue has left it."""

    task_id: str
    data: str
    """JSON text of its data."""


LocalCall = CreateCall | ModifyCall | ReplyCall | DequeueCall
"""From task to task."""
Call = HttpCall | ScriptCall | QueryCall | TurnCall | LocalCall
CallNews = CallReply | CallFailure
ScriptNews = ScriptReply | ScriptFailure
QueryNews = QueryReply | QueryFailure
News = CallNews | ScriptNews | QueryNews | TaskMade | TaskDone | TaskRefused | Reply | Dequeued
