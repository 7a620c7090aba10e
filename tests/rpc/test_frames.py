"""Frames put together by hand, read by protobuf."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.v1 import exchange_pb2, task_calls_pb2
from syncline_server.rpc import frames

NUMBERS = st.one_of(st.integers(1, 300), st.sampled_from([127, 128, 16383, 16384, 2**32, 2**64 - 1]))


@given(st.lists(st.tuples(NUMBERS, st.one_of(st.text(max_size=300), st.sampled_from(["x" * 16384, "y" * 300_000])))))
def test_a_frame_is_what_protobuf_reads(results: list[tuple[int, str]]) -> None:
    expected = exchange_pb2.ExchangeResponse()
    parts = []
    for number, text in results:
        response = task_calls_pb2.SubmitCallbackResponse(task_id=text)
        parts.append(frames.result(number, "submit_callback", response.SerializeToString()))
        expected.results.add(number=number, submit_callback=response)

    assert exchange_pb2.ExchangeResponse.FromString(frames.frame(parts)) == expected


@pytest.mark.parametrize("phase", sorted(frames.PHASES))
def test_every_phase(phase: str) -> None:
    kind = type(getattr(exchange_pb2.Result(), phase))
    frame = exchange_pb2.ExchangeResponse.FromString(frames.result(7, phase, kind().SerializeToString()))

    (result,) = frame.results
    assert result.number == 7
    assert result.WhichOneof("phase") == phase


def test_frames_without_results() -> None:
    assert exchange_pb2.ExchangeResponse.FromString(frames.first(2048)).credit == 2048
    assert exchange_pb2.ExchangeResponse.FromString(frames.GOING_AWAY).going_away
