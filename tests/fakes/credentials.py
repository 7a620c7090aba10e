"""What a client presents."""

from __future__ import annotations

import base64


def basic(login: str, secret: str) -> str:
    """Return the value of an `authorization` header that presents a key."""
    return "Basic " + base64.b64encode(f"{login}:{secret}".encode()).decode()


def bearer(token: str) -> str:
    """Return the value of an `authorization` header that presents a token."""
    return f"Bearer {token}"
