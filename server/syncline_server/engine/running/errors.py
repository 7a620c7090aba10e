"""Errors of a node: the documented words for them, and the way they take.

An error is data: its kind, tag and description go into the task under documented names, and the task leaves by the
node's error link. Without one it ends as failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine.effects import CallFault
from syncline_server.engine.masking import hide, secrets_of

if TYPE_CHECKING:
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit

HARDWARE, SOFTWARE = "hardware", "software"

CALL_FAULTS: dict[CallFault, tuple[str, str, str]] = {
    CallFault.TIMEOUT: (SOFTWARE, "api_bad_answer", CallFault.TIMEOUT.value),
    CallFault.CONNECT: (SOFTWARE, "api_bad_answer", CallFault.CONNECT.value),
    CallFault.SCHEME: (SOFTWARE, "api_bad_answer", CallFault.SCHEME.value),
    CallFault.REFUSED: (SOFTWARE, "api_bad_answer", CallFault.REFUSED.value),
    CallFault.TOO_LARGE: (SOFTWARE, "api_bad_answer", CallFault.TOO_LARGE.value),
    CallFault.CERTIFICATE: (HARDWARE, "api_bind_error", "cert_pem: the certificate or its key cannot be used"),
    CallFault.BROKEN: (SOFTWARE, "api_bad_answer", CallFault.BROKEN.value),
    CallFault.QUEUE: (
        HARDWARE,
        "api_expire_query",
        "Expire task to API, please check your api for correct answer, or increase max_threads for connections",
    ),
}
"""Kind, tag and description of a call without an answer."""


class NodeError(Exception):
    """A node could not do its work."""

    def __init__(self, kind: str, tag: str, description: str, more: dict[str, object] | None = None) -> None:
        super().__init__(tag)
        self.kind = kind
        self.tag = tag
        self.description = description
        self.more = more or {}
        """Members of the task's data besides the documented three, with their names."""


def bind_error() -> NodeError:
    """Return the error of a request that no HTTP can carry."""
    return NodeError(HARDWARE, "api_bind_error", "Error bind params to http query")


def overflow(size: int, limit: int) -> NodeError:
    """Return the error of a call that would make the task too large."""
    description = (
        f"Your task size: {size} bytes, Max available task size: {limit} bytes, "
        "Try to change your data or try to split your task ..."
    )
    return NodeError(SOFTWARE, "api_task_size_overflow_limit", description)


def take_error_link(run: Run, visit: Visit, logic: str, error_to: str, error: NodeError) -> str:
    """Put the error into the task; return the node to go to, or nothing when the task has failed."""
    description = hide(error.description, secrets_of(run))
    visit.output = run.put_anyway(
        {
            f"__conveyor_{logic}_return_type_error__": error.kind,
            f"__conveyor_{logic}_return_type_tag__": error.tag,
            f"__conveyor_{logic}_return_description__": description,
            **error.more,
        }
    )
    run.room = run.process.limits.max_task_bytes
    if error_to:
        visit.result = "error"
        return error_to
    return stop(run, visit, "ERROR_NOT_HANDLED", f"{error.tag}: {description}")


def stop(run: Run, visit: Visit, reason: str, description: str) -> str:
    """End the task as failed in a node; return nowhere to go."""
    visit.result = "failed"
    run.close(visit)
    run.fail(reason, description, visit.node.id)
    return ""
