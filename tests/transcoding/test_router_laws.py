"""Laws of the router: it agrees with a slow reference, gives back what paths were made of, linear in the path."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline_gateway.transcoding.automaton import MOST_STATES, Automaton
from syncline_gateway.transcoding.router import BadPath, Match, Route, RouteErrors, Router, Unescape
from syncline_gateway.transcoding.templates import DOUBLE_STAR, STAR, Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from _typeshed import TraceFunction

RESERVED = "!#$&'()*+,/:;=?@[]"


def encoded(text: str) -> str:
    return quote(text, safe="")


def make(*templates: str) -> Router[str]:
    return Router(Route("GET", Template.parse(text), text) for text in templates)


# The reference: decides by the rules alone, one route after the other, and knows nothing of tries.


@dataclass(frozen=True, slots=True)
class Shape:
    """A route as the reference sees it: wildcards are `*` and `**`, literals begin with `=`."""

    method: str
    segments: tuple[str, ...]
    verb: str

    @property
    def template(self) -> str:
        parts = [one if one in ("*", "**") else encoded(one[1:]) for one in self.segments]
        return "/" + "/".join(parts) + (f":{self.verb}" if self.verb else "")

    def rank(self) -> tuple[int, ...]:
        """Return what comes first when it wins: the smaller."""
        before = self.segments[: self.segments.index("**")] if "**" in self.segments else self.segments
        rank = [1 if one == "*" else 0 for one in before]
        if "**" not in self.segments:
            return (*rank, 2)
        return (*rank, 3, len(before) - len(self.segments))


def takes(pattern: Sequence[str], segments: Sequence[str]) -> bool:
    if not pattern:
        return not segments
    if pattern[0] == "**":
        return any(takes(pattern[1:], segments[skipped:]) for skipped in range(len(segments) + 1))
    if not segments:
        return False
    fits = segments[0] != "" if pattern[0] == "*" else read(segments[0]) == pattern[0][1:].encode()
    return fits and takes(pattern[1:], segments[1:])


def read(segment: str) -> bytes | None:
    """Return what a segment stands for, or None when it is malformed."""
    raw = unquote_to_bytes(segment)
    is_sound = 2 * segment.count("%") == len(segment.encode()) - len(
        raw
    )  # each escape is three bytes, and stands for one
    return raw if is_sound else None


def readings(path: str) -> Iterator[tuple[list[str], str]]:
    """Yield each way to cut a path into segments and a verb, the longest verb first."""
    *before, last = path[1:].split("/")
    cuts = [index for index, character in enumerate(last) if character == ":"]
    for segments, verb in [([*before, last[:cut]], last[cut + 1 :]) for cut in cuts] or [([*before, last], "")]:
        yield ([] if segments == [""] else segments), verb


def reference(shapes: Sequence[Shape], method: str, path: str) -> Shape | None:
    for segments, written in readings(path):
        verb = read(written)
        fitting = [
            shape
            for shape in shapes
            if shape.method in (method, "*") and shape.verb.encode() == verb and takes(shape.segments, segments)
        ]
        if fitting and (verb or ":" not in path.rpartition("/")[2]):
            return min(fitting, key=lambda shape: (shape.rank(), shape.method == "*"))
    return None


LITERALS = st.sampled_from(["=a", "=b", "=a/b", "=*", "=é"])
PREFIX = st.lists(st.one_of(LITERALS, st.just("*")), max_size=3)
BEHIND: st.SearchStrategy[list[str]] = st.one_of(
    st.just([]), st.lists(LITERALS, max_size=2).map(lambda literals: ["**", *literals])
)
VERBS = st.sampled_from(["", "", "v", "w", "v:w"])


def shape(method: str, prefix: list[str], behind: list[str], verb: str) -> Shape:
    segments = tuple(prefix + behind)
    return Shape(method, segments, verb if segments else "")


SHAPES = st.lists(
    st.builds(shape, st.sampled_from(["GET", "GET", "POST", "*"]), PREFIX, BEHIND, VERBS), max_size=8, unique=True
)
PATHS = st.builds(
    lambda segments, verb: "/" + "/".join(segments) + verb,
    st.lists(st.sampled_from(["a", "b", "c", "", "a%2Fb", "%61", "*", "**", "é", "%C3%A9", "a:v", "%zz"]), max_size=5),
    st.sampled_from(["", "", ":v", ":w", ":v:w", ":v%3Aw", ":%76", ":w:v", ":", ":x", ":v:", ":%zz"]),
)


def routes(shapes: Sequence[Shape]) -> list[Route[Shape]]:
    return [Route(shape.method, Template.parse(shape.template), shape) for shape in shapes]


def standing(shapes: list[Shape]) -> tuple[Router[Shape], list[Shape]]:
    """Return a router of the shapes that can stand side by side, and those."""
    try:
        return Router(routes(shapes)), shapes
    except RouteErrors as errors:
        refused = {problem.partition(" can never")[0] for problem in errors.problems}
        return standing([shape for shape in shapes if f"{shape.method} {shape.template}" not in refused])


@settings(max_examples=400, deadline=None)
@given(SHAPES, st.lists(PATHS, min_size=1, max_size=8), st.sampled_from(["GET", "POST", "PUT"]))
def test_it_agrees_with_the_reference(shapes: list[Shape], paths: list[str], method: str) -> None:
    router, kept = standing(shapes)
    for path in paths:
        match = router.find(method, path)
        assert reference(kept, method, path) == (match and match.target), path


@settings(max_examples=200, deadline=None)
@given(SHAPES, PATHS)
def test_the_methods_of_a_path_are_those_that_find_a_route(shapes: list[Shape], path: str) -> None:
    router, kept = standing(shapes)
    found = {reference(kept, method, path) for method in ("GET", "POST", "*")}
    assert tuple(sorted({shape.method for shape in found if shape is not None})) == router.methods(path)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda prefix, behind: Shape("GET", (*prefix, *behind), ""),
            st.lists(st.sampled_from(["=a", "*"]), max_size=3),
            st.sampled_from([(), ("**",), ("**", "=a"), ("**", "=a", "=b")]),
        ),
        max_size=6,
        unique=True,
    )
)
def test_exactly_those_routes_are_refused_that_win_no_path(shapes: list[Shape]) -> None:
    """A path of other segments than these stands for each of its length, and seven of them for any more."""
    paths = ["/" + "/".join(segments) for length in range(7) for segments in product("abc", repeat=length)]
    winners = {reference(shapes, "GET", path) for path in paths}
    try:
        Router(routes(shapes))
        refused = set()
    except RouteErrors as errors:
        refused = {problem.partition(" can never")[0] for problem in errors.problems}
    assert {f"GET {shape.template}" for shape in shapes if shape not in winners} == refused


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6) | st.text(RESERVED + "%a ", min_size=1)
LITERAL = st.text("abc~!$&'()+,;=@-._:*/é%", min_size=1, max_size=4)


@dataclass(frozen=True, slots=True)
class Filled:
    """Part of a template, what a path has there, and what a variable there then holds."""

    template: str
    path: str
    value: str
    is_variable: bool = True


def kept(text: str, unescape: Unescape) -> str:
    """Return a segment's text as a variable of several segments has it."""
    stays = {Unescape.ALL: "", Unescape.ALL_EXCEPT_SLASH: "/", Unescape.ALL_EXCEPT_RESERVED: RESERVED}[unescape]
    return "".join(encoded(character) if character in stays else character for character in text)


@st.composite
def filled(draw: st.DrawFn, unescape: Unescape) -> list[Filled]:
    parts = []
    for number in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["literal", "star", "one", "several", "deep"]))
        text, literal = draw(TEXT), draw(LITERAL)
        if kind == "literal":
            parts.append(Filled(encoded(literal), encoded(literal), "", is_variable=False))
        elif kind == "star":
            parts.append(Filled("*", encoded(text), "", is_variable=False))
        elif kind == "one":
            parts.append(Filled(f"{{f{number}.g}}", encoded(text), text))
        elif kind == "several":
            parts.append(
                Filled(
                    f"{{f{number}.g={encoded(literal)}/*}}",
                    f"{encoded(literal)}/{encoded(text)}",
                    f"{kept(literal, unescape)}/{kept(text, unescape)}",
                )
            )
        else:
            texts = draw(st.lists(TEXT, min_size=1, max_size=3))
            several = "/".join(encoded(text) for text in texts)
            value = "/".join(kept(text, unescape) for text in texts)
            parts.append(
                Filled(
                    f"{{f{number}.g={encoded(literal)}/**}}",
                    f"{encoded(literal)}/{several}",
                    f"{kept(literal, unescape)}/{value}",
                )
            )
            for _ in range(draw(st.integers(0, 2))):
                literal = draw(LITERAL)
                parts.append(Filled(encoded(literal), encoded(literal), "", is_variable=False))
            break
    return parts


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(Unescape), st.sampled_from(["", ":v", ":v:w", ":%3A%2F"]), st.data())
def test_a_path_gives_back_the_values_that_it_was_made_of(unescape: Unescape, verb: str, data: st.DataObject) -> None:
    parts = data.draw(filled(unescape))
    template = "/" + "/".join(part.template for part in parts) + verb
    path = "/" + "/".join(part.path for part in parts) + verb
    router = Router([Route("GET", Template.parse(template), template, unescape)])
    wanted = [part.value for part in parts if part.is_variable]
    match = router.find("GET", path)
    assert match is not None, (template, path)
    assert wanted == [value for _, value in match.variables]


MANY = make(
    *("/", "/a", "/a/{x}", "/a/{x}:v", "/a/{x=**}/b", "/b/{x=**}", "/b/{x=**}:v:w", "/{x=c/*}", "/*/*/*", "/**/z:v"),
    *("/%2F/{y}", "/d/{x}/{y=**}/e"),
)


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "", "*"]),
    st.one_of(
        st.text(),
        st.text("/:%abcdevwz2F*?#é\udcff\ud800 ").map(lambda text: f"/{text}"),
        st.binary().map(lambda raw: "/b/" + raw.decode("latin-1")),
        st.binary().map(lambda raw: "/b/" + raw.decode("utf-8", "surrogateescape")),
        st.binary().map(lambda raw: "/a/" + "".join(f"%{byte:02x}" for byte in raw)),
    ),
)
def test_any_text_is_found_or_not_or_a_bad_path(method: str, path: str) -> None:
    MANY.methods(path)
    try:
        match = MANY.find(method, path)
    except BadPath:
        return
    for _, value in match.variables if match else ():
        value.encode()


def steps(router: Router[str], path: str) -> int:
    """Return how many lines of Python a look-up runs: what it costs, on any machine."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> TraceFunction:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        router.find("GET", path)
    finally:
        sys.settrace(before)
    return count


EACH, ONCE = 12, 80
"""Lines at most for each segment of a path, and for the look-up as a whole."""


def all_of_a_and_star(depth: int) -> list[str]:
    """Every template of this length of `a` and `*`: a search that goes back tries each."""
    return ["/" + "/".join(segments) + "/end" for segments in product("a*", repeat=depth)]


def deep_everywhere(depth: int) -> list[str]:
    return [f"/{'a/' * before}**/{'a/' * behind}b" for before in range(depth) for behind in range(depth)]


HOSTILE = {
    "a and star": (all_of_a_and_star(9), "/a" * 9 + "/no"),
    "two stars everywhere": (deep_everywhere(6), "/a" * 300 + "/c"),
    "a suffix that nearly fits": (["/**" + "/a" * 30 + "/b"], "/a" * 500),
    "encoded all over": (["/**/b", "/a/**"], "/%61" * 500),
    "colons all over": (["/**:v", "/**:v:v:v"], "/a" * 50 + ":v" * 500),
    "empty segments": (["/**/b", "/a/*/**/c"], "/" * 1000),
    "no route": (["/a/b"], "/c" * 1000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_look_up_takes_no_more_than_so_many_steps_a_segment(name: str) -> None:
    templates, path = HOSTILE[name]
    assert steps(make(*templates), path) <= EACH * path.count("/") + ONCE


@settings(max_examples=100, deadline=None)
@given(SHAPES, PATHS, st.integers(1, 40))
def test_whatever_the_routes_are_steps_grow_with_the_path_alone(shapes: list[Shape], path: str, times: int) -> None:
    _, stand = standing([shape for shape in shapes if shape.method == "GET"])
    router = make(*(shape.template for shape in stand))
    pieces = path.count("/") + path.count("%")
    assert steps(router, path * times) <= 2 * (EACH * pieces * times + ONCE)


def test_more_routes_of_one_kind_make_no_more_steps() -> None:
    few, many = all_of_a_and_star(3), all_of_a_and_star(3) + [f"/a/*/{number}/{{x}}/**" for number in range(200)]
    for path in ("/a/a/a/end", "/a/a/a/no", "/b/a/b/end"):
        assert steps(make(*few), path) >= steps(make(*many), path) - 1


class TestTooManyStates:
    """Literals each in a place of its own: any set of templates may fit so far, and there are 2^depth sets."""

    DEPTH = 16

    def automaton(self, depth: int) -> Automaton[int]:
        return Automaton(
            {tuple("a" if place == number else STAR for place in range(depth)): number for number in range(depth)}
        )

    def test_few_are_merged(self) -> None:
        assert self.automaton(10).is_merged
        assert MOST_STATES < 2**self.DEPTH

    def test_many_are_walked_side_by_side_and_find_the_same(self) -> None:
        walking = self.automaton(self.DEPTH)
        assert not walking.is_merged
        for segments in product(["a", "b"], repeat=10):
            wanted = segments.index("a") if "a" in segments else None
            assert walking.find([*segments, *["b"] * (self.DEPTH - 10)]) == wanted
        assert walking.find(["b"] * (self.DEPTH - 1)) is None
        assert walking.find([""] * self.DEPTH) is None

    def test_a_walk_is_linear_in_the_path_and_the_routes(self) -> None:
        templates = [
            "/" + "/".join("a" if place == number else "*" for place in range(self.DEPTH))
            for number in range(self.DEPTH)
        ]
        path = "/a" * self.DEPTH
        assert steps(make(*templates), path) <= 12 * self.DEPTH * self.DEPTH + ONCE

    def test_what_stands_in_the_way_is_told_apart_all_the_same(self) -> None:
        assert Automaton({("a",): 1, ("a", STAR, DOUBLE_STAR): 2, ("a", DOUBLE_STAR): 3}).shadowed() == {3: {1, 2}}


def test_a_match_can_be_compared() -> None:
    assert make("/a/{x}").find("GET", "/a/b") == Match("/a/{x}", ((("x",), "b"),))
