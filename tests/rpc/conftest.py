"""A real server in this process, on a memory store, with a clock that the test moves and peers that it scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.rpc import Served, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def running() -> AsyncIterator[Served]:
    async with served() as it:
        yield it
