"""What all benchmarks measure with: bare servers to compare with, and load generators, each in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
IN_FLIGHT = int(os.environ.get("BENCH_IN_FLIGHT", "64"))


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def program(name: str) -> Iterator[tuple[int, int]]:
    """Run one of the bare servers; give its port when it listens, and its process id."""
    port = free_port()
    with subprocess.Popen([sys.executable, str(HERE / name), str(port)]) as process:
        try:
            _listening(port)
            yield port, process.pid
        finally:
            process.terminate()


def load(script: str, *args: object, request: bytes) -> dict[str, float]:
    """Run a load generator to its end; return its figures."""
    done = subprocess.run(
        [sys.executable, str(HERE / script), *map(str, args)], input=request, capture_output=True, check=True
    )
    figures: dict[str, float] = json.loads(done.stdout)
    assert figures["failed"] == 0, figures
    return figures


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def resident_bytes(pid: int) -> int:
    """Return how much memory a process holds now."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


def _listening(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < until, f"nothing listens on port {port}"
        else:
            return
