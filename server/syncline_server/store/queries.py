"""Loads named queries: each stands in an .sql file below a line `-- name --`, with a sentence of what it is for."""

from __future__ import annotations

import re
from importlib import resources

_HEADING = re.compile(r"^-- (\w+) --\n", re.MULTILINE)
_COMMENT = re.compile(r"^-- (?!\w+ --$).*\n", re.MULTILINE)


def read(dialect: str, name: str) -> str:
    """Return the text of an .sql file of a database's dialect."""
    return (resources.files("syncline_server.store") / "sql" / dialect / name).read_text(encoding="utf-8")


def load(text: str) -> dict[str, str]:
    """Return the queries of a file by name, without their comments."""
    _, *parts = _HEADING.split(_COMMENT.sub("", text))
    found = {name: query.strip().removesuffix(";") for name, query in zip(parts[::2], parts[1::2], strict=True)}
    if len(found) != len(parts) // 2:
        raise ValueError("two queries have one name")
    return found


def widened(query: str, *, rows: int, columns: int) -> str:
    """Return the query with the row of one parameter in it, `(?)`, made so many rows of so many."""
    row = "(" + ", ".join("?" * columns) + ")"
    return query.replace("(?)", ", ".join([row] * rows))
