"""TLS contexts that present a client certificate, made once for each."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache

_KEPT = 64


class UnusableCertificate(ValueError):
    """The certificate and the key are not what they should be, or do not belong together."""


@lru_cache(_KEPT)
def context_for(pem: str) -> ssl.SSLContext:
    """Return a context that trusts the usual authorities and presents the certificate; raise `UnusableCertificate`."""
    context = ssl.create_default_context()
    # The library takes files only; this one has no name and is gone when it is closed.
    with os.fdopen(os.memfd_create("certificate"), "w+", encoding="ascii") as file:
        try:
            file.write(pem)
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
        except (ssl.SSLError, OSError, ValueError):
            raise UnusableCertificate from None
    return context
