from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor
INLINE_JSON_FIELD_NUMBER: _ClassVar[int]
inline_json: _descriptor.FieldDescriptor
LIMITS_FIELD_NUMBER: _ClassVar[int]
limits: _descriptor.FieldDescriptor
EVENT_STREAM_FIELD_NUMBER: _ClassVar[int]
event_stream: _descriptor.FieldDescriptor

class EventStream(_message.Message):
    __slots__ = ("id_field", "resume_field", "comment_field")
    ID_FIELD_FIELD_NUMBER: _ClassVar[int]
    RESUME_FIELD_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_FIELD_NUMBER: _ClassVar[int]
    id_field: str
    resume_field: str
    comment_field: str
    def __init__(self, id_field: _Optional[str] = ..., resume_field: _Optional[str] = ..., comment_field: _Optional[str] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("min_length", "max_length", "pattern", "minimum", "maximum")
    MIN_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_LENGTH_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    min_length: int
    max_length: int
    pattern: str
    minimum: int
    maximum: int
    def __init__(self, min_length: _Optional[int] = ..., max_length: _Optional[int] = ..., pattern: _Optional[str] = ..., minimum: _Optional[int] = ..., maximum: _Optional[int] = ...) -> None: ...
