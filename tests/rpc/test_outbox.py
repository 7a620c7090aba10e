"""What goes out in which frame."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from syncline_server.rpc.outbox import FULL, LARGE, Outbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATIENCE = 5.0


class Wire:
    """A connection that takes a frame when the test lets it."""

    def __init__(self, *, open_: bool = True) -> None:
        self.frames: list[bytes] = []
        self.is_open = asyncio.Event()
        if open_:
            self.is_open.set()

    async def write(self, frame: bytes) -> None:
        await self.is_open.wait()
        self.frames.append(frame)


@asynccontextmanager
async def running(outbox: Outbox) -> AsyncIterator[None]:
    """Run the outbox; on leaving, wait until all is out."""
    work = asyncio.create_task(outbox.run())
    yield
    outbox.close()
    await asyncio.wait_for(work, PATIENCE)


async def test_what_is_ready_together_goes_out_together() -> None:
    wire = Wire()
    outbox = Outbox(wire.write)
    async with running(outbox):
        for part in (b"a", b"b", b"c"):
            outbox.put(part)

    assert wire.frames == [b"abc"]


async def test_what_is_ready_in_one_turn_of_the_loop_goes_out_together() -> None:
    wire = Wire()
    outbox = Outbox(wire.write)
    async with running(outbox):
        await asyncio.sleep(0)
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def answer(part: bytes) -> None:
            await ready
            outbox.put(part)

        answers = [asyncio.create_task(answer(part)) for part in (b"a", b"b", b"c")]
        await asyncio.sleep(0)
        ready.set_result(None)
        await asyncio.gather(*answers)

    assert wire.frames == [b"abc"]


async def test_while_one_frame_is_written_the_next_one_fills() -> None:
    wire = Wire(open_=False)
    outbox = Outbox(wire.write)
    async with running(outbox):
        outbox.put(b"a")
        await asyncio.sleep(0)
        outbox.put(b"b")
        outbox.put(b"c")
        wire.is_open.set()

    assert wire.frames == [b"a", b"bc"]


async def test_a_large_result_travels_alone_and_last() -> None:
    wire = Wire()
    outbox = Outbox(wire.write)
    large = b"L" * LARGE
    async with running(outbox):
        outbox.put(b"a")
        outbox.put(large)
        outbox.put(b"b")

    assert wire.frames == [b"ab", large]


async def test_small_results_do_not_wait_for_several_large_ones() -> None:
    wire = Wire(open_=False)
    outbox = Outbox(wire.write)
    first, second = b"1" * LARGE, b"2" * LARGE
    async with running(outbox):
        outbox.put(first)
        outbox.put(second)
        await asyncio.sleep(0)
        outbox.put(b"a")
        wire.is_open.set()

    assert wire.frames == [first, b"a", second]


async def test_the_first_phase_of_a_large_result_stays_before_it() -> None:
    wire = Wire(open_=False)
    outbox = Outbox(wire.write)
    async with running(outbox):
        outbox.put(b"x")
        await asyncio.sleep(0)
        filler = [bytes([n]) * (LARGE // 2) for n in range(5)]
        for part in filler:
            outbox.put(part)
        outbox.put(b"accepted")
        outbox.put(b"L" * LARGE)
        wire.is_open.set()

    sent = b"".join(wire.frames)
    assert sent.index(b"accepted") < sent.index(b"L" * LARGE)
    assert max(map(len, wire.frames)) <= LARGE


async def test_frames_of_small_results_stay_small() -> None:
    wire = Wire()
    outbox = Outbox(wire.write)
    parts = [bytes([n]) * 1000 for n in range(200)] * 3
    async with running(outbox):
        for part in parts:
            outbox.put(part)

    assert b"".join(wire.frames) == b"".join(parts)
    assert max(map(len, wire.frames)) <= LARGE
    assert len(wire.frames) == 3


async def test_a_client_that_does_not_read_is_asked_to() -> None:
    wire = Wire(open_=False)
    outbox = Outbox(wire.write)
    async with running(outbox):
        for _ in range(FULL // LARGE):
            outbox.put(b"L" * LARGE)
        room = asyncio.ensure_future(outbox.room())
        await asyncio.sleep(0)
        assert not room.done()

        wire.is_open.set()
        await asyncio.wait_for(room, PATIENCE)


async def test_there_is_room_at_first() -> None:
    await asyncio.wait_for(Outbox(Wire().write).room(), PATIENCE)
