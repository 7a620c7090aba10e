-- Credentials that expire. Of the token itself only a hash is kept, so that nobody who reads the file can present it.

CREATE TABLE access_tokens (
    token_id TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,           -- SHA-256, hexadecimal
    login TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX access_tokens_by_login ON access_tokens (login);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

PRAGMA user_version = 2;
