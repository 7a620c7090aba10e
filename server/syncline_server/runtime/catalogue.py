"""The processes: found by id, alias and hash of their direct URL; their definitions, compiled once for each version."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncline_server.engine import read_process
from syncline_server.errors import BadCredentials, ProcessFaulty, ProcessNotActive, ProcessNotFound, StoreUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncline_server.engine import Limits, Process
    from syncline_server.store.port import Store, StoredProcess

ACTIVE, PAUSED, DRAFT = "active", "paused", "draft"


class Catalogue:
    """Every process in memory, as it is on disk."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self.limits = limits
        self._by_id: dict[int, StoredProcess] = {}
        self._aliases: dict[tuple[str, str], int] = {}
        self._hashes: dict[str, int] = {}
        self._definitions: dict[tuple[int, int], Process] = {}

    async def load(self) -> None:
        """Read every process, and compile the definitions that new tasks run."""
        stored = await self._store.processes()
        self._by_id.clear()
        self._aliases.clear()
        self._hashes.clear()
        for process in stored:
            self.put(process)
        for process in stored:
            if process.version:
                await self.definition(process.process_id, process.version)

    def put(self, process: StoredProcess) -> None:
        """Hold a process, in the place of an earlier version of it."""
        self._by_id[process.process_id] = process
        self._hashes[process.direct_url_hash] = process.process_id
        for alias in process.aliases:
            self._aliases[process.company_id, alias] = process.process_id

    def put_definition(self, process: Process) -> None:
        """Hold a compiled definition."""
        self._definitions[process.process_id, process.version] = process

    def all(self) -> Sequence[StoredProcess]:
        """Return every process by id."""
        return [self._by_id[process_id] for process_id in sorted(self._by_id)]

    def next_id(self) -> int:
        """Return an id that no process has had."""
        return max(self._by_id, default=1000) + 1

    def get(self, process_id: int) -> StoredProcess:
        """Return the process; raise `ProcessNotFound`."""
        process = self._by_id.get(process_id)
        if process is None:
            raise ProcessNotFound(field="process")
        return process

    def resolve(self, company_id: str, name: str) -> StoredProcess:
        """Return the process that a decimal id, or an `@alias` of the company, names; raise `ProcessNotFound`."""
        if name.startswith("@"):
            return self.get(self._aliases.get((company_id, name[1:]), 0))
        if not name.isascii() or not name.isdigit() or len(name) > 19:
            raise ProcessNotFound(field="process")
        return self.get(int(name))

    def owner_of_alias(self, company_id: str, alias: str) -> int | None:
        """Return the id of the process that has the alias."""
        return self._aliases.get((company_id, alias))

    def by_direct_url(self, direct_url_hash: str) -> StoredProcess:
        """Return the process whose direct URL has the hash; raise `BadCredentials`."""
        process_id = self._hashes.get(direct_url_hash)
        if process_id is None:
            raise BadCredentials("No process has this direct URL.")
        return self._by_id[process_id]

    def is_paused(self, process_id: int) -> bool:
        """Tell whether the process is paused, so that its tasks stand still."""
        process = self._by_id.get(process_id)
        return process is not None and process.state == PAUSED

    def current(self, process: StoredProcess) -> Process:
        """Return the definition that new tasks run; raise `ProcessNotActive`."""
        if process.state != ACTIVE:
            raise ProcessNotActive
        return self._definitions[process.process_id, process.version]

    def versions(self, process: StoredProcess) -> Iterator[Process]:
        """Yield the definitions in memory, the newest first: those that new tasks and live ones run are."""
        for version in range(process.version, 0, -1):
            definition = self._definitions.get((process.process_id, version))
            if definition is not None:
                yield definition

    async def definition(self, process_id: int, version: int) -> Process:
        """Return a deployed version, compiled; read from the store the first time."""
        known = self._definitions.get((process_id, version))
        if known is not None:
            return known
        deployment = await self._store.deployment(process_id, version)
        if deployment is None:
            raise StoreUnusable(f"The store lacks version {version} of process {process_id}.")
        # What was deployed goes on, though the operator has since raised the limit on new timers.
        limits = replace(self.limits, min_timer_seconds=0.0)
        read = read_process(deployment.source, process_id=process_id, version=version, limits=limits)
        if read.process is None:
            raise ProcessFaulty(read.faults)
        self._definitions[process_id, version] = read.process
        return read.process
