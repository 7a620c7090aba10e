"""What a command reads from stdin instead of its line, where others would see it."""

from __future__ import annotations

import sys

from syncline_cli.failures import CommandFailed


def text(what: str) -> str:
    """Return all of stdin, but for one newline at its end; *what* it is stands in the complaint when it is no text."""
    try:
        read = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise CommandFailed(f"{what} is not UTF-8", status=2) from None
    return read.removesuffix("\n").removesuffix("\r")
