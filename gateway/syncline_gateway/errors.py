"""What can go wrong between the endpoints and the upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.rpc.status_pb2 import Status


class Away(Exception):
    """The server can take nothing on now; nothing was sent."""


class Refused(Exception):
    """The server, or the way to it, answered a call with an error."""

    def __init__(self, status: Status, task_id: str = "") -> None:
        super().__init__(status.code)
        self.status = status
        """What to tell the caller; nothing in it is from an exception."""
        self.task_id = task_id
        """Of the task that was made before the error; empty when there is none."""
