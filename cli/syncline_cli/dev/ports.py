"""Ports for programs that are started again and again: chosen once, so that addresses stay as they were told.

A port cannot be kept for a program that has not started, so a chosen one may be lost to somebody else. `refusal` tells.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

TRIES = 100
LOWEST = 20_000
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def choose(host: str, port: int, taken: Collection[int] = (), before: int = 0) -> int:
    """Return the port, or in place of 0 a free one that is none of those taken: at best the one of before."""
    if port:
        return port
    drawn = random.sample(range(LOWEST, _first_ephemeral()), TRIES)
    for candidate in (before, *drawn) if before else drawn:
        if candidate not in taken and not refusal(host, candidate):
            return candidate
    with _socket(host) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def refusal(host: str, port: int) -> str:
    """Return why nobody can begin to listen there now, in the system's words; empty when it is possible."""
    try:
        with _socket(host) as probe:
            probe.bind((host, port))
    except OSError as error:
        return error.strerror or str(error)
    return ""


def reachable(host: str) -> str:
    """Return the host under which this machine reaches a listener of its own."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def joined(host: str, port: int) -> str:
    """Return HOST:PORT, an IPv6 host in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _socket(host: str) -> socket.socket:
    family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
    probe = socket.socket(family, socket.SOCK_STREAM)
    # as the programs do: a connection that lingers from an earlier run is nobody listening
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return probe


def _first_ephemeral() -> int:
    """Return where the system's own range begins.

    A port from that range may become the near end of somebody's connection while its program is being restarted, so
    ours come from below it.
    """
    try:
        first = int(EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        first = 32_768
    return max(first, LOWEST + TRIES)
