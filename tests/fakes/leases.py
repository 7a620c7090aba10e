"""Leases of any kind."""

from __future__ import annotations

from hypothesis import strategies as st

from syncline_server.runtime.task_tokens import Lease


def leases() -> st.SearchStrategy[Lease]:
    """Return leases on behalf of a key, or of a token of a key."""
    token_id = st.just("") | st.binary(min_size=8, max_size=8).filter(any).map(bytes.hex)
    return st.builds(Lease, st.integers(0, 2**63).map(str), st.integers(0, 2**47), token_id)
