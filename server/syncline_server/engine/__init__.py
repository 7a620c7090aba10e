"""The engine: a function from a task, an event and a process to the task after it and what the world must do about it.

Pure: no clock, no ids, no input or output, no wire format. A process can be tested with nothing but this package, and
what others need of it is imported from here.
"""

from __future__ import annotations

from syncline_server.engine import values
from syncline_server.engine.decision import Decision, FactKey, Facts, IllegalMove, Needs, TaskData, TooMuchData
from syncline_server.engine.effects import (
    CALL_SECONDS,
    MAX_REPLY_BYTES,
    CallFailure,
    CallFault,
    CallReply,
    HttpCall,
)
from syncline_server.engine.events import Answered, CallReturned, Cancelled, Event, Modified, Started, Taken, TimerFired
from syncline_server.engine.export_file import BadFile, ExportedProcess, read_file, renumber
from syncline_server.engine.moves import decide
from syncline_server.engine.process import Fault, Limits, Node, Process, ReadProcess
from syncline_server.engine.reading.definition import read_process
from syncline_server.engine.task import LIVE, Failure, Outcome, OutcomeKind, Step, Task, TaskState, Token, Waiting

__all__ = [
    "CALL_SECONDS",
    "LIVE",
    "MAX_REPLY_BYTES",
    "Answered",
    "BadFile",
    "CallFailure",
    "CallFault",
    "CallReply",
    "CallReturned",
    "Cancelled",
    "Decision",
    "Event",
    "ExportedProcess",
    "FactKey",
    "Facts",
    "Failure",
    "Fault",
    "HttpCall",
    "IllegalMove",
    "Limits",
    "Modified",
    "Needs",
    "Node",
    "Outcome",
    "OutcomeKind",
    "Process",
    "ReadProcess",
    "Started",
    "Step",
    "Taken",
    "Task",
    "TaskData",
    "TaskState",
    "TimerFired",
    "Token",
    "TooMuchData",
    "Waiting",
    "decide",
    "read_file",
    "read_process",
    "renumber",
    "values",
]
