"""The operators, each a function of a machine and its operands."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.expressions.functions.arithmetic import MAX_BITS
from syncline_server.engine.expressions.functions.erlang.machine import WORD, Failed, digits
from syncline_server.engine.expressions.functions.erlang.terms import COMPARING, as_list, compare, same

if TYPE_CHECKING:
    from syncline_server.engine.expressions.functions.erlang.machine import Machine

Operator = Callable[["Machine", object, object], object]


def floating(value: object) -> float:
    """Return a number as a float; raise `Failed` for what is none, or too large for one."""
    if not values.is_number(value):
        raise Failed
    try:
        number = float(value.text if isinstance(value, values.Number) else value)  # type: ignore[arg-type]
    except OverflowError:
        raise Failed from None
    return finite(number)


def finite(number: float) -> float:
    """Return the number; raise `Failed` for infinity and what is no number."""
    if not math.isfinite(number):
        raise Failed
    return number


def whole(value: object) -> int:
    """Return a whole number; raise `Failed` for anything else, and for one that is too long."""
    if type(value) is not int or value.bit_length() > MAX_BITS:
        raise Failed
    return value


def boolean(value: object) -> bool:
    """Return a boolean; raise `Failed` for anything else."""
    if not isinstance(value, bool):
        raise Failed
    return value


def add(machine: Machine, one: object, other: object) -> object:
    """`+`."""
    if type(one) is int and type(other) is int:
        return whole(one + other)
    machine.work((digits(one) + digits(other)) // 256)
    return finite(floating(one) + floating(other))


def subtract(machine: Machine, one: object, other: object) -> object:
    """`-`."""
    if type(one) is int and type(other) is int:
        return whole(one - other)
    machine.work((digits(one) + digits(other)) // 256)
    return finite(floating(one) - floating(other))


def multiply(machine: Machine, one: object, other: object) -> object:
    """`*`."""
    if type(one) is int and type(other) is int:
        if one.bit_length() + other.bit_length() > 64:
            machine.work((one.bit_length() + other.bit_length()) // 64)
        return whole(one * other)
    machine.work((digits(one) + digits(other)) // 256)
    return finite(floating(one) * floating(other))


def divide(machine: Machine, one: object, other: object) -> object:
    """`/`, always a float."""
    machine.work((digits(one) + digits(other)) // 256)
    divisor = floating(other)
    if not divisor:
        raise Failed
    return finite(floating(one) / divisor)


def quotient(machine: Machine, one: object, other: object) -> object:
    """`div`: towards zero."""
    dividend, divisor = whole(one), whole(other)
    if not divisor:
        raise Failed
    machine.work(digits(dividend) * (WORD + digits(divisor)) // 20_000)
    found = abs(dividend) // abs(divisor)
    return found if (dividend < 0) == (divisor < 0) else -found


def remainder(machine: Machine, one: object, other: object) -> object:
    """`rem`: with the sign of the first."""
    return whole(one) - whole(quotient(machine, one, other)) * whole(other)


def shift_left(machine: Machine, one: object, other: object) -> object:
    """`bsl`; `bsr` by less than nothing."""
    number, bits = whole(one), whole(other)
    if bits < 0:
        return number >> min(-bits, MAX_BITS + 1)
    if number and number.bit_length() + bits > MAX_BITS:
        raise Failed
    machine.work(bits // 64 if number else 0)
    return number << bits if number else 0


def shift_right(machine: Machine, one: object, other: object) -> object:
    """`bsr`."""
    return shift_left(machine, one, -whole(other))


def concatenate(machine: Machine, one: object, other: object) -> object:
    """`++` of lists and objects, and of texts in quotes."""
    if isinstance(one, str) and isinstance(other, str):
        machine.work(len(one) + len(other))
        return one + other
    left, right = as_list(one, machine), as_list(other, machine)
    machine.work(len(left) + len(right))
    return left + right


def take_away(machine: Machine, one: object, other: object) -> object:
    """`--`: the first of each item that the second has."""
    left, right = list(as_list(one, machine)), as_list(other, machine)
    machine.work(len(left))
    for unwanted in right:
        for index, item in enumerate(left):
            machine.work(COMPARING)
            if same(item, unwanted, machine):
                machine.work(len(left) // 256)
                del left[index]
                break
    return left


OPERATORS: dict[str, Operator] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "div": quotient,
    "rem": remainder,
    "band": lambda _, one, other: whole(one) & whole(other),
    "bor": lambda _, one, other: whole(one) | whole(other),
    "bxor": lambda _, one, other: whole(one) ^ whole(other),
    "bsl": shift_left,
    "bsr": shift_right,
    "and": lambda _, one, other: boolean(one) & boolean(other),
    "or": lambda _, one, other: boolean(one) | boolean(other),
    "xor": lambda _, one, other: boolean(one) ^ boolean(other),
    "++": concatenate,
    "--": take_away,
    "==": lambda machine, one, other: compare(one, other, machine) == 0,
    "/=": lambda machine, one, other: compare(one, other, machine) != 0,
    "=<": lambda machine, one, other: compare(one, other, machine) <= 0,
    "<": lambda machine, one, other: compare(one, other, machine) < 0,
    ">=": lambda machine, one, other: compare(one, other, machine) >= 0,
    ">": lambda machine, one, other: compare(one, other, machine) > 0,
    "=:=": lambda machine, one, other: same(one, other, machine),
    "=/=": lambda machine, one, other: not same(one, other, machine),
}
"""Both operands are computed; `andalso` and `orelse` are the parser's."""

SIGNS: dict[str, Callable[[Machine, object], object]] = {
    "+": lambda machine, value: add(machine, value, 0),
    "-": lambda machine, value: subtract(machine, 0, value),
    "not": lambda _, value: not boolean(value),
    "bnot": lambda _, value: ~whole(value),
}
"""The operators with one operand."""

LEVELS: tuple[tuple[str, ...], ...] = (
    ("++", "--"),
    ("+", "-", "bor", "bxor", "bsl", "bsr", "or", "xor"),
    ("*", "/", "div", "rem", "band", "and"),
)
"""Operators that bind ever more strongly; the first level binds from the right."""
COMPARISONS = ("==", "/=", "=<", "<", ">=", ">", "=:=", "=/=")
