"""How a stream of messages looks in an HTTP body: newline-delimited JSON, or server-sent events.

Both end with a record of their own, the end or the error that ended the stream: a body without one was cut. A consumer
may so tell a short stream from a broken one, which neither the end of a connection nor that of a chunked body shows.
Everything here is bytes of one record; JSON texts given in hold no CR and no LF.
"""

from __future__ import annotations

from typing import Protocol

RETRY_MILLISECONDS = 1000
"""After a lost connection an EventSource waits so long before it comes back."""


class Framing(Protocol):
    """One way to write a stream."""

    content_type: str
    opening: bytes
    """What goes out at once, before anything has happened."""
    end: bytes
    """The last record of a stream that came to its end."""

    def record(self, message: bytes, event_id: str) -> bytes:
        """Return a message's record. The id is what resumes the stream after it, empty for none."""
        ...

    def sign_of_life(self, message: bytes, event_id: str) -> bytes:
        """Return the record of a message that says no more than that the stream is alive."""
        ...

    def error(self, status: bytes) -> bytes:
        """Return the last record of a stream that failed: a `google.rpc.Status` in JSON."""
        ...


class NdJson:
    """`{"result":…}` a line, and as the last line `{"end":{}}` or `{"error":…}`; a sign of life is a result too."""

    content_type = "application/x-ndjson"
    opening = b""
    end = b'{"end":{}}\n'

    def record(self, message: bytes, _: str = "") -> bytes:
        return b'{"result":%b}\n' % message

    sign_of_life = record

    def error(self, status: bytes) -> bytes:
        return b'{"error":%b}\n' % status


class ServerSentEvents:
    """Events as the HTML standard's section 9.2 has them: unnamed ones, and as the last one `end` or `error`.

    The opening is a comment, which gets the head through proxies, and how long to wait before coming back.
    """

    content_type = "text/event-stream"
    opening = b": stream\nretry: %d\n\n" % RETRY_MILLISECONDS
    end = b"event: end\ndata: {}\n\n"

    def record(self, message: bytes, event_id: str = "") -> bytes:
        """Return an event. An id that cannot stand in a line is left out: it would be cut, or ignored, over there."""
        if event_id and event_id.isprintable():
            return b"id: %b\ndata: %b\n\n" % (event_id.encode(), message)
        return b"data: %b\n\n" % message

    def sign_of_life(self, _: bytes, __: str = "") -> bytes:
        return b":\n\n"

    def error(self, status: bytes) -> bytes:
        return b"event: error\ndata: %b\n\n" % status


NDJSON = NdJson()
SERVER_SENT_EVENTS = ServerSentEvents()
