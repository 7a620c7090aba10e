"""Conditions of `go_if_const`: one parameter, one function, one constant.

- The parameter is a name or path, with or without braces, a function, or a text with these in it.
- A parameter that is missing, or a function that has no value, meets no condition, so `not_eq ""` asks whether it is
  there and not empty.
- The cast is the type that both sides must have. The constant is written as text and read as that type; the parameter
  is not converted: 10 and "10" are equal under no cast but the absent one, and differ under `not_eq`.
- Without a cast (the first version of the format) both sides compare as numbers when both read as such, else as text.
- `more`, `less` and their kin order numbers, and texts by code point; `regexp` searches the parameter's text with RE2.
  An expression that can't be compiled is refused when it is fixed, and meets nothing when it comes out of a template.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache

from syncline_server.engine import values
from syncline_server.engine.expressions.casts import TYPES, WrongType, cast
from syncline_server.engine.expressions.lookups import compile_path
from syncline_server.engine.expressions.patterns import compile_pattern
from syncline_server.engine.expressions.references import BadReference, parse_path
from syncline_server.engine.expressions.scope import MISSING, Lookup, Scope, text
from syncline_server.engine.expressions.template import Template, compile_template

Condition = Callable[[Scope], bool]
Comparison = Callable[[object, object], bool]

ORDERS: dict[str, Callable[[int, int], bool]] = {
    "more": operator.gt,
    "less": operator.lt,
    "more_or_eq": operator.ge,
    "less_or_eq": operator.le,
}
FUNCTIONS = ("eq", "not_eq", *ORDERS, "regexp")
CASTS = ("", *TYPES)
MAX_PATTERN = 10_000
"""Characters of a regular expression."""
SHORT = 200
"""Characters of a text that takes no effort worth counting."""

_UNREADABLE = object()
"""A constant that is not of its cast's type: equal to nothing."""


class BadCondition(ValueError):
    """A condition can't be evaluated; the message is for the author."""


def compile_condition(param: str, function: str, constant: object, cast_name: str) -> Condition:
    """Return what tells whether the condition is met; raise a `ValueError` that says why it can't run."""
    if function not in FUNCTIONS:
        raise BadCondition(f"the function {function!r} is none of {', '.join(FUNCTIONS)}")
    if cast_name not in CASTS:
        raise BadCondition(f"the cast {cast_name!r} is none of {', '.join(TYPES)}")
    if function in ORDERS and cast_name not in ("", "string", "number"):
        raise BadCondition(f"{function!r} cannot order values of the type {cast_name}")
    parameter = _compile_parameter(param)
    template = compile_template(constant) if isinstance(constant, str) else None
    if function == "regexp":
        return _compile_search(parameter, template or Template(text(constant), (text(constant),)))
    comparison = _comparison(function, cast_name)
    if template is None or template.static is not None:
        fixed = _read(constant, cast_name)
        return lambda scope: (value := parameter(scope)) is not MISSING and comparison(value, fixed)
    return lambda scope: (
        (value := parameter(scope)) is not MISSING and comparison(value, _read(_constant(template, scope), cast_name))
    )


def _compile_parameter(source: str) -> Lookup:
    """Return what gives a parameter; one that takes effort to compare or search is charged."""
    look = _compile_look(source)

    def parameter(scope: Scope) -> object:
        value = look(scope)
        kind = value.__class__
        if kind is int or kind is bool or value is None or (kind is str and len(value) < SHORT):  # type: ignore[arg-type]
            return value
        if scope.room < 0:
            return MISSING
        scope.charge(len(text(value)))
        return value

    return parameter


def _compile_look(source: str) -> Lookup:
    template = compile_template(source)
    if template.static is not None and "{{" not in source:
        return compile_path(parse_path(source))
    if template.static is not None:
        raise BadReference(f"{source!r} lacks its closing braces")
    return template.text if template.lone is None else template.lone


def _constant(template: Template, scope: Scope) -> object:
    found = template.value(scope)
    return "" if found is MISSING or found is None else found


def _read(constant: object, cast_name: str) -> object:
    if not cast_name:
        return constant
    try:
        return cast(constant, cast_name)
    except WrongType:
        return _UNREADABLE


def _comparison(function: str, cast_name: str) -> Comparison:
    same = _same if cast_name else _alike
    if function == "eq":
        return same
    if function == "not_eq":
        return lambda value, constant: not same(value, constant)
    order = ORDERS[function]
    return lambda value, constant: (
        (difference := _difference(value, constant, cast_name)) is not None and order(difference, 0)
    )


def _same(value: object, constant: object) -> bool:
    """Compare a parameter with a constant of the cast's type: null is the empty string."""
    return values.equal("" if value is None else value, constant)


def _alike(value: object, constant: object) -> bool:
    if values.equal(value, constant):
        return True
    one, other = _as_number(value), _as_number(constant)
    return values.equal(one, other) if one is not None and other is not None else text(value) == text(constant)


def _difference(value: object, constant: object, cast_name: str) -> int | None:
    """Return how a parameter and a constant are ordered; None when they can't be."""
    if not cast_name:
        one, other = _as_number(value), _as_number(constant)
        if one is not None and other is not None:
            return values.compare(one, other)
        value, constant = text(value), text(constant)
    if values.is_number(value) and values.is_number(constant):
        return values.compare(value, constant)
    if isinstance(value, str) and isinstance(constant, str):
        return (value > constant) - (value < constant)
    return None


def _as_number(value: object) -> object:
    try:
        return cast(value, "number")
    except WrongType:
        return None


def _compile_search(parameter: Lookup, template: Template) -> Condition:
    if template.static is not None:
        search = _pattern(template.static)
        if search is None:
            raise BadCondition(f"{template.static!r} is no regular expression of RE2")
        return lambda scope: (value := parameter(scope)) is not MISSING and search(scope, text(value))

    def met(scope: Scope) -> bool:
        value = parameter(scope)
        search = _pattern(template.text(scope))
        return value is not MISSING and search is not None and search(scope, text(value))

    return met


@lru_cache(maxsize=64)
def _pattern(source: str) -> Callable[[Scope, str], bool] | None:
    """Compile a regular expression; None when it is none of RE2's."""
    pattern = None if len(source) > MAX_PATTERN else compile_pattern(source)
    if pattern is None:
        return None

    def search(scope: Scope, found: str) -> bool:
        scope.charge(pattern.effort(found))
        return scope.room >= 0 and pattern.search(found)

    return search
