"""The gRPC server: its options, its services, its ports, and its stop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc

from syncline_server.rpc.draining import Draining
from syncline_server.rpc.exchange import CREDIT
from syncline_server.rpc.handlers import SERVICES
from syncline_server.rpc.health import HEALTH, Health
from syncline_server.rpc.interceptors import ErrorsToStatus
from syncline_server.rpc.reflection import Reflection
from syncline_server.rpc.services import Services

if TYPE_CHECKING:
    from syncline_server.runtime.server import Runtime

MEBIBYTE = 1024 * 1024
GRACE_SECONDS = 0.5
"""How long calls that are under way may take to end when the server stops; those that are parked end at once."""
LEAST_PING_MILLISECONDS = 5_000
"""Clients that ping more often than this are cut off, so it is well below what any client of ours uses."""
MOST_STREAMS = 10_000
"""Calls under way on one connection: each parked caller is one, on clients that do not use Exchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What the server shows, and what it asks of its callers; PEM."""

    certificate: bytes
    key: bytes = field(repr=False)
    client_authority: bytes | None = None
    """Who has to have signed a caller's certificate; None asks for none."""


class CannotListen(Exception):
    """The address can't be listened on."""


class RpcServer:
    """Serves a started runtime. `bind` first, then `start`; after `stop` nothing comes in any more."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        max_body_bytes: int,
        max_task_bytes: int,
        heartbeat_seconds: float,
        credit: int = CREDIT,
    ) -> None:
        self._runtime = runtime
        self._draining = Draining()
        self._health = Health()
        self._server = grpc.aio.server(
            interceptors=(ErrorsToStatus(),), options=_options(max_body_bytes, max_task_bytes)
        )
        services = Services(runtime, self._draining, heartbeat_seconds=heartbeat_seconds, credit=credit)
        services.add_to(self._server)
        self._health.add_to(self._server)
        Reflection((HEALTH, *(service.full_name for service in SERVICES))).add_to(self._server)

    def bind(self, host: str, port: int, tls: Tls | None = None) -> int:
        """Listen at an address and return its port, which for port 0 the system chooses; raise `CannotListen`."""
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if tls is None:
                return self._server.add_insecure_port(address)
            return self._server.add_secure_port(address, _credentials(tls))
        except RuntimeError:
            raise CannotListen(f"cannot listen on {address}") from None

    async def start(self) -> None:
        """Begin to serve."""
        await self._health.serving()
        await self._server.start()

    async def stop(self) -> None:
        """Send away whoever is parked, let the rest end, and stop serving."""
        await self._health.stopping()
        self._draining.begin()
        self._runtime.watch.close()
        await self._server.stop(GRACE_SECONDS)


def _options(max_body_bytes: int, max_task_bytes: int) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),  # Else a second server on the port takes half of the connections, unnoticed.
        # A frame may hold a signed body and what its operations took from it.
        ("grpc.max_receive_message_length", 2 * max_body_bytes + MEBIBYTE),
        # The largest response holds a task and an answer to it.
        ("grpc.max_send_message_length", max_body_bytes + max_task_bytes + MEBIBYTE),
        ("grpc.max_concurrent_streams", MOST_STREAMS),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", LEAST_PING_MILLISECONDS),
        ("grpc.keepalive_permit_without_calls", 1),
    ]


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials(
        [(tls.key, tls.certificate)],
        root_certificates=tls.client_authority,
        require_client_auth=tls.client_authority is not None,
    )
