"""`$.date` and `$.unixtime`, at 2023-11-14 22:13:20 UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.definitions import T0, Json, around, story, timer
from engine.rendering import scope, value
from syncline_server.engine.expressions.functions.zone_table import RULES
from syncline_server.engine.expressions.functions.zones import ahead_in
from syncline_server.engine.expressions.references import BadReference
from syncline_server.engine.expressions.scope import MISSING
from syncline_server.engine.expressions.template import compile_template

NOW = T0 // 1000


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$.date(%y-%m-%d)", "2023-11-14"),
        ("$.date(%y-%m-%d %h:%i:%s)", "2023-11-14 22:13:20"),
        ("$.date(%y-%m-%d+1 %h:%i:%s)", "2023-11-15 22:13:20"),
        ("$.date(%y-%m-%d+1-%h:%i:%s)", "2023-11-15-22:13:20"),
        ("$.date(%y-%m-%d+30-%h:%i:%s)", "2023-12-14-22:13:20"),
        ("$.date(%y%m%d%h%i%s)", "20231114221320"),
        ("$.date(%d.%m.%y)", "14.11.2023"),
        ("$.date(%h+2:%i)", "00:13"),
        ("$.date(%y-%m-%d %h+2)", "2023-11-15 00"),
        ("$.date(%i-14)", "59"),
        ("$.date(%m-1)", "10"),
        ("$.date(%m-11)", "11-11"),
        ("$.date(%m+2/%y)", "01/2024"),
        ("$.date(%y-1-%m-%d)", "2022-11-14"),
        ("$.date(%y-%m-01)", "2023-11-01"),
        ("$.date(%y-12-31)", "2023-12-31"),
        ("$.date(%d+17, %m+3)", "02, 03"),
        ("$.date({{format}})", "14/11"),
        ("$.date(%y-{{word}})", "2023-soon"),
        ("$.date({x} %d {{missing}})", "{x} 14 "),
        ("$.date(100% %q %d)", "100% %q 14"),
        ("$.date()", NOW),
        ("$.date( )", NOW),
    ],
)
def test_dates(source: str, expected: object) -> None:
    assert expected == value(source, {"format": "%d/%m", "word": "soon"})


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        (0, "2024-01-31"),
        (1, "2024-02-29"),
        (3, "2024-04-30"),
        (12, "2025-01-31"),
        (-2, "2023-11-30"),
        (11, "2024-12-31"),
    ],
)
def test_a_month_without_the_day_ends_with_its_last(months: int, expected: str) -> None:
    seen = scope()
    seen.now = int(datetime(2024, 1, 31, tzinfo=UTC).timestamp()) * 1000

    assert compile_template(f"$.date(%y-%m{months:+}-%d)").value(seen) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$.unixtime()", NOW),
        ("$.unixtime(%y-%m-%d %h:%i:%s)", NOW),
        ("$.unixtime(%y-%m-%d %h:%i+60:%s)", NOW + 3600),
        ("$.unixtime(%y-%m-%d 02:00:00)", NOW - NOW % 86_400 + 7200),
        ("$.unixtime(%y-%m-%d+1 09:00:00)", NOW - NOW % 86_400 + 86_400 + 9 * 3600),
        ("$.unixtime(%y-%m-%d)", NOW - NOW % 86_400),
        ("$.unixtime(%y-%m-%d %h:%i)", NOW - 20),
        ("$.unixtime(%d.%m.%y %h:%i:%s)", NOW),
        ("$.unixtime(%y%m%d%h%i%s)", NOW),
        ("$.unixtime(%y%m%d)", NOW - NOW % 86_400),
        ("$.unixtime(%y-%m-%dT%h:%i:%sZ)", NOW),
        ("$.unixtime(%h:%i:%s)", NOW),
        ("$.unixtime(1970-01-01 00:00:10)", 10),
        ("$.unixtime($.date({{format}}))", NOW - NOW % 86_400),
        ("$.unixtime({{day}} {{time}})", NOW - NOW % 86_400 + 60),
        ("$.math($.unixtime()+{{delta}})", NOW + 5),
    ],
)
def test_epoch_seconds(source: str, expected: int) -> None:
    assert expected == value(source, {"format": "%y/%m/%d", "day": "2023-11-14", "time": "0:01", "delta": 5})


@pytest.mark.parametrize(
    "source",
    [
        *("$.unixtime({{word}})", "$.unixtime({{missing}} x)", "$.date(%y+9999)", "$.date(%d+{{many}})"),
        *("$.date({{long}})", "$.unixtime({{word}}).tz('UTC')", "$.unixtime().tz('{{word}}')", "$.date(%y-9000)"),
        *("$.unixtime(2023-02-{{word}})", "$.unixtime({{far}}).tz('Europe/Berlin')"),
    ],
)
def test_an_instant_that_no_calendar_has_has_no_value(source: str) -> None:
    data: Json = {"word": "soon", "many": "9" * 900, "long": "%y" * 600, "far": "9999-12-31 23:59:59"}

    assert value(source, data) is MISSING


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("$.unixtime(tomorrow)", "that is no date and time"),
        ("$.unixtime(%y-%m)", "that is no date and time"),
        ("$.unixtime(2023-02-30)", "that is no date and time"),
        ("$.unixtime(1700000000)", "that is no date and time"),
        ("$.unixtime().tz('Mars')", "'Mars' is no time zone"),
        ("$.date(" + "%y" * 600 + ")", "a format of more than 1000 characters"),
    ],
)
def test_what_cannot_be_read_is_refused(source: str, part: str) -> None:
    with pytest.raises(BadReference) as refused:
        compile_template(source)

    assert part in str(refused.value)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        *(("'Europe/Kiev'", 2), ("Europe/Kyiv", 2), ('"Asia/Tokyo"', 9), ("'America/New_York'", -5), ("'UTC'", 0)),
        *(("'GMT+2'", 2), ("'UTC-3'", -3), ("+02:00", 2), ("'+0530'", 5.5), ("'Australia/Sydney'", 11), ("{{z}}", 1)),
        ("'Asia/Kolkata'", 5.5),
    ],
)
def test_the_clocks_of_a_zone(zone: str, hours: float) -> None:
    assert value(f"$.unixtime().tz({zone})", {"z": "Europe/Berlin"}) == NOW + hours * 3600
    assert (
        value(f"$.unixtime(%y-%m-%d+1).tz({zone})", {"z": "Europe/Berlin"})
        == NOW - NOW % 86_400 + 86_400 + hours * 3600
    )


def test_tz_of_anything_else_is_text() -> None:
    assert value("$.math(1+1).tz('UTC')") == "2.tz('UTC')"


def test_every_rule_of_the_table_can_be_followed() -> None:
    zones = [zone for names in RULES.values() for zone in names.split()]

    assert len(zones) == len(set(zones)) > 500
    for zone in zones:
        ahead = ahead_in(zone)
        assert ahead is not None
        offsets = {ahead(NOW + day * 86_400) for day in range(0, 366, 7)}
        assert len(offsets) <= 2
        assert -12 * 3600 <= min(offsets) <= max(offsets) <= 14 * 3600


@pytest.mark.parametrize(
    ("zone", "summer_begins"),
    [("Europe/Berlin", datetime(2026, 3, 29, 1)), ("America/New_York", datetime(2026, 3, 8, 7))],
)
def test_summer_time_begins_on_the_second(zone: str, summer_begins: datetime) -> None:
    ahead = ahead_in(zone)
    assert ahead is not None
    second = int(summer_begins.replace(tzinfo=UTC).timestamp())

    assert ahead(second) - ahead(second - 1) == 3600


def test_a_time_semaphor_by_a_function() -> None:
    """`$.unixtime` gives the absolute second at which it fires."""
    tale = story(around(semaphors=[timer("late", "$.unixtime(%y-%m-%d+1 09:00:00)")]))
    (token,) = tale.task.tokens

    assert token.due_at == (NOW - NOW % 86_400 + 86_400 + 9 * 3600) * 1000
    assert tale.fire().node_id == "late"


def test_the_present_is_the_decisions() -> None:
    seen = scope()
    seen.now += 999

    assert compile_template("$.unixtime() $.unixtime()").text(seen) == f"{NOW} {NOW}"
