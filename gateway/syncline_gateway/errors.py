"""What can go wrong between the endpoint and the upstream."""

from __future__ import annotations


class Away(Exception):
    """The server can take nothing on now; nothing was sent."""
