"""Takes fields out of a definition's objects, and notes what is wrong with them instead of raising."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from syncline_server.engine import values
from syncline_server.engine.expressions.scope import text
from syncline_server.engine.expressions.template import Template, compile_template
from syncline_server.engine.process import Fault, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


@dataclass(slots=True)
class Reading:
    """One definition while it is read."""

    limits: Limits
    is_state: bool
    node_ids: frozenset[str]
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)


class Fields:
    """One object of a definition: a node, or a logic, semaphor or condition in it."""

    def __init__(
        self, reading: Reading, node_id: str, node_title: str, content: dict[str, object], place: str = ""
    ) -> None:
        self.reading = reading
        self.node_id = node_id
        self.node_title = node_title
        self.content = content
        self.place = place

    def fault(self, name: str, description: str) -> None:
        """Note that a field keeps the definition from running."""
        self.reading.faults.append(Fault(self.node_id, self.node_title, self._field(name), description))

    def note(self, name: str, description: str) -> None:
        """Note something that an author should look at."""
        self.reading.notes.append(Fault(self.node_id, self.node_title, self._field(name), description))

    def at(self, name: str, content: dict[str, object]) -> Fields:
        """Return the fields of an object inside this one."""
        return Fields(self.reading, self.node_id, self.node_title, content, self._field(name))

    def items(self, *names: str) -> Iterator[Fields]:
        """Go through the objects of a list; the field has the first of the names that is there."""
        name = next((name for name in names if self.content.get(name) is not None), names[0])
        items = self.content.get(name)
        if items is None:
            return
        if not isinstance(items, list):
            self.fault(name, "This has to be a list.")
            return
        for index, item in enumerate(items):
            if isinstance(item, dict):
                yield self.at(f"{name}[{index}]", item)
            else:
                self.fault(f"{name}[{index}]", "This has to be an object.")

    def text(self, name: str, default: str = "") -> str:
        """Return a text; the default when it is absent or null."""
        value = self.content.get(name)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        if isinstance(value, (dict, list)):
            self.fault(name, "This has to be a text.")
            return default
        return text(value)

    def flag(self, name: str) -> bool:
        """Return a truth value; false when it is absent or null."""
        value = self.content.get(name)
        if value not in (None, True, False, "", "true", "false"):
            self.fault(name, "This has to be true or false.")
        return value in (True, "true")

    def whole_number(self, name: str, default: int) -> int:
        """Return a whole number from 1 on; the default when it is absent or null."""
        found = self.text(name)
        if not found:
            return default
        if not (found.isascii() and found.isdecimal() and len(found) < 10 and int(found) > 0):
            self.fault(name, "This has to be a whole number from 1 on.")
            return default
        return int(found)

    def mapping(self, name: str) -> dict[str, object]:
        """Return an object; an empty one when it is absent, null or an empty array. It may be written as JSON text."""
        value = self.content.get(name)
        if isinstance(value, str) and value:
            try:
                value = values.loads(value)
            except values.JsonFault:
                self.fault(name, "This has to be an object.")
                return {}
        if isinstance(value, dict):
            return value
        if value not in (None, [], ""):
            self.fault(name, "This has to be an object.")
        return {}

    def link(self, name: str, *, required: bool = True) -> str:
        """Return a node's id; empty when it is absent, which is a fault only when it is required."""
        target = self.text(name)
        if target and target not in self.reading.node_ids:
            self.fault(name, f"The node {target!r} does not exist.")
        elif not target and required:
            self.fault(name, "No node is named here.")
        return target

    def template(self, name: str) -> Template:
        """Return a compiled text."""
        source = self.text(name)
        return self.compiled(name, partial(compile_template, source)) or Template("", ())

    def compiled(self, name: str, compile_it: Callable[[], T]) -> T | None:
        """Return what is compiled; None, and a fault, when that raises a `ValueError`."""
        try:
            return compile_it()
        except ValueError as error:
            self.fault(name, f"{str(error)[:1].upper()}{str(error)[1:]}.")
            return None

    def _field(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place and name else self.place or name
