"""The filter of ListTasks: `state = "ENDED"`, `ref = "x"`, `node_id = "x"`, joined by ` AND `. Escapes are JSON's."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from syncline_server.errors import InvalidRequest

FIELDS = ("state", "ref", "node_id")
STATES = ("RUNNING", "WAITING", "PAUSED", "ENDED", "FAILED", "CANCELLED")
"""The contract's states without their prefix."""

_TERM = re.compile(r'\s*([A-Za-z_]+)\s*=\s*"((?:[^"\\]|\\.)*)"\s*', re.DOTALL)
_AND = re.compile(r"AND(?=\s)")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a task must be to be listed; None means anything."""

    state: str | None = None
    ref: str | None = None
    node_id: str | None = None


def parse(text: str) -> Filter:
    """Return what a filter says; raise `InvalidRequest` that says where it is not understood."""
    found: dict[str, str] = {}
    at = 0
    if not text.strip():
        return Filter()
    while True:
        term = _TERM.match(text, at)
        if term is None:
            raise _fault(text, at, 'expected a term like `state = "ENDED"`')
        name, value = term[1], _value(text, term)
        _check(text, term.start(1), name, value, found)
        found[name] = value
        at = term.end()
        if at == len(text):
            return Filter(**found)
        both = _AND.match(text, at)
        if both is None:
            raise _fault(text, at, "expected `AND` or the end")
        at = both.end()


def _value(text: str, term: re.Match[str]) -> str:
    try:
        value: str = json.loads(f'"{term[2]}"', strict=False)
    except json.JSONDecodeError:
        raise _fault(text, term.start(2), "the text has an escape that JSON does not know") from None
    return value


def _check(text: str, at: int, name: str, value: str, found: dict[str, str]) -> None:
    if name not in FIELDS:
        raise _fault(text, at, f"no such field; there are {', '.join(FIELDS)}")
    if name in found:
        raise _fault(text, at, f"`{name}` comes twice")
    if name == "state" and value not in STATES:
        raise _fault(text, at, f"no such state; there are {', '.join(STATES)}")


def _fault(text: str, at: int, what: str) -> InvalidRequest:
    at += len(text[at:]) - len(text[at:].lstrip())
    return InvalidRequest(f"The filter is not understood at character {at + 1}: {what}.", field="filter")
