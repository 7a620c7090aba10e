"""Frozen records, made quickly.

A frozen dataclass fills itself through `object.__setattr__`, once for each field: a task with its many fields takes
twice the time so. The few places that make records with every decision build them open, and close them when they are
complete.
"""

from __future__ import annotations

from dataclasses import MISSING, field, fields, make_dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field

P = ParamSpec("P")
T = TypeVar("T")


def builder(kind: Callable[P, T]) -> Callable[P, T]:
    """Return what makes a record of the class *kind*, frozen and with slots, called as the class itself is."""
    # the same slots under another class, so that a complete record can change its class for the one wanted
    names = [(one.name, Any, _copy(one)) for one in fields(kind)]  # type: ignore[arg-type]
    opened = make_dataclass(f"Open{kind.__name__}", names, eq=False, repr=False, slots=True)

    def build(*args: P.args, **members: P.kwargs) -> T:
        record: Any = opened(*args, **members)
        record.__class__ = kind
        return record  # type: ignore[no-any-return]

    return build


def _copy(one: Field[Any]) -> Any:
    if one.default_factory is not MISSING:
        return field(default_factory=one.default_factory, kw_only=bool(one.kw_only))
    return field(default=one.default, kw_only=bool(one.kw_only))
