"""What holds for every test, and the running programs that many share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from running import RunningDev

# before any test module is imported: no test may depend on the settings of whoever runs it
for name in [name for name in os.environ if name.startswith("SYNCLINE_")]:
    del os.environ[name]


@pytest.fixture(scope="session")
def shared_dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDev]:
    """A running `syncline dev` for tests that add to it and leave it running, one for each worker."""
    from running import running_dev

    with running_dev(tmp_path_factory.mktemp("shared-dev")) as dev:
        yield dev
