"""Protos of tests, compiled when a test asks for them, into a pool of their own or the one of generated code."""

from __future__ import annotations

import importlib
import importlib.resources
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor, FileDescriptor, ServiceDescriptor
    from google.protobuf.message import Message

ROOT = Path(__file__).resolve().parents[2]
INCLUDES = (
    ROOT / "tests" / "transcoding" / "protos",
    ROOT / "proto",
    ROOT / "third_party" / "googleapis",
    Path(str(importlib.resources.files("grpc_tools") / "_proto")),
    Path(str(importlib.resources.files("google.api") / "httpbody.proto")).parents[2],
)


@dataclass(frozen=True, slots=True)
class Protos:
    """One proto file and what it imports, compiled."""

    file: FileDescriptor
    pool: descriptor_pool.DescriptorPool
    descriptors: bytes
    """The serialized FileDescriptorSet: the file and its imports with comments, imports first."""

    def message(self, name: str) -> type[Message]:
        """Return the class of a message by its name within the file's package."""
        descriptor = self.pool.FindMessageTypeByName(self._full(name))
        return message_factory.GetMessageClass(descriptor)

    def extension(self, name: str) -> FieldDescriptor:
        return self.pool.FindExtensionByName(self._full(name))

    def service(self, name: str) -> ServiceDescriptor:
        return self.pool.FindServiceByName(self._full(name))

    def _full(self, name: str) -> str:
        return f"{self.file.package}.{name}" if self.file.package else name


@cache
def load(name: str, *, own_pool: bool = False) -> Protos:
    """Compile a file of `tests/transcoding/protos`, such as `"protojson.proto"`.

    It goes into the default pool, where options and `Any` find the types of generated code, unless it is to have a
    pool of its own. Compiled once in a test process.
    """
    descriptors = compiled(name)
    pool = descriptor_pool.DescriptorPool() if own_pool else descriptor_pool.Default()
    for one in descriptor_pb2.FileDescriptorSet.FromString(descriptors).file:
        if own_pool or not (_is_generated(one.name) or _is_known(pool, one.name)):
            pool.Add(one)
    return Protos(pool.FindFileByName(name), pool, descriptors)


def compiled(name: str) -> bytes:
    """Return the serialized FileDescriptorSet of a file of `tests/transcoding/protos`, imports and comments in it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "descriptors"
        arguments = ["protoc", *(f"-I{path}" for path in INCLUDES), "--include_imports", "--include_source_info"]
        if protoc.main([*arguments, f"--descriptor_set_out={out}", name]) != 0:
            raise ValueError(f"protoc refuses {name}; it said why on standard error.")
        return out.read_bytes()


def _is_generated(name: str) -> bool:
    """Whether there is generated code for a file; then it is in the default pool now, as that code would have it."""
    try:
        importlib.import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2")
    except ImportError:
        return False
    return True


def _is_known(pool: descriptor_pool.DescriptorPool, name: str) -> bool:
    try:
        pool.FindFileByName(name)
    except KeyError:
        return False
    return True
