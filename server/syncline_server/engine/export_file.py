"""Files in the documented export format: which processes are in one, each with everything it holds.

A file is an array of objects, one object, or an object that is only `{"scheme": {…}}`. Objects that are no processes
(folders, dashboards, stages …) are skipped. Nothing of a process is lost: its source text is the object, with key order
and the digits of its numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine import values

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROCESS = 1
_STATUSES = {"actived": "active", "debugged": "debug"}
"""Old spellings."""


class BadFile(ValueError):
    """The file is JSON but holds no process; the message is for whoever sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedProcess:
    """One process of a file."""

    title: str
    conv_type: str
    """`process` when the file doesn't say."""
    status: str
    """In today's spelling: `active`, `paused`, `debug`, `blocked`; empty when the file doesn't say."""
    source_text: str
    obj_id: int | None
    """The id it had where it was exported."""


def read_file(text: str) -> tuple[ExportedProcess, ...]:
    """Return the processes of an export file, in its order; raise `JsonFault` or `BadFile` when it is none."""
    content = values.loads(text.removeprefix("\ufeff"))
    found = tuple(_processes(content if isinstance(content, list) else [content]))
    if not found:
        raise BadFile("no process in the file")
    return found


def _processes(items: list[object]) -> Iterator[ExportedProcess]:
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            raise BadFile(f"item {place + 1} of the file is no object")
        kind = item.get("obj_type", _PROCESS)
        if kind not in (_PROCESS, str(_PROCESS)):
            continue
        if not isinstance(item.get("scheme"), dict):
            raise BadFile(f"item {place + 1} of the file has no scheme")
        yield _process(item)


def _process(item: dict[str, object]) -> ExportedProcess:
    title, conv_type, status, obj_id = (item.get(name) for name in ("title", "conv_type", "status", "obj_id"))
    if isinstance(obj_id, str) and obj_id.isascii() and obj_id.isdecimal() and len(obj_id) < 19:
        obj_id = int(obj_id)
    return ExportedProcess(
        title=title if isinstance(title, str) else "",
        conv_type=conv_type if isinstance(conv_type, str) and conv_type else "process",
        status=_STATUSES.get(status, status) if isinstance(status, str) else "",
        source_text=values.dumps(item),
        obj_id=obj_id if isinstance(obj_id, int) and not isinstance(obj_id, bool) else None,
    )
