"""Facts from elsewhere that decisions ask for, all of them in memory.

A process sees what belongs to its own company; anything else is for it as if it were not there. The data of tasks is
read in state diagrams alone, and of live tasks alone: the vendor's rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine import LIVE
from syncline_server.engine.decision import EnvVar, NodeCount, NodeSum, Refusal, TaskData
from syncline_server.errors import StateError

if TYPE_CHECKING:
    from syncline_server.engine import FactKey, Task
    from syncline_server.runtime.catalogue import Catalogue
    from syncline_server.runtime.counters import Counters
    from syncline_server.runtime.env_vars import EnvVars
    from syncline_server.runtime.residents import Residents
    from syncline_server.store.port import StoredProcess

STATE = "state"


class FactReader:
    """Reads facts for a task."""

    def __init__(self, *, catalogue: Catalogue, residents: Residents, counters: Counters, env_vars: EnvVars) -> None:
        self._catalogue = catalogue
        self._residents = residents
        self._counters = counters
        self._env_vars = env_vars

    def read(self, task: Task, key: FactKey) -> object:
        """Return a fact as it is now."""
        own = self._catalogue.get(task.process_id)
        if isinstance(key, EnvVar):
            return self._env_vars.fact(own.company_id, key)
        process = self._process(own, key.process)
        match key:
            case TaskData():
                return self._data(task, process, key)
            case NodeCount():
                return None if process is None else self._count(process, key.node_id)
            case NodeSum():
                return None if process is None else self._counters.get(process.process_id, key.node_id, key.name)

    def _process(self, own: StoredProcess, name: str) -> StoredProcess | None:
        if not name:
            return own
        try:
            process = self._catalogue.resolve(own.company_id, name)
        except StateError:
            return None
        return process if process.company_id == own.company_id else None

    def _data(self, task: Task, process: StoredProcess | None, key: TaskData) -> object:
        if process is None:
            return Refusal("access_denied", f"user: {task.login}, conv_id: {key.process}")
        definition = next(self._catalogue.versions(process), None)
        if definition is None or definition.conv_type != STATE:
            return Refusal("access_refused", f"Conv_id: {process.process_id} is not state type")
        found = self._residents.find(self._residents.holder(process.process_id, key.ref) or "")
        return None if found is None or found.task.state not in LIVE else found.task.data

    def _count(self, process: StoredProcess, node_id: str) -> object:
        """Return how many stand in a node; for a final one, how many have come to it."""
        standing = self._residents.standing.count(process.process_id, node_id)
        return standing or self._counters.get(process.process_id, node_id, "")
