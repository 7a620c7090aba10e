import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.rpc import status_pb2 as _status_pb2
from syncline.v1 import access_service_pb2 as _access_service_pb2
from syncline.v1 import step_service_pb2 as _step_service_pb2
from syncline.v1 import task_pb2 as _task_pb2
from syncline.v1 import task_calls_pb2 as _task_calls_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExchangeRequest(_message.Message):
    __slots__ = ("credentials", "operations", "cancelled_numbers", "delivered_numbers")
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    credentials: _containers.RepeatedCompositeFieldContainer[Credentials]
    operations: _containers.RepeatedCompositeFieldContainer[Operation]
    cancelled_numbers: _containers.RepeatedScalarFieldContainer[int]
    delivered_numbers: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, credentials: _Optional[_Iterable[_Union[Credentials, _Mapping]]] = ..., operations: _Optional[_Iterable[_Union[Operation, _Mapping]]] = ..., cancelled_numbers: _Optional[_Iterable[int]] = ..., delivered_numbers: _Optional[_Iterable[int]] = ...) -> None: ...

class Credentials(_message.Message):
    __slots__ = ("signed", "authorization", "resume_token", "direct_url_hash")
    SIGNED_FIELD_NUMBER: _ClassVar[int]
    AUTHORIZATION_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DIRECT_URL_HASH_FIELD_NUMBER: _ClassVar[int]
    signed: SignedRequest
    authorization: str
    resume_token: str
    direct_url_hash: str
    def __init__(self, signed: _Optional[_Union[SignedRequest, _Mapping]] = ..., authorization: _Optional[str] = ..., resume_token: _Optional[str] = ..., direct_url_hash: _Optional[str] = ...) -> None: ...

class SignedRequest(_message.Message):
    __slots__ = ("login", "timestamp", "signature", "body")
    LOGIN_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    login: str
    timestamp: str
    signature: str
    body: bytes
    def __init__(self, login: _Optional[str] = ..., timestamp: _Optional[str] = ..., signature: _Optional[str] = ..., body: _Optional[bytes] = ...) -> None: ...

class Operation(_message.Message):
    __slots__ = ("number", "credentials_index", "attempt", "timeout", "traceparent", "hold_calls", "create_task", "modify_task", "get_task", "list_tasks", "cancel_task", "delete_task", "wait_task", "submit_callback", "list_steps", "check_credentials", "submit_node_callback")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_INDEX_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    HOLD_CALLS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TASK_FIELD_NUMBER: _ClassVar[int]
    MODIFY_TASK_FIELD_NUMBER: _ClassVar[int]
    GET_TASK_FIELD_NUMBER: _ClassVar[int]
    LIST_TASKS_FIELD_NUMBER: _ClassVar[int]
    CANCEL_TASK_FIELD_NUMBER: _ClassVar[int]
    DELETE_TASK_FIELD_NUMBER: _ClassVar[int]
    WAIT_TASK_FIELD_NUMBER: _ClassVar[int]
    SUBMIT_CALLBACK_FIELD_NUMBER: _ClassVar[int]
    LIST_STEPS_FIELD_NUMBER: _ClassVar[int]
    CHECK_CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    SUBMIT_NODE_CALLBACK_FIELD_NUMBER: _ClassVar[int]
    number: int
    credentials_index: int
    attempt: int
    timeout: _duration_pb2.Duration
    traceparent: str
    hold_calls: bool
    create_task: _task_calls_pb2.CreateTaskRequest
    modify_task: _task_calls_pb2.ModifyTaskRequest
    get_task: _task_calls_pb2.GetTaskRequest
    list_tasks: _task_calls_pb2.ListTasksRequest
    cancel_task: _task_calls_pb2.CancelTaskRequest
    delete_task: _task_calls_pb2.DeleteTaskRequest
    wait_task: _task_calls_pb2.WaitTaskRequest
    submit_callback: _task_calls_pb2.SubmitCallbackRequest
    list_steps: _step_service_pb2.ListStepsRequest
    check_credentials: _access_service_pb2.CheckCredentialsRequest
    submit_node_callback: _task_calls_pb2.SubmitNodeCallbackRequest
    def __init__(self, number: _Optional[int] = ..., credentials_index: _Optional[int] = ..., attempt: _Optional[int] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., traceparent: _Optional[str] = ..., hold_calls: _Optional[bool] = ..., create_task: _Optional[_Union[_task_calls_pb2.CreateTaskRequest, _Mapping]] = ..., modify_task: _Optional[_Union[_task_calls_pb2.ModifyTaskRequest, _Mapping]] = ..., get_task: _Optional[_Union[_task_calls_pb2.GetTaskRequest, _Mapping]] = ..., list_tasks: _Optional[_Union[_task_calls_pb2.ListTasksRequest, _Mapping]] = ..., cancel_task: _Optional[_Union[_task_calls_pb2.CancelTaskRequest, _Mapping]] = ..., delete_task: _Optional[_Union[_task_calls_pb2.DeleteTaskRequest, _Mapping]] = ..., wait_task: _Optional[_Union[_task_calls_pb2.WaitTaskRequest, _Mapping]] = ..., submit_callback: _Optional[_Union[_task_calls_pb2.SubmitCallbackRequest, _Mapping]] = ..., list_steps: _Optional[_Union[_step_service_pb2.ListStepsRequest, _Mapping]] = ..., check_credentials: _Optional[_Union[_access_service_pb2.CheckCredentialsRequest, _Mapping]] = ..., submit_node_callback: _Optional[_Union[_task_calls_pb2.SubmitNodeCallbackRequest, _Mapping]] = ...) -> None: ...

class ExchangeResponse(_message.Message):
    __slots__ = ("results", "credit", "going_away")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    GOING_AWAY_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[Result]
    credit: int
    going_away: bool
    def __init__(self, results: _Optional[_Iterable[_Union[Result, _Mapping]]] = ..., credit: _Optional[int] = ..., going_away: _Optional[bool] = ...) -> None: ...

class Result(_message.Message):
    __slots__ = ("number", "accepted", "error", "create_task", "modify_task", "get_task", "list_tasks", "cancel_task", "delete_task", "wait_task", "submit_callback", "list_steps", "check_credentials", "submit_node_callback")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TASK_FIELD_NUMBER: _ClassVar[int]
    MODIFY_TASK_FIELD_NUMBER: _ClassVar[int]
    GET_TASK_FIELD_NUMBER: _ClassVar[int]
    LIST_TASKS_FIELD_NUMBER: _ClassVar[int]
    CANCEL_TASK_FIELD_NUMBER: _ClassVar[int]
    DELETE_TASK_FIELD_NUMBER: _ClassVar[int]
    WAIT_TASK_FIELD_NUMBER: _ClassVar[int]
    SUBMIT_CALLBACK_FIELD_NUMBER: _ClassVar[int]
    LIST_STEPS_FIELD_NUMBER: _ClassVar[int]
    CHECK_CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    SUBMIT_NODE_CALLBACK_FIELD_NUMBER: _ClassVar[int]
    number: int
    accepted: Accepted
    error: _status_pb2.Status
    create_task: _task_calls_pb2.CreateTaskResponse
    modify_task: _task_calls_pb2.ModifyTaskResponse
    get_task: _task_calls_pb2.GetTaskResponse
    list_tasks: _task_calls_pb2.ListTasksResponse
    cancel_task: _task_calls_pb2.CancelTaskResponse
    delete_task: _task_calls_pb2.DeleteTaskResponse
    wait_task: _task_calls_pb2.WaitTaskResponse
    submit_callback: _task_calls_pb2.SubmitCallbackResponse
    list_steps: _step_service_pb2.ListStepsResponse
    check_credentials: _access_service_pb2.CheckCredentialsResponse
    submit_node_callback: _task_calls_pb2.SubmitNodeCallbackResponse
    def __init__(self, number: _Optional[int] = ..., accepted: _Optional[_Union[Accepted, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., create_task: _Optional[_Union[_task_calls_pb2.CreateTaskResponse, _Mapping]] = ..., modify_task: _Optional[_Union[_task_calls_pb2.ModifyTaskResponse, _Mapping]] = ..., get_task: _Optional[_Union[_task_calls_pb2.GetTaskResponse, _Mapping]] = ..., list_tasks: _Optional[_Union[_task_calls_pb2.ListTasksResponse, _Mapping]] = ..., cancel_task: _Optional[_Union[_task_calls_pb2.CancelTaskResponse, _Mapping]] = ..., delete_task: _Optional[_Union[_task_calls_pb2.DeleteTaskResponse, _Mapping]] = ..., wait_task: _Optional[_Union[_task_calls_pb2.WaitTaskResponse, _Mapping]] = ..., submit_callback: _Optional[_Union[_task_calls_pb2.SubmitCallbackResponse, _Mapping]] = ..., list_steps: _Optional[_Union[_step_service_pb2.ListStepsResponse, _Mapping]] = ..., check_credentials: _Optional[_Union[_access_service_pb2.CheckCredentialsResponse, _Mapping]] = ..., submit_node_callback: _Optional[_Union[_task_calls_pb2.SubmitNodeCallbackResponse, _Mapping]] = ...) -> None: ...

class Accepted(_message.Message):
    __slots__ = ("task_id", "process_id", "ref", "state", "resume_token")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    process_id: str
    ref: str
    state: _task_pb2.TaskState
    resume_token: str
    def __init__(self, task_id: _Optional[str] = ..., process_id: _Optional[str] = ..., ref: _Optional[str] = ..., state: _Optional[_Union[_task_pb2.TaskState, str]] = ..., resume_token: _Optional[str] = ...) -> None: ...
