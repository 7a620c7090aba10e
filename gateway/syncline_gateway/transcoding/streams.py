"""A client stream's messages out of an HTTP body, as it comes in.

JSON is newline-delimited: each line that is not blank is one message; CR LF ends a line too. The fields of path and
query go into the first message, which must not set the path's itself; when the body has no message they make one. A
fault's field begins with the line in brackets, counted from 1 with the blank ones: `[3].name`. A raw body
(google.api.HttpBody) makes a message of every chunk; path, query and content type are in the first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncline_gateway.transcoding.faults import Fault, body_too_large
from syncline_gateway.transcoding.media import check_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

    from syncline_gateway.transcoding.binding import Binding, Captured


class Requests:
    """Takes a body's bytes, cut anywhere, and gives the messages in it. After a `Fault` it must not be used."""

    def __init__(
        self, binding: Binding, captured: Captured, query: str, content_type: str | None, max_message_bytes: int
    ) -> None:
        if not binding.is_raw_request:
            check_lines(content_type)
        self._binding = binding
        self._captured = captured
        self._query = query
        self._content_type = content_type
        self._limit = max_message_bytes
        self._pieces: list[bytes] = []
        self._pending = 0
        self._line = 0
        self._has_sent = False
        binding.place(binding.rpc.input(), captured, query)  # a fault in path or query is told before the body is read

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages complete with these bytes. Raises `Fault`: 400, or 413 for one over the limit."""
        if self._binding.is_raw_request:
            return list(self._chunks(data))
        return list(self._messages(data))

    def finish(self) -> list[Message]:
        """Return what is left now that the body has ended. Raises `Fault`."""
        if self._binding.is_raw_request:
            return [] if self._has_sent else [self._first(self._binding.decode_body(b"", self._content_type))]
        messages = list(self._messages(b"\n"))
        if not self._has_sent and (self._captured or self._query):
            messages.append(self._first(self._binding.rpc.input()))
        return messages

    def _chunks(self, data: bytes) -> Iterator[Message]:
        for start in range(0, len(data), self._limit):
            content_type = None if self._has_sent else self._content_type
            message = self._binding.decode_body(data[start : start + self._limit], content_type)
            yield message if self._has_sent else self._first(message)

    def _messages(self, data: bytes) -> Iterator[Message]:
        lines = data.split(b"\n")
        for end in lines[:-1]:
            line = self._joined(end)
            self._line += 1
            if line and not line.isspace():
                yield self._message(line)
        self._keep(lines[-1])

    def _joined(self, end: bytes) -> bytes:
        self._keep(end)
        line = b"".join(self._pieces)
        self._pieces.clear()
        self._pending = 0
        return line

    def _keep(self, piece: bytes) -> None:
        self._pending += len(piece)
        if self._pending > self._limit:
            raise body_too_large(self._limit)
        if piece:
            self._pieces.append(piece)

    def _message(self, line: bytes) -> Message:
        try:
            message = self._binding.decode_body(line, self._content_type)
            if self._has_sent:
                return message
            self._binding.check_free(message)
        except Fault as fault:
            raise self._in_line(fault) from None
        return self._first(message)

    def _first(self, message: Message) -> Message:
        self._has_sent = True
        self._binding.place(message, self._captured, self._query)
        return message

    def _in_line(self, fault: Fault) -> Fault:
        inner = fault.field and (fault.field if fault.field.startswith("[") else f".{fault.field}")
        field = f"[{self._line}]{inner}"
        return replace(fault, field=field, message=f"Line {self._line}: {fault.message}", metadata={"field": field})
