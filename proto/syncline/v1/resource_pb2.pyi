import datetime

from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from syncline.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EnvVarKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENV_VAR_KIND_UNSPECIFIED: _ClassVar[EnvVarKind]
    ENV_VAR_KIND_VISIBLE: _ClassVar[EnvVarKind]
    ENV_VAR_KIND_SECRET: _ClassVar[EnvVarKind]

class EnvVarDataType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENV_VAR_DATA_TYPE_UNSPECIFIED: _ClassVar[EnvVarDataType]
    ENV_VAR_DATA_TYPE_RAW: _ClassVar[EnvVarDataType]
    ENV_VAR_DATA_TYPE_JSON: _ClassVar[EnvVarDataType]

class EnvVarUse(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENV_VAR_USE_UNSPECIFIED: _ClassVar[EnvVarUse]
    ENV_VAR_USE_API_CALL: _ClassVar[EnvVarUse]
    ENV_VAR_USE_SET_PARAM: _ClassVar[EnvVarUse]

class DatabaseTls(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DATABASE_TLS_UNSPECIFIED: _ClassVar[DatabaseTls]
    DATABASE_TLS_PREFER: _ClassVar[DatabaseTls]
    DATABASE_TLS_DISABLE: _ClassVar[DatabaseTls]
    DATABASE_TLS_REQUIRE: _ClassVar[DatabaseTls]
    DATABASE_TLS_VERIFY_FULL: _ClassVar[DatabaseTls]
ENV_VAR_KIND_UNSPECIFIED: EnvVarKind
ENV_VAR_KIND_VISIBLE: EnvVarKind
ENV_VAR_KIND_SECRET: EnvVarKind
ENV_VAR_DATA_TYPE_UNSPECIFIED: EnvVarDataType
ENV_VAR_DATA_TYPE_RAW: EnvVarDataType
ENV_VAR_DATA_TYPE_JSON: EnvVarDataType
ENV_VAR_USE_UNSPECIFIED: EnvVarUse
ENV_VAR_USE_API_CALL: EnvVarUse
ENV_VAR_USE_SET_PARAM: EnvVarUse
DATABASE_TLS_UNSPECIFIED: DatabaseTls
DATABASE_TLS_PREFER: DatabaseTls
DATABASE_TLS_DISABLE: DatabaseTls
DATABASE_TLS_REQUIRE: DatabaseTls
DATABASE_TLS_VERIFY_FULL: DatabaseTls

class EnvVar(_message.Message):
    __slots__ = ("short_name", "kind", "data_type", "value", "uses", "title", "description", "create_time", "change_time")
    SHORT_NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DATA_TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    USES_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    short_name: str
    kind: EnvVarKind
    data_type: EnvVarDataType
    value: str
    uses: _containers.RepeatedScalarFieldContainer[EnvVarUse]
    title: str
    description: str
    create_time: _timestamp_pb2.Timestamp
    change_time: _timestamp_pb2.Timestamp
    def __init__(self, short_name: _Optional[str] = ..., kind: _Optional[_Union[EnvVarKind, str]] = ..., data_type: _Optional[_Union[EnvVarDataType, str]] = ..., value: _Optional[str] = ..., uses: _Optional[_Iterable[_Union[EnvVarUse, str]]] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., change_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PostgresqlConnection(_message.Message):
    __slots__ = ("host", "port", "database", "user", "password", "tls")
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    DATABASE_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    TLS_FIELD_NUMBER: _ClassVar[int]
    host: str
    port: int
    database: str
    user: str
    password: str
    tls: DatabaseTls
    def __init__(self, host: _Optional[str] = ..., port: _Optional[int] = ..., database: _Optional[str] = ..., user: _Optional[str] = ..., password: _Optional[str] = ..., tls: _Optional[_Union[DatabaseTls, str]] = ...) -> None: ...

class SqliteConnection(_message.Message):
    __slots__ = ("file",)
    FILE_FIELD_NUMBER: _ClassVar[int]
    file: str
    def __init__(self, file: _Optional[str] = ...) -> None: ...

class Instance(_message.Message):
    __slots__ = ("instance_id", "title", "postgresql", "sqlite", "max_connections", "create_time", "change_time")
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    POSTGRESQL_FIELD_NUMBER: _ClassVar[int]
    SQLITE_FIELD_NUMBER: _ClassVar[int]
    MAX_CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    instance_id: str
    title: str
    postgresql: PostgresqlConnection
    sqlite: SqliteConnection
    max_connections: int
    create_time: _timestamp_pb2.Timestamp
    change_time: _timestamp_pb2.Timestamp
    def __init__(self, instance_id: _Optional[str] = ..., title: _Optional[str] = ..., postgresql: _Optional[_Union[PostgresqlConnection, _Mapping]] = ..., sqlite: _Optional[_Union[SqliteConnection, _Mapping]] = ..., max_connections: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., change_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
