"""`$.to_object(…)`, `$.to_array(…)`, `$.to_number(…)` and `$.to_string(…)`: the value as one of another type.

What can be converted is what `casts` says; the rest has no value. How the value stands in JSON text: see `json_text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine.expressions.casts import WrongType, cast
from syncline_server.engine.expressions.functions.arguments import constant
from syncline_server.engine.expressions.json_text import Conversion
from syncline_server.engine.expressions.scope import MISSING

if TYPE_CHECKING:
    from syncline_server.engine.expressions.functions.arguments import Argument
    from syncline_server.engine.expressions.scope import Lookup, Scope


def compile_conversion(argument: Argument) -> Lookup:
    """Compile the conversion that the function's name says."""
    wanted = argument.name.removeprefix("to_")
    value = argument.value()
    if isinstance(value, str):
        try:
            return Conversion(constant(cast(value, wanted)))
        except WrongType:
            raise argument.fault(f"that is no {wanted}") from None
    return Conversion(lambda scope: converted(_read(value, scope), wanted))


def _read(value: Lookup, scope: Scope) -> object:
    """Look a value up that is to be converted; a text or what becomes one takes effort."""
    if scope.room < 0:
        return MISSING
    found = value(scope)
    if isinstance(found, str):
        scope.charge(len(found))
    return found


def converted(value: object, wanted: str) -> object:
    """Return the value as one of the type, or `MISSING`."""
    try:
        return cast(value, wanted)
    except WrongType:
        return MISSING
