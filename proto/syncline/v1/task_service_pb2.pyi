from google.api import annotations_pb2 as _annotations_pb2
from syncline.v1 import exchange_pb2 as _exchange_pb2
from syncline.v1 import options_pb2 as _options_pb2
from syncline.v1 import task_calls_pb2 as _task_calls_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
