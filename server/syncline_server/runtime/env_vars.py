"""Environment variables: values that all processes of a company may use. Held in memory, kept in the store.

Any key of the company may see which there are, owners alone see and change values; a secret value is seen by nobody.
A variable with uses is, for everything else, not there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

from syncline_server.engine import values
from syncline_server.engine.decision import Secret
from syncline_server.errors import EnvVarExists, EnvVarNotFound, InvalidJson, InvalidRequest
from syncline_server.store.port import StoredEnvVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.clock import Clock
    from syncline_server.engine.decision import EnvVar
    from syncline_server.runtime.access import Access
    from syncline_server.runtime.commits import Committer
    from syncline_server.runtime.requests import Caller
    from syncline_server.store.port import Store, Use

MAX_VALUE_BYTES = 64 * 1024
MAX_TITLE, MAX_DESCRIPTION = 255, 2_000
_NAME = re.compile(r"[a-z0-9_-]{1,127}")


class Fields(TypedDict, total=False):
    """What of a variable a caller sets."""

    value: str
    is_secret: bool
    is_json: bool
    uses: tuple[Use, ...]
    title: str
    description: str


class EnvVars:
    """Every environment variable."""

    def __init__(self, *, store: Store, committer: Committer, access: Access, clock: Clock) -> None:
        self._store = store
        self._committer = committer
        self._access = access
        self._clock = clock
        self._known: dict[tuple[str, str], StoredEnvVar] = {}
        self._values: dict[tuple[str, str], object] = {}
        """As processes see them: parsed, and a secret one wrapped."""

    async def load(self) -> None:
        """Hold what is on disk and nothing else."""
        stored = await self._store.env_vars()
        self._known, self._values = {}, {}
        for env_var in stored:
            self._hold(env_var)

    def fact(self, company_id: str, key: EnvVar) -> object:
        """Return the value for a process of the company; None when there is none that may be used so."""
        name = (company_id, key.name.removeprefix("@"))
        env_var = self._known.get(name)
        if env_var is None or (env_var.uses and key.use not in env_var.uses):
            return None
        return self._values[name]

    def get(self, caller: Caller, short_name: str) -> StoredEnvVar:
        """Return a variable of the caller's company; raise `EnvVarNotFound`."""
        env_var = self._known.get((caller.company_id, short_name))
        if env_var is None:
            raise EnvVarNotFound(field="short_name")
        return env_var

    def all(self, caller: Caller) -> Sequence[StoredEnvVar]:
        """Return the variables of the caller's company by name."""
        mine = (env_var for (company_id, _), env_var in self._known.items() if company_id == caller.company_id)
        return sorted(mine, key=lambda env_var: env_var.short_name)

    async def create(self, caller: Caller, short_name: str, fields: Fields) -> StoredEnvVar:
        """Make a variable; raise `EnvVarExists` when the company has one of that name."""
        self._access.require_owner(caller)
        if not _NAME.fullmatch(short_name):
            raise InvalidRequest("A name is 1 to 127 of `a-z 0-9 - _`.", field="env_var.short_name")
        if (caller.company_id, short_name) in self._known:
            raise EnvVarExists(field="env_var.short_name")
        if "value" not in fields:
            raise InvalidRequest("A new environment variable needs a value.", field="env_var.value")
        now = self._clock.now()
        empty = StoredEnvVar(
            company_id=caller.company_id, short_name=short_name, value="", created_at=now, changed_at=now
        )
        return await self._keep(replace(empty, **fields))

    async def update(self, caller: Caller, short_name: str, fields: Fields) -> StoredEnvVar:
        """Change the fields that are given; raise `EnvVarNotFound`."""
        self._access.require_owner(caller)
        before = self.get(caller, short_name)
        after = replace(before, **fields, changed_at=self._clock.now())
        if before.is_secret and not after.is_secret and "value" not in fields:
            raise InvalidRequest("A secret becomes visible only together with a new value.", field="env_var.kind")
        return await self._keep(after)

    async def delete(self, caller: Caller, short_name: str) -> None:
        """Delete a variable; raise `EnvVarNotFound`."""
        self._access.require_owner(caller)
        self.get(caller, short_name)
        key = (caller.company_id, short_name)
        del self._known[key], self._values[key]
        await self._committer.keep(lambda batch: batch.env_vars.update({key: None}), undo=self.load)

    async def _keep(self, env_var: StoredEnvVar) -> StoredEnvVar:
        _check(env_var)
        self._hold(env_var)
        key = (env_var.company_id, env_var.short_name)
        await self._committer.keep(lambda batch: batch.env_vars.update({key: env_var}), undo=self.load)
        return env_var

    def _hold(self, env_var: StoredEnvVar) -> None:
        value = values.loads(env_var.value) if env_var.is_json else env_var.value
        key = (env_var.company_id, env_var.short_name)
        self._known[key] = env_var
        self._values[key] = Secret(value) if env_var.is_secret else value


def _check(env_var: StoredEnvVar) -> None:
    if values.byte_size(env_var.value) > MAX_VALUE_BYTES:
        raise InvalidRequest(f"A value has at most {MAX_VALUE_BYTES:,} bytes.", field="env_var.value")
    if len(env_var.title) > MAX_TITLE:
        raise InvalidRequest(f"A title has at most {MAX_TITLE} characters.", field="env_var.title")
    if len(env_var.description) > MAX_DESCRIPTION:
        raise InvalidRequest(f"A description has at most {MAX_DESCRIPTION:,} characters.", field="env_var.description")
    if env_var.is_json:
        try:
            values.loads(env_var.value)
        except values.JsonFault as fault:
            raise InvalidJson(f"Not taken: {fault}.", field="env_var.value") from None
