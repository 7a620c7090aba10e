"""The `SYNCLINE_…` variables: every name that any of the programs reads, and how their texts are understood.

One list for all programs, because they are often started from one environment: a misspelt name stops each of them, a
name that only another program reads stops none.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

NAMES = frozenset(
    {
        "SYNCLINE_DATA",
        "SYNCLINE_HTTP",
        "SYNCLINE_HTTP_ASYNC",
        "SYNCLINE_GRPC",
        "SYNCLINE_PUBLIC_URL",
        "SYNCLINE_ALLOW_TARGETS",
        "SYNCLINE_MAX_WAIT_SECONDS",
        "SYNCLINE_MIN_TIMER_SECONDS",
        "SYNCLINE_RETENTION_SECONDS",
        "SYNCLINE_TIMESTAMP_WINDOW_SECONDS",
        "SYNCLINE_MAX_BODY_BYTES",
        "SYNCLINE_MAX_TASK_BYTES",
        "SYNCLINE_TLS_CERT",
        "SYNCLINE_TLS_KEY",
        "SYNCLINE_TLS_CLIENT_CA",
        "SYNCLINE_TLS_CA",
        "SYNCLINE_PLAINTEXT",
        "SYNCLINE_HEARTBEAT_SECONDS",
        "SYNCLINE_SYNC_HOSTS",
        "SYNCLINE_ASYNC_HOSTS",
        "SYNCLINE_CORS_ORIGINS",
        "SYNCLINE_READY_FD",
        "SYNCLINE_LIFE_FD",
        "SYNCLINE_LOG_LEVEL",
        "SYNCLINE_BODY_SECONDS",
        "SYNCLINE_URL",
        "SYNCLINE_LOGIN",
        "SYNCLINE_SECRET",
    }
)
"""What may be set. `URL`, `LOGIN` and `SECRET` are for the command line."""


class BadSetting(Exception):
    """A setting is unknown, malformed or lacks its other half; the message is one line for the operator."""


def refuse_unknown(environ: Mapping[str, str]) -> None:
    """Raise `BadSetting` when a variable looks like ours and is not."""
    unknown = sorted(name for name in environ if name.startswith("SYNCLINE_") and name not in NAMES)
    if unknown:
        raise BadSetting(f"{unknown[0]}: no such setting; README.md lists them all")


def read(environ: Mapping[str, str], name: str, parse: Callable[[str], T], default: T) -> T:
    """Return a variable parsed, or the default when it is absent or empty."""
    text = environ.get(name, "")
    if not text:
        return default
    try:
        return parse(text)
    except ValueError as error:
        raise BadSetting(f"{name}: {error}") from None


def seconds(text: str) -> float:
    """Parse a number of seconds, 0 or more."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number of seconds") from None
    if not 0 <= value < float("inf"):
        raise ValueError(f"{text!r} is not a number of seconds from 0 on")
    return value


def byte_count(text: str) -> int:
    """Parse a positive whole number of bytes."""
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise ValueError(f"{text!r} is not a positive whole number of bytes")
    return int(text)


def file_number(text: str) -> int:
    """Parse the number of an inherited file descriptor."""
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{text!r} is not a file descriptor's number")
    return int(text)


def flag(text: str) -> bool:
    """Parse `true` or `false`."""
    if text.lower() in ("true", "1", "yes"):
        return True
    if text.lower() in ("false", "0", "no"):
        return False
    raise ValueError(f"{text!r} is neither true nor false")


def names(text: str) -> tuple[str, ...]:
    """Parse names separated by commas."""
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())


def networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Parse networks such as `10.0.0.0/8, ::1/128`, separated by commas."""
    try:
        return tuple(ipaddress.ip_network(part) for part in names(text))
    except ValueError:
        raise ValueError(f"{text!r} is not a list of networks such as 10.0.0.0/8") from None


def address(text: str) -> tuple[str, int]:
    """Parse `HOST:PORT`; an IPv6 host stands in brackets, port 0 lets the system choose."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
