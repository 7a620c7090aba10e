"""From an exception to what the caller is told and what the log says: each failure of ours is logged once, here."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from syncline_server.errors import SynclineError
from syncline_server.rpc import status

if TYPE_CHECKING:
    from google.rpc import status_pb2

log = logging.getLogger(__name__)


def told(error: Exception, method: str, *, room: int | None = None) -> status_pb2.Status:
    """Return the status that tells a caller of an error; *room* is the most bytes it may have."""
    if not isinstance(error, SynclineError):
        log.error("rpc.failed", exc_info=error, extra={"facts": {"method": method}})
        return status.internal()
    if status.is_ours(error):
        log.error("rpc.failed", exc_info=error, extra={"facts": {"method": method, "reason": error.reason}})
    elif log.isEnabledFor(logging.DEBUG):
        log.debug("rpc.refused", extra={"facts": {"method": method, "reason": error.reason}})
    return status.of(error, room=room)
