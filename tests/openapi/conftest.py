"""What tests of the document and its page share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

from fakes.browser import Page, browser_page, program
from fakes.credentials import basic
from fakes.needed import missing
from fakes.rest import RestClient
from running import RunningDev, running_dev

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDev]:
    """A running `syncline dev` for one module."""
    with running_dev(tmp_path_factory.mktemp("dev")) as running:
        running.wait_until_ready()
        yield running


@pytest.fixture
async def rest(dev: RunningDev) -> AsyncIterator[RestClient]:
    """A client of it with its key."""
    async with aiohttp.ClientSession() as session:
        yield RestClient(session, [dev.key.http], basic(dev.key.login, dev.key.secret))


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """An empty tab of a real browser."""
    if program() is None:
        missing("Chromium (on Debian: apt install chromium)")
    async with browser_page(tmp_path) as one:
        yield one
