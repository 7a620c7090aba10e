import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from syncline.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TaskState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TASK_STATE_UNSPECIFIED: _ClassVar[TaskState]
    TASK_STATE_RUNNING: _ClassVar[TaskState]
    TASK_STATE_WAITING: _ClassVar[TaskState]
    TASK_STATE_PAUSED: _ClassVar[TaskState]
    TASK_STATE_ENDED: _ClassVar[TaskState]
    TASK_STATE_FAILED: _ClassVar[TaskState]
    TASK_STATE_CANCELLED: _ClassVar[TaskState]

class WaitUntil(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAIT_UNTIL_UNSPECIFIED: _ClassVar[WaitUntil]
    WAIT_UNTIL_OUTCOME: _ClassVar[WaitUntil]
    WAIT_UNTIL_END: _ClassVar[WaitUntil]
    WAIT_UNTIL_NODE: _ClassVar[WaitUntil]
    WAIT_UNTIL_ANSWER: _ClassVar[WaitUntil]

class OutcomeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_KIND_UNSPECIFIED: _ClassVar[OutcomeKind]
    OUTCOME_KIND_ANSWERED: _ClassVar[OutcomeKind]
    OUTCOME_KIND_ENDED: _ClassVar[OutcomeKind]
    OUTCOME_KIND_CANCELLED: _ClassVar[OutcomeKind]
    OUTCOME_KIND_FAILED: _ClassVar[OutcomeKind]
TASK_STATE_UNSPECIFIED: TaskState
TASK_STATE_RUNNING: TaskState
TASK_STATE_WAITING: TaskState
TASK_STATE_PAUSED: TaskState
TASK_STATE_ENDED: TaskState
TASK_STATE_FAILED: TaskState
TASK_STATE_CANCELLED: TaskState
WAIT_UNTIL_UNSPECIFIED: WaitUntil
WAIT_UNTIL_OUTCOME: WaitUntil
WAIT_UNTIL_END: WaitUntil
WAIT_UNTIL_NODE: WaitUntil
WAIT_UNTIL_ANSWER: WaitUntil
OUTCOME_KIND_UNSPECIFIED: OutcomeKind
OUTCOME_KIND_ANSWERED: OutcomeKind
OUTCOME_KIND_ENDED: OutcomeKind
OUTCOME_KIND_CANCELLED: OutcomeKind
OUTCOME_KIND_FAILED: OutcomeKind

class Task(_message.Message):
    __slots__ = ("task_id", "process_id", "ref", "state", "node_id", "data_json", "create_time", "change_time", "previous_node_id", "login", "end_time", "failure", "current_node_ids", "process_version")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    DATA_JSON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_NODE_ID_FIELD_NUMBER: _ClassVar[int]
    LOGIN_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    CURRENT_NODE_IDS_FIELD_NUMBER: _ClassVar[int]
    PROCESS_VERSION_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    process_id: str
    ref: str
    state: TaskState
    node_id: str
    data_json: str
    create_time: _timestamp_pb2.Timestamp
    change_time: _timestamp_pb2.Timestamp
    previous_node_id: str
    login: str
    end_time: _timestamp_pb2.Timestamp
    failure: Failure
    current_node_ids: _containers.RepeatedScalarFieldContainer[str]
    process_version: int
    def __init__(self, task_id: _Optional[str] = ..., process_id: _Optional[str] = ..., ref: _Optional[str] = ..., state: _Optional[_Union[TaskState, str]] = ..., node_id: _Optional[str] = ..., data_json: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., change_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., previous_node_id: _Optional[str] = ..., login: _Optional[str] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., failure: _Optional[_Union[Failure, _Mapping]] = ..., current_node_ids: _Optional[_Iterable[str]] = ..., process_version: _Optional[int] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ("reason", "description", "node_id")
    REASON_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    reason: str
    description: str
    node_id: str
    def __init__(self, reason: _Optional[str] = ..., description: _Optional[str] = ..., node_id: _Optional[str] = ...) -> None: ...

class Outcome(_message.Message):
    __slots__ = ("kind", "data_json", "time")
    KIND_FIELD_NUMBER: _ClassVar[int]
    DATA_JSON_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    kind: OutcomeKind
    data_json: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, kind: _Optional[_Union[OutcomeKind, str]] = ..., data_json: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Wait(_message.Message):
    __slots__ = ("until", "timeout", "node_id")
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    until: WaitUntil
    timeout: _duration_pb2.Duration
    node_id: str
    def __init__(self, until: _Optional[_Union[WaitUntil, str]] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., node_id: _Optional[str] = ...) -> None: ...

class Step(_message.Message):
    __slots__ = ("step_id", "sequence", "node_id", "start_time", "end_time", "input_json", "output_json", "result", "previous_node_id")
    STEP_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    INPUT_JSON_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_JSON_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_NODE_ID_FIELD_NUMBER: _ClassVar[int]
    step_id: str
    sequence: int
    node_id: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    input_json: str
    output_json: str
    result: str
    previous_node_id: str
    def __init__(self, step_id: _Optional[str] = ..., sequence: _Optional[int] = ..., node_id: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., input_json: _Optional[str] = ..., output_json: _Optional[str] = ..., result: _Optional[str] = ..., previous_node_id: _Optional[str] = ...) -> None: ...
