"""What a terminal gets and a pipe does not: colour and a progress bar."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BAR_CELLS = 24


class Style:
    """Colours for one stream; plain text where nobody would see them, or wants them."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str]) -> None:
        self.coloured = stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"

    def bold(self, text: str) -> str:
        return self._wrapped("1", text)

    def dim(self, text: str) -> str:
        return self._wrapped("2", text)

    def red(self, text: str) -> str:
        return self._wrapped("31", text)

    def _wrapped(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.coloured else text


def with_progress(items: list[str], stream: TextIO | None = None) -> Iterator[str]:
    """Yield the items, with a bar on a terminal that shows how far it is; one item is not worth a bar."""
    stream = stream or sys.stderr
    if not stream.isatty() or len(items) < 2:
        yield from items
        return
    yield from _drawn(items, stream)


def _drawn(items: list[str], stream: TextIO) -> Iterator[str]:
    for done, item in enumerate(items):
        stream.write(f"\r\x1b[K{bar(done, len(items))} {os.path.basename(item)}")
        stream.flush()
        yield item
    stream.write(f"\r\x1b[K{bar(len(items), len(items))}\n")
    stream.flush()


def bar(done: int, total: int) -> str:
    """Return a bar such as `[######------] 3/6`."""
    filled = BAR_CELLS * done // total
    return f"[{'#' * filled}{'-' * (BAR_CELLS - filled)}] {done}/{total}"


def write_over_bar(stream: TextIO, lines: Iterable[str]) -> None:
    """Write lines where a bar may stand: it is wiped, and comes back below them."""
    wipe = "\r\x1b[K" if stream.isatty() else ""
    for line in lines:
        stream.write(f"{wipe}{line}\n")
        wipe = ""
    stream.flush()
