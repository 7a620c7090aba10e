"""Bringing processes in and setting them going: import, export, deploy, pause, resume, aliases.

An import keeps its text whole, what this server does not understand included; only where the processes of a file name
each other by number, the numbers become the new ones. A deploy is refused with all its faults at once.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from syncline_server.engine import BadFile, read_file, read_process, renumber, values
from syncline_server.engine.export_file import without_secrets
from syncline_server.errors import (
    AliasTaken,
    InvalidJson,
    InvalidRequest,
    ProcessFaulty,
    ProcessNotActive,
)
from syncline_server.runtime.catalogue import ACTIVE, DRAFT, PAUSED
from syncline_server.store.port import Batch, Deployment, StoredProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from syncline_server.clock import Clock
    from syncline_server.engine import ExportedProcess, Fault, Process
    from syncline_server.runtime.access import Access
    from syncline_server.runtime.catalogue import Catalogue
    from syncline_server.runtime.commits import Committer
    from syncline_server.runtime.requests import Caller

_ALIAS = re.compile(r"[a-z0-9-]{1,127}")
MAX_TITLE = 255
MOST_AT_ONCE = 50_000
"""Characters of a definition that is read between two turns of the loop: at most some tenths of a second."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import made."""

    processes: tuple[StoredProcess, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


class Deploying:
    """Changes processes on behalf of callers."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        access: Access,
        committer: Committer,
        clock: Clock,
        on_resumed: Callable[[int], None],
    ) -> None:
        self._catalogue = catalogue
        self._access = access
        self._committer = committer
        self._clock = clock
        self._on_resumed = on_resumed
        self._changing = asyncio.Lock()
        """One definition is read at a time: that may take seconds, in a thread of its own."""

    # Reading.

    def get(self, caller: Caller, name: str) -> StoredProcess:
        """Return a process that the caller may view."""
        process = self._catalogue.resolve(caller.company_id, name)
        self._access.require(caller, process, "view")
        return process

    def visible(self, caller: Caller, *, after: int, limit: int) -> Sequence[StoredProcess]:
        """Return the processes that the caller may view, by ascending id, all above *after*."""
        found: list[StoredProcess] = []
        for process in self._catalogue.all():
            if process.process_id > after and self._access.may(caller, process, "view"):
                found.append(process)
                if len(found) == limit:
                    break
        return found

    def export(self, caller: Caller, name: str) -> str:
        """Return the file of a process: an array with its one object, as it was imported.

        Whoever may not modify it does not get the secrets in it.
        """
        process = self.get(caller, name)
        may_modify = self._access.may(caller, process, "modify")
        return f"[{process.source if may_modify else without_secrets(process.source)}]"

    # Changing.

    async def import_file(self, caller: Caller, text: str, *, deploy: bool, alias: str) -> Imported:
        """Import every process of a file; with *deploy*, all of them run afterwards or none was imported."""
        self._access.require_owner(caller)
        async with self._changing:
            exported = await _aside(len(text), partial(_read, text))
            if alias:
                self._check_alias(caller.company_id, alias, 0)
                if len(exported) != 1:
                    raise InvalidRequest(
                        f"An alias is for a file with one process; this one has {len(exported)}.", field="alias"
                    )
            prepare = partial(self._prepare, caller, exported, alias, deploy=deploy)
            stored, faults, notes, ready = await _aside(len(text), prepare)
            if deploy and faults:
                raise ProcessFaulty(faults)
            if alias:
                self._check_alias(caller.company_id, alias, 0)  # it may have been taken meanwhile
            change = self._put(stored, ready)
        await self._committer.keep(change, undo=self._reload)
        return Imported(processes=tuple(stored), faults=tuple(faults), notes=tuple(notes))

    def _prepare(
        self, caller: Caller, exported: Sequence[ExportedProcess], alias: str, *, deploy: bool
    ) -> tuple[list[StoredProcess], list[Fault], list[Fault], list[Process]]:
        stored: list[StoredProcess] = []
        faults: list[Fault] = []
        notes: list[Fault] = []
        ready: list[Process] = []
        now = self._clock.now()
        first = self._catalogue.next_id()
        sources = renumber(exported, first)
        for process_id, (item, source) in enumerate(zip(exported, sources, strict=True), start=first):
            read = read_process(source, process_id=process_id, version=1, limits=self._catalogue.limits)
            faults.extend(read.faults)
            notes.extend(read.notes)
            if deploy and read.process is not None:
                ready.append(read.process)
            stored.append(
                StoredProcess(
                    process_id=process_id,
                    company_id=caller.company_id,
                    title=item.title[:MAX_TITLE],
                    state=ACTIVE if deploy else DRAFT,
                    version=1 if deploy else 0,
                    source=source,
                    direct_url_hash=secrets.token_hex(20),
                    aliases=(alias,) if alias else (),
                    created_at=now,
                    changed_at=now,
                )
            )
        return stored, faults, notes, ready

    async def deploy(self, caller: Caller, name: str) -> StoredProcess:
        """Make the imported definition the one that new tasks run."""
        async with self._changing:
            process = self._changeable(caller, name)
            version, limits = process.version + 1, self._catalogue.limits
            source, process_id = process.source, process.process_id
            compiling = partial(read_process, source, process_id=process_id, version=version, limits=limits)
            read = await _aside(len(source), compiling)
            if read.process is None:
                raise ProcessFaulty(read.faults)
            process = self._changeable(caller, name)  # it may have been paused or named meanwhile
            changed = replace(process, state=ACTIVE, version=version, changed_at=self._clock.now())
            change = self._put([changed], [read.process])
        await self._committer.keep(change, undo=self._reload)
        if process.state == PAUSED:
            self._on_resumed(process.process_id)
        return changed

    async def pause(self, caller: Caller, name: str) -> StoredProcess:
        """Stop a process; stopping a stopped one changes nothing."""
        process = self._changeable(caller, name)
        if process.state == DRAFT:
            raise ProcessNotActive("The process was never deployed.")
        return await self._set_state(process, PAUSED)

    async def resume(self, caller: Caller, name: str) -> StoredProcess:
        """Let a paused process go on; resuming an active one changes nothing."""
        process = self._changeable(caller, name)
        if process.state == DRAFT:
            raise ProcessNotActive("The process was never deployed.")
        resumed = await self._set_state(process, ACTIVE)
        if process.state == PAUSED:
            self._on_resumed(process.process_id)
        return resumed

    async def create_alias(self, caller: Caller, name: str, alias: str) -> StoredProcess:
        """Give a process another name; a name that it has already changes nothing."""
        process = self._changeable(caller, name)
        self._check_alias(process.company_id, alias, process.process_id)
        if alias in process.aliases:
            return process
        changed = replace(process, aliases=(*process.aliases, alias), changed_at=self._clock.now())
        await self._committer.keep(self._put([changed], []), undo=self._reload)
        return changed

    def _changeable(self, caller: Caller, name: str) -> StoredProcess:
        process = self._catalogue.resolve(caller.company_id, name)
        self._access.require(caller, process, "modify")
        return process

    def _check_alias(self, company_id: str, alias: str, process_id: int) -> None:
        if not _ALIAS.fullmatch(alias):
            raise InvalidRequest("An alias has 1 to 127 lower-case letters, digits and hyphens.", field="alias")
        if self._catalogue.owner_of_alias(company_id, alias) not in (None, process_id):
            raise AliasTaken(field="alias")

    async def _set_state(self, process: StoredProcess, state: str) -> StoredProcess:
        if process.state == state:
            return process
        changed = replace(process, state=state, changed_at=self._clock.now())
        await self._committer.keep(self._put([changed], []), undo=self._reload)
        return changed

    def _put(self, stored: Sequence[StoredProcess], ready: Sequence[Process]) -> Callable[[Batch], None]:
        """Put processes into the catalogue; return what puts them into a batch, which has to be kept at once."""
        sources = {process.process_id: process.source for process in stored}
        deployments = [
            Deployment(
                process_id=definition.process_id,
                version=definition.version,
                source=sources[definition.process_id],
                deployed_at=self._clock.now(),
            )
            for definition in ready
        ]
        for definition in ready:
            self._catalogue.put_definition(definition)
        for process in stored:
            self._catalogue.put(process)

        def change(batch: Batch) -> None:
            batch.processes.extend(stored)
            batch.deployments.extend(deployments)

        return change

    async def _reload(self) -> None:
        paused = [process.process_id for process in self._catalogue.all() if process.state == PAUSED]
        await self._catalogue.load()
        for process_id in paused:  # a pause that was lost has held up what came meanwhile
            self._on_resumed(process_id)


async def _aside(size: int, work: Callable[[], T]) -> T:
    """Do pure work on so much text, in a thread when it may take long."""
    return work() if size < MOST_AT_ONCE else await asyncio.to_thread(work)


def _read(text: str) -> Sequence[ExportedProcess]:
    try:
        exported = read_file(text)
    except values.JsonFault as fault:
        raise InvalidJson(f"The file is not JSON: {fault}", field="file") from None
    except BadFile as fault:
        raise InvalidRequest(str(fault), field="file") from None
    if not exported:
        raise InvalidRequest("The file holds no process.", field="file")
    return exported
