import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProcessState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROCESS_STATE_UNSPECIFIED: _ClassVar[ProcessState]
    PROCESS_STATE_DRAFT: _ClassVar[ProcessState]
    PROCESS_STATE_ACTIVE: _ClassVar[ProcessState]
    PROCESS_STATE_PAUSED: _ClassVar[ProcessState]
PROCESS_STATE_UNSPECIFIED: ProcessState
PROCESS_STATE_DRAFT: ProcessState
PROCESS_STATE_ACTIVE: ProcessState
PROCESS_STATE_PAUSED: ProcessState

class Process(_message.Message):
    __slots__ = ("process_id", "title", "state", "aliases", "version", "create_time", "change_time", "company_id", "direct_url_path", "node_callbacks")
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    COMPANY_ID_FIELD_NUMBER: _ClassVar[int]
    DIRECT_URL_PATH_FIELD_NUMBER: _ClassVar[int]
    NODE_CALLBACKS_FIELD_NUMBER: _ClassVar[int]
    process_id: str
    title: str
    state: ProcessState
    aliases: _containers.RepeatedScalarFieldContainer[str]
    version: int
    create_time: _timestamp_pb2.Timestamp
    change_time: _timestamp_pb2.Timestamp
    company_id: str
    direct_url_path: str
    node_callbacks: _containers.RepeatedCompositeFieldContainer[NodeCallback]
    def __init__(self, process_id: _Optional[str] = ..., title: _Optional[str] = ..., state: _Optional[_Union[ProcessState, str]] = ..., aliases: _Optional[_Iterable[str]] = ..., version: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., change_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., company_id: _Optional[str] = ..., direct_url_path: _Optional[str] = ..., node_callbacks: _Optional[_Iterable[_Union[NodeCallback, _Mapping]]] = ...) -> None: ...

class NodeCallback(_message.Message):
    __slots__ = ("node_id", "title", "url")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    title: str
    url: str
    def __init__(self, node_id: _Optional[str] = ..., title: _Optional[str] = ..., url: _Optional[str] = ...) -> None: ...

class Fault(_message.Message):
    __slots__ = ("node_id", "node_title", "field", "description")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_TITLE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    node_id: str
    node_title: str
    field: str
    description: str
    def __init__(self, node_id: _Optional[str] = ..., node_title: _Optional[str] = ..., field: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...
