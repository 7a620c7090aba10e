"""`grpc.health.v1`: SERVING from the start on, NOT_SERVING when the server begins to stop. No key is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from grpc_health.v1.health import aio  # type: ignore[import-untyped]

from syncline_server.rpc.handlers import SERVICES

if TYPE_CHECKING:
    import grpc

HEALTH = "grpc.health.v1.Health"
_STATUS = health_pb2.HealthCheckResponse


class Health:
    """The health of the server as a whole (the empty name) and of each service, which is the same."""

    def __init__(self) -> None:
        self._servicer = aio.HealthServicer()

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register the health service."""
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)

    async def serving(self) -> None:
        """Say that everything serves."""
        for name in ("", *(service.full_name for service in SERVICES)):
            await self._servicer.set(name, _STATUS.SERVING)

    async def stopping(self) -> None:
        """Say that nothing serves any more, for good."""
        await self._servicer.enter_graceful_shutdown()
