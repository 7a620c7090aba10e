"""Below the PostgreSQL driver: how much comes in for one statement, and how the connection is protected.

The driver holds a whole result in memory before it gives any of it, a single value of a gigabyte too. So whatever comes
in passes by a meter, and a connection that brings too much is cut.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import asyncpg

from syncline_server.store.port import Tls

if TYPE_CHECKING:
    from syncline_server.store.port import Instance

MOST_RECEIVED = 4 * 1024 * 1024
"""Bytes for one statement. A row of small numbers takes about twice as many as its JSON, any other row fewer."""


class Meter(asyncio.Protocol):
    """Stands between a transport and the driver's protocol, and counts."""

    def __init__(self, inner: asyncio.Protocol, transport: asyncio.Transport) -> None:
        self._inner = inner
        self._transport = transport
        self._left = MOST_RECEIVED
        self.is_over = False
        """More came than may; the connection is cut."""

    def start(self) -> None:
        """Begin to count for a statement."""
        self._left = MOST_RECEIVED

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self.is_over = True
            self._transport.abort()
        else:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


class Connection(asyncpg.Connection):  # type: ignore[misc]  # the driver ships no types
    """A connection whose transport passes by a meter."""

    __slots__ = ("meter",)

    def __init__(self, protocol: Any, transport: Any, *more: Any, **named: Any) -> None:
        super().__init__(protocol, transport, *more, **named)
        self.meter = Meter(protocol, transport)
        transport.set_protocol(self.meter)


def contexts(instance: Instance) -> tuple[ssl.SSLContext | bool, ...]:
    """Return how to protect a connection, the best way first; False is not at all."""
    match instance.tls:
        case Tls.DISABLE:
            return (False,)
        case Tls.PREFER:
            return (_unchecked(), False)
        case Tls.REQUIRE:
            return (_unchecked(),)
        case Tls.VERIFY:
            return (_checked(instance.host),)


def _unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _checked(host: str) -> ssl.SSLContext:
    context = _HostContext(ssl.PROTOCOL_TLS_CLIENT)
    context.host = host
    context.load_default_certs()
    return context


class _HostContext(ssl.SSLContext):
    """Checks the certificate for the instance's host: what is connected to is an address that was looked up for it."""

    host: str

    def wrap_bio(self, *bios: Any, **named: Any) -> ssl.SSLObject:
        return super().wrap_bio(*bios, **{**named, "server_hostname": self.host})
