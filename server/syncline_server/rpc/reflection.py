"""`grpc.reflection`, in both versions that clients ask for: v1, and v1alpha where they fall back. No key is asked for.

The packaged servicer knows v1alpha only, and finds no methods (`pkg.Service.Method`), which ghz and grpcurl ask for.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, text_format
from grpc_reflection.v1alpha import reflection_pb2 as messages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from google.protobuf.descriptor import FileDescriptor

    Finder = Callable[[str], FileDescriptor]

ALPHA = messages.DESCRIPTOR.services_by_name["ServerReflection"].full_name
V1 = ALPHA.replace("v1alpha", "v1")


class Reflection:
    """Describes services to clients that have no stubs."""

    def __init__(self, services: Iterable[str], pool: descriptor_pool.DescriptorPool | None = None) -> None:
        self._services = tuple(sorted({*services, ALPHA, V1}))
        # The second holds what the first may lack: the definition of this very service in its newer version.
        self._pools = (pool or descriptor_pool.Default(), _v1_pool())

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register both versions; on the wire they differ in nothing but the service's name."""
        method = grpc.stream_stream_rpc_method_handler(
            self.serve,
            request_deserializer=messages.ServerReflectionRequest.FromString,
            response_serializer=messages.ServerReflectionResponse.SerializeToString,
        )
        for service in (ALPHA, V1):
            server.add_registered_method_handlers(service, {"ServerReflectionInfo": method})

    async def serve(
        self, requests: AsyncIterator[messages.ServerReflectionRequest], _context: Any
    ) -> AsyncIterator[messages.ServerReflectionResponse]:
        """Answer each request; what is not known is an error in the answer and does not end the stream."""
        async for request in requests:
            response = messages.ServerReflectionResponse(valid_host=request.host, original_request=request)
            try:
                self._answer(request, response)
            except KeyError:
                _refuse(response, grpc.StatusCode.NOT_FOUND)
            yield response

    def _answer(self, request: messages.ServerReflectionRequest, response: messages.ServerReflectionResponse) -> None:
        match request.WhichOneof("message_request"):
            case "list_services":
                for name in self._services:
                    response.list_services_response.service.add(name=name)
            case "file_by_filename":
                self._add_files(response, self._file(request.file_by_filename))
            case "file_containing_symbol":
                self._add_files(response, self._file_of(request.file_containing_symbol))
            case "file_containing_extension":
                wanted = request.file_containing_extension
                pool = self._pools[0]
                extended = pool.FindMessageTypeByName(wanted.containing_type)
                extension = pool.FindExtensionByNumber(extended, wanted.extension_number)
                self._add_files(response, self._file_of(extension.full_name))
            case "all_extension_numbers_of_type":
                pool = self._pools[0]
                extended = pool.FindMessageTypeByName(request.all_extension_numbers_of_type)
                answer = response.all_extension_numbers_response
                answer.base_type_name = extended.full_name
                answer.extension_number.extend(sorted(found.number for found in pool.FindAllExtensions(extended)))
            case _:
                _refuse(response, grpc.StatusCode.INVALID_ARGUMENT)

    def _file(self, name: str) -> FileDescriptor:
        return _first(name, [pool.FindFileByName for pool in self._pools])

    def _file_of(self, symbol: str) -> FileDescriptor:
        finders: list[Finder] = [pool.FindFileContainingSymbol for pool in self._pools]
        finders += [partial(_file_of_method, pool) for pool in self._pools]
        return _first(symbol.removeprefix("."), finders)

    @staticmethod
    def _add_files(response: messages.ServerReflectionResponse, file: FileDescriptor) -> None:
        """Add the file and all that it needs."""
        answer = response.file_descriptor_response
        for needed in _with_dependencies(file, {}).values():
            proto = descriptor_pb2.FileDescriptorProto()
            needed.CopyToProto(proto)
            answer.file_descriptor_proto.append(proto.SerializeToString())


def _first(name: str, finders: Iterable[Finder]) -> FileDescriptor:
    for find in finders:
        try:
            return find(name)
        except KeyError:
            continue
    raise KeyError(name)


def _file_of_method(pool: descriptor_pool.DescriptorPool, name: str) -> FileDescriptor:
    service, _, method = name.rpartition(".")
    found = pool.FindServiceByName(service)
    if method not in found.methods_by_name:
        raise KeyError(name)
    return found.file


def _with_dependencies(file: FileDescriptor, seen: dict[str, FileDescriptor]) -> dict[str, FileDescriptor]:
    if file.name not in seen:
        seen[file.name] = file
        for needed in file.dependencies:
            _with_dependencies(needed, seen)
    return seen


def _refuse(response: messages.ServerReflectionResponse, code: grpc.StatusCode) -> None:
    number, words = code.value
    response.error_response.error_code = number
    response.error_response.error_message = words


def _v1_pool() -> descriptor_pool.DescriptorPool:
    """Make the definition of v1, which is v1alpha's under another name."""
    proto = descriptor_pb2.FileDescriptorProto()
    messages.DESCRIPTOR.CopyToProto(proto)
    text = text_format.MessageToString(proto).replace("v1alpha", "v1")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(text_format.Parse(text, descriptor_pb2.FileDescriptorProto()))
    return pool
