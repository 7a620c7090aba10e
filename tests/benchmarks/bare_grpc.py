"""The measure for gRPC: a grpc.aio server that gives back what it gets. `python bare_grpc.py PORT`."""

from __future__ import annotations

import asyncio
import sys

import grpc.aio

from syncline.v1 import task_calls_pb2, task_pb2

METHOD = "/syncline.v1.TaskService/CreateTask"


async def echo(
    request: task_calls_pb2.CreateTaskRequest, _: grpc.aio.ServicerContext[object, object]
) -> task_calls_pb2.CreateTaskResponse:
    return task_calls_pb2.CreateTaskResponse(outcome=task_pb2.Outcome(data_json=request.data_json))


async def serve(port: int) -> None:
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(
        echo,
        request_deserializer=task_calls_pb2.CreateTaskRequest.FromString,
        response_serializer=task_calls_pb2.CreateTaskResponse.SerializeToString,
    )
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("syncline.v1.TaskService", {"CreateTask": handler}),)
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
