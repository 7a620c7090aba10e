"""`$.random(…)`: numbers that nobody foresees and every replay draws again.

Two of the vendor's pages agree as far as they go: `$.random(max)` gives a whole number from 1 to max (from max to -1
when it is negative, 0 for 0), `$.random(min,max)` one from min to max, both included, `$.random()` a fraction from 0 to
under 1, here of 6 digits. Bounds beyond 64 bits count as the last that fits; fractions of a bound are cut off.

A draw depends on the task's id, its secret, the last sequence number before the decision and how many draws the
decision has had. The secret is in it so that knowing a task's id is not enough to foresee a draw.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from syncline_server.engine.expressions.functions import arithmetic
from syncline_server.engine.expressions.functions.arguments import Uncomputable, settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.expressions.functions.arguments import Argument
    from syncline_server.engine.expressions.scope import Lookup, Scope

_LIMIT = 2**63 - 1
_MILLION = 1_000_000


def compile_random(argument: Argument) -> Lookup:
    """Compile no bound, the last or both."""
    bounds = [_compile_bound(argument, bound.value()) for bound in argument.split()]
    if len(bounds) > 2:
        raise argument.fault("it takes at most two bounds")
    return settled(lambda scope: draw(scope, *[bound(scope) for bound in bounds]))


def draw(scope: Scope, *bounds: int) -> int | float:
    """Return a random number within no bound, the last or both."""
    if not bounds:
        return _number(scope) % _MILLION / _MILLION
    if len(bounds) == 1:
        low, high = (1, bounds[0]) if bounds[0] > 0 else (bounds[0], -1) if bounds[0] else (0, 0)
    else:
        low, high = sorted(bounds)
    return low + _number(scope) % (high - low + 1)


def bound(value: object) -> int:
    """Return a number as a bound; raise `Uncomputable` for what is none."""
    number = arithmetic.operand(value)
    if number is None:
        raise Uncomputable
    return int(max(-_LIMIT, min(_LIMIT, number)))


def _compile_bound(argument: Argument, value: str | Lookup) -> Callable[[Scope], int]:
    if callable(value):
        return lambda scope: bound(value(scope))
    try:
        fixed = bound(value)
    except Uncomputable:
        raise argument.fault(f"{value!r} is no number") from None
    return lambda _: fixed


def _number(scope: Scope) -> int:
    task = scope.task
    seed = f"{task.task_id}:{task.callback_secret}:{task.sequence}:{next(scope.draws)}"
    return int.from_bytes(sha256(seed.encode()).digest(), "big")
