"""`dev-key.json`: what `syncline dev` tells other commands, and anybody who writes a client, about itself.

The file holds a secret, so only its owner may read it, and it is replaced as a whole, so nobody reads half of it.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from syncline_cli.failures import CommandFailed

if TYPE_CHECKING:
    from pathlib import Path

NAME = "dev-key.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class DevFile:
    """The members of the file, under their names there."""

    login: str
    secret: str = field(repr=False)
    company_id: str
    processes: dict[str, int]
    """Process ids by alias, without `@`."""
    direct_urls: dict[str, str]
    """Paths by alias."""
    http: str
    """Base URL of the synchronous face, without a trailing slash."""
    http_async: str
    grpc: str
    """HOST:PORT."""


def read(data: Path) -> DevFile:
    """Return what `syncline dev` wrote into its data folder."""
    path = data / NAME
    try:
        members = json.loads(path.read_bytes())
        return DevFile(**{name: members[name] for name in DevFile.__dataclass_fields__})
    except FileNotFoundError:
        raise CommandFailed(
            f"there is no {path}: start `syncline dev`, name its folder with --data, "
            "or set SYNCLINE_URL, SYNCLINE_LOGIN and SYNCLINE_SECRET"
        ) from None
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise CommandFailed(f"{path} is damaged: start `syncline dev` again, which writes it anew") from None


def write(data: Path, content: DevFile) -> None:
    """Replace the file, durably, readable by its owner alone."""
    write_private(data / NAME, json.dumps(asdict(content), indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replace a file as a whole; nobody but its owner can read it at any moment."""
    # mkstemp makes files that only their owner may read
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
