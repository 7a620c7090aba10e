"""The arithmetic of `$.math`: whole numbers exactly, everything else as decimals.

A decimal has 64 digits while it is computed, and at most 6 after the point in the end, rounded half away from zero. A
quotient is a decimal, with a point even when it is whole (`50.0`), as the vendor's is. Whole numbers have at most 4,300
digits and decimals 58 before the point; beyond that, and for a division by zero, there is no value.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException

from syncline_server.engine import values
from syncline_server.engine.expressions.functions.arguments import Uncomputable

Operand = int | Decimal
MAX_BITS = 14_284
"""A whole number of so many bits has no more than the 4,300 digits that Python writes and reads."""
_MAX_EXPONENT = 57
_CONTEXT = Context(prec=64, rounding=ROUND_HALF_UP)
_PLACES = Decimal("0.000001")


def operand(value: object) -> Operand | None:
    """Return a JSON number or the text of one as an operand; None for anything else."""
    if type(value) is int:
        return value
    if isinstance(value, str):
        try:
            value = values.number(value.strip())
        except values.JsonFault:
            return None
        if type(value) is int:
            return value
    if type(value) is float:
        return Decimal(repr(value))
    return value.decimal() if isinstance(value, values.Number) else None


def add(one: Operand, other: Operand) -> Operand:
    """Return the sum."""
    if type(one) is int and type(other) is int:
        return _whole(one + other)
    return _CONTEXT.add(Decimal(one), Decimal(other))


def subtract(one: Operand, other: Operand) -> Operand:
    """Return the difference."""
    if type(one) is int and type(other) is int:
        return _whole(one - other)
    return _CONTEXT.subtract(Decimal(one), Decimal(other))


def multiply(one: Operand, other: Operand) -> Operand:
    """Return the product."""
    if type(one) is int and type(other) is int:
        return _whole(one * other)
    return _CONTEXT.multiply(Decimal(one), Decimal(other))


def divide(one: Operand, other: Operand) -> Operand:
    """Return the quotient, always a decimal."""
    return _CONTEXT.divide(Decimal(one), Decimal(other))


def negate(one: Operand) -> Operand:
    """Return the number with the other sign."""
    return -one if type(one) is int else _CONTEXT.minus(Decimal(one))


def result(value: Operand) -> int | float | values.Number:
    """Return the JSON number; raise `Uncomputable` for one that is too large."""
    if type(value) is int:
        return value
    try:
        decimal = Decimal(value)
        if not decimal.is_finite() or (decimal and decimal.adjusted() > _MAX_EXPONENT):
            raise Uncomputable
        digits = format(decimal.quantize(_PLACES, context=_CONTEXT), "f").rstrip("0")
    except DecimalException:
        raise Uncomputable from None
    digits += "0" if digits.endswith(".") else ""
    return values.number("0.0" if digits == "-0.0" else digits)


def _whole(value: int) -> int:
    if value.bit_length() > MAX_BITS:
        raise Uncomputable
    return value
