"""What a script may take, and how a worker is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one script may take."""

    seconds: float
    memory_bytes: int
    """Of its engine's memory, beside what its world takes."""
    max_output_bytes: int
    """Of the JSON text that it leaves, in UTF-8."""

    def words(self) -> list[str]:
        """Return them as arguments of a program."""
        return [str(self.seconds), str(self.memory_bytes), str(self.max_output_bytes)]

    @classmethod
    def from_words(cls, words: list[str]) -> Limits:
        """Return what `words` were made of."""
        seconds, memory_bytes, max_output_bytes = words
        return cls(seconds=float(seconds), memory_bytes=int(memory_bytes), max_output_bytes=int(max_output_bytes))
