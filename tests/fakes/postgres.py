"""A PostgreSQL server of a test's own: real, on a free port of loopback, its files in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from fakes.needed import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

USER, PASSWORD = "syncline", "s3cret-of-the-database"
TLS = Path(__file__).parent / "tls"
_PATIENCE = 60.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "ssl": "on",
    "ssl_cert_file": "loopback.crt",
    "ssl_key_file": "loopback.key",
    "max_connections": "20",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """Where it is; its database is called `postgres`."""

    port: int
    process: subprocess.Popen[str]


@contextmanager
def running() -> Iterator[Postgres]:
    """Run a server; leave the test out when its programs are not there."""
    programs = _programs()
    if programs is None:
        missing("PostgreSQL (on Debian: apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        _own(folder)
        _make(programs, folder)
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        options = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder), "-p", str(port), *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, user=_user(), cwd=folder) as process:
            said = _Said(process)
            try:
                said.wait_for("ready to accept connections")
                yield Postgres(port, process)
            finally:
                process.send_signal(signal.SIGQUIT)  # at once: nobody needs its files any more
                said.end()
    finally:
        shutil.rmtree(folder)


def _programs() -> Path | None:
    """Return the folder with `initdb` and `postgres`, which Debian does not put on the path."""
    known = shutil.which("initdb")
    if known is not None and shutil.which("postgres") is not None:
        return Path(known).parent
    return max((path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")), default=None)


def _user() -> str | None:
    """Return who runs it: PostgreSQL does not run as root."""
    return "nobody" if os.geteuid() == 0 else None


def _own(folder: Path) -> None:
    user = _user()
    if user is not None:
        shutil.chown(folder, user)


def _make(programs: Path, folder: Path) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD)
    _own(secret)
    subprocess.run(
        [
            *(programs / "initdb", "-D", folder / "data", "-U", USER, "--pwfile", secret, "-A", "scram-sha-256"),
            *("--no-sync", "-E", "UTF8", "--locale", "C"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        user=_user(),
        cwd=folder,
    )
    for name in ("loopback.crt", "loopback.key"):
        copy = folder / "data" / name
        shutil.copy(TLS / name, copy)
        copy.chmod(0o600)
        _own(copy)


class _Said:
    """Reads what a program says, so that it never has to wait."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_for(self, words: str) -> None:
        """Return once it has said these words."""
        while words not in (line := self._lines.get(timeout=_PATIENCE)):
            if not line:
                raise AssertionError("PostgreSQL does not start")

    def end(self) -> None:
        """Return once it has nothing more to say."""
        self._reader.join(_PATIENCE)

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._lines.put(line)
        self._lines.put("")
