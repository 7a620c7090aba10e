"""The argument of one function, as the module that compiles the function sees it."""

from __future__ import annotations

from collections.abc import Callable

from syncline_server.engine.expressions.json_text import as_json, render_json
from syncline_server.engine.expressions.references import BadReference, Call, Part, Path, split_calls
from syncline_server.engine.expressions.scope import MISSING, Lookup, Scope, join

PartCompiler = Callable[[Part], str | Lookup]


class Uncomputable(Exception):
    """A function has no value for the data at hand."""


class Argument:
    """Text, references and functions between two parentheses."""

    __slots__ = ("compile_part", "name", "nesting", "raw", "zone")

    def __init__(self, call: Call, compile_part: PartCompiler) -> None:
        self.name = call.name
        self.raw = call.argument
        self.nesting = call.nesting
        self.zone = call.zone
        self.compile_part = compile_part

    @property
    def source(self) -> str:
        """The argument as the author wrote it."""
        return "".join(part if isinstance(part, str) else f"{{{{{part.source}}}}}" for part in self.raw)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Text, references and functions."""
        return split_calls(self.raw, self.nesting)

    def fault(self, sentence: str) -> BadReference:
        """Return what refuses the function, with a sentence about it."""
        return BadReference(f"$.{self.name}({self.source[:60]}): {sentence}")

    def with_parts(self, raw: tuple[str | Path, ...]) -> Argument:
        """Return a part of the argument as one of its own."""
        return Argument(Call(self.name, raw, self.nesting, None), self.compile_part)

    def split(self) -> list[Argument]:
        """Return the arguments that commas outside of functions part; none when there is nothing."""
        if not self.source.strip():
            return []
        pieces: list[list[str | Path]] = [[]]
        depth = 0
        for part in self.raw:
            if not isinstance(part, str):
                pieces[-1].append(part)
                continue
            start = 0
            for at, character in enumerate(part):
                depth += (character == "(") - (character == ")")
                if character == "," and not depth:
                    pieces[-1].append(part[start:at])
                    pieces.append([])
                    start = at + 1
            pieces[-1].append(part[start:])
        return [self.with_parts(tuple(piece)) for piece in pieces]

    def text(self) -> str | Callable[[Scope], str]:
        """Return the argument as text, or what renders it."""
        parts = [self.compile_part(part) for part in self.parts]
        if all(isinstance(part, str) for part in parts):
            return "".join(map(str, parts))
        return lambda scope: join(parts, scope)

    def value(self) -> str | Lookup:
        """Return the argument without spaces around it as a value: text, or a lone reference's or function's own.

        Of more than one it is JSON text, see `json_text`.
        """
        parts = [self.compile_part(part) for part in trimmed(self.parts)]
        if len(parts) == 1 and not isinstance(parts[0], str):
            return parts[0]
        if all(isinstance(part, str) for part in parts):
            return "".join(map(str, parts))
        json_parts, _ = as_json(parts)
        return lambda scope: render_json(json_parts, scope)


def trimmed(parts: tuple[Part, ...]) -> list[Part]:
    """Return the parts without spaces at both ends."""
    kept = list(parts)
    if kept and isinstance(kept[0], str):
        kept[0] = kept[0].lstrip()
    if kept and isinstance(kept[-1], str):
        kept[-1] = kept[-1].rstrip()
    return [part for part in kept if part != ""]


def settled(compute: Callable[[Scope], object]) -> Lookup:
    """Return the computation as a lookup: `MISSING` when it has no value."""

    def look(scope: Scope) -> object:
        try:
            return compute(scope)
        except Uncomputable:
            return MISSING

    return look


def constant(value: object) -> Lookup:
    """Return what always gives the value."""
    return lambda _: value


def is_missing(value: object) -> bool:
    """Tell whether there is nothing: no value, null, or an empty text."""
    return value is MISSING or value is None or value == ""
