"""The filter of ListTasks."""

from __future__ import annotations

import pytest

from syncline.v1 import task_pb2
from syncline_server.errors import InvalidRequest
from syncline_server.rpc.filters import STATES, Filter, parse


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", Filter()),
        ("  ", Filter()),
        ('state = "ENDED"', Filter(state="ENDED")),
        ('state="ENDED"', Filter(state="ENDED")),
        ('ref = "x"', Filter(ref="x")),
        ('ref = ""', Filter(ref="")),
        ('node_id = "n"', Filter(node_id="n")),
        ('state = "FAILED" AND ref = "x" AND node_id = "n"', Filter("FAILED", "x", "n")),
        ('  ref="x"  AND\tstate="WAITING" ', Filter(state="WAITING", ref="x")),
        (r'ref = "a \"b\" \\ c"', Filter(ref=r'a "b" \ c')),
        (r'ref = "a\nb\u00e9"', Filter(ref="a\nbé")),
        ('ref = "x AND state = 1"', Filter(ref="x AND state = 1")),
        ('ref = "zwei\nzeilen ü"', Filter(ref="zwei\nzeilen ü")),
    ],
)
def test_a_filter(text: str, meaning: Filter) -> None:
    assert parse(text) == meaning


@pytest.mark.parametrize(
    ("text", "character", "what"),
    [
        ("nonsense", 1, "a term"),
        ("state = ENDED", 1, "a term"),
        ('state = "ENDED', 1, "a term"),
        ('state = "GONE"', 1, "no such state"),
        ('state = "ended"', 1, "no such state"),
        ('title = "x"', 1, "no such field"),
        ('ref = "x" ref = "y"', 11, "AND"),
        ('ref = "x" OR state = "ENDED"', 11, "AND"),
        ('ref = "x" AND', 11, "AND"),
        ('ref = "x" AND ', 15, "a term"),
        ('ref = "x" AND ref = "y"', 15, "twice"),
        ('ref != "x"', 1, "a term"),
        (r'ref = "a\x41"', 8, "escape"),
    ],
)
def test_what_is_no_filter(text: str, character: int, what: str) -> None:
    with pytest.raises(InvalidRequest, match=f"character {character}: .*{what}") as refused:
        parse(text)

    assert refused.value.field == "filter"


def test_every_state_may_be_asked_for() -> None:
    assert {f"TASK_STATE_{state}" for state in STATES} == set(task_pb2.TaskState.keys()) - {"TASK_STATE_UNSPECIFIED"}
