"""Who asks: what a call or a frame presents, handed to the runtime, which decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.errors import InvalidRequest, NoCredentials, SynclineError
from syncline_server.runtime.requests import Caller

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from syncline.v1 import exchange_pb2
    from syncline_server.runtime.server import Runtime

    Metadata = Iterable[tuple[str, str | bytes]]

NOBODY = Caller(company_id="")
"""For what needs no credentials: it has no right to anything."""


def of_metadata(runtime: Runtime, metadata: Metadata | None) -> Caller:
    """Return the caller that a call's metadata presents; raise `NoCredentials` or `BadCredentials`."""
    for name, value in metadata or ():
        if name == "authorization":
            return runtime.access.by_authorization(value if isinstance(value, str) else value.decode("latin-1"))
    raise NoCredentials


def of_message(runtime: Runtime, presented: exchange_pb2.Credentials) -> Caller:
    """Return the caller that an entry of a frame's list presents."""
    match presented.WhichOneof("kind"):
        case "signed":
            signed = presented.signed
            return runtime.access.by_signature(signed.login, signed.timestamp, signed.signature, signed.body)
        case "authorization":
            return runtime.access.by_authorization(presented.authorization)
        case "resume_token":
            return runtime.access.by_resume_token(presented.resume_token)[0]
        case "direct_url_hash":
            process = runtime.catalogue.by_direct_url(presented.direct_url_hash)
            return Caller(company_id=process.company_id, only_process=process.process_id)
        case _:
            raise NoCredentials


class FrameCallers:
    """The callers of one frame: each entry of its list is verified when the first operation points to it, and once.

    So is what the stream's own metadata presents, anew for each frame: a stream lives longer than a token.
    """

    def __init__(
        self, runtime: Runtime, presented: Sequence[exchange_pb2.Credentials], of_stream: Metadata | None
    ) -> None:
        self._runtime = runtime
        self._presented = presented
        self._of_stream = of_stream
        self._known: dict[int, Caller | SynclineError] = {}

    def get(self, index: int) -> Caller:
        """Return the caller at a position counted from 1, or for 0 the stream's own."""
        known = self._known.get(index)
        if known is None:
            known = self._known[index] = self._verified(index)
        if isinstance(known, SynclineError):
            # Raised once for each operation: without this its traceback would grow each time.
            raise known.with_traceback(None)
        return known

    def _verified(self, index: int) -> Caller | SynclineError:
        if index > len(self._presented):
            return InvalidRequest(
                f"The frame has {len(self._presented)} credentials; this points to number {index}.",
                field="credentials_index",
            )
        try:
            if index == 0:
                return of_metadata(self._runtime, self._of_stream)
            return of_message(self._runtime, self._presented[index - 1])
        except SynclineError as error:
            return error
