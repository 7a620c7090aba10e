"""The memory store keeps what the port promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.conformance import StoreConformance
from syncline_server.store.memory import MemoryStore

if TYPE_CHECKING:
    from store.conformance import Disk


class TestMemoryStore(StoreConformance):
    @pytest.fixture
    def disk(self) -> Disk:
        store = MemoryStore()  # what it holds outlives `close`
        return lambda: store
