"""What a process is once it is read: nodes of compiled logics, ready to run. Frozen records without behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from syncline_server.engine.expressions.conditions import Condition
    from syncline_server.engine.expressions.http_text import UrlTemplate
    from syncline_server.engine.expressions.scope import Scope
    from syncline_server.engine.expressions.targets import Target
    from syncline_server.engine.expressions.template import Template


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator allows."""

    min_timer_seconds: float = 30.0
    """The shortest time semaphor with a fixed value."""
    max_task_bytes: int = 1_048_576
    """The largest data of a task, as UTF-8 JSON text; also the most that one node may write."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing in a definition that can't run here, or (as a note) that an author should look at."""

    node_id: str
    """Empty when it is in the process as a whole."""
    node_title: str
    field: str
    """The logic, semaphor or field, such as `logics[0].url`; empty when it is the node as a whole."""
    description: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class Go:
    """Leaves for another node."""

    to: str


@dataclass(frozen=True, slots=True)
class Branch:
    """Leaves for another node when all its conditions are met."""

    conditions: tuple[Condition, ...]
    to: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """One parameter to set, or one of a reply to keep."""

    target: Target
    value: Callable[[Scope], object]
    """May raise `WrongType`."""


@dataclass(frozen=True, slots=True)
class SetParameters:
    """Sets parameters of the task, all from the data that the node was entered with."""

    assignments: tuple[Assignment, ...]
    error_to: str
    """Empty without an error link."""


@dataclass(frozen=True, slots=True)
class Member:
    """One parameter of a request."""

    name: Template
    json_name: str | None
    """`"name":` as it begins a member of a JSON object; None when the name holds references."""
    value: Callable[[Scope], object]
    json: Callable[[Scope], str]
    """The value as JSON text. Both may raise `WrongType`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """Sends an HTTP request and takes its answer into the task."""

    method: str
    url: UrlTemplate
    headers: tuple[tuple[Template, Template], ...]
    fixed_headers: tuple[tuple[str, str], ...] | None
    """All of the headers when no reference is in them."""
    members: tuple[Member, ...]
    raw: Callable[[Scope], str] | None
    """The body as text; None when it is made of the members."""
    members_as: str
    """Where the members go: `query`, `json` or `form`."""
    body_is_json: bool
    """Whether a body is sure to be JSON text."""
    max_threads: int
    sends_system_parameters: bool
    debug_info: bool
    rfc_format: bool
    response: tuple[Assignment, ...] | None
    """What of the answer is kept; None for all of it."""
    error_to: str


@dataclass(frozen=True, slots=True)
class AwaitModification:
    """Waits until somebody modifies the task."""

    stays: bool
    """In a state diagram: a modification that meets no condition leaves the task where it is."""


Logic = Go | Branch | SetParameters | ApiCall | AwaitModification


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A time semaphor."""

    to: str
    milliseconds: int = 0
    """After entering the node."""
    until: Template | None = None
    """Renders as an absolute epoch second, which then counts instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node, its logics in order."""

    id: str
    title: str
    is_final: bool
    logics: tuple[Logic, ...] = ()
    time_limit: TimeLimit | None = None
    waiting_logic: Logic | None = None
    """The one among its logics that waits for the world."""
    after_waiting: int = 0
    """Where among the logics it goes on after that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One deployed version of a definition."""

    process_id: int
    version: int
    conv_type: str
    """`process` or `state`."""
    start_node_id: str
    nodes: Mapping[str, Node]
    limits: Limits


@dataclass(frozen=True, slots=True)
class ReadProcess:
    """A definition read: the process, or all that keeps it from running."""

    process: Process | None
    """None when there are faults."""
    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()
    """What runs, though perhaps not as the author meant."""
