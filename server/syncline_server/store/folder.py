"""The data folder: ours alone, held by one server at a time."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from syncline_server.errors import StoreUnusable

if TYPE_CHECKING:
    from pathlib import Path


class DataFolder:
    """A folder that only its owner can read, and the lock on it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: int | None = None

    def take(self) -> None:
        """Make the folder where it is missing and lock it; raise `StoreUnusable` when another server has it."""
        try:
            self._make()
            lock = os.open(self._path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as fault:
            raise StoreUnusable(f"The data folder {self._path} cannot be used: {fault.strerror}.") from fault
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            os.close(lock)
            raise StoreUnusable(f"The data folder {self._path} is in use by another server.") from fault
        self._lock = lock

    def release(self) -> None:
        """Let another server have the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def file(self, name: str) -> Path:
        """Return the path of a file in the folder, made where it is missing, that only its owner can read."""
        path = self._path / name
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.fchmod(descriptor, 0o600)
            finally:
                os.close(descriptor)
            _sync(self._path)
        except OSError as fault:
            raise StoreUnusable(f"The file {path} cannot be used: {fault.strerror}.") from fault
        return path

    def _make(self) -> None:
        missing = [folder for folder in (self._path, *self._path.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
            _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Make the names in a folder durable: a database that a power cut leaves nameless is lost."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
