"""How fast ProtoJSON is, beside google.protobuf.json_format: microseconds a message, and the ratio.

It prints figures and never fails on a slow day. Run it with `make bench`.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import json_format

from syncline.v1 import options_pb2, task_calls_pb2, task_pb2
from syncline_gateway.transcoding.protojson import Codec

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]

DATA = '{"amount":1250,"currency":"EUR","items":[1,2,3],"customer":{"name":"Grüße","vip":true}}'
TASK = task_pb2.Task(
    task_id="65a1b2c3d4e5f60718293a4b",
    process_id="1234",
    ref="order-42",
    state=task_pb2.TASK_STATE_WAITING,
    node_id="65a1b2c3d4e5f60718293a4c",
    data_json=DATA,
    login="12345",
    current_node_ids=["65a1b2c3d4e5f60718293a4c"],
    process_version=3,
    create_time={"seconds": 1_700_000_000, "nanos": 123_000_000},
    change_time={"seconds": 1_700_000_000},
)
CREATE = task_calls_pb2.CreateTaskRequest(
    process="@orders",
    ref="order-42",
    data_json=DATA,
    request_id="0b8d3c5e-7f1a-4c64-9a51-5f7e1d2c3b4a",
    wait=task_pb2.Wait(until=task_pb2.WAIT_UNTIL_OUTCOME, timeout={"seconds": 30}),
)
CODECS = {"plain": Codec(), "inline": Codec(inline_json=options_pb2.inline_json)}
BATCH = 2000
BATCHES = 7


def microseconds(call: Callable[[], object]) -> float:
    """Return how long one call takes: of several batches, the fastest."""
    best = float("inf")
    for _ in range(BATCHES):
        started = time.perf_counter()
        for _ in range(BATCH):
            call()
        best = min(best, time.perf_counter() - started)
    return best / BATCH * 1e6


@pytest.mark.parametrize("message", [TASK, CREATE], ids=["Task", "CreateTaskRequest"])
def test_codec_beside_json_format(message: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def print_theirs() -> str:
        return json_format.MessageToJson(
            message, indent=None, ensure_ascii=False, always_print_fields_with_no_presence=True
        )

    text, kind = print_theirs(), type(message)
    printing, parsing = microseconds(print_theirs), microseconds(lambda: json_format.Parse(text, kind()))
    lines = [f"{kind.__name__}, {len(text)} B: json_format prints in {printing:.1f} us, parses in {parsing:.1f} us"]
    for name, codec in CODECS.items():
        encode, decode = codec.encoder(kind.DESCRIPTOR), codec.decoder(kind.DESCRIPTOR)
        body = encode(message)
        assert decode(body) == message
        ours, back = microseconds(partial(encode, message)), microseconds(partial(decode, body))
        ratios = f"{printing / ours:.1f} and {parsing / back:.1f} times as fast"
        lines.append(f"  {name}: prints in {ours:.1f} us, parses in {back:.1f} us: {ratios}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
