"""What the gateway is told from outside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from syncline import logs
from syncline.environment import (
    BadSetting,
    address,
    byte_count,
    file_number,
    flag,
    is_loopback,
    names,
    read,
    refuse_unknown,
    seconds,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MIB = 1024 * 1024
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The gateway's settings, complete and consistent."""

    http: tuple[str, int] = ("127.0.0.1", 8080)
    """Where the synchronous face listens."""
    http_async: tuple[str, int] = ("127.0.0.1", 8081)
    """Where the asynchronous face listens."""
    grpc: tuple[str, int] = ("127.0.0.1", 50051)
    """Where the server is."""
    sync_hosts: tuple[str, ...] = ()
    """Host names that get the synchronous face on either listener."""
    async_hosts: tuple[str, ...] = ()
    """Host names that get the asynchronous face on either listener."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may use the transcoded API, such as `https://example.org`; `*` is all of them."""
    max_wait_seconds: float = 300.0
    """The longest that a caller may stay."""
    max_body_bytes: int = 16 * MIB
    body_seconds: float = 60.0
    """A request's body must have come by then."""
    tls: bool = False
    """Whether the server is reached by TLS: as soon as any of the files below is named."""
    tls_ca: Path | None = None
    """Certificates that the server's is checked against; None takes those that the system trusts."""
    tls_cert: Path | None = None
    """The gateway's own certificate, for a server that asks for one."""
    tls_key: Path | None = None
    log_level: str = "info"
    ready_fd: int | None = None
    life_fd: int | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings that the variables say, or raise `BadSetting`."""
        refuse_unknown(environ)
        usual = cls()
        ca = read(environ, "SYNCLINE_TLS_CA", _file, None)
        cert = read(environ, "SYNCLINE_TLS_CERT", _file, None)
        key = read(environ, "SYNCLINE_TLS_KEY", _file, None)
        settings = cls(
            http=read(environ, "SYNCLINE_HTTP", address, usual.http),
            http_async=read(environ, "SYNCLINE_HTTP_ASYNC", address, usual.http_async),
            grpc=read(environ, "SYNCLINE_GRPC", address, usual.grpc),
            sync_hosts=read(environ, "SYNCLINE_SYNC_HOSTS", names, ()),
            async_hosts=read(environ, "SYNCLINE_ASYNC_HOSTS", names, ()),
            cors_origins=read(environ, "SYNCLINE_CORS_ORIGINS", _origins, ()),
            max_wait_seconds=read(environ, "SYNCLINE_MAX_WAIT_SECONDS", seconds, usual.max_wait_seconds),
            max_body_bytes=read(environ, "SYNCLINE_MAX_BODY_BYTES", byte_count, usual.max_body_bytes),
            body_seconds=read(environ, "SYNCLINE_BODY_SECONDS", seconds, usual.body_seconds),
            tls=any((ca, cert, key)),
            tls_ca=ca,
            tls_cert=cert,
            tls_key=key,
            log_level=read(environ, "SYNCLINE_LOG_LEVEL", logs.level, usual.log_level),
            ready_fd=read(environ, "SYNCLINE_READY_FD", file_number, None),
            life_fd=read(environ, "SYNCLINE_LIFE_FD", file_number, None),
        )
        settings._check(plaintext=read(environ, "SYNCLINE_PLAINTEXT", flag, default=False))
        return settings

    def _check(self, *, plaintext: bool) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            missing = "SYNCLINE_TLS_KEY" if self.tls_key is None else "SYNCLINE_TLS_CERT"
            raise BadSetting(f"{missing}: a certificate and its key are set together")
        if not self.tls and not plaintext and not is_loopback(self.grpc[0]):
            raise BadSetting(
                f"SYNCLINE_GRPC: {self.grpc[0]} is another machine; "
                "set SYNCLINE_TLS_CA, or SYNCLINE_PLAINTEXT=true to go there in the clear"
            )
        both = set(self.sync_hosts) & set(self.async_hosts)
        if both:
            raise BadSetting(f"SYNCLINE_ASYNC_HOSTS: {min(both)} is in SYNCLINE_SYNC_HOSTS too")


def _origins(text: str) -> tuple[str, ...]:
    origins = names(text)
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is not an origin such as https://example.org")
    return origins


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError(f"{text!r} is no file")
    return path
