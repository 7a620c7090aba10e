"""Access tokens: credentials that expire, held in memory by the hashes of what is presented.

Who may have, see and revoke which is a matter of `access`, which keeps them in the store, too. A token is random, so a
plain hash is enough to keep it secret, and finding it by its hash tells nothing to those who measure time.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from syncline_server.errors import BadCredentials, InvalidRequest, TokenNotFound, TooManyTokens
from syncline_server.store.port import AccessToken

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from syncline_server.clock import Clock

PREFIX = "slt_"
"""What every token begins with, so that people and scanners of published code see what it is."""
DAY_SECONDS = 24 * 60 * 60
USUAL_SECONDS, MOST_SECONDS = 60 * 60, 90 * DAY_SECONDS
MOST_TOKENS = 1_000
"""Live ones of a key."""
MAX_TITLE = 255
_BYTES = 32


class AccessTokens:
    """Every token that is live, and those that have expired since the last sweep."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_id: dict[str, AccessToken] = {}
        self._by_digest: dict[str, AccessToken] = {}
        self._ids: dict[str, set[str]] = {}
        """By login."""

    def __len__(self) -> int:
        return len(self._by_id)

    def load(self, tokens: Iterable[AccessToken]) -> None:
        """Hold these and no others."""
        self._by_id, self._by_digest, self._ids = {}, {}, {}
        for token in tokens:
            self._hold(token)

    def issue(self, login: str, title: str, seconds: float | None) -> tuple[str, AccessToken]:
        """Return a new token, as it is presented and as it is kept; it holds for so many seconds, None for an hour."""
        ttl = lifetime(seconds, usual=USUAL_SECONDS, most=MOST_SECONDS)
        if len(title) > MAX_TITLE:
            raise InvalidRequest(f"A token's title has at most {MAX_TITLE} characters.", field="title")
        if len(self.of([login])) >= MOST_TOKENS:
            raise TooManyTokens(f"The key has {MOST_TOKENS} live tokens; revoke one, or wait until one expires.")
        text = PREFIX + secrets.token_urlsafe(_BYTES)
        now = self._clock.now()
        token = AccessToken(
            token_id=self._new_id(now),
            digest=_digest(text),
            login=login,
            title=title,
            created_at=now,
            expires_at=now + ttl,
        )
        self._hold(token)
        return text, token

    def presented(self, text: str) -> AccessToken:
        """Return the live token that a caller presents, or raise `BadCredentials`."""
        token = self._by_digest.get(_digest(text))
        if token is None or not self._is_live(token):
            raise BadCredentials("The token is unknown, expired or revoked.")
        return token

    def get(self, token_id: str) -> AccessToken:
        """Return a live token by its name, or raise `TokenNotFound`."""
        token = self._by_id.get(token_id)
        if token is None or not self._is_live(token):
            raise TokenNotFound(field="token_id")
        return token

    def is_live(self, token_id: str) -> bool:
        """Tell whether a token is live; none at all is, too."""
        token = self._by_id.get(token_id)
        return not token_id or (token is not None and self._is_live(token))

    def of(self, logins: Iterable[str]) -> Sequence[AccessToken]:
        """Return the live tokens of these keys, newest first."""
        ids = (token_id for login in logins for token_id in self._ids.get(login, ()))
        return [token for token in map(self._by_id.__getitem__, sorted(ids, reverse=True)) if self._is_live(token)]

    def drop(self, token: AccessToken) -> None:
        """Know the token no more."""
        del self._by_id[token.token_id]
        del self._by_digest[token.digest]
        self._ids[token.login].discard(token.token_id)
        if not self._ids[token.login]:
            del self._ids[token.login]

    def drop_all_of(self, login: str) -> None:
        """Know no token of the key any more."""
        for token_id in tuple(self._ids.get(login, ())):
            self.drop(self._by_id[token_id])

    def sweep(self) -> None:
        """Let go of what has expired; the store does the same in `forget_before`."""
        for token in tuple(self._by_id.values()):
            if not self._is_live(token):
                self.drop(token)

    def _hold(self, token: AccessToken) -> None:
        self._by_id[token.token_id] = token
        self._by_digest[token.digest] = token
        self._ids.setdefault(token.login, set()).add(token.token_id)

    def _is_live(self, token: AccessToken) -> bool:
        return self._clock.now() < token.expires_at

    def _new_id(self, now: int) -> str:
        """Return 16 hex digits that are ordered by time: 6 bytes of it, and 2 random ones."""
        while (token_id := f"{now:012x}{secrets.token_hex(2)}") in self._by_id:
            continue
        return token_id


def lifetime(seconds: float | None, *, usual: int, most: int) -> int:
    """Return how many milliseconds a token holds for which so many seconds were asked, None for the usual number."""
    if seconds is None:
        return usual * 1000
    if not 1 <= seconds <= most:
        raise InvalidRequest(f"A token of this kind holds for 1 to {most:,} seconds.", field="ttl")
    return int(seconds * 1000)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
