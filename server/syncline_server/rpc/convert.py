"""The contract's messages and the runtime's records, one made into the other. Pure.

A message is filled in place where it stands: assigning a finished message to a field copies it, and data may be large.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from google.protobuf.message import DecodeError, Message

from syncline.v1 import access_pb2, process_pb2, task_calls_pb2, task_pb2
from syncline_server.engine import values
from syncline_server.engine.task import LIVE, OutcomeKind, TaskState
from syncline_server.errors import InvalidRequest
from syncline_server.runtime.node_callbacks import Post
from syncline_server.runtime.requests import CALLBACK_URL, Goal, NewTask, Target, Until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal, Protocol

    from google.protobuf.duration_pb2 import Duration
    from google.protobuf.timestamp_pb2 import Timestamp

    from syncline_server.engine import Fault
    from syncline_server.engine.task import Failure, Outcome, Step, Task, Token
    from syncline_server.runtime.node_callbacks import NodeUrl
    from syncline_server.runtime.requests import Arrival
    from syncline_server.store.port import AccessToken, ApiKey, Company, Grant, StoredProcess

    class NamesTask(Protocol):
        """A request that names a task."""

        task_id: str
        process: str
        ref: str

    class HasTtl(Protocol):
        """A request for a token."""

        ttl: Duration

        def HasField(self, name: Literal["ttl"], /) -> bool: ...  # noqa: N802 - as protobuf has it


M = TypeVar("M", bound=Message)

STATES: Mapping[TaskState, task_pb2.TaskState] = {
    TaskState.RUNNING: task_pb2.TASK_STATE_RUNNING,
    TaskState.WAITING: task_pb2.TASK_STATE_WAITING,
    TaskState.ENDED: task_pb2.TASK_STATE_ENDED,
    TaskState.FAILED: task_pb2.TASK_STATE_FAILED,
    TaskState.CANCELLED: task_pb2.TASK_STATE_CANCELLED,
}
KINDS: Mapping[OutcomeKind, task_pb2.OutcomeKind] = {
    OutcomeKind.ANSWERED: task_pb2.OUTCOME_KIND_ANSWERED,
    OutcomeKind.ENDED: task_pb2.OUTCOME_KIND_ENDED,
    OutcomeKind.FAILED: task_pb2.OUTCOME_KIND_FAILED,
    OutcomeKind.CANCELLED: task_pb2.OUTCOME_KIND_CANCELLED,
}
UNTIL: Mapping[task_pb2.WaitUntil, Until] = {
    task_pb2.WAIT_UNTIL_UNSPECIFIED: Until.OUTCOME,
    task_pb2.WAIT_UNTIL_OUTCOME: Until.OUTCOME,
    task_pb2.WAIT_UNTIL_END: Until.END,
    task_pb2.WAIT_UNTIL_NODE: Until.NODE,
    task_pb2.WAIT_UNTIL_ANSWER: Until.ANSWER,
}
PROCESS_STATES: Mapping[str, process_pb2.ProcessState] = {
    "draft": process_pb2.PROCESS_STATE_DRAFT,
    "active": process_pb2.PROCESS_STATE_ACTIVE,
    "paused": process_pb2.PROCESS_STATE_PAUSED,
}
RIGHTS: Mapping[str, access_pb2.Right] = {
    "view": access_pb2.RIGHT_VIEW,
    "create": access_pb2.RIGHT_CREATE,
    "modify": access_pb2.RIGHT_MODIFY,
    "delete": access_pb2.RIGHT_DELETE,
}
_RIGHT_NAMES = {number: name for name, number in RIGHTS.items()}

DIRECT_URL = "/api/2/json/public/{process_id}/{hash}"


# From requests.


def decoded(kind: type[M], raw: bytes) -> M:
    """Return the message that a request's bytes are; raise `InvalidRequest` when they are none of its kind."""
    try:
        return kind.FromString(raw)
    except DecodeError:
        raise InvalidRequest(f"The request is no {kind.DESCRIPTOR.full_name}.") from None


def new_task(request: task_calls_pb2.CreateTaskRequest, *, may_repeat: bool) -> NewTask:
    """Return what to create."""
    return NewTask(
        process=request.process,
        ref=request.ref,
        data=request.data_json,
        attach=request.attach,
        request_id=request.request_id,
        may_repeat=may_repeat,
        callback=not request.without_callback,
        headers=request.headers_json,
    )


def target(request: NamesTask) -> Target:
    """Return the task that a request names."""
    return Target(task_id=request.task_id, process=request.process, ref=request.ref)


def node_post(request: task_calls_pb2.SubmitNodeCallbackRequest) -> Post:
    """Return what was posted to a node's URL."""
    return Post(
        process_id=request.process_id,
        node_id=request.node_id,
        hash=request.hash,
        data=request.data_json,
        request_id=request.request_id,
    )


def goal(until: task_pb2.WaitUntil, node_id: str, *, within: str = "") -> Goal:
    """Return what a caller waits for; *within* is the path of the message that the fields are in, with its dot."""
    known = UNTIL.get(until)
    if known is None:
        raise InvalidRequest("No such WaitUntil.", field=f"{within}until")
    if (known is Until.NODE) != bool(node_id):
        raise InvalidRequest("`node_id` goes with WAIT_UNTIL_NODE, and only with it.", field=f"{within}node_id")
    return Goal(known, node_id)


def seconds(duration: Duration, field: str) -> float:
    """Return a duration that is 0 or more."""
    total = duration.seconds + duration.nanos / 1e9
    if total < 0 or not -1_000_000_000 < duration.nanos < 1_000_000_000:
        raise InvalidRequest("A duration is 0 seconds or more.", field=field)
    return total


def ttl(request: HasTtl) -> float | None:
    """Return how many seconds a new token is to hold; None when the request leaves that to the server."""
    return seconds(request.ttl, "ttl") if request.HasField("ttl") else None


def right_names(rights: Iterable[access_pb2.Right]) -> frozenset[str]:
    """Return the runtime's names of rights."""
    try:
        return frozenset(_RIGHT_NAMES[right] for right in rights)
    except KeyError:
        raise InvalidRequest("No such Right.", field="rights") from None


# Into responses: tasks.


def instant(message: Timestamp, milliseconds: int) -> None:
    """Fill a timestamp."""
    message.seconds, rest = divmod(milliseconds, 1000)
    message.nanos = rest * 1_000_000


def shown_state(state: TaskState, *, paused: bool) -> task_pb2.TaskState:
    """Return the state that callers see: a live task of a paused process is paused."""
    return task_pb2.TASK_STATE_PAUSED if paused and state in LIVE else STATES[state]


def fill_task(message: task_pb2.Task, task: Task, *, paused: bool, for_watcher: bool = False) -> None:
    """Fill a task; for a watcher without what would let them answer it."""
    message.task_id = task.task_id
    message.process_id = str(task.process_id)
    message.process_version = task.process_version
    message.ref = task.ref
    message.state = shown_state(task.state, paused=paused)
    message.node_id = task.node_id
    message.previous_node_id = task.previous_node_id
    message.data_json = values.dumps(_without_callback(task.data) if for_watcher else task.data)
    message.login = task.login
    instant(message.create_time, task.created_at)
    instant(message.change_time, task.changed_at)
    if task.ended_at is not None:
        instant(message.end_time, task.ended_at)
    if task.failure is not None:
        _fill_failure(message.failure, task.failure)
    if task.tokens:
        message.current_node_ids.extend(token.node_id for token in task.tokens)


def _fill_failure(message: task_pb2.Failure, failure: Failure) -> None:
    message.reason = failure.reason
    message.description = failure.description
    message.node_id = failure.node_id


def fill_outcome(message: task_pb2.Outcome, outcome: Outcome, *, for_watcher: bool = False) -> None:
    """Fill an outcome; for a watcher without what would let them answer, where it is the task's own data."""
    message.kind = KINDS[outcome.kind]
    if for_watcher and outcome.kind is not OutcomeKind.ANSWERED:
        message.data_json = values.dumps(_without_callback(values.loads_object(outcome.data)))
    else:
        message.data_json = outcome.data
    instant(message.time, outcome.at)


def _without_callback(data: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in data.items() if name != CALLBACK_URL}


def fill_moved(message: task_calls_pb2.Moved, arrival: Arrival, *, paused: bool) -> None:
    """Fill the event that a task came into a node."""
    message.node_id = arrival.node_id
    message.previous_node_id = arrival.previous_node_id
    instant(message.time, arrival.at)
    message.state = shown_state(arrival.state, paused=paused)


# Into responses: steps.


def fill_step(message: task_pb2.Step, task_id: str, step: Step) -> None:
    """Fill a step that is over."""
    _name_step(message, task_id, step.sequence)
    message.node_id = step.node_id
    message.previous_node_id = step.previous_node_id
    instant(message.start_time, step.started_at)
    instant(message.end_time, step.ended_at)
    message.input_json = step.input
    message.output_json = step.output
    message.result = step.result


def fill_open_step(message: task_pb2.Step, task_id: str, token: Token) -> None:
    """Fill the step that a task is at."""
    _name_step(message, task_id, token.step)
    message.node_id = token.node_id
    message.previous_node_id = token.previous_node_id
    instant(message.start_time, token.entered_at)


def _name_step(message: task_pb2.Step, task_id: str, sequence: int) -> None:
    message.step_id = f"{task_id}-{sequence}"
    message.sequence = sequence


# Into responses: processes.


def fill_process(message: process_pb2.Process, process: StoredProcess, *, direct_url: bool) -> None:
    """Fill a process. Its direct URL is a right to create tasks, so it is shown to those who have that right."""
    message.process_id = str(process.process_id)
    message.title = process.title
    message.state = PROCESS_STATES[process.state]
    message.aliases.extend(process.aliases)
    message.version = process.version
    message.company_id = process.company_id
    if direct_url:
        message.direct_url_path = DIRECT_URL.format(process_id=process.process_id, hash=process.direct_url_hash)
    instant(message.create_time, process.created_at)
    instant(message.change_time, process.changed_at)


def fill_node_callbacks(message: process_pb2.Process, urls: Iterable[NodeUrl]) -> None:
    """Fill the nodes of a process that have URLs, each of which is a right to modify its tasks."""
    for node in urls:
        message.node_callbacks.add(node_id=node.node_id, title=node.title, url=node.url)


def fill_fault(message: process_pb2.Fault, fault: Fault) -> None:
    """Fill a fault."""
    message.node_id = fault.node_id
    message.node_title = fault.node_title
    message.field = fault.field
    message.description = fault.description


# Into responses: access.


def fill_company(message: access_pb2.Company, company: Company) -> None:
    """Fill a company."""
    message.company_id = company.company_id
    message.title = company.title
    instant(message.create_time, company.created_at)


def fill_key(message: access_pb2.ApiKey, key: ApiKey) -> None:
    """Fill a key, without its secret."""
    message.login = key.login
    message.title = key.title
    message.company_id = key.company_id
    message.owner = key.owner
    message.rate_limit = key.rate_limit
    instant(message.create_time, key.created_at)


def fill_grant(message: access_pb2.Grant, grant: Grant) -> None:
    """Fill a grant; its rights come in the order of the contract."""
    message.login = grant.login
    message.process_id = str(grant.process_id)
    message.rights.extend(number for name, number in RIGHTS.items() if name in grant.rights)


def fill_access_token(message: access_pb2.AccessToken, token: AccessToken) -> None:
    """Fill a token: what is known of it besides the token itself."""
    message.token_id = token.token_id
    message.login = token.login
    message.title = token.title
    instant(message.create_time, token.created_at)
    instant(message.expire_time, token.expires_at)
