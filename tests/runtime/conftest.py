"""A runtime on a memory store, with a clock that the test moves and peers that the test scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.runtime import World, make_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = await make_world()
    yield world
    await world.runtime.stop()
