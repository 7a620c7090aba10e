"""The bookkeeping of one stream, without a stream."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from fakes.exchange_server import created
from syncline.v1.exchange_pb2 import Accepted, Credentials, ExchangeResponse, Operation, Result
from syncline.v1.task_calls_pb2 import CreateTaskRequest
from syncline_gateway.dialect import Call
from syncline_gateway.flights import Caller, Flight
from syncline_gateway.link import FRAME_BYTES, Link

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[..., Caller]


class Notes:
    """What a link told its owner."""

    def __init__(self) -> None:
        self.wakes = 0
        self.interrupted: list[Flight] = []

    def wake(self) -> None:
        self.wakes += 1


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def link(notes: Notes) -> Link:
    opened = Link(notes.wake, notes.interrupted.append)
    opened.receive(ExchangeResponse(credit=4))
    return opened


@pytest.fixture
async def ask() -> Ask:
    loop = asyncio.get_running_loop()

    def make(count: int = 1, *, data: str = "{}") -> Caller:
        operations = [Operation(create_task=CreateTaskRequest(data_json=data)) for _ in range(count)]
        return Caller(Call(operations=operations, credentials=Credentials(authorization="x")), loop)

    return make


def numbers(link: Link) -> list[int]:
    frame = link.next_frame()
    return [] if frame is None else [operation.number for operation in frame.operations]


def test_a_link_without_credit_is_closed(notes: Notes) -> None:
    link = Link(notes.wake, notes.interrupted.append)

    assert (link.is_open, link.has_room, link.next_frame()) == (False, False, None)


def test_credentials_are_sent_once_for_all_that_they_are_for(link: Link, ask: Ask, notes: Notes) -> None:
    link.submit([*ask(2).flights, *ask(1).flights])
    frame = link.next_frame()

    assert frame is not None
    assert notes.wakes == 1
    assert [operation.credentials_index for operation in frame.operations] == [1, 1, 2]
    assert len(frame.credentials) == 2


def test_what_is_over_the_credit_waits(link: Link, ask: Ask) -> None:
    link.submit(ask(6).flights)

    assert (numbers(link), numbers(link), link.has_room) == ([1, 2, 3, 4], [], False)
    link.receive(ExchangeResponse(results=[Result(number=2, accepted=Accepted()), Result(number=3)]))
    assert numbers(link) == [5, 6]


def test_small_requests_do_not_share_a_frame_with_large_ones(link: Link, ask: Ask) -> None:
    large = "x" * FRAME_BYTES
    for data in ("{}", large, "{}", "{}"):
        link.submit(ask(data=data).flights)

    assert [numbers(link) for _ in range(3)] == [[1], [2], [3, 4]]


def test_one_request_is_never_split_for_its_size(link: Link, ask: Ask) -> None:
    link.submit(ask(3, data="x" * FRAME_BYTES).flights)

    assert numbers(link) == [1, 2, 3]


def test_numbers_are_never_used_twice(link: Link, ask: Ask) -> None:
    link.submit(ask(2).flights)
    assert numbers(link) == [1, 2]
    lost = link.lose()
    assert not link.is_open
    link.receive(ExchangeResponse(credit=4))
    link.submit(lost)

    assert numbers(link) == [3, 4]


def test_results_for_numbers_that_nobody_waits_for_are_nothing(link: Link, ask: Ask) -> None:
    link.submit(ask(1).flights)
    numbers(link)
    link.receive(ExchangeResponse(results=[Result(number=9), Result(number=1), Result(number=1)]))

    assert link.load == 0


def test_what_was_delivered_on_an_earlier_stream_is_not_news(link: Link, ask: Ask) -> None:
    link.submit(ask(1).flights)
    numbers(link)
    link.deliver([1])
    frame = link.next_frame()
    assert frame is not None
    assert frame.delivered_numbers == [1]
    link.lose()
    link.deliver([1])

    assert link.next_frame() is None


def test_a_caller_who_leaves_ends_the_wait_once_there_is_one(link: Link, ask: Ask) -> None:
    caller = ask(1)
    link.submit(caller.flights)
    numbers(link)
    caller.flights[0].leave()
    assert link.next_frame() is None
    link.receive(ExchangeResponse(results=[Result(number=1, accepted=Accepted())]))

    frame = link.next_frame()
    assert frame is not None
    assert frame.cancelled_numbers == [1]
    assert link.lose() == []


def test_a_server_that_goes_away_gets_nothing_new(link: Link, ask: Ask, notes: Notes) -> None:
    caller = ask(6)
    link.submit(caller.flights)
    numbers(link)
    link.receive(ExchangeResponse(going_away=True))

    assert not link.is_open
    assert notes.interrupted == caller.flights[4:]
    link.receive(ExchangeResponse(results=[created("1")]))
    assert link.lose() == caller.flights[:4]
