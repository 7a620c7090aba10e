"""A set of path templates as a machine that reads a path segment by segment and never goes back.

The templates are a trie. A path may fit several branches of it at once: reading a segment leads from the nodes that fit
so far to those of their children that fit. These nodes are listed in the order in which they win, so that at the path's
end the first that ends a template is the answer. `Automaton` makes a state of each list that some path leads to, with
its transitions ready (the subset construction): a segment is one dictionary look-up, whatever the templates are.

The lists may be many, at worst exponentially many in the number of templates whose literals are in different places.
Past `MOST_STATES` of them none is prepared, and each look-up makes its own: still linear in the path, times the length
of a list, which is less than the number of segments in all templates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from syncline_gateway.transcoding.templates import DOUBLE_STAR, STAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from syncline_gateway.transcoding.templates import Segment

T = TypeVar("T")

Read: TypeAlias = "str | None"
"""A segment of a path as literals are compared; None is one that equals no literal."""

MOST_STATES = 10_000


class _Node(Generic[T]):
    """Where a template's first segments lead."""

    __slots__ = ("deep", "is_deep", "literals", "star", "target")

    def __init__(self, *, is_deep: bool = False) -> None:
        self.literals: dict[Read, _Node[T]] = {}
        self.star: _Node[T] | None = None
        self.deep: _Node[T] | None = None
        self.is_deep = is_deep
        """It follows a `**`: it takes any segment and stays."""
        self.target: T | None = None
        """What a path that ends here means."""

    def child(self, segment: Segment) -> _Node[T]:
        """Return where a segment leads, made if there was none."""
        if segment is STAR:
            self.star = self.star or _Node()
            return self.star
        if segment is DOUBLE_STAR:
            self.deep = self.deep or _Node(is_deep=True)
            return self.deep
        return self.literals.setdefault(str(segment), _Node())


Nodes: TypeAlias = "tuple[_Node[T], ...]"


def _advance(nodes: Iterable[_Node[T]], segment: Read) -> Iterator[_Node[T]]:
    """Yield where a segment leads, in the order in which it wins."""
    for node in nodes:
        literal = node.literals.get(segment)
        if literal is not None:
            yield from _entered(literal)
        if node.star is not None and segment != "":
            yield from _entered(node.star)
        if node.is_deep:
            yield node


def _entered(node: _Node[T]) -> Iterator[_Node[T]]:
    """Yield a node, and the one behind its `**`, which may take no segment at all."""
    yield node
    if node.deep is not None:
        yield node.deep


def _pruned(nodes: Iterable[_Node[T]]) -> Nodes[T]:
    """Return nodes without those that cannot win: whatever comes after one that takes every rest of a path."""
    kept = []
    for node in nodes:
        kept.append(node)
        if node.is_deep and node.target is not None:
            break
    return tuple(kept)


def _winner(nodes: Iterable[_Node[T]]) -> T | None:
    return next((node.target for node in nodes if node.target is not None), None)


def _ways(nodes: Nodes[T]) -> set[Read]:
    """Return one segment of each kind that nodes tell apart, empty ones aside."""
    return {None}.union(*(node.literals for node in nodes))


class _State(Generic[T]):
    """All that the segments read so far can mean."""

    __slots__ = ("other", "steps", "target")

    def __init__(self, target: T | None) -> None:
        self.target = target
        self.steps: dict[Read, _State[T] | None] = {}
        self.other: _State[T] | None = None
        """Where a segment leads that is not in `steps`."""


def _merged(first: Nodes[T]) -> _State[T] | None:
    """Return the state to begin with, every one behind it ready; None when they would be more than `MOST_STATES`."""
    start = _State(_winner(first))
    known: dict[Nodes[T], _State[T] | None] = {first: start, (): None}
    pending = [(first, start)]
    for nodes, state in pending:
        for segment in _ways(nodes) | {""}:
            following = _pruned(_advance(nodes, segment))
            if following not in known:
                if len(known) > MOST_STATES:
                    return None
                made = known[following] = _State(_winner(following))
                pending.append((following, made))
            if segment is None:
                state.other = known[following]
            else:
                state.steps[segment] = known[following]
    return start


class Automaton(Generic[T]):
    """Finds what paths mean. Targets must be hashable and distinct."""

    def __init__(self, targets: Mapping[tuple[Segment, ...], T]) -> None:
        root: _Node[T] = _Node()
        for segments, target in targets.items():
            node = root
            for segment in segments:
                node = node.child(segment)
            node.target = target
        self._first = tuple(_entered(root))
        self._start = _merged(_pruned(self._first))

    @property
    def is_merged(self) -> bool:
        """Whether reading a segment is one look-up; else it takes as many as branches of the trie fit."""
        return self._start is not None

    def find(self, segments: Sequence[Read]) -> T | None:
        """Return what a path's segments mean, or None."""
        state = self._start
        if state is None:
            return self._walk(segments)
        for segment in segments:
            state = state.steps.get(segment, state.other)
            if state is None:
                return None
        return state.target

    def _walk(self, segments: Sequence[Read]) -> T | None:
        nodes = self._first
        for segment in segments:
            nodes = _pruned(_advance(nodes, segment))
            if not nodes:
                return None
        return _winner(nodes)

    def shadowed(self) -> dict[T, set[T]]:
        """Return the targets that no path leads to unless it has empty segments, and those that win in their place.

        Looks at `MOST_STATES` lists of nodes at most; where there are more, it may call none shadowed that is.
        """
        rivals: dict[T, set[T]] = {}
        winners = set()
        known = {self._first}
        pending = [self._first]
        for nodes in pending:
            targets = [node.target for node in nodes if node.target is not None]
            winners.update(targets[:1])
            for target in targets[1:]:
                rivals.setdefault(target, set()).add(targets[0])
            following = {tuple(_advance(nodes, segment)) for segment in _ways(nodes)} - known
            known |= following
            pending += following
            if len(known) > MOST_STATES:
                return {}
        return {target: others for target, others in rivals.items() if target not in winners}
