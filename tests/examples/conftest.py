"""A running `syncline dev` for the examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from running import running_dev

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def dev_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with running_dev(tmp_path_factory.mktemp("dev")) as dev:
        yield dev.data
