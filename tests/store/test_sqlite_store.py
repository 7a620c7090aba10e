"""The SQLite store keeps what the port promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.conformance import StoreConformance
from syncline_server.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

    from store.conformance import Disk


class TestSqliteStore(StoreConformance):
    @pytest.fixture
    def disk(self, tmp_path: Path) -> Disk:
        return lambda: SqliteStore(tmp_path / "data")
