"""Facts from elsewhere that decisions ask for. Most are in memory; only a finished task's data has to be read.

A process sees what belongs to its own company; anything else is for it as if it were not there.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from syncline_server.engine.decision import EnvVar, NodeCount, NodeSum, TaskData
from syncline_server.errors import StateError

if TYPE_CHECKING:
    from syncline_server.engine import FactKey, Task
    from syncline_server.runtime.catalogue import Catalogue
    from syncline_server.runtime.counters import Counters
    from syncline_server.runtime.env_vars import EnvVars
    from syncline_server.runtime.residents import Residents
    from syncline_server.store.port import Store, StoredProcess


class _Elsewhere(Enum):
    ELSEWHERE = "elsewhere"


ELSEWHERE: Final = _Elsewhere.ELSEWHERE
"""What is not in memory."""


class FactReader:
    """Reads facts for a task."""

    def __init__(
        self, *, store: Store, catalogue: Catalogue, residents: Residents, counters: Counters, env_vars: EnvVars
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._residents = residents
        self._counters = counters
        self._env_vars = env_vars

    def now(self, task: Task, key: FactKey) -> object:
        """Return a fact as it is in memory, or `ELSEWHERE`."""
        if isinstance(key, EnvVar):
            company_id = self._catalogue.get(task.process_id).company_id
            return self._env_vars.fact(company_id, key)
        process = self._process(task, key.process)
        if process is None:
            return None
        match key:
            case TaskData():
                live = self._residents.find(self._residents.holder(process.process_id, key.ref) or "")
                return ELSEWHERE if live is None else live.task.data
            case NodeCount():
                return self._count(process, key.node_id)
            case NodeSum():
                return self._counters.get(process.process_id, key.node_id, key.name)

    async def read(self, task: Task, key: FactKey) -> object:
        """Return a fact, read from the disk when it is not in memory."""
        found = self.now(task, key)
        if found is not ELSEWHERE or not isinstance(key, TaskData):
            return found
        process = self._process(task, key.process)
        if process is None:
            return None
        ended = await self._store.task_by_ref(process.process_id, key.ref)
        return None if ended is None else ended.data

    def _process(self, task: Task, name: str) -> StoredProcess | None:
        own = self._catalogue.get(task.process_id)
        if not name:
            return own
        try:
            process = self._catalogue.resolve(own.company_id, name)
        except StateError:
            return None
        return process if process.company_id == own.company_id else None

    def _count(self, process: StoredProcess, node_id: str) -> object:
        """Return how many stand in a node; for a final one, how many have come to it."""
        standing = self._residents.standing.count(process.process_id, node_id)
        return standing or self._counters.get(process.process_id, node_id, "")
