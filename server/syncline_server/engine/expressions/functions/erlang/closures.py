"""What compiled expressions are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine.expressions.functions.erlang.operators import Operator, boolean
from syncline_server.engine.expressions.functions.erlang.pairs import member

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.engine.expressions.functions.erlang.machine import Code, Frame


class Constant:
    """An expression whose value is known."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __call__(self, _: Frame) -> object:
        return self.value


def until(codes: Sequence[Code], *, answer: bool) -> Code:
    """Return what gives the answer as soon as one does, and the last one's value when none has."""
    *first, last = codes

    def run(frame: Frame) -> object:
        for code in first:
            if boolean(code(frame)) is answer:
                return answer
        return last(frame)

    return run


def applied(first: Code, rest: Sequence[tuple[Operator, Code]]) -> Code:
    """Return what applies operators one after the other."""
    (operator, other), *more = rest
    if more:

        def run(frame: Frame) -> object:
            value = first(frame)
            for operation, code in rest:
                value = operation(frame.machine, value, code(frame))
            return value

        return run
    if isinstance(other, Constant):
        fixed = other.value
        return lambda frame: operator(frame.machine, first(frame), fixed)
    return lambda frame: operator(frame.machine, first(frame), other(frame))


def member_of(code: Code, names: Sequence[str]) -> Code:
    """Return what looks up a member of a member of a value."""

    def look(frame: Frame) -> object:
        value = code(frame)
        for name in names:
            value = member(frame.machine, value, name)
        return value

    return look
