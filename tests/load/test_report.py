from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from load.report import Report
from load.run import SCENARIOS

HERE = Path(__file__).parent


def recorded(name: str, **changes: Any) -> Report:
    return Report.read({**json.loads((HERE / "recorded" / f"{name}.json").read_text()), **changes})


def test_a_good_report_has_no_faults() -> None:
    report = recorded("good")

    assert report.faults(40) == []
    assert report.line() == "40 calls, 1257/s, p50 2.5 ms, p99 6.7 ms"


def test_calls_that_all_failed_are_found_though_ghz_was_content() -> None:
    report = recorded("all_failed")

    assert report.faults(40) == ["40 × rpc error: code = Unauthenticated desc = Unknown login", "no call went well"]
    assert report.line() == "40 calls, 1390/s, p50 nan ms, p99 nan ms"


def test_calls_that_were_cut_off_at_the_end_are_told_apart() -> None:
    assert recorded("in_flight_at_end").faults() == [
        "4 calls were under way when the time was over; set duration-stop to wait"
    ]


def test_calls_that_were_waited_for_are_no_fault() -> None:
    assert recorded("waited_at_end").faults() == []


@pytest.mark.parametrize(
    ("changes", "expected", "fault"),
    [
        ({}, 41, "40 calls ended, 41 were wanted"),
        ({"statusCodeDistribution": {"OK": 39}}, 40, "40 calls ended, 39 have a status"),
        (
            {"statusCodeDistribution": {"OK": 39, "Unknown": 1}},
            40,
            "1 calls have a status other than OK, 0 an error message",
        ),
    ],
)
def test_calls_that_are_not_accounted_for_are_found(changes: dict[str, Any], expected: int, fault: str) -> None:
    assert recorded("good", **changes).faults(expected) == [fault]


def test_no_call_at_all_is_a_fault() -> None:
    assert recorded("good", count=0, statusCodeDistribution=None).faults(0) == ["no call went well"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_bounded_and_waits_for_its_last_calls(name: str) -> None:
    scenario = json.loads((HERE / f"{name}.json").read_text())

    assert scenario["total"] <= 2000
    assert scenario["duration-stop"] == "wait"
    assert {"host", "metadata", "insecure"}.isdisjoint(scenario)


def test_every_scenario_runs() -> None:
    assert sorted(SCENARIOS) == sorted(path.stem for path in HERE.glob("*.json"))
