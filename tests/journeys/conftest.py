"""Both real programs, started once for each module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.clients import Caller, caller
from running import RunningDev, running_dev

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDev]:
    with running_dev(tmp_path_factory.mktemp("dev")) as running:
        yield running


@pytest.fixture
async def client(dev: RunningDev) -> AsyncIterator[Caller]:
    async with caller(dev) as one:
        yield one
