"""Issuing tokens: for a key, to be used in its stead for a while, and for one task, to be handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.errors import TokenNotFound
from syncline_server.runtime import task_tokens
from syncline_server.runtime.access_tokens import lifetime
from syncline_server.runtime.task_tokens import Lease

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.clock import Clock
    from syncline_server.engine import Task
    from syncline_server.runtime.access import Access
    from syncline_server.runtime.commits import Committer
    from syncline_server.runtime.requests import Caller
    from syncline_server.runtime.task_tokens import TaskTokens
    from syncline_server.store.port import AccessToken


class Issuing:
    """Makes, lists and revokes tokens on behalf of callers."""

    def __init__(self, *, access: Access, committer: Committer, clock: Clock, tokens_of_tasks: TaskTokens) -> None:
        self._access = access
        self._tokens = access.tokens
        self._committer = committer
        self._clock = clock
        self._tokens_of_tasks = tokens_of_tasks

    async def create(self, caller: Caller, login: str, title: str, seconds: float | None) -> tuple[str, AccessToken]:
        """Make a token for the caller's own key, or an owner's for another of its company; return its text with it."""
        self._access.require_key(caller)
        login = self._allowed(caller, login)
        text, token = self._tokens.issue(login, title, seconds)
        await self._committer.keep(lambda batch: batch.access_tokens.append(token), undo=self._access.load)
        return text, token

    def visible(self, caller: Caller, login: str) -> Sequence[AccessToken]:
        """Return the tokens of one key, or without a login all that the caller may see, newest first."""
        if caller.owner and not login:
            return self._tokens.of(key.login for key in self._access.keys(caller))
        return self._tokens.of([self._allowed(caller, login)])

    async def revoke(self, caller: Caller, token_id: str) -> None:
        """End a token; one that the caller may not see is not there for it."""
        token = self._tokens.get(token_id)
        if token not in self.visible(caller, ""):
            raise TokenNotFound(field="token_id")
        self._tokens.drop(token)
        await self._committer.keep(lambda batch: batch.deleted_access_tokens.append(token_id), undo=self._access.load)

    def for_task(self, caller: Caller, task: Task, seconds: float | None) -> tuple[str, int]:
        """Return a token for a task that the caller may read, and when (ms) it expires: no later than the caller's."""
        ttl = lifetime(seconds, usual=task_tokens.USUAL_SECONDS, most=task_tokens.MOST_SECONDS)
        expires_at = self._clock.now() + ttl
        if caller.expires_at:
            expires_at = min(expires_at, caller.expires_at)
        return self._tokens_of_tasks.make(task.task_id, Lease(caller.login, expires_at, caller.token_id)), expires_at

    def _allowed(self, caller: Caller, login: str) -> str:
        """Return the key that a caller means, which is there still; another than its own is for owners."""
        login = login or caller.login
        if login != caller.login:
            self._access.require_owner(caller)
        self._access.own_key(caller, login)
        return login
