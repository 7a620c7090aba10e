"""The server as a whole: health, limits, TLS, ports, and its stop."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc_health.v1 import health_pb2  # type: ignore[import-untyped]

import fakes.tls
from fakes import exports
from fakes.rpc import MEBIBYTE, Stubs, refusal, wait
from fakes.runtime import PATIENCE
from syncline.v1 import task_calls_pb2
from syncline_server.rpc.handlers import SERVICES
from syncline_server.rpc.server import GRACE_SECONDS, CannotListen, RpcServer, Tls

if TYPE_CHECKING:
    from fakes.rpc import Served

Create = task_calls_pb2.CreateTaskRequest


def health(stubs: Stubs, method: str) -> Any:
    kind = stubs.channel.unary_unary if method == "Check" else stubs.channel.unary_stream
    return kind(
        f"/grpc.health.v1.Health/{method}",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )


@pytest.mark.parametrize("service", ["", *(service.full_name for service in SERVICES)])
async def test_health_needs_no_key(running: Served, service: str) -> None:
    answer = await health(running.anybody, "Check")(health_pb2.HealthCheckRequest(service=service))

    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_health_of_what_is_not_there(running: Served) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await health(running.anybody, "Check")(health_pb2.HealthCheckRequest(service="x"))

    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_server_that_stops_is_not_healthy(running: Served) -> None:
    call = health(running.anybody, "Watch")(health_pb2.HealthCheckRequest())
    before = await call.read()

    stopping = asyncio.create_task(running.server.stop())
    after = await call.read()
    await stopping

    assert before.status == health_pb2.HealthCheckResponse.SERVING
    assert after.status == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_parked_callers_are_sent_away_when_the_server_stops(running: Served) -> None:
    await running.world.deploy(exports.waiting(), "waiting")
    calls = [
        asyncio.ensure_future(refusal(running.owner("CreateTask", Create(process="@waiting", wait=wait()))))
        for _ in range(20)
    ]
    await running.parked(len(calls))

    began = time.monotonic()
    await running.server.stop()
    took = time.monotonic() - began
    ends = await asyncio.gather(*calls)

    assert {(end.code, end.reason) for end in ends} == {(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE")}
    assert took < GRACE_SECONDS + 0.5


async def test_a_large_body_fits_and_a_larger_one_does_not(running: Served) -> None:
    text = '"' + "x" * MEBIBYTE + '"'
    request = task_calls_pb2.SubmitCallbackRequest(callback_id="0" * 56, data_json=text)

    fits = await refusal(running.anybody("SubmitCallback", request))
    request.data_json = text * 3
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await running.anybody("SubmitCallback", request)

    assert fits.reason == "CALLBACK_NOT_FOUND"
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def another(running: Served) -> RpcServer:
    return RpcServer(running.world.runtime, max_body_bytes=MEBIBYTE, max_task_bytes=MEBIBYTE, heartbeat_seconds=60)


async def test_a_port_that_is_taken(running: Served) -> None:
    with pytest.raises(CannotListen, match=f"127.0.0.1:{running.port}"):
        another(running).bind("127.0.0.1", running.port)


CERTIFICATES = Path(fakes.tls.__file__).parent
CERTIFICATE = (CERTIFICATES / "loopback.crt").read_bytes()
KEY = (CERTIFICATES / "loopback.key").read_bytes()


async def test_tls(running: Served) -> None:
    server = another(running)
    port = server.bind("127.0.0.1", 0, Tls(certificate=CERTIFICATE, key=KEY))
    await server.start()
    trusting = grpc.ssl_channel_credentials(CERTIFICATE)
    async with grpc.aio.secure_channel(f"localhost:{port}", trusting) as channel:
        answer = await health(Stubs(channel), "Check")(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    await server.stop()

    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_caller_has_to_show_a_certificate_where_one_is_asked_for(running: Served) -> None:
    server = another(running)
    port = server.bind("127.0.0.1", 0, Tls(certificate=CERTIFICATE, key=KEY, client_authority=CERTIFICATE))
    await server.start()
    without = grpc.ssl_channel_credentials(CERTIFICATE)
    having = grpc.ssl_channel_credentials(CERTIFICATE, KEY, CERTIFICATE)
    async with grpc.aio.secure_channel(f"localhost:{port}", without) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await health(Stubs(channel), "Check")(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    async with grpc.aio.secure_channel(f"localhost:{port}", having) as channel:
        answer = await health(Stubs(channel), "Check")(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    await server.stop()

    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_a_key_does_not_show() -> None:
    assert "PRIVATE" not in repr(Tls(certificate=CERTIFICATE, key=KEY))
