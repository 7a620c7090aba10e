"""Names every function and what compiles it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine.expressions.functions.arguments import Argument
from syncline_server.engine.expressions.functions.arrays import compile_filter, compile_map
from syncline_server.engine.expressions.functions.chance import compile_random
from syncline_server.engine.expressions.functions.conversions import compile_conversion
from syncline_server.engine.expressions.functions.dates import compile_date, compile_unixtime
from syncline_server.engine.expressions.functions.digests import compile_base64, compile_digest
from syncline_server.engine.expressions.functions.sums import compile_math
from syncline_server.engine.expressions.references import DIGESTS, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.expressions.functions.arguments import PartCompiler
    from syncline_server.engine.expressions.scope import Lookup

FUNCTIONS: dict[str, Callable[[Argument], Lookup]] = {
    "math": compile_math,
    "random": compile_random,
    "date": compile_date,
    "unixtime": compile_unixtime,
    "base64_encode": compile_base64,
    "map": compile_map,
    "filter": compile_filter,
    "to_object": compile_conversion,
    "to_number": compile_conversion,
    "to_array": compile_conversion,
    "to_string": compile_conversion,
    **dict.fromkeys(DIGESTS, compile_digest),
    **dict.fromkeys([f"{name}_hex" for name in DIGESTS], compile_digest),
}


def compile_call(call: Call, compile_part: PartCompiler) -> Lookup:
    """Return what computes the function; raise `BadReference` for what can't be read or can't run here."""
    return FUNCTIONS[call.name](Argument(call, compile_part))
