"""The contract over gRPC, for commands: one channel, one key, and refusals as one line."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from syncline import environment
from syncline.v1.access_service_pb2_grpc import AccessServiceStub
from syncline.v1.process_service_pb2_grpc import ProcessServiceStub
from syncline.v1.resource_service_pb2_grpc import ResourceServiceStub
from syncline_cli.failures import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from syncline_cli.target import Target

T = TypeVar("T")

MEBIBYTE = 1024 * 1024
CALL_SECONDS = 30.0
CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", 64 * MEBIBYTE),
    ("grpc.max_send_message_length", 64 * MEBIBYTE),
    ("grpc.enable_http_proxy", 0),
)


class Refused(CommandFailed):
    """The server refused a call, or was not there."""

    def __init__(self, message: str, *, reason: str, details: tuple[str, ...] = ()) -> None:
        super().__init__("\n  ".join((message, *details)))
        self.reason = reason
        """A name of the contract's ErrorReason without its prefix, or a gRPC status where there is none."""


class Contract:
    """The services of one server, for one key."""

    def __init__(self, channel: grpc.Channel, where: Target) -> None:
        token = base64.b64encode(f"{where.login}:{where.secret}".encode()).decode()
        self._metadata = (("authorization", f"Basic {token}"),)
        self._address = where.grpc
        self.processes = ProcessServiceStub(channel)
        self.access = AccessServiceStub(channel)
        self.resources = ResourceServiceStub(channel)

    def call(self, method: Callable[..., T], request: object) -> T:
        """Return the response, or raise `Refused`."""
        try:
            return method(request, metadata=self._metadata, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            raise _refusal(error, self._address) from None


@contextmanager
def connected(where: Target, environ: Mapping[str, str]) -> Iterator[Contract]:
    """Give the services at a target's gRPC address, for as long as the block lasts."""
    with _channel(where.grpc, environ) as channel:
        yield Contract(channel, where)


def _channel(address: str, environ: Mapping[str, str]) -> grpc.Channel:
    authority, certificate, key = (_content(environ.get(f"SYNCLINE_TLS_{name}")) for name in ("CA", "CERT", "KEY"))
    if authority or certificate or key:
        credentials = grpc.ssl_channel_credentials(authority, key, certificate)
        return grpc.secure_channel(address, credentials, CHANNEL_OPTIONS)
    host, _ = environment.address(address)
    plaintext = environment.read(environ, "SYNCLINE_PLAINTEXT", environment.flag, default=False)
    if not environment.is_loopback(host) and not plaintext:
        raise CommandFailed(
            f"the key would go to {address} unencrypted: set SYNCLINE_TLS_CA, or SYNCLINE_PLAINTEXT=true to allow it",
            status=2,
        )
    return grpc.insecure_channel(address, CHANNEL_OPTIONS)


def _content(path: str | None) -> bytes | None:
    if not path:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}", status=2) from None


def _refusal(error: grpc.RpcError, address: str) -> Refused:
    status = rpc_status.from_call(error)
    if status is None:
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            return Refused(f"{address} cannot be reached: is `syncline dev` running?", reason="UNAVAILABLE")
        return Refused(error.details() or error.code().name, reason=error.code().name)
    reason = error.code().name
    details: list[str] = []
    info, violations = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(violations):
            listed = ((one.field, one.description) for one in violations.field_violations)
            details.extend(f"{field}: {text}" for field, text in listed if text != status.message)
    return Refused(f"{status.message} ({reason})", reason=reason, details=tuple(details))
