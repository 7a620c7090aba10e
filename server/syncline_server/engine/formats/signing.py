"""How an API Call signs itself: the process that calls, the time, and a signature over both and the body, in the query.

`api_secret_outer` is the node's secret: that of the key whose login ends the URL (`…/api/2/json/{login}`), or one that
author and peer agreed on. With it the call always carries all three parameters. `send_sys` asks for them without a
secret, too; then there is no signature, for there is nothing to sign with. The formula is that of the whole protocol.
"""

from __future__ import annotations

import hashlib


def signature(time: str, secret: str, body: bytes) -> str:
    """Return hex(sha1(time + secret + body + secret)), in lower case."""
    key = secret.encode()
    return hashlib.sha1(time.encode() + key + body + key, usedforsecurity=False).hexdigest()


def system_parameters(*, process_id: int, seconds: int, secret: str, body: str | None) -> list[tuple[str, str]]:
    """Return what is added to the query of a call, in the documented order; without a secret nothing signs it.

    *seconds* is the time since the epoch, *body* what is sent (None for nothing, which is signed as empty).
    """
    time = str(seconds)
    signed = [("conv_signature", signature(time, secret, (body or "").encode()))] if secret else []
    return [*signed, ("conv_time", time), ("conv_id", str(process_id))]
