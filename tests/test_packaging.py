"""What the wheel holds; that it works where there are no sources is tried by `make wheel`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import wheel_check

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder: Path = tmp_path_factory.mktemp("wheel")
    return wheel_check.names_in(wheel_check.build(folder))


def test_the_wheel_holds_what_is_ours_and_what_is_needed(names: list[str]) -> None:
    assert wheel_check.faults(names) == []


def test_every_package_of_the_sources_ships(names: list[str]) -> None:
    roots = ("proto", "server", "gateway", "cli")
    sources = {
        str(path.relative_to(wheel_check.ROOT / root))
        for root in roots
        for path in (wheel_check.ROOT / root).rglob("*.py")
    }

    assert sources <= set(names)


def test_a_stranger_in_the_wheel_is_found(names: list[str]) -> None:
    assert wheel_check.faults([*names, "server/x.py"]) == ["holds server, which is not ours to install"]


def test_a_hole_in_the_wheel_is_found(names: list[str]) -> None:
    without = [name for name in names if not name.endswith("echo.json")]

    assert wheel_check.faults(without) == [r"lacks syncline_cli/samples/echo\.json"]
