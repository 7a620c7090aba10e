"""Database instances: which databases the processes of a company may use. Held in memory, kept in the store.

Any key of the company may see which there are, owners alone where they are, and nobody a password again.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

from syncline_server.errors import InstanceNotFound, InvalidRequest
from syncline_server.store.port import Database, Instance, Tls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.clock import Clock
    from syncline_server.runtime.access import Access
    from syncline_server.runtime.commits import Committer
    from syncline_server.runtime.requests import Caller
    from syncline_server.store.port import Store

LOWEST_ID, IDS = 100_000, 900_000_000
MAX_TITLE, MAX_HOST, MAX_NAME, MAX_PASSWORD, MAX_CONNECTIONS = 255, 253, 63, 1_024, 50
USUAL_PORT, USUAL_CONNECTIONS = 5432, 5
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HOST = re.compile(r"[^\s/@,]+")


class Fields(TypedDict, total=False):
    """What of an instance a caller sets; 0 is the usual port and number of connections."""

    title: str
    kind: Database
    host: str
    port: int
    database: str
    user: str
    password: str
    tls: Tls
    file: str
    max_connections: int


class Instances:
    """Every instance."""

    def __init__(self, *, store: Store, committer: Committer, access: Access, clock: Clock) -> None:
        self._store = store
        self._committer = committer
        self._access = access
        self._clock = clock
        self._by_id: dict[int, Instance] = {}

    async def load(self) -> None:
        """Hold what is on disk and nothing else."""
        self._by_id = {instance.instance_id: instance for instance in await self._store.instances()}

    def of_company(self, company_id: str, instance_id: int) -> Instance | None:
        """Return an instance of the company."""
        instance = self._by_id.get(instance_id)
        return None if instance is None or instance.company_id != company_id else instance

    def get(self, caller: Caller, instance_id: str) -> Instance:
        """Return an instance of the caller's company by its decimal id; raise `InstanceNotFound`."""
        number = int(instance_id) if instance_id.isascii() and instance_id.isdigit() and len(instance_id) < 19 else 0
        instance = self.of_company(caller.company_id, number)
        if instance is None:
            raise InstanceNotFound(field="instance_id")
        return instance

    def all(self, caller: Caller) -> Sequence[Instance]:
        """Return the instances of the caller's company by id."""
        mine = (instance for instance in self._by_id.values() if instance.company_id == caller.company_id)
        return sorted(mine, key=lambda instance: instance.instance_id)

    async def create(self, caller: Caller, fields: Fields) -> Instance:
        """Make an instance."""
        self._access.require_owner(caller)
        if "kind" not in fields:
            raise InvalidRequest("An instance needs a connection.", field="instance.connection")
        now = self._clock.now()
        empty = Instance(
            instance_id=self._new_id(),
            company_id=caller.company_id,
            title="",
            kind=fields["kind"],
            max_connections=0,
            created_at=now,
            changed_at=now,
        )
        return await self._keep(replace(empty, **fields))

    async def update(self, caller: Caller, instance_id: str, fields: Fields) -> Instance:
        """Change the fields that are given; raise `InstanceNotFound`."""
        self._access.require_owner(caller)
        before = self.get(caller, instance_id)
        if fields.get("kind", before.kind) is not before.kind:
            raise InvalidRequest("An instance stays the kind of database that it is.", field="instance.connection")
        after = _filled(replace(before, **fields, changed_at=self._clock.now()))
        if (before.host, before.port) != (after.host, after.port) and before.password and "password" not in fields:
            # Else whoever may change an instance could have its password sent to a place of their own.
            raise InvalidRequest("A new host or port needs the password again.", field="instance.postgresql.password")
        return await self._keep(after)

    async def delete(self, caller: Caller, instance_id: str) -> None:
        """Delete an instance; raise `InstanceNotFound`."""
        self._access.require_owner(caller)
        number = self.get(caller, instance_id).instance_id
        del self._by_id[number]
        await self._committer.keep(lambda batch: batch.instances.update({number: None}), undo=self.load)

    async def _keep(self, instance: Instance) -> Instance:
        instance = _filled(instance)
        _check(instance)
        self._by_id[instance.instance_id] = instance
        change = {instance.instance_id: instance}
        await self._committer.keep(lambda batch: batch.instances.update(change), undo=self.load)
        return instance

    def _new_id(self) -> int:
        # Drawn, not counted: the id of a deleted instance must not come back as another database.
        while (instance_id := LOWEST_ID + secrets.randbelow(IDS)) in self._by_id:
            continue
        return instance_id


def _filled(instance: Instance) -> Instance:
    port = USUAL_PORT if instance.kind is Database.POSTGRESQL else 0
    return replace(instance, port=instance.port or port, max_connections=instance.max_connections or USUAL_CONNECTIONS)


def _check(instance: Instance) -> None:
    if not 1 <= len(instance.title) <= MAX_TITLE:
        raise InvalidRequest(f"A title has 1 to {MAX_TITLE} characters.", field="instance.title")
    if not 1 <= instance.max_connections <= MAX_CONNECTIONS:
        raise InvalidRequest(f"Connections are 1 to {MAX_CONNECTIONS}.", field="instance.max_connections")
    if instance.kind is Database.SQLITE:
        if not _FILE.fullmatch(instance.file):
            raise InvalidRequest(
                "A file's name is 1 to 64 of `A-Z a-z 0-9 . _ -`, the first a letter or a digit.",
                field="instance.sqlite.file",
            )
        return
    if not (_HOST.fullmatch(instance.host) and len(instance.host) <= MAX_HOST and instance.host.isprintable()):
        raise InvalidRequest("A host is a name or an address.", field="instance.postgresql.host")
    if not 1 <= instance.port <= 65_535:
        raise InvalidRequest("A port is 1 to 65535.", field="instance.postgresql.port")
    for name, text in (("database", instance.database), ("user", instance.user)):
        if not 1 <= len(text.encode()) <= MAX_NAME or "\x00" in text:
            raise InvalidRequest(f"It has 1 to {MAX_NAME} bytes.", field=f"instance.postgresql.{name}")
    if len(instance.password) > MAX_PASSWORD or "\x00" in instance.password:
        raise InvalidRequest(
            f"A password has at most {MAX_PASSWORD:,} characters.", field="instance.postgresql.password"
        )
