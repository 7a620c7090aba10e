import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from syncline.v1 import options_pb2 as _options_pb2
from syncline.v1 import task_pb2 as _task_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateTaskRequest(_message.Message):
    __slots__ = ("process", "ref", "data_json", "wait", "attach", "request_id", "without_callback", "headers_json")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    DATA_JSON_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    ATTACH_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_CALLBACK_FIELD_NUMBER: _ClassVar[int]
    HEADERS_JSON_FIELD_NUMBER: _ClassVar[int]
    process: str
    ref: str
    data_json: str
    wait: _task_pb2.Wait
    attach: bool
    request_id: str
    without_callback: bool
    headers_json: str
    def __init__(self, process: _Optional[str] = ..., ref: _Optional[str] = ..., data_json: _Optional[str] = ..., wait: _Optional[_Union[_task_pb2.Wait, _Mapping]] = ..., attach: _Optional[bool] = ..., request_id: _Optional[str] = ..., without_callback: _Optional[bool] = ..., headers_json: _Optional[str] = ...) -> None: ...

class CreateTaskResponse(_message.Message):
    __slots__ = ("task", "outcome")
    TASK_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    outcome: _task_pb2.Outcome
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., outcome: _Optional[_Union[_task_pb2.Outcome, _Mapping]] = ...) -> None: ...

class ModifyTaskRequest(_message.Message):
    __slots__ = ("task_id", "process", "ref", "data_json", "request_id")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    DATA_JSON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    process: str
    ref: str
    data_json: str
    request_id: str
    def __init__(self, task_id: _Optional[str] = ..., process: _Optional[str] = ..., ref: _Optional[str] = ..., data_json: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ModifyTaskResponse(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ...) -> None: ...

class GetTaskRequest(_message.Message):
    __slots__ = ("task_id", "process", "ref")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    process: str
    ref: str
    def __init__(self, task_id: _Optional[str] = ..., process: _Optional[str] = ..., ref: _Optional[str] = ...) -> None: ...

class GetTaskResponse(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ...) -> None: ...

class ListTasksRequest(_message.Message):
    __slots__ = ("process", "page_size", "page_token", "filter")
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    process: str
    page_size: int
    page_token: str
    filter: str
    def __init__(self, process: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListTasksResponse(_message.Message):
    __slots__ = ("tasks", "next_page_token")
    TASKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    tasks: _containers.RepeatedCompositeFieldContainer[_task_pb2.Task]
    next_page_token: str
    def __init__(self, tasks: _Optional[_Iterable[_Union[_task_pb2.Task, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelTaskRequest(_message.Message):
    __slots__ = ("task_id", "process", "ref")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    process: str
    ref: str
    def __init__(self, task_id: _Optional[str] = ..., process: _Optional[str] = ..., ref: _Optional[str] = ...) -> None: ...

class CancelTaskResponse(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ...) -> None: ...

class DeleteTaskRequest(_message.Message):
    __slots__ = ("task_id", "process", "ref", "node_id")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    process: str
    ref: str
    node_id: str
    def __init__(self, task_id: _Optional[str] = ..., process: _Optional[str] = ..., ref: _Optional[str] = ..., node_id: _Optional[str] = ...) -> None: ...

class DeleteTaskResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class AwaitTaskRequest(_message.Message):
    __slots__ = ("task_id", "process", "ref", "until", "node_id", "resume_token")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    process: str
    ref: str
    until: _task_pb2.WaitUntil
    node_id: str
    resume_token: str
    def __init__(self, task_id: _Optional[str] = ..., process: _Optional[str] = ..., ref: _Optional[str] = ..., until: _Optional[_Union[_task_pb2.WaitUntil, str]] = ..., node_id: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class AwaitTaskResponse(_message.Message):
    __slots__ = ("sequence", "resume_token", "moved", "outcome", "heartbeat", "going_away")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MOVED_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    GOING_AWAY_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    resume_token: str
    moved: Moved
    outcome: _task_pb2.Outcome
    heartbeat: Heartbeat
    going_away: GoingAway
    def __init__(self, sequence: _Optional[int] = ..., resume_token: _Optional[str] = ..., moved: _Optional[_Union[Moved, _Mapping]] = ..., outcome: _Optional[_Union[_task_pb2.Outcome, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ..., going_away: _Optional[_Union[GoingAway, _Mapping]] = ...) -> None: ...

class Moved(_message.Message):
    __slots__ = ("node_id", "previous_node_id", "time", "state")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_NODE_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    previous_node_id: str
    time: _timestamp_pb2.Timestamp
    state: _task_pb2.TaskState
    def __init__(self, node_id: _Optional[str] = ..., previous_node_id: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[_task_pb2.TaskState, str]] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GoingAway(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WaitTaskRequest(_message.Message):
    __slots__ = ("task_id", "process", "ref", "until", "node_id", "timeout")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    process: str
    ref: str
    until: _task_pb2.WaitUntil
    node_id: str
    timeout: _duration_pb2.Duration
    def __init__(self, task_id: _Optional[str] = ..., process: _Optional[str] = ..., ref: _Optional[str] = ..., until: _Optional[_Union[_task_pb2.WaitUntil, str]] = ..., node_id: _Optional[str] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class WaitTaskResponse(_message.Message):
    __slots__ = ("task", "outcome")
    TASK_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    task: _task_pb2.Task
    outcome: _task_pb2.Outcome
    def __init__(self, task: _Optional[_Union[_task_pb2.Task, _Mapping]] = ..., outcome: _Optional[_Union[_task_pb2.Outcome, _Mapping]] = ...) -> None: ...

class CreateTaskTokenRequest(_message.Message):
    __slots__ = ("task_id", "process", "ref", "ttl")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    process: str
    ref: str
    ttl: _duration_pb2.Duration
    def __init__(self, task_id: _Optional[str] = ..., process: _Optional[str] = ..., ref: _Optional[str] = ..., ttl: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class CreateTaskTokenResponse(_message.Message):
    __slots__ = ("token", "expire_time")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    token: str
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, token: _Optional[str] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SubmitCallbackRequest(_message.Message):
    __slots__ = ("callback_id", "data_json")
    CALLBACK_ID_FIELD_NUMBER: _ClassVar[int]
    DATA_JSON_FIELD_NUMBER: _ClassVar[int]
    callback_id: str
    data_json: str
    def __init__(self, callback_id: _Optional[str] = ..., data_json: _Optional[str] = ...) -> None: ...

class SubmitCallbackResponse(_message.Message):
    __slots__ = ("repeated", "task_id")
    REPEATED_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    repeated: bool
    task_id: str
    def __init__(self, repeated: _Optional[bool] = ..., task_id: _Optional[str] = ...) -> None: ...

class SubmitNodeCallbackRequest(_message.Message):
    __slots__ = ("process_id", "node_id", "hash", "data_json", "request_id")
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    DATA_JSON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    process_id: str
    node_id: str
    hash: str
    data_json: str
    request_id: str
    def __init__(self, process_id: _Optional[str] = ..., node_id: _Optional[str] = ..., hash: _Optional[str] = ..., data_json: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class SubmitNodeCallbackResponse(_message.Message):
    __slots__ = ("task_id",)
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    def __init__(self, task_id: _Optional[str] = ...) -> None: ...
