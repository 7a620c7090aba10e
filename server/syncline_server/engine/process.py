"""What a process is once it is read: nodes of compiled logics, ready to run. Frozen records without behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline_server.engine.expressions.template import Template
    from syncline_server.engine.kinds.logic import Logic, Waits
    from syncline_server.engine.parameters import Declaration


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
class TimeLimit:
    """A time semaphor."""

    to: str
    milliseconds: int = 0
    """After entering the node."""
    until: Template | None = None
    """Renders as an absolute epoch second, which then counts instead."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A count semaphor: a special task tells when so many tasks stand in the node, and when they are fewer again."""

    at: int
    to: str
    """Where in the process that task begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node, its logics in order."""

    id: str
    title: str
    is_final: bool
    logics: tuple[Logic, ...] = ()
    time_limit: TimeLimit | None = None
    alert: Alert | None = None
    waiting_logic: Waits | None = None
    """The one among its logics that waits for the world."""
    after_waiting: int = 0
    """Where among the logics it goes on after that one."""
    runs_script: bool = False
    """Whether that one is a script: the loop guard looks at it."""


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
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    """By node, of the nodes that have one."""
    parameters: tuple[Declaration, ...] = ()
    """What it declares about its tasks' parameters."""


@dataclass(frozen=True, slots=True)
class ReadProcess:
    """A definition read: the process, or all that keeps it from running."""

    process: Process | None
    """None when there are faults."""
    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()
    """What runs, though perhaps not as the author meant."""
