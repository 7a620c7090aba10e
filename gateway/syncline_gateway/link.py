"""The bookkeeping of one Exchange stream: which operations are on it, what goes out next, what a frame means.

There is no I/O here. `upstream` carries the frames; whenever there is something to send, `wake` is called.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from syncline.v1.exchange_pb2 import ExchangeRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from syncline.v1.exchange_pb2 import ExchangeResponse, Result
    from syncline_gateway.flights import Flight

FRAME_BYTES = 256 * 1024
"""A frame takes no further request beyond this, so that small ones don't wait behind large ones. One request with all
its operations is never split: it may be larger, up to twice the largest body."""


class Link:
    """One stream to the server, again and again: it keeps its numbers across reconnects, so none is used twice."""

    def __init__(self, wake: Callable[[], None], interrupted: Callable[[Flight], None]) -> None:
        self._wake = wake
        self._interrupted = interrupted
        self._flights: dict[int, Flight] = {}
        self._queue: deque[Flight] = deque()
        self._cancelled: list[int] = []
        self._delivered: list[int] = []
        self._credit = 0
        self._taken = 0
        self._last_number = 0
        self._first_number = 1

    @property
    def is_open(self) -> bool:
        """Whether new operations may be sent."""
        return self._credit > 0

    @property
    def has_room(self) -> bool:
        """Whether the server's credit is not used up."""
        return self._taken + len(self._queue) < self._credit

    @property
    def load(self) -> int:
        """How many operations are neither accepted nor answered."""
        return self._taken + len(self._queue)

    def submit(self, flights: Iterable[Flight]) -> None:
        """Send the flights as soon as the credit allows."""
        for flight in flights:
            flight.link = self
            self._queue.append(flight)
        self._wake()

    def leave(self, flight: Flight) -> None:
        """End the wait of a flight whose caller left. One that is not accepted yet stays: its task is to be made."""
        if flight.parked:
            del self._flights[flight.number]
            self._cancel(flight.number)

    def deliver(self, numbers: Iterable[int]) -> None:
        """Tell the server that these results have reached their callers."""
        self._delivered.extend(number for number in numbers if number >= self._first_number)
        self._wake()

    def next_frame(self) -> ExchangeRequest | None:
        """Return what to send now; None when there is nothing."""
        if not (self._queue and self._taken < self._credit) and not self._cancelled and not self._delivered:
            return None
        frame = ExchangeRequest(cancelled_numbers=self._cancelled, delivered_numbers=self._delivered)
        self._cancelled, self._delivered = [], []
        self._fill(frame)
        return frame

    def receive(self, frame: ExchangeResponse) -> None:
        """Take a frame from the server."""
        if frame.credit:
            self._credit = frame.credit
        for result in frame.results:
            flight = self._flights.get(result.number)
            if flight is None:
                continue
            if not flight.parked:
                self._taken -= 1
            if result.HasField("accepted"):
                if flight.over:
                    del self._flights[result.number]
                    self._cancel(result.number)
                else:
                    flight.accept(result.accepted)
            else:
                del self._flights[result.number]
                self._end(flight, result)
        if frame.going_away:
            self._credit = 0
            while self._queue:
                self._interrupted(self._queue.popleft())
        elif self._queue:
            self._wake()

    def lose(self) -> list[Flight]:
        """Return the flights that somebody still waits for, after the stream broke; the next one starts empty."""
        lost = [flight for flight in (*self._flights.values(), *self._queue) if not flight.over]
        self._flights.clear()
        self._queue.clear()
        self._cancelled, self._delivered = [], []
        self._credit = self._taken = 0
        self._first_number = self._last_number + 1
        return lost

    def _fill(self, frame: ExchangeRequest) -> None:
        size, presented = 0, None
        while self._queue and self._taken < self._credit:
            flight = self._queue[0]
            operation, credentials = flight.operation, flight.credentials
            if operation is None:  # It was finished here: this program stops.
                self._queue.popleft()
                continue
            if credentials is None or credentials is not presented:
                size += operation.ByteSize() + (0 if credentials is None else credentials.ByteSize())
                if size > FRAME_BYTES and frame.operations:
                    return
                if credentials is not None:
                    frame.credentials.append(credentials)
                presented = credentials
            self._queue.popleft()
            self._taken += 1
            self._last_number = flight.number = operation.number = self._last_number + 1
            self._flights[flight.number] = flight
            operation.credentials_index = 0 if credentials is None else len(frame.credentials)
            operation.attempt = flight.told_attempt
            frame.operations.append(operation)

    def _end(self, flight: Flight, result: Result) -> None:
        if flight.is_interrupted_by(result):
            self._interrupted(flight)
        else:
            flight.finish(result)

    def _cancel(self, number: int) -> None:
        self._cancelled.append(number)
        self._wake()
