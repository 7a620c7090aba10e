"""A certificate for loopback, signed by itself, and its key: for tests only, known to everybody."""

from __future__ import annotations

import ssl
from pathlib import Path

CERTIFICATE = Path(__file__).parent / "loopback.crt"
KEY = Path(__file__).parent / "loopback.key"


def server_context() -> ssl.SSLContext:
    """Return what a server on 127.0.0.1, ::1, localhost or peer.test shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    return context


def client_context() -> ssl.SSLContext:
    """Return what a client trusts that knows the certificate, and nothing else."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))
