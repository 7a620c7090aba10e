"""The values that a customized response keeps of a reply: what is absent is the empty string, a wrong type is coerced.

An array is made of an object, or of anything that is no array, by wrapping; every other type of what can be cast to it.
What can't be is kept as it is: the documented node never takes its error link for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine.expressions.casts import WrongType, cast, charged
from syncline_server.engine.expressions.scope import MISSING, Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.expressions.template import Template


def compile_reply_value(template: Template, wanted: str) -> Callable[[Scope], object]:
    """Return what renders one value of a customized response; the type may be empty."""

    def render(scope: Scope) -> object:
        value = template.value(scope) if template.lone is None else charged(template.lone, scope)
        if value is MISSING:
            return ""
        if not wanted:
            return value
        try:
            return cast(value, wanted)
        except WrongType:
            return [value] if wanted == "array" else value

    return render
