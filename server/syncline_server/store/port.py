"""The store port: what the runtime asks of a disk.

Whoever implements it owes two things: `commit` returns only when the whole batch survives a power cut, and a batch is
kept whole or not at all. One writer uses a store at a time; reads see every batch whose commit has returned, and may
see the one under way. A read that fails raises `StoreUnusable`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.engine.task import Step, Task, TaskState

CounterKey: TypeAlias = tuple[int, str, str]
"""A process, one of its nodes, and the name of a sum; an empty name is the count of tasks that came to the node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A tenant."""

    company_id: str
    title: str
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A login for programs."""

    login: str
    secret: str = field(repr=False)
    title: str
    company_id: str
    owner: bool
    operator: bool = False
    """It may make companies: the first key of all."""
    rate_limit: int = 0
    created_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Rights of a key on a process."""

    login: str
    process_id: int
    rights: frozenset[str]
    """Of `view`, `create`, `modify`, `delete`; empty takes the grant away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A credential that expires and stands for a key; what is presented is not kept."""

    token_id: str
    digest: str
    """SHA-256 of the token, hexadecimal."""
    login: str
    title: str
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProcess:
    """A process as it was imported, and the definition that is deployed."""

    process_id: int
    company_id: str
    title: str
    state: str
    """`draft`, `active` or `paused`."""
    version: int
    """Of the deployed definition; 0 before the first deploy."""
    source: str
    """JSON text of the export object, everything in it kept."""
    direct_url_hash: str
    """40 hex digits."""
    aliases: tuple[str, ...] = ()
    created_at: int = 0
    changed_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployed version of a process; tasks keep running on the version they started with."""

    process_id: int
    version: int
    source: str
    deployed_at: int


class Use(StrEnum):
    """What an environment variable may be restricted to: the types of a scope."""

    API_CALL = "api_call"
    SET_PARAM = "set_param"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEnvVar:
    """An environment variable of a company."""

    company_id: str
    short_name: str
    """Unique in its company."""
    value: str = field(repr=False)
    """Text, or JSON text where `is_json`."""
    is_secret: bool = False
    is_json: bool = False
    uses: tuple[Use, ...] = ()
    """What it may be used for; empty is everything."""
    title: str = ""
    description: str = ""
    created_at: int = 0
    changed_at: int = 0


class Database(StrEnum):
    """The kinds of databases that processes may use."""

    POSTGRESQL = "postgresql"
    SQLITE = "sqlite"


class Tls(StrEnum):
    """How a connection to a database is protected."""

    PREFER = "prefer"
    """Encrypted when the database can; nobody checks whose it is."""
    DISABLE = "disable"
    REQUIRE = "require"
    """Encrypted; nobody checks whose it is."""
    VERIFY = "verify-full"
    """Encrypted, and the certificate has to be a known authority's and for the host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A database that the processes of a company may use."""

    instance_id: int
    company_id: str
    title: str
    kind: Database
    host: str = ""
    """A name or an address; empty for SQLite, as are the next four."""
    port: int = 0
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = Tls.PREFER
    file: str = ""
    """The name of SQLite's file in the company's folder; empty for PostgreSQL."""
    max_connections: int = 5
    created_at: int = 0
    changed_at: int = 0


@dataclass(slots=True)
class Batch:
    """Changes that are kept together. Within a batch the last word on an object counts."""

    tasks: dict[str, Task] = field(default_factory=dict)
    """New and changed tasks by id. A task's process, ref, login and request id are for life: a change leaves them."""
    steps: list[tuple[str, tuple[Step, ...]]] = field(default_factory=list)
    """Ended steps by task id, in the order in which they ended; only ever added to."""
    deleted_tasks: dict[str, int] = field(default_factory=dict)
    """Tasks to remove with their steps, and until when (ms) their ids are remembered; 0 forgets at once."""
    processes: list[StoredProcess] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    companies: list[Company] = field(default_factory=list)
    keys: list[ApiKey] = field(default_factory=list)
    deleted_keys: list[str] = field(default_factory=list)
    """Logins to remove with their grants and access tokens."""
    grants: list[Grant] = field(default_factory=list)
    access_tokens: list[AccessToken] = field(default_factory=list)
    deleted_access_tokens: list[str] = field(default_factory=list)
    """By id."""
    env_vars: dict[tuple[str, str], StoredEnvVar | None] = field(default_factory=dict)
    """By company and short name; None removes one."""
    instances: dict[int, Instance | None] = field(default_factory=dict)
    """By id; None removes one."""
    counters: dict[CounterKey, str] = field(default_factory=dict)
    """What has been counted in nodes, as it now is: decimal numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which tasks of a process to list; None means any."""

    process_id: int
    state: TaskState | None = None
    ref: str | None = None
    node_id: str | None = None


class Store(Protocol):
    """Where everything that was acknowledged is kept."""

    async def open(self) -> None:
        """Make the store ready, its schema brought up to date; raise `StoreUnusable` when it can't be."""
        ...

    async def close(self) -> None:
        """Let go of everything; a second call does nothing."""
        ...

    async def commit(self, batch: Batch) -> None:
        """Keep the batch; raise `CommitFailed` when nothing of it was kept, `StoreUnusable` when that is not known."""
        ...

    async def task(self, task_id: str) -> Task | None:
        """Return the task."""
        ...

    async def task_by_ref(self, process_id: int, ref: str) -> Task | None:
        """Return the newest task of the process with the ref, live or not."""
        ...

    async def task_by_request(self, login: str, request_id: str) -> Task | None:
        """Return the task that the key's request made."""
        ...

    async def is_remembered(self, task_id: str) -> bool:
        """Tell whether a task with the id was deleted and is not forgotten yet."""
        ...

    async def tasks(self, which: TaskFilter, *, before: str, limit: int) -> Sequence[Task]:
        """Return tasks by descending id, all below *before* (empty for the newest)."""
        ...

    async def steps(self, task_id: str, *, after: int, limit: int) -> Sequence[Step]:
        """Return ended steps by ascending sequence, all above *after*."""
        ...

    async def live_tasks(self, *, after: str, limit: int) -> Sequence[Task]:
        """Return unfinished tasks by ascending id, all above *after* (empty for the oldest): the recovery's reading."""
        ...

    async def finished_before(self, instant: int, *, limit: int) -> Sequence[str]:
        """Return ids of finished tasks that last changed before the instant, oldest first: the retention's reading.

        A late answer is a change, so it is kept as long as one in time.
        """
        ...

    async def forget_before(self, instant: int) -> None:
        """Forget what was to be there until before the instant: ids of deleted tasks, and access tokens."""
        ...

    async def processes(self) -> Sequence[StoredProcess]:
        """Return every process by id."""
        ...

    async def deployment(self, process_id: int, version: int) -> Deployment | None:
        """Return one deployed version."""
        ...

    async def companies(self) -> Sequence[Company]:
        """Return every company by id."""
        ...

    async def keys(self) -> Sequence[ApiKey]:
        """Return every key by login."""
        ...

    async def grants(self) -> Sequence[Grant]:
        """Return every grant by login and process."""
        ...

    async def access_tokens(self) -> Sequence[AccessToken]:
        """Return every access token by id."""
        ...

    async def env_vars(self) -> Sequence[StoredEnvVar]:
        """Return every environment variable by company and short name."""
        ...

    async def instances(self) -> Sequence[Instance]:
        """Return every database instance by id."""
        ...

    async def counters(self) -> dict[CounterKey, str]:
        """Return everything that has been counted."""
        ...

    async def value(self, name: str) -> str | None:
        """Return a value of the server's own, such as the key that signs its resume tokens."""
        ...

    async def set_value(self, name: str, text: str) -> None:
        """Keep a value of the server's own; durable on return."""
        ...
