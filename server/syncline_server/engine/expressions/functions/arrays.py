"""`$.map(fun(X) -> … end, {{array}})` and `$.filter(…)`: an expression for each item of an array.

The language is that of `erlang`. The array is a reference, a function or JSON text; a text that holds a JSON array will
do, anything else has no value. So has the whole when one item fails, or when `$.filter` gets something else than a
boolean from one, as in the vendor's language.

Work is counted: each expression of each item, and each member or character that one reads or makes, is a unit. What a
decision may do altogether is the scope's `work`; a call that would need more leaves no room, so that its node fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.expressions.casts import WrongType, cast
from syncline_server.engine.expressions.functions.arguments import Uncomputable, settled
from syncline_server.engine.expressions.functions.erlang.machine import Exhausted, Failed, Machine
from syncline_server.engine.expressions.functions.erlang.parser import compile_fun
from syncline_server.engine.expressions.functions.erlang.terms import to_json
from syncline_server.engine.expressions.functions.erlang.tokens import BadCode
from syncline_server.engine.expressions.references import Path

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.expressions.functions.arguments import Argument
    from syncline_server.engine.expressions.functions.erlang.parser import Fun
    from syncline_server.engine.expressions.scope import Lookup, Scope


def compile_map(argument: Argument) -> Lookup:
    """Compile what makes an item of each."""
    fun, array = _compile(argument)

    def convert(machine: Machine, items: list[object]) -> list[object]:
        return [to_json(fun.apply(machine, item), machine) for item in items]

    return settled(lambda scope: _run(scope, array, convert))


def compile_filter(argument: Argument) -> Lookup:
    """Compile what tells which items stay."""
    fun, array = _compile(argument)

    def stays(machine: Machine, item: object) -> bool:
        answer = fun.apply(machine, item)
        if not isinstance(answer, bool):
            raise Failed
        return answer

    def choose(machine: Machine, items: list[object]) -> list[object]:
        return [item for item in items if stays(machine, item)]

    return settled(lambda scope: _run(scope, array, choose))


def _compile(argument: Argument) -> tuple[Fun, Callable[[Scope], list[object]]]:
    source = argument.raw[0] if argument.raw and isinstance(argument.raw[0], str) else ""
    try:
        fun, rest = _compile_fun(source)
    except BadCode as error:
        sentence = str(error)
        if error.at_end and any(isinstance(part, Path) for part in argument.raw):
            sentence = "a reference cannot stand inside fun … end"
        raise argument.fault(sentence) from None
    rest = rest.lstrip()
    if not rest.startswith(","):
        raise argument.fault("after fun … end there has to be a comma and an array")
    return fun, _compile_array(argument.with_parts((rest[1:], *argument.raw[1:])))


def _compile_fun(source: str) -> tuple[Fun, str]:
    """Compile the function that a text begins with, and return the rest of the text.

    Inside a literal of JSON text its quotes are escaped; outside of quotes the language has no backslash.
    """
    try:
        fun, end = compile_fun(source)
    except BadCode as error:
        if not error.at_backslash:
            raise
        try:
            source = str(values.loads(f'"{source}"'))
        except values.JsonFault:
            raise error from None
        fun, end = compile_fun(source)
    return fun, source[end:]


def _compile_array(argument: Argument) -> Callable[[Scope], list[object]]:
    value = argument.value()
    if callable(value):
        return lambda scope: _array(value(scope))
    try:
        items = _array(value)
    except Uncomputable:
        raise argument.fault("what follows fun … end is no array") from None
    return lambda _: items


def _array(value: object) -> list[object]:
    try:
        items = cast(value, "array")
    except WrongType:
        raise Uncomputable from None
    assert isinstance(items, list)  # noqa: S101  # that is what the cast gives
    return items


def _run(
    scope: Scope, array: Callable[[Scope], list[object]], work: Callable[[Machine, list[object]], object]
) -> object:
    items = array(scope)
    machine = Machine(scope, scope.work)
    try:
        return work(machine, items)
    except Failed:
        raise Uncomputable from None
    except Exhausted:
        scope.room = min(scope.room, -1)
        raise Uncomputable from None
    finally:
        scope.work = max(machine.left, 0)
