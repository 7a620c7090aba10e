"""What the server is told from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from syncline import logs
from syncline.environment import (
    BadSetting,
    address,
    byte_count,
    file_number,
    flag,
    is_loopback,
    networks,
    read,
    refuse_unknown,
    seconds,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Network, IPv6Network

MIB = 1024 * 1024
DAY_SECONDS = 24 * 60 * 60.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The server's settings, complete and consistent."""

    data: Path = Path(".syncline")
    """The folder that holds everything the server keeps."""
    grpc: tuple[str, int] = ("127.0.0.1", 50051)
    """Where it listens; port 0 lets the system choose."""
    public_url: str = "http://127.0.0.1:8080"
    """What callback URLs begin with, without a slash at the end."""
    allow_targets: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that API Calls may reach besides public addresses."""
    max_wait_seconds: float = 300.0
    """The longest that a caller may wait in one call."""
    min_timer_seconds: float = 30.0
    """The shortest time limit of a node."""
    retention_seconds: float = 7 * DAY_SECONDS
    """How long finished tasks and their outcomes are kept."""
    timestamp_window_seconds: float = 0.0
    """How old or new a signed request's timestamp may be; 0 takes any."""
    max_body_bytes: int = 16 * MIB
    """The largest message taken or sent."""
    max_task_bytes: int = MIB
    """The largest data of one task."""
    tls_cert: Path | None = None
    """The server's certificate; None serves in the clear."""
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    """Certificates that a caller's has to be signed by; None asks callers for none."""
    heartbeat_seconds: float = 15.0
    """After this long without news, a stream of events says that it is alive."""
    log_level: str = "info"
    ready_fd: int | None = None
    life_fd: int | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings that the variables say, or raise `BadSetting`."""
        refuse_unknown(environ)
        settings = cls(
            data=read(environ, "SYNCLINE_DATA", Path, cls.data),
            grpc=read(environ, "SYNCLINE_GRPC", address, cls.grpc),
            public_url=read(environ, "SYNCLINE_PUBLIC_URL", base_url, cls.public_url),
            allow_targets=read(environ, "SYNCLINE_ALLOW_TARGETS", networks, ()),
            max_wait_seconds=read(environ, "SYNCLINE_MAX_WAIT_SECONDS", seconds, cls.max_wait_seconds),
            min_timer_seconds=read(environ, "SYNCLINE_MIN_TIMER_SECONDS", seconds, cls.min_timer_seconds),
            retention_seconds=read(environ, "SYNCLINE_RETENTION_SECONDS", seconds, cls.retention_seconds),
            timestamp_window_seconds=read(
                environ, "SYNCLINE_TIMESTAMP_WINDOW_SECONDS", seconds, cls.timestamp_window_seconds
            ),
            max_body_bytes=read(environ, "SYNCLINE_MAX_BODY_BYTES", byte_count, cls.max_body_bytes),
            max_task_bytes=read(environ, "SYNCLINE_MAX_TASK_BYTES", byte_count, cls.max_task_bytes),
            tls_cert=read(environ, "SYNCLINE_TLS_CERT", _file, None),
            tls_key=read(environ, "SYNCLINE_TLS_KEY", _file, None),
            tls_client_ca=read(environ, "SYNCLINE_TLS_CLIENT_CA", _file, None),
            heartbeat_seconds=read(environ, "SYNCLINE_HEARTBEAT_SECONDS", _some_seconds, cls.heartbeat_seconds),
            log_level=read(environ, "SYNCLINE_LOG_LEVEL", logs.level, cls.log_level),
            ready_fd=read(environ, "SYNCLINE_READY_FD", file_number, None),
            life_fd=read(environ, "SYNCLINE_LIFE_FD", file_number, None),
        )
        settings._check(plaintext=read(environ, "SYNCLINE_PLAINTEXT", flag, default=False))
        return settings

    def _check(self, *, plaintext: bool) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            missing = "SYNCLINE_TLS_KEY" if self.tls_key is None else "SYNCLINE_TLS_CERT"
            raise BadSetting(f"{missing}: a certificate and its key are set together")
        if self.tls_client_ca is not None and self.tls_cert is None:
            raise BadSetting("SYNCLINE_TLS_CERT: without one, SYNCLINE_TLS_CLIENT_CA has nothing to check")
        if self.tls_cert is None and not plaintext and not is_loopback(self.grpc[0]):
            raise BadSetting(
                f"SYNCLINE_GRPC: other machines can reach {self.grpc[0]}; set SYNCLINE_TLS_CERT and SYNCLINE_TLS_KEY, "
                "or SYNCLINE_PLAINTEXT=true to serve in the clear"
            )


def base_url(text: str) -> str:
    """Parse the beginning of URLs, `http://HOST[:PORT][/PATH]`; give it without a slash at the end."""
    try:
        url = urlsplit(text)
        is_whole = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or not text.isascii() or not text.isprintable() or not set(text).isdisjoint(' @?#\\"<>{}'):
        # Not repeated here: whatever stands before an `@` may be a password.
        raise ValueError("not a URL such as https://sync.example, without user, query and fragment")
    return text.rstrip("/")


def _some_seconds(text: str) -> float:
    if seconds(text) == 0:
        raise ValueError(f"{text!r} is not a number of seconds above 0")
    return seconds(text)


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError(f"{text!r} is no file")
    return path
