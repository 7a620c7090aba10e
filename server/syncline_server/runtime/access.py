"""Who is asking, and what may they do: companies, keys and grants, held in memory and kept in the store.

A signed request and a Basic header both prove the same secret; an access token stands for a key; a task token, a resume
token and a direct URL are rights of their own.
Secrets are compared in constant time and an unknown login costs the same as a wrong signature.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncline_server.errors import (
    AccessDenied,
    BadCredentials,
    CompanyNotFound,
    InvalidRequest,
    KeyNotFound,
    NoCredentials,
    RateLimited,
)
from syncline_server.runtime import task_tokens
from syncline_server.runtime.access_tokens import AccessTokens
from syncline_server.runtime.rate_limits import RateLimits
from syncline_server.runtime.requests import Caller
from syncline_server.store.port import ApiKey, Batch, Company, Grant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.clock import Clock
    from syncline_server.runtime.commits import Committer
    from syncline_server.runtime.resume import Place, ResumeTokens
    from syncline_server.runtime.task_tokens import Lease, TaskTokens
    from syncline_server.store.port import Store, StoredProcess

LOWEST_LOGIN, LOGINS = 100_000, 900_000_000
SECRET_BYTES = 32
MAX_TITLE = 255
MAX_RATE = 1_000_000
RIGHTS = ("view", "create", "modify", "delete")
_DIGESTS = {40: hashlib.sha1, 56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}
"""By the length of their hexadecimal text: the vendor's SHA-1, and the SHA-2 family."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A key, and the caller it makes."""

    key: ApiKey
    secret: bytes
    caller: Caller


class Access:
    """The one place that turns credentials into a `Caller` and says what a caller may do."""

    def __init__(
        self,
        store: Store,
        committer: Committer,
        clock: Clock,
        *,
        resume_tokens: ResumeTokens,
        task_tokens: TaskTokens,
        timestamp_window: float = 0.0,
    ) -> None:
        self._store = store
        self._committer = committer
        self._clock = clock
        self._resume_tokens = resume_tokens
        self._task_tokens = task_tokens
        self.tokens = AccessTokens(clock)
        self._window = timestamp_window
        self._companies: dict[str, Company] = {}
        self._known: dict[str, _Known] = {}
        self._grants: dict[tuple[str, int], frozenset[str]] = {}
        self._limits = RateLimits(clock)
        self._nobody = secrets.token_hex(SECRET_BYTES).encode()

    async def load(self) -> None:
        """Read everything from the store."""
        self._companies = {company.company_id: company for company in await self._store.companies()}
        self._known = {key.login: _known(key) for key in await self._store.keys()}
        self._grants = {(grant.login, grant.process_id): grant.rights for grant in await self._store.grants()}
        self.tokens.load(await self._store.access_tokens())

    # Who is it?

    def by_authorization(self, header: str) -> Caller:
        """Return the caller of `Basic base64(login:secret)` or `Bearer token`.

        Raises `NoCredentials` for an empty text, `BadCredentials` for any other that is nobody's.
        """
        if not header:
            raise NoCredentials
        scheme, _, rest = header.partition(" ")
        match scheme.lower():
            case "basic":
                return self._by_secret(rest.strip())
            case "bearer":
                return self._by_token(rest.strip())
        raise BadCredentials("Only `Basic` and `Bearer` authorization are understood.")

    def _by_secret(self, encoded: str) -> Caller:
        try:
            login, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            raise BadCredentials("The authorization is not base64 of `login:secret`.") from None
        known = self._known.get(login)
        good = hmac.compare_digest(known.secret if known else self._nobody, secret.encode())
        if known is None or not colon or not good:
            raise BadCredentials
        return known.caller

    def _by_token(self, token: str) -> Caller:
        if token.startswith(task_tokens.PREFIX):
            return self._by_task_token(token)
        presented = self.tokens.presented(token)
        known = self._behind(presented.login)
        return replace(known, expires_at=presented.expires_at, token_id=presented.token_id)

    def _by_task_token(self, token: str) -> Caller:
        return self._watcher(*self._task_tokens.read(token))

    def _watcher(self, task_id: str, lease: Lease) -> Caller:
        if self._clock.now() >= lease.expires_at or not self.tokens.is_live(lease.token_id):
            raise BadCredentials("The token for the task has expired, or what it was made with is revoked.")
        return Caller(company_id="", only_task=task_id, behind=self._behind(lease.login), lease=lease)

    def _behind(self, login: str) -> Caller:
        known = self._known.get(login)
        if known is None:
            raise BadCredentials("The key that the token stands for is gone.")
        return known.caller

    def by_signature(self, login: str, timestamp: str, signature: str, body: bytes) -> Caller:
        """Return the caller who signed: hex(hash(timestamp + secret + body + secret)), any letter case."""
        known = self._known.get(login)
        digest = _DIGESTS.get(len(signature), hashlib.sha1)
        secret = known.secret if known else self._nobody
        expected = digest(b"".join((timestamp.encode(), secret, body, secret))).hexdigest()
        good = hmac.compare_digest(expected.encode(), signature.lower().encode())
        if known is None or not good or not self._is_fresh(timestamp):
            raise BadCredentials
        return known.caller

    def by_resume_token(self, token: str) -> tuple[Caller, Place]:
        """Return a caller who may watch one task, and from where.

        Raises `BadCredentials` for a token that this server never gave, or whose lease is over.
        """
        place = self._resume_tokens.read(token)
        if place.lease is not None:
            return self._watcher(place.task_id, place.lease), place
        return Caller(company_id="", only_task=place.task_id), place

    def spend(self, caller: Caller, operations: int = 1) -> None:
        """Count operations against the caller's limit; raise `RateLimited` when they are too many."""
        caller = caller.behind or caller
        if caller.rate_limit and not self._limits.spend(caller.login, caller.rate_limit, operations):
            limit = str(caller.rate_limit)
            raise RateLimited(f"More than {limit} operations per second for this key.", limit=limit)

    def _is_fresh(self, timestamp: str) -> bool:
        if not self._window:
            return True
        try:
            return abs(self._clock.now() / 1000 - float(timestamp)) <= self._window
        except ValueError:
            return False

    # What may they do?

    def may(self, caller: Caller, process: StoredProcess, right: str) -> bool:
        """Tell whether the caller has the right on the process."""
        if caller.only_process:
            return right == "create" and caller.only_process == process.process_id
        if not caller.login or caller.company_id != process.company_id:
            return False
        return caller.owner or right in self._grants.get((caller.login, process.process_id), ())

    def require(self, caller: Caller, process: StoredProcess, right: str) -> None:
        """Raise `AccessDenied` unless the caller has the right on the process."""
        if self.may(caller, process, right):
            return
        if caller.login and caller.company_id != process.company_id:
            raise AccessDenied("The process belongs to another company.", cause="company")
        raise AccessDenied(f"The key lacks the right `{right}` on this process.", right=right)

    def require_owner(self, caller: Caller) -> None:
        """Raise `AccessDenied` unless the caller is an owner of its company."""
        if not caller.owner:
            raise AccessDenied("Only an owner's key may do this.")

    def require_key(self, caller: Caller) -> None:
        """Raise `AccessDenied` for a caller who came with a token: it makes nothing that may outlive it."""
        if caller.expires_at:
            raise AccessDenied("A token cannot make tokens, keys or companies; send the key itself.")

    # Keeping them.

    async def found_company(self, title: str) -> tuple[Company, ApiKey]:
        """Make a company and its owner; the very first owner is the server's operator."""
        number = max((int(name[1:]) for name in self._companies), default=0) + 1
        company = Company(company_id=f"i{number:09}", title=_title(title), created_at=self._clock.now())
        key = self._new_key(title="Owner", company_id=company.company_id, owner=True, operator=not self._companies)
        self._companies[company.company_id] = company
        self._remember(key)

        def change(batch: Batch) -> None:
            batch.companies.append(company)
            batch.keys.append(key)

        await self._committer.keep(change, undo=self.load)
        return company, key

    async def create_company(self, caller: Caller, title: str) -> tuple[Company, ApiKey]:
        """The same on behalf of the operator."""
        self.require_key(caller)
        if not caller.operator:
            raise AccessDenied("Only the operator's key may make companies.")
        return await self.found_company(title)

    def company(self, caller: Caller, company_id: str) -> Company:
        """Return the caller's own company; others are not there for it."""
        wanted = caller.company_id if company_id == "me" else company_id
        company = self._companies.get(wanted)
        if company is None or (wanted != caller.company_id and not caller.operator):
            raise CompanyNotFound(field="company_id")
        return company

    async def create_key(self, caller: Caller, title: str, rate_limit: int) -> ApiKey:
        """Make a key without rights in the caller's company."""
        self.require_key(caller)
        self.require_owner(caller)
        if not 0 <= rate_limit <= MAX_RATE:
            raise InvalidRequest(f"A rate limit is 0 to {MAX_RATE} operations per second.", field="rate_limit")
        key = self._new_key(title=_title(title), company_id=caller.company_id, owner=False, rate_limit=rate_limit)
        self._remember(key)
        await self._committer.keep(lambda batch: batch.keys.append(key), undo=self.load)
        return key

    def keys(self, caller: Caller) -> Sequence[ApiKey]:
        """Return the company's keys by login."""
        self.require_owner(caller)
        mine = (known.key for known in self._known.values() if known.key.company_id == caller.company_id)
        return sorted(mine, key=lambda key: int(key.login))

    async def delete_key(self, caller: Caller, login: str) -> None:
        """Take a key away, with its grants and its tokens."""
        self.require_owner(caller)
        self.own_key(caller, login)
        if login == caller.login:
            raise InvalidRequest("A key cannot delete itself.", field="login")
        del self._known[login]
        self.tokens.drop_all_of(login)
        for pair in [pair for pair in self._grants if pair[0] == login]:
            del self._grants[pair]
        await self._committer.keep(lambda batch: batch.deleted_keys.append(login), undo=self.load)

    async def set_grant(self, caller: Caller, process: StoredProcess, login: str, rights: frozenset[str]) -> Grant:
        """Set a key's rights on a process of the caller's company."""
        self.require_owner(caller)
        self.require(caller, process, "modify")
        self.own_key(caller, login)
        grant = Grant(login=login, process_id=process.process_id, rights=rights)
        self._grants[login, process.process_id] = rights
        await self._committer.keep(lambda batch: batch.grants.append(grant), undo=self.load)
        return grant

    def grants(self, caller: Caller, process: StoredProcess) -> Sequence[Grant]:
        """Return the grants on a process by login."""
        self.require_owner(caller)
        self.require(caller, process, "view")
        rows = (
            Grant(login=login, process_id=process_id, rights=rights)
            for (login, process_id), rights in self._grants.items()
            if process_id == process.process_id and rights
        )
        return sorted(rows, key=lambda grant: int(grant.login))

    def own_key(self, caller: Caller, login: str) -> None:
        """Raise `KeyNotFound` unless the caller's company has the key."""
        known = self._known.get(login)
        if known is None or known.key.company_id != caller.company_id:
            raise KeyNotFound(field="login")

    def _new_key(
        self, *, title: str, company_id: str, owner: bool, operator: bool = False, rate_limit: int = 0
    ) -> ApiKey:
        return ApiKey(
            login=self._new_login(),
            secret=secrets.token_hex(SECRET_BYTES),
            title=title,
            company_id=company_id,
            owner=owner,
            operator=operator,
            rate_limit=rate_limit,
            created_at=self._clock.now(),
        )

    def _new_login(self) -> str:
        # Drawn, not counted: the login of a deleted key must not come back with somebody else.
        while (login := str(LOWEST_LOGIN + secrets.randbelow(LOGINS))) in self._known:
            continue
        return login

    def _remember(self, key: ApiKey) -> None:
        self._known[key.login] = _known(key)


def _known(key: ApiKey) -> _Known:
    caller = Caller(
        company_id=key.company_id, login=key.login, owner=key.owner, operator=key.operator, rate_limit=key.rate_limit
    )
    return _Known(key, key.secret.encode(), caller)


def _title(text: str) -> str:
    if not 1 <= len(text) <= MAX_TITLE:
        raise InvalidRequest(f"A title has 1 to {MAX_TITLE} characters.", field="title")
    return text
