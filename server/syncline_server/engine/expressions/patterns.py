"""Regular expressions that authors wrote: RE2's, which take time by the product of text and expression, and no more.

For most it is less: how much shows only when it is over, so what a search may take is counted before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import re2

if TYPE_CHECKING:
    from collections.abc import Callable

_SHARE = 32
"""Instructions of an expression that a character takes the effort of one to search with: see `Scope.effort`."""


class Pattern:
    """One compiled expression."""

    __slots__ = ("_search", "_weight")

    def __init__(self, compiled: Any) -> None:
        self._search: Callable[[str], object] = compiled.search
        self._weight: int = compiled.programsize + _SHARE

    def search(self, source: str) -> bool:
        """Tell whether the text has it somewhere."""
        return self._search(source) is not None

    def effort(self, source: str) -> int:
        """Return how many characters could have been written in the time that a search may take."""
        return len(source) * self._weight // _SHARE


def compile_pattern(source: str) -> Pattern | None:
    """Return the compiled expression; None when it is none of RE2's."""
    options = re2.Options()
    options.log_errors = False
    try:
        return Pattern(re2.compile(source, options))
    except re2.error:
        return None
