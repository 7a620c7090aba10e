"""Where a command finds the server, and as whom it speaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from syncline_cli import devfile
from syncline_cli.failures import CommandFailed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

DEFAULT_DATA = ".syncline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Addresses and a key; an address that is not known is empty."""

    url: str
    grpc: str
    login: str
    secret: str = field(repr=False)


def data_folder(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Path:
    """Return the data folder: the option, else the setting, else `./.syncline`."""
    return Path(arguments.data or environ.get("SYNCLINE_DATA") or DEFAULT_DATA)


def find(arguments: argparse.Namespace, environ: Mapping[str, str], *needed: str) -> Target:
    """Return the target, with the `needed` addresses (`url`, `grpc`) known.

    A data folder that was named wins; then the environment, if it names a key or a URL; then the default folder. The
    two are never mixed: half of an address and half of a key would meet by accident.
    """
    if not is_local(arguments, environ):
        return _from_environment(environ, needed)
    known = devfile.read(data_folder(arguments, environ))
    return Target(url=known.http, grpc=known.grpc, login=known.login, secret=known.secret)


def is_local(arguments: argparse.Namespace, environ: Mapping[str, str]) -> bool:
    """Tell whether the target is the `syncline dev` of a data folder, and not what the environment names."""
    return bool(arguments.data) or not any(environ.get(f"SYNCLINE_{name}") for name in ("URL", "LOGIN", "SECRET"))


def _from_environment(environ: Mapping[str, str], needed: tuple[str, ...]) -> Target:
    names = {"login": "LOGIN", "secret": "SECRET", "url": "URL", "grpc": "GRPC"}
    values = {field: environ.get(f"SYNCLINE_{name}", "") for field, name in names.items()}
    missing = [f"SYNCLINE_{names[field]}" for field in ("login", "secret", *needed) if not values[field]]
    if missing:
        raise CommandFailed(f"{' and '.join(missing)} must be set too, or none of them and --data given", status=2)
    return Target(**{**values, "url": values["url"].rstrip("/")})
