"""`$.functions(…)` inside code, whose arguments are expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from syncline_server.engine.expressions.functions import chance, dates, digests
from syncline_server.engine.expressions.functions.arguments import Uncomputable
from syncline_server.engine.expressions.functions.arithmetic import operand, result
from syncline_server.engine.expressions.functions.conversions import converted
from syncline_server.engine.expressions.functions.erlang.machine import Code, Failed, Frame, Machine, digits
from syncline_server.engine.expressions.functions.erlang.terms import to_json
from syncline_server.engine.expressions.references import DIGESTS
from syncline_server.engine.expressions.scope import MISSING, text

Outer = Callable[..., object]
WRITING, DRAWING, CONVERTING = 32, 16, 8
"""Units of work that it takes at least to write an instant, to draw a number, to write a value as JSON."""


def compile_outer(name: str, arguments: Sequence[Code]) -> Code | None:
    """Return what calls a function with what the arguments give; None when there is no such function."""
    if name not in _OUTER or len(arguments) not in _OUTER[name][1]:
        return None
    function = _OUTER[name][0]

    def call(frame: Frame) -> object:
        machine = frame.machine
        found = [to_json(argument(frame), machine) for argument in arguments]
        try:
            value = function(machine, *found)
        except Uncomputable:
            raise Failed from None
        if value is MISSING:
            raise Failed
        return value

    return call


def compile_instant(name: str, source: str) -> Code:
    """Return what writes or reads the present in a format; raise `Uncomputable` for one that can't be used."""
    if not source.strip():
        return lambda frame: dates.present(frame.machine.scope)
    write, work = dates.compile_format(source), WRITING + len(source) // 2
    if name == "unixtime":
        dates.read_instant(write(dates.SAMPLE), dates.SAMPLE)

    def instant(frame: Frame) -> object:
        frame.machine.work(work)
        now = dates.present(frame.machine.scope)
        try:
            written = write(now)
            return dates.read_instant(written, now) if name == "unixtime" else written
        except Uncomputable:
            raise Failed from None

    return instant


def _sum(machine: Machine, value: object) -> object:
    machine.work((len(value) if isinstance(value, str) else digits(value)) // 16)
    number = operand(value)
    if number is None:
        raise Failed
    return result(number)


def _random(machine: Machine, *bounds: object) -> object:
    machine.work(DRAWING + sum(map(digits, bounds)) // 16)
    return chance.draw(machine.scope, *map(chance.bound, bounds))


def _digest(algorithm: str, machine: Machine, value: object) -> object:
    return digests.hexadecimal(algorithm, _content(machine, value))


def _base64(machine: Machine, value: object) -> object:
    return digests.base64(_content(machine, value))


def _content(machine: Machine, value: object) -> bytes:
    content = text(value)
    machine.work(len(content) // 16)
    return digests.encoded(content)


def _conversion(wanted: str, machine: Machine, value: object) -> object:
    if isinstance(value, str):
        machine.work(len(value) // (256 if wanted == "string" else 8))
        return converted(value, wanted)
    found = converted(value, wanted)
    if isinstance(found, str):
        machine.work(CONVERTING + len(found) // 8)
    return found


_OUTER: dict[str, tuple[Outer, tuple[int, ...]]] = {
    "math": (_sum, (1,)),
    "random": (_random, (0, 1, 2)),
    "base64_encode": (_base64, (1,)),
    **{f"to_{wanted}": (partial(_conversion, wanted), (1,)) for wanted in ("object", "number", "array", "string")},
    **{name: (partial(_digest, name), (1,)) for name in DIGESTS},
    **{f"{name}_hex": (partial(_digest, name), (1,)) for name in DIGESTS},
}
"""Each with how many arguments it takes."""
