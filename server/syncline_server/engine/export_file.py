"""Files in the documented export format: which processes are in one, each with everything it holds.

A file is an array of objects, one object, or an object that is only `{"scheme": {…}}`. Objects that are no processes
(folders, dashboards, stages …) are skipped. Nothing of a process is lost: its source text is the object, with key order
and the digits of its numbers.

Processes of one file name each other by the numbers that they had where they were exported. `renumber` gives them those
that they have here: in `conv_id`, in templates that begin with `{{conv[NUMBER]`, and the process's own. Numbers of
processes that are not in the file stay as they are, and so does a file in which no process is named by number.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine import values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PROCESS = 1
_STATUSES = {"actived": "active", "debugged": "debug"}
"""Old spellings."""
_CONV = re.compile(r"(\{\{\s*conv\[\s*)([1-9][0-9]{0,17})(?=\s*\])")


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


def renumber(exported: Sequence[ExportedProcess], first: int) -> list[str]:
    """Return the source texts of a file's processes with the numbers that they get here: *first* and those after it.

    Where none names another or itself, they stay as they are.
    """
    times = Counter(item.obj_id for item in exported)
    numbers = {item.obj_id: new for new, item in enumerate(exported, first) if item.obj_id and times[item.obj_id] < 2}
    found = [values.loads_object(item.source_text) for item in exported]
    schemes = [_with_new_numbers(content["scheme"], numbers) for content in found]
    if all(content["scheme"] == scheme for content, scheme in zip(found, schemes, strict=True)):
        return [item.source_text for item in exported]
    for new, (item, content, scheme) in enumerate(zip(exported, found, schemes, strict=True), first):
        content["scheme"] = scheme
        if item.obj_id:
            content["obj_id"] = new
    return [values.dumps(content) for content in found]


def _with_new_numbers(value: object, numbers: Mapping[int, int], *, is_logic: bool = False) -> object:
    if isinstance(value, dict):
        changed = dict(value)
        for name, inner in value.items():
            if name == "conv_id" and is_logic:
                changed[name] = _new_number(inner, numbers)
            elif name != "src":  # scripts are no templates
                changed[name] = _with_new_numbers(inner, numbers, is_logic=name == "logics")
        return changed
    if isinstance(value, list):
        return [_with_new_numbers(inner, numbers, is_logic=is_logic) for inner in value]
    if isinstance(value, str) and "conv[" in value:
        return _CONV.sub(lambda found: f"{found[1]}{numbers.get(int(found[2]), found[2])}", value)
    return value


def _new_number(value: object, numbers: Mapping[int, int]) -> object:
    if isinstance(value, str):
        known = numbers.get(int(value)) if value.isascii() and value.isdecimal() and len(value) < 19 else None
        return _with_new_numbers(value, numbers) if known is None else str(known)
    return numbers.get(value, value) if isinstance(value, int) and not isinstance(value, bool) else value


SECRETS = ("api_secret_outer", "cert_pem")
"""Fields of logics that hold what signs their calls."""


def without_secrets(source_text: str) -> str:
    """Return an export object with `***` for the secrets in it; the same text when there are none."""
    content = values.loads_object(source_text)
    hidden = _hidden(content)
    return source_text if hidden == content else values.dumps(hidden)


def _hidden(value: object) -> object:
    if isinstance(value, dict):
        return {name: "***" if name in SECRETS and inner else _hidden(inner) for name, inner in value.items()}
    return [_hidden(inner) for inner in value] if isinstance(value, list) else value


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
