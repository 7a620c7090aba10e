from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from syncline import logs


def line(
    level: int = logging.INFO, event: str = "task.made", name: str = "syncline_server.tasks", **more: Any
) -> dict[str, Any]:
    """Format one record and parse the line."""
    record = logging.LogRecord(name, level, __file__, 1, event, more.pop("args", ()), more.pop("exc_info", None))
    record.__dict__.update(more)
    record.created = 1_700_000_000.0426
    text = logs.JsonFormatter().format(record)
    assert "\n" not in text
    assert text.isascii()
    parsed = json.loads(text, parse_constant=pytest.fail)
    assert isinstance(parsed, dict)
    return parsed


def a_failure() -> Any:
    try:
        raise KeyError("lost")
    except KeyError:
        return sys.exc_info()


def test_a_line_has_time_level_event_and_the_facts_beside_them() -> None:
    assert line(facts={"task_id": "0a", "count": 3, "share": 0.5, "done": True, "ref": None}) == {
        "time": "2023-11-14T22:13:20.042Z",
        "level": "info",
        "event": "task.made",
        "task_id": "0a",
        "count": 3,
        "share": 0.5,
        "done": True,
        "ref": None,
    }


@pytest.mark.parametrize("name", sorted(logs.MASKED))
def test_a_secret_is_masked_at_any_depth(name: str) -> None:
    facts = {
        name: "hunter2",
        name.title(): "hunter2",
        "deep": [{"a": {name: "hunter2"}}],
        "deeper": [[[[[{name: 1}]]]]],
    }
    parsed = line(facts=facts)
    assert "hunter2" not in json.dumps(parsed)
    assert parsed[name] == logs.MASK
    assert parsed["deep"] == [{"a": {name: logs.MASK}}]
    assert parsed["deeper"] == [[[["<list>"]]]]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (b"\xff", "b'\\xff'"),
        ("two\nlines \u2028 \ud800", "two\nlines \u2028 \ud800"),
        ((1, 2), [1, 2]),
        (frozenset({1}), [1]),
        ({1: {"b": 2.5}}, {"1": {"b": 2.5}}),
        (logs.JsonFormatter, "<class 'syncline.logs.JsonFormatter'>"),
    ],
)
def test_any_value_makes_a_line_of_json(value: object, shown: object) -> None:
    assert line(facts={"it": value})["it"] == shown


def test_a_fact_cannot_stand_for_the_time_or_the_event() -> None:
    parsed = line(facts={"event": "other", "time": 1})
    assert parsed["event"] == "task.made"
    assert (parsed["fact_event"], parsed["fact_time"]) == ("other", 1)


def test_an_exception_is_told_at_error_level_only() -> None:
    told = line(logging.ERROR, exc_info=a_failure())
    assert told["exception"] == "KeyError"
    assert "a_failure" in told["traceback"]
    assert {"exception", "traceback"}.isdisjoint(line(logging.WARNING, exc_info=a_failure()))
    assert {"exception", "traceback"}.isdisjoint(line(logging.ERROR, exc_info=(None, None, None)))


def test_a_librarys_line_has_its_name_as_event_and_its_text_beside() -> None:
    parsed = line(logging.WARNING, "slow: %d", "asyncio", args=(7,))
    assert (parsed["event"], parsed["message"]) == ("asyncio", "slow: 7")


@pytest.mark.parametrize("text", ["", "loud", "warn"])
def test_an_unknown_level_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="none of debug, info, warning, error"):
        logs.level(text)


PROGRAM = """
import logging, sys, warnings
from syncline import logs
logs.set_up("error")
logs.set_up(sys.argv[1])
for name in ("syncline_server.x", "syncline_gateway", "asyncio", "grpc._cython", "aiohttp.access"):
    for level in ("debug", "info", "warning", "error"):
        getattr(logging.getLogger(name), level)(level, extra={"facts": {"from": name}})
warnings.warn("old")
"""
GONE = """
import logging
from grpc._cython import cygrpc
from syncline import logs
logs.set_up("info")
for name in ("grpc._cython.cygrpc", "syncline_server.rpc"):
    for error in (cygrpc.ExecuteBatchError("gone"), KeyError("k")):
        logging.getLogger(name).error("failed", exc_info=error)
"""


def run(level: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, level], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == ""
    return [json.loads(text) for text in done.stderr.splitlines()]


def levels_of(lines: list[dict[str, Any]], name: str) -> list[str]:
    return [parsed["level"] for parsed in lines if parsed.get("from") == name]


def test_set_up_lets_the_level_through_and_of_libraries_no_chatter() -> None:
    lines = run("Debug")
    assert levels_of(lines, "syncline_server.x") == list(logs.LEVELS)
    assert levels_of(lines, "syncline_gateway") == list(logs.LEVELS)
    for library in ("asyncio", "grpc._cython", "aiohttp.access"):
        assert levels_of(lines, library) == ["warning", "error"]
    assert "old" in lines[-1]["message"]
    assert lines[-1]["event"] == "py.warnings"


def test_set_up_keeps_back_what_is_below_the_level() -> None:
    lines = run("error")
    assert levels_of(lines, "syncline_gateway") == levels_of(lines, "asyncio") == ["error"]


def test_a_peer_that_was_gone_is_no_error_of_grpcs() -> None:
    done = subprocess.run([sys.executable, "-c", GONE], check=True, capture_output=True, text=True, timeout=60)
    lines = [json.loads(text) for text in done.stderr.splitlines()]

    assert [(line["event"], line["exception"]) for line in lines] == [
        ("grpc._cython.cygrpc", "KeyError"),
        ("failed", "ExecuteBatchError"),
        ("failed", "KeyError"),
    ]
