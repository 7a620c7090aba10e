"""The operator's key is written down once, whatever interrupts the first start."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from fakes.runtime import make_world
from syncline_server import operator_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from fakes.runtime import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A runtime with a company, whose key was never written down: its first start was cut short."""
    world = await make_world()
    yield world
    await world.runtime.stop()


async def ensure(world: World, folder: Path) -> None:
    await operator_key.ensure(world.runtime.access, world.store, folder)


async def test_a_start_that_was_cut_short_is_made_good(world: World, tmp_path: Path) -> None:
    (tmp_path / "operator-key.new").write_text("half")

    await ensure(world, tmp_path)

    (key,) = await world.store.keys()
    written = json.loads((tmp_path / "operator-key.json").read_text())
    assert written == {"login": key.login, "secret": key.secret, "company_id": key.company_id}
    assert (tmp_path / "operator-key.json").stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["operator-key.json"]


async def test_a_file_that_was_taken_away_stays_away(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await ensure(world, tmp_path)
    (tmp_path / "operator-key.json").unlink()
    caplog.clear()

    await ensure(world, tmp_path)

    assert os.listdir(tmp_path) == []
    assert [record.getMessage() for record in caplog.records] == ["operator_key.missing"]


async def test_a_later_start_changes_nothing(world: World, tmp_path: Path) -> None:
    await ensure(world, tmp_path)
    before = (tmp_path / "operator-key.json").read_text()

    await ensure(world, tmp_path)

    assert (tmp_path / "operator-key.json").read_text() == before
    assert len(await world.store.companies()) == 1
