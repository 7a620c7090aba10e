"""Reads `extra` with `extra_type`, and fields like them: texts that become values of a type.

A value that is no text in the file (a number, an object) is taken as its JSON text, and its own type is the default;
for a text the default is a string.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine.expressions.casts import TYPES, WrongType, compile_json, compile_value, type_of
from syncline_server.engine.expressions.references import BadReference
from syncline_server.engine.expressions.scope import Scope, text
from syncline_server.engine.expressions.template import compile_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.reading.fields import Fields


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of `extra`, compiled both ways."""

    value: Callable[[Scope], object]
    json: Callable[[Scope], str]


def read_parameter(
    fields: Fields, key: str, raw: object, declared: object, *, name: str = "extra", types_name: str = "extra_type"
) -> Parameter | None:
    """Return a compiled value, or None with a fault noted in the field of values or in that of their types."""
    wanted = type_of(raw) if declared in (None, "") else declared
    if wanted not in TYPES or not isinstance(wanted, str):
        fields.fault(f"{types_name}.{key}", f"The type of a parameter is one of {', '.join(TYPES)}.")
        return None
    try:
        template = compile_template(text(raw))
        return Parameter(compile_value(template, wanted), compile_json(template, wanted))
    except BadReference as error:
        fields.fault(f"{name}.{key}", f"The value cannot be read: {error}.")
    except WrongType as error:
        fields.fault(f"{name}.{key}", f"The value is no {error.wanted}.")
    return None
