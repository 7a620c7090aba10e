r"""What a process declares about its tasks' parameters, and whether data keeps to it.

The vendor's page on task parameters says: input parameters come to the start node and are validated there, output
parameters are a process's result, the rest is local. What it leaves open, and what is done here:

- Every declaration but that of a mere output is looked at when a task is made: a required one has to be there, and what
  is there has to be of the type and match the expression. What comes is not converted: `"10"` is no number.
- null counts as absent, the empty text does not. Without a declared type any value fits.
- The expression is searched for in a text, in any other value's JSON text. It is RE2's; the vendor's is PCRE.
- A modification is held to what it gives: the vendor documents `wrong_validate_params` for Modify Task, too. What it
  leaves out stays as it is, so nothing of that is required. What a process itself does to its data is never looked at.
- A name with dots and brackets is a path (`phone[0]`), as documented, unless the data has a member of that very name.
  `\.`, `\[` and `\]` stand for the character.
- Names are the author's and texts of errors are, too; a value is never in them, for it may be a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine.expressions.casts import type_of
from syncline_server.engine.expressions.lookups import member
from syncline_server.engine.expressions.scope import MAX_EFFORT, MISSING, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline_server.engine.expressions.patterns import Pattern
    from syncline_server.engine.process import Process

WRONG_PARAMETERS = "wrong_validate_params"
"""The documented tag of a node whose new or modified task would not keep to its process's declarations."""
FLAGS = ("required", "input", "output", "auto-clear")
NO_VALUE = "The value is required"
NO_MATCH = "The value does not match the regular expression"
TOO_LONG = "The value is too long for the regular expression"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One declared parameter."""

    name: str
    """As the author wrote it."""
    keys: tuple[str | int, ...]
    """The path that the name is: members' names and positions, at least one."""
    type: str = ""
    """One of the documented types; empty for any."""
    is_checked: bool = True
    """Whether what comes in is held to it."""
    is_required: bool = False
    is_cleared: bool = False
    """Whether the value is masked once the task has ended."""
    matches: Pattern | None = None
    """What its text has to have somewhere; None for anything."""
    mismatch: str = NO_MATCH
    """What whoever sends a value that does not match is told."""

    def find(self, data: Mapping[str, object]) -> object:
        """Return the value in a task's data, `MISSING` without one."""
        if self.name in data:
            return data[self.name]
        value: object = data
        for key in self.keys:
            value = member(value, key)
        return value


@dataclass(frozen=True, slots=True)
class Problem:
    """A parameter that does not keep to its declaration."""

    name: str
    error: str

    @property
    def description(self) -> str:
        """The documented words."""
        return f"Param: {self.name}, Error: {self.error}"


def validate(declarations: Iterable[Declaration], data: Mapping[str, object]) -> list[Problem]:
    """Return all that is wrong with the data of a new task, in the order of the declarations."""
    effort = _Effort()
    found = ((declaration, _error(declaration, data, effort)) for declaration in declarations if declaration.is_checked)
    return [Problem(declaration.name, error) for declaration, error in found if error]


def check_new(process: Process, data: Mapping[str, object]) -> Problem | None:
    """Return the first thing wrong with the data of a new task of the process; None when all is well."""
    if not process.parameters:
        return None
    return next(iter(validate(process.parameters, data)), None)


def check_modification(process: Process, data: Mapping[str, object]) -> Problem | None:
    """Return the first thing wrong with members that are to replace those of a task; None when all is well."""
    if not process.parameters:
        return None
    given = [each for each in process.parameters if each.name in data or each.keys[0] in data]
    return next(iter(validate(given, data)), None)


class _Effort:
    """How much may still be searched: see `Scope.effort`."""

    def __init__(self) -> None:
        self.left = MAX_EFFORT

    def allows(self, pattern: Pattern, searched: str) -> bool:
        self.left -= pattern.effort(searched)
        return self.left >= 0


def _error(declaration: Declaration, data: Mapping[str, object], effort: _Effort) -> str:
    value = declaration.find(data)
    if value is MISSING or value is None:
        return NO_VALUE if declaration.is_required else ""
    if declaration.type and type_of(value) != declaration.type:
        return f"The value is not of the type {declaration.type}"
    if declaration.matches is not None:
        searched = text(value)
        if not effort.allows(declaration.matches, searched):
            return TOO_LONG
        if not declaration.matches.search(searched):
            return declaration.mismatch
    return ""
