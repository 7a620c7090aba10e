"""What goes wrong when JSON is read, the caller's fault, and when a message is printed, the service's."""

from __future__ import annotations

from json.encoder import encode_basestring

LONGEST_EXCERPT = 60
LONGEST_PATH = 200
"""Characters of a path below a member; the names of a Struct, say, are the caller's own."""


class JsonFault(ValueError):
    """The caller's JSON, or one value of a path or a query, cannot be taken."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        """One sentence of ours for the caller, with at most `LONGEST_EXCERPT` characters of theirs."""
        self.field = field
        """The value at fault in the names that the caller used, such as `items[3].name`; empty: the whole body."""

    def inside(self, name: str) -> JsonFault:
        """Return the fault as seen one level further out; *name* is a member's name."""
        rest = self.field if len(self.field) <= LONGEST_PATH else "…" + self.field[1 - LONGEST_PATH :]
        dot = "" if not rest or rest.startswith("[") else "."
        return JsonFault(self.message, excerpt(name) + dot + rest)

    def inside_list(self, index: int) -> JsonFault:
        """Return the fault as seen from the array that holds the value."""
        return self.inside(f"[{index}]")

    def inside_map(self, key: str) -> JsonFault:
        """Return the fault as seen from the map that holds the value."""
        return self.inside(f"[{encode_basestring(excerpt(key))}]")


class Unprintable(ValueError):
    """A message has no ProtoJSON: the service's mistake, so a caller is told of an internal error.

    The text is for logs. It names types and fields and never a value.
    """


def excerpt(text: str) -> str:
    """Return what a caller wrote, short enough to be told back."""
    return text if len(text) <= LONGEST_EXCERPT else text[: LONGEST_EXCERPT - 1] + "…"


def quoted(text: str) -> str:
    """Return what a caller wrote as JSON, short enough to be told back."""
    return encode_basestring(excerpt(text))
