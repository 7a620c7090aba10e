"""The measure for transcoding: aiohttp in front of a unary grpc.aio call. `python bare_hop.py PORT`.

One process answers HTTP, a second one gRPC, as the two programs of the service do; nothing is routed, checked or kept.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys

import grpc.aio
from aiohttp import web
from google.protobuf import json_format

from syncline.v1 import task_calls_pb2, task_pb2

METHOD = "/syncline.v1.TaskService/GetTask"
TASK = task_pb2.Task(
    task_id="0" * 24,
    process_id="1",
    state=task_pb2.TASK_STATE_WAITING,
    node_id="1" * 24,
    data_json='{"param":"1"}',
    login="1000",
    current_node_ids=["1" * 24],
    process_version=1,
)


async def get_task(
    request: task_calls_pb2.GetTaskRequest, _: grpc.aio.ServicerContext[object, object]
) -> task_calls_pb2.GetTaskResponse:
    return task_calls_pb2.GetTaskResponse(task=TASK)


async def serve_grpc() -> None:
    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(
        get_task,
        request_deserializer=task_calls_pb2.GetTaskRequest.FromString,
        response_serializer=task_calls_pb2.GetTaskResponse.SerializeToString,
    )
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("syncline.v1.TaskService", {"GetTask": handler}),)
    )
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await server.wait_for_termination()


def serve_http(port: int, upstream: int) -> None:
    async def connect(app: web.Application) -> None:
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{upstream}")
        app[call] = channel.unary_unary(
            METHOD,
            request_serializer=task_calls_pb2.GetTaskRequest.SerializeToString,
            response_deserializer=task_calls_pb2.GetTaskResponse.FromString,
        )

    async def handle(request: web.Request) -> web.Response:
        answer = await request.app[call](task_calls_pb2.GetTaskRequest(task_id=request.match_info["task_id"]))
        return web.json_response(text=json_format.MessageToJson(answer.task, indent=None))

    call = web.AppKey("call", grpc.aio.UnaryUnaryMultiCallable)
    app = web.Application()
    app.on_startup.append(connect)
    app.router.add_get("/v1/tasks/{task_id}", handle)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


def main(port: int) -> None:
    with subprocess.Popen([sys.executable, __file__, "grpc"], stdout=subprocess.PIPE) as grpc_server:
        assert grpc_server.stdout
        try:
            serve_http(port, int(grpc_server.stdout.readline()))
        finally:
            grpc_server.terminate()


if __name__ == "__main__":
    if sys.argv[1] == "grpc":
        asyncio.run(serve_grpc())
    else:
        main(int(sys.argv[1]))
