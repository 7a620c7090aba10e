from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from syncline.v1 import options_pb2 as _options_pb2
from syncline.v1 import resource_pb2 as _resource_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateEnvVarRequest(_message.Message):
    __slots__ = ("env_var",)
    ENV_VAR_FIELD_NUMBER: _ClassVar[int]
    env_var: _resource_pb2.EnvVar
    def __init__(self, env_var: _Optional[_Union[_resource_pb2.EnvVar, _Mapping]] = ...) -> None: ...

class CreateEnvVarResponse(_message.Message):
    __slots__ = ("env_var",)
    ENV_VAR_FIELD_NUMBER: _ClassVar[int]
    env_var: _resource_pb2.EnvVar
    def __init__(self, env_var: _Optional[_Union[_resource_pb2.EnvVar, _Mapping]] = ...) -> None: ...

class GetEnvVarRequest(_message.Message):
    __slots__ = ("short_name",)
    SHORT_NAME_FIELD_NUMBER: _ClassVar[int]
    short_name: str
    def __init__(self, short_name: _Optional[str] = ...) -> None: ...

class GetEnvVarResponse(_message.Message):
    __slots__ = ("env_var",)
    ENV_VAR_FIELD_NUMBER: _ClassVar[int]
    env_var: _resource_pb2.EnvVar
    def __init__(self, env_var: _Optional[_Union[_resource_pb2.EnvVar, _Mapping]] = ...) -> None: ...

class ListEnvVarsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListEnvVarsResponse(_message.Message):
    __slots__ = ("env_vars", "next_page_token")
    ENV_VARS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    env_vars: _containers.RepeatedCompositeFieldContainer[_resource_pb2.EnvVar]
    next_page_token: str
    def __init__(self, env_vars: _Optional[_Iterable[_Union[_resource_pb2.EnvVar, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateEnvVarRequest(_message.Message):
    __slots__ = ("env_var", "update_mask")
    ENV_VAR_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    env_var: _resource_pb2.EnvVar
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, env_var: _Optional[_Union[_resource_pb2.EnvVar, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateEnvVarResponse(_message.Message):
    __slots__ = ("env_var",)
    ENV_VAR_FIELD_NUMBER: _ClassVar[int]
    env_var: _resource_pb2.EnvVar
    def __init__(self, env_var: _Optional[_Union[_resource_pb2.EnvVar, _Mapping]] = ...) -> None: ...

class DeleteEnvVarRequest(_message.Message):
    __slots__ = ("short_name",)
    SHORT_NAME_FIELD_NUMBER: _ClassVar[int]
    short_name: str
    def __init__(self, short_name: _Optional[str] = ...) -> None: ...

class DeleteEnvVarResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CreateInstanceRequest(_message.Message):
    __slots__ = ("instance",)
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    instance: _resource_pb2.Instance
    def __init__(self, instance: _Optional[_Union[_resource_pb2.Instance, _Mapping]] = ...) -> None: ...

class CreateInstanceResponse(_message.Message):
    __slots__ = ("instance",)
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    instance: _resource_pb2.Instance
    def __init__(self, instance: _Optional[_Union[_resource_pb2.Instance, _Mapping]] = ...) -> None: ...

class GetInstanceRequest(_message.Message):
    __slots__ = ("instance_id",)
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    instance_id: str
    def __init__(self, instance_id: _Optional[str] = ...) -> None: ...

class GetInstanceResponse(_message.Message):
    __slots__ = ("instance",)
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    instance: _resource_pb2.Instance
    def __init__(self, instance: _Optional[_Union[_resource_pb2.Instance, _Mapping]] = ...) -> None: ...

class ListInstancesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListInstancesResponse(_message.Message):
    __slots__ = ("instances", "next_page_token")
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    instances: _containers.RepeatedCompositeFieldContainer[_resource_pb2.Instance]
    next_page_token: str
    def __init__(self, instances: _Optional[_Iterable[_Union[_resource_pb2.Instance, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateInstanceRequest(_message.Message):
    __slots__ = ("instance", "update_mask")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    instance: _resource_pb2.Instance
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, instance: _Optional[_Union[_resource_pb2.Instance, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateInstanceResponse(_message.Message):
    __slots__ = ("instance",)
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    instance: _resource_pb2.Instance
    def __init__(self, instance: _Optional[_Union[_resource_pb2.Instance, _Mapping]] = ...) -> None: ...

class DeleteInstanceRequest(_message.Message):
    __slots__ = ("instance_id",)
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    instance_id: str
    def __init__(self, instance_id: _Optional[str] = ...) -> None: ...

class DeleteInstanceResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
