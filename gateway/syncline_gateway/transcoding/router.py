"""Finds which of many routes a request's method and path mean.

**What matches.** The path is cut at `/` as it came and decoded only then: an encoded slash parts no segments. In the
last segment a raw `:` begins the verb; `%3A` is data, and so is a raw `:` in any other segment. Where the last segment
has several, the verb is what is behind the last one, or behind an earlier one where a route has that for a verb:
`/things/a:b:cancel` is `cancel` of `a:b`. A verb that no route has matches nothing, nor does an empty one. Literals and
verbs are compared decoded and by case. `*` takes no empty segment, so that `/a/` and `//a` are not `/a`; `**` takes
empty ones too, or nothing: `/a/**` takes `/a` and `/a/`.

**Which route wins.** Segment by segment from the left a literal goes before `*`, and the path's end before `**`, which
is last; of two that differ only behind their `**`, the one with more literals there. Of two alike, the one with a
method of its own goes before `*`, any method. So any two routes that share a path are in order, whatever order they
came in.

**How long it takes.** Each method and verb has an `Automaton`: one dictionary look-up a segment, however many routes
there are and however they overlap; that module says what happens when they overlap beyond measure. A path whose last
segment has colons is read n + 1 times at most, where n is the most colons that a registered verb has.

Immutable once built, so threads may share it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from syncline_gateway.transcoding.automaton import Automaton
from syncline_gateway.transcoding.unescape import Unescape, checked, decode, literal_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from syncline_gateway.transcoding.templates import Segment, Template

__all__ = ["BadPath", "Match", "Route", "RouteErrors", "Router", "Unescape"]

T = TypeVar("T")

_ANY_METHOD = "*"


class RouteErrors(ValueError):
    """Routes stand in each other's way."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        """A sentence for each, both routes named."""
        super().__init__("; ".join(self.problems))


class BadPath(ValueError):
    """A route was found, but what the path holds for a variable is not percent-encoded UTF-8."""

    def __init__(self, field_path: tuple[str, ...]) -> None:
        self.field_path = field_path
        super().__init__(f"the path's {'.'.join(field_path)} is not percent-encoded UTF-8")


@dataclass(frozen=True, slots=True)
class Route(Generic[T]):
    """What a method and a template mean."""

    method: str
    """Compared by case; `*` is any method that no route for the same paths has."""
    template: Template
    target: T
    unescape: Unescape = Unescape.ALL_EXCEPT_RESERVED
    """For variables that may span several segments; those of one segment are decoded wholly."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.template.text}"


@dataclass(slots=True)
class Match(Generic[T]):
    """A route that was found."""

    target: T
    variables: tuple[tuple[tuple[str, ...], str], ...]
    """Field path and decoded text of each variable, in the template's order."""


class _Leaf(Generic[T]):
    """A route, ready to be matched; equal to itself alone."""

    __slots__ = ("cuts", "route")

    def __init__(self, route: Route[T]) -> None:
        self.route = route
        self.cuts: list[tuple[tuple[str, ...], int | slice]] = [
            (variable.field_path, slice(variable.start, variable.end) if variable.is_multi else variable.start)
            for variable in route.template.variables
        ]
        """Which segments each variable is."""

    def match(self, path: _Path) -> Match[T]:
        """Return what a path that leads here holds. Raises `BadPath`."""
        raw, decoded = path
        variables = []
        for field_path, cut in self.cuts:
            try:
                if isinstance(cut, slice):
                    value = decode("/".join(raw[cut]), self.route.unescape)
                else:
                    value = checked(decoded[cut])
            except ValueError:
                raise BadPath(field_path) from None
            variables.append((field_path, value))
        return Match(self.route.target, tuple(variables))


_Shape: TypeAlias = "tuple[str, tuple[Segment, ...]]"
"""Verb and segments: what decides which paths a template takes."""
_Table: TypeAlias = "dict[str, Automaton[_Leaf[T]]]"
"""By verb."""
_Path: TypeAlias = "tuple[list[str], Sequence[str | None]]"
"""A path's segments without the verb: as they came, and as literals are compared (see `literal_text`)."""
_Found: TypeAlias = "tuple[_Leaf[T], _Path] | None"


class Router(Generic[T]):
    """All routes. See the module's docstring for what matches, what wins and what it costs."""

    def __init__(self, routes: Iterable[Route[T]]) -> None:
        """Raises `RouteErrors` with every pair of equal routes and every route that no path can reach."""
        by_method: dict[str, dict[_Shape, _Leaf[T]]] = {_ANY_METHOD: {}}
        problems: list[str] = []
        for route in routes:
            shape: _Shape = route.template.verb, route.template.segments
            leaf = _Leaf(route)
            first = by_method.setdefault(route.method, {}).setdefault(shape, leaf)
            if first is not leaf:
                problems.append(_equal(first.route, route))
        fallback = by_method[_ANY_METHOD]
        self._tables = {method: _table(fallback | leaves) for method, leaves in by_method.items()}
        self._any = self._tables[_ANY_METHOD]
        self._most_colons = max((verb.count(":") for table in self._tables.values() for verb in table), default=0)
        for method, table in self._tables.items():
            problems += _shadows(method, table)
        if problems:
            raise RouteErrors(dict.fromkeys(problems))

    def find(self, method: str, path: str) -> Match[T] | None:
        """Return the route of a method and path with what the path holds, or None.

        *path* is as it came on the wire, still percent-encoded and without query. Raises `BadPath`, and nothing else.
        """
        found = self._find(self._tables.get(method, self._any), path)
        return found and found[0].match(found[1])

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods of the routes that take a path, sorted, `*` for any; empty: there is no such path."""
        found = (self._find(table, path) for table in self._tables.values())
        return tuple(sorted({leaf.route.method for leaf, _ in filter(None, found)}))

    def _find(self, table: _Table[T], path: str) -> _Found[T]:
        if not path.startswith("/"):
            return None
        raw = path[1:].split("/")
        if ":" in raw[-1]:
            return self._find_verb(table, raw)
        return _run(table, "", raw if path != "/" else [], is_escaped="%" in path)

    def _find_verb(self, table: _Table[T], raw: list[str]) -> _Found[T]:
        """Try what the last segment may mean, the longest verb first."""
        *before, last = raw
        for colons in range(self._most_colons, -1, -1):
            begin, *parts = last.rsplit(":", colons + 1)
            verb = literal_text(":".join(parts))
            found = verb and _run(table, verb, [*before, begin] if before or begin else [])
            if found:
                return found
        return None


def _run(table: _Table[T], verb: str, raw: list[str], *, is_escaped: bool = True) -> _Found[T]:
    automaton = table.get(verb)
    if automaton is None:
        return None
    decoded = [literal_text(segment) for segment in raw] if is_escaped else raw
    leaf = automaton.find(decoded)
    return None if leaf is None else (leaf, (raw, decoded))


def _table(leaves: dict[_Shape, _Leaf[T]]) -> _Table[T]:
    by_verb: dict[str, dict[tuple[Segment, ...], _Leaf[T]]] = {}
    for (verb, segments), leaf in leaves.items():
        by_verb.setdefault(verb, {})[segments] = leaf
    return {verb: Automaton(targets) for verb, targets in by_verb.items()}


def _equal(first: Route[T], second: Route[T]) -> str:
    if first.name == second.name:
        return f"{first.name} is bound twice"
    return f"{first.name} and {second.name} take the same paths"


def _shadows(method: str, table: _Table[T]) -> Iterator[str]:
    """Yield a sentence for each route of a method that never wins."""
    for automaton in table.values():
        for leaf, rivals in automaton.shadowed().items():
            if leaf.route.method == method:
                names = " and ".join(sorted(rival.route.name for rival in rivals))
                verb = "take" if len(rivals) > 1 else "takes"
                yield f"{leaf.route.name} can never be reached: {names} {verb} every path of it"
