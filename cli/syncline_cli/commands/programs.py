"""`syncline server` and `syncline gateway`: one program alone, in place of this one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

MODULES = {"server": "syncline_server", "gateway": "syncline_gateway"}


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> NoReturn:
    """Become the program, which takes its settings from the environment."""
    sys.stdout.flush()
    command = command_for(arguments.command)
    os.execve(command[0], command, dict(environ))  # noqa: S606 - no shell is wanted


def command_for(program: str) -> tuple[str, ...]:
    """Return the command that starts a program with the Python that runs this one."""
    return (sys.executable, "-m", MODULES[program])
