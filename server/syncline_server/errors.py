"""What can go wrong, as a tree: whose fault it is shows in the branch.

No transport's words are in here: `rpc.status` maps a reason to a gRPC status, each dialect to its own words. A class's
docstring is its default message; a message is for the caller to read and holds no text of another exception.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.engine import Fault


class SynclineError(Exception):
    """Something went wrong."""

    reason: ClassVar[str] = "INTERNAL"
    """A name of the contract's ErrorReason, without its prefix."""

    def __init__(self, message: str = "", *, field: str = "", **facts: str) -> None:
        super().__init__(message or (type(self).__doc__ or "").split("\n")[0])
        self.field = field
        """The request's field at fault, as a dotted path; empty when it is no single one."""
        self.facts = facts
        """What a program may read: goes out as ErrorInfo metadata."""

    @property
    def message(self) -> str:
        return str(self.args[0])


class CallerError(SynclineError):
    """The caller asked for something that cannot be done."""

    reason = "INVALID_REQUEST"


class InvalidRequest(CallerError):
    """A field is missing, malformed or out of range."""


class InvalidJson(CallerError):
    """The text is not JSON."""

    reason = "INVALID_JSON"


class TaskTooLarge(CallerError):
    """The task's data would be over the limit."""

    reason = "TASK_TOO_LARGE"


class WrongParameters(CallerError):
    """The data does not keep to what the process declares about its tasks' parameters."""

    reason = "WRONG_PARAMETERS"


class NoCredentials(CallerError):
    """The call carries no credentials; send `authorization: Basic base64(login:secret)`, or `Bearer` and a token."""

    reason = "NO_CREDENTIALS"


class BadCredentials(CallerError):
    """Unknown login, wrong secret or wrong signature."""

    reason = "BAD_CREDENTIALS"


class AccessDenied(CallerError):
    """The key lacks the right for this."""

    reason = "ACCESS_DENIED"


class Unimplemented(CallerError):
    """This server does not do that."""

    reason = "UNIMPLEMENTED"


class StateError(SynclineError):
    """The object is not there, or not in a state that allows it."""


class ProcessNotFound(StateError):
    """No such process."""

    reason = "PROCESS_NOT_FOUND"


class ProcessNotActive(StateError):
    """The process is not active."""

    reason = "PROCESS_NOT_ACTIVE"


class ProcessFaulty(StateError):
    """The process cannot run here."""

    reason = "PROCESS_FAULTY"

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = f" The first: {faults[0].description}" if faults else ""
        super().__init__(f"The process cannot run here; faults: {len(faults)}.{first}")
        self.faults = tuple(faults)
        """Every fault, each naming its node."""


class TaskNotFound(StateError):
    """No such task."""

    reason = "TASK_NOT_FOUND"


class TaskExpired(StateError):
    """The task existed; its retention is over."""

    reason = "TASK_EXPIRED"


class TaskFinished(StateError):
    """The task has ended and cannot be changed."""

    reason = "TASK_FINISHED"


class RefNotUnique(StateError):
    """A live task of the process has this ref."""

    reason = "REF_NOT_UNIQUE"


class CallbackNotFound(StateError):
    """No such callback."""

    reason = "CALLBACK_NOT_FOUND"


class AlreadyAnswered(StateError):
    """The callback took another answer before; the first stands."""

    reason = "ALREADY_ANSWERED"


class NodeNotFound(StateError):
    """The process has no such node, or the task is not in it."""

    reason = "NODE_NOT_FOUND"


class KeyNotFound(StateError):
    """No such API key."""

    reason = "KEY_NOT_FOUND"


class TokenNotFound(StateError):
    """No such token."""

    reason = "TOKEN_NOT_FOUND"


class CompanyNotFound(StateError):
    """No such company."""

    reason = "COMPANY_NOT_FOUND"


class AliasTaken(StateError):
    """The alias belongs to another process."""

    reason = "ALIAS_TAKEN"


class EnvVarNotFound(StateError):
    """No such environment variable."""

    reason = "ENV_VAR_NOT_FOUND"


class EnvVarExists(StateError):
    """The company has an environment variable of this name."""

    reason = "ENV_VAR_EXISTS"


class InstanceNotFound(StateError):
    """No such database instance."""

    reason = "INSTANCE_NOT_FOUND"


class RequestIdReused(StateError):
    """The request id was used for a different request."""

    reason = "REQUEST_ID_REUSED"


class LimitError(SynclineError):
    """More was asked for than is allowed now."""


class RateLimited(LimitError):
    """Too many operations per second for this key."""

    reason = "RATE_LIMITED"


class TooManyTokens(LimitError):
    """The key has as many live tokens as a key may have."""

    reason = "TOO_MANY_TOKENS"


class Overloaded(LimitError):
    """More is waiting here than the server takes on; try again later."""

    reason = "OVERLOADED"


class DeadlineExceeded(LimitError):
    """The caller's time is over."""

    reason = "DEADLINE_EXCEEDED"


class CallerLeft(LimitError):
    """The caller gave up; the task goes on."""

    reason = "CANCELLED"


class OurFault(SynclineError):
    """A fault of this server."""


class Unavailable(OurFault):
    """The server is starting or stopping; try again."""

    reason = "UNAVAILABLE"


class CommitFailed(OurFault):
    """The disk refused the change; nothing of it was kept."""

    reason = "STORE_FAILED"


class StoreUnusable(OurFault):
    """The store can no longer be trusted, so the program has to end."""
