"""Which route a request finds, what its variables hold, and which routes cannot stand side by side."""

from __future__ import annotations

import random
from functools import cache
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from syncline_gateway.transcoding.router import BadPath, Match, Route, RouteErrors, Router, Unescape
from syncline_gateway.transcoding.templates import Template
from transcoding.route_tables import TABLES, Found, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

ROWS = [(table, row) for table in TABLES for row in table.rows]


def split(text: str, method: str = "GET") -> tuple[str, str]:
    """Return method and path of a request or route; the method is as given where the text has none."""
    before, blank, path = text.partition(" /")
    return (before, f"/{path}") if blank else (method, text)


def router(routes: Iterable[str], unescape: Unescape = Unescape.ALL_EXCEPT_RESERVED) -> Router[tuple[str, str]]:
    named = [split(route) for route in routes]
    return Router(Route(method, Template.parse(path), (method, path), unescape) for method, path in named)


def find(
    request: str, *routes: str, unescape: Unescape = Unescape.ALL_EXCEPT_RESERVED
) -> Match[tuple[str, str]] | None:
    return router(routes, unescape).find(*split(request))


def problems(*routes: str) -> tuple[str, ...]:
    with pytest.raises(RouteErrors) as refused:
        router(routes)
    return refused.value.problems


@cache
def built(table: Table) -> Router[tuple[str, str]]:
    return router(table.routes, table.unescape)


class TestTables:
    @pytest.mark.parametrize(("table", "row"), ROWS, ids=[f"{table.name}: {row.request!r}" for table, row in ROWS])
    def test_a_request_finds_its_route(self, table: Table, row: Found) -> None:
        match = built(table).find(*split(row.request))
        if row.route is None:
            assert match is None
            return
        assert match is not None
        assert split(row.route, method=split(row.request)[0]) == match.target
        assert list(row.variables.items()) == [(".".join(path), text) for path, text in match.variables]

    @pytest.mark.parametrize("table", TABLES, ids=[table.name for table in TABLES])
    def test_the_order_of_registration_means_nothing(self, table: Table) -> None:
        shuffled = list(table.routes)
        for seed in range(5):
            random.Random(seed).shuffle(shuffled)
            again = router(shuffled, table.unescape)
            for row in table.rows:
                assert built(table).find(*split(row.request)) == again.find(*split(row.request))

    def test_they_are_as_broad_as_they_are_meant_to_be(self) -> None:
        assert len(ROWS) > 400

    def test_every_route_of_every_table_is_found_by_some_row(self) -> None:
        for table in TABLES:
            found = {split(row.route, split(row.request)[0]) for row in table.rows if row.route is not None}
            assert {split(route) for route in table.routes} == found, table.name


class TestMethods:
    ROUTES = ("/a/{x}", "POST /a/b", "PATCH /a/{y}", "* /any/**", "PUT /any/{z}", "DELETE /a/{x}:v", "/a/{x=**}:v")

    @pytest.mark.parametrize(
        ("path", "methods"),
        [
            ("/a/b", ("GET", "PATCH", "POST")),
            ("/a/c", ("GET", "PATCH")),
            ("/a/c:v", ("DELETE", "GET")),
            ("/a/c/d:v", ("GET",)),
            ("/a/c:w", ()),
            ("/any", ("*",)),
            ("/any/1", ("*", "PUT")),
            ("/any/1/2", ("*",)),
            ("/a", ()),
            ("/a/", ()),
            ("/", ()),
            ("", ()),
            ("a/b", ()),
        ],
    )
    def test_those_with_a_route_for_the_path_are_listed(self, path: str, methods: tuple[str, ...]) -> None:
        assert methods == router(self.ROUTES).methods(path)

    def test_a_path_that_cannot_be_decoded_has_methods_all_the_same(self) -> None:
        assert router(self.ROUTES).methods("/a/%zz") == ("GET", "PATCH")

    def test_a_route_for_another_method_is_not_found(self) -> None:
        assert find("PUT /a/b", *self.ROUTES) is None

    def test_a_less_specific_route_of_the_method_is_found_behind_another_methods(self) -> None:
        assert find("GET /a/b", *self.ROUTES) == Match(("GET", "/a/{x}"), ((("x",), "b"),))


BAD = [
    ("/a/%", "/a/{x}", "x"),
    ("/a/%2", "/a/{x}", "x"),
    ("/a/%e", "/a/{x}", "x"),
    ("/a/%zz", "/a/{x}", "x"),
    ("/a/%2z", "/a/{x}", "x"),
    ("/a/%%41", "/a/{x}", "x"),
    ("/a/100%", "/a/{x}", "x"),
    ("/a/%u0041", "/a/{x}", "x"),
    ("/a/%-1", "/a/{x}", "x"),
    ("/a/% 1", "/a/{x}", "x"),
    ("/a/%+1", "/a/{x}", "x"),
    ("/a/%１１", "/a/{x}", "x"),
    ("/a/%ff", "/a/{x}", "x"),
    ("/a/%80", "/a/{x}", "x"),
    ("/a/%C3", "/a/{x}", "x"),
    ("/a/%C3%28", "/a/{x}", "x"),
    ("/a/%C0%AF", "/a/{x}", "x"),
    ("/a/%ED%A0%80", "/a/{x}", "x"),
    ("/a/%F4%90%80%80", "/a/{x}", "x"),
    ("/a/\udcff", "/a/{x}", "x"),
    ("/a/\ud800%41", "/a/{x}", "x"),
    ("/a/\udcc3%A9%", "/a/{x}", "x"),
    ("/a/%zz:v", "/a/{x}:v", "x"),
    ("/a/%zz", "/a/{x.y.z}", "x.y.z"),
    ("/a/%zz", "/{x=a/*}", "x"),
    ("/a/b/%C3/%A9", "/a/{x=**}", "x"),
    ("/a/b/%C3%2F%A9", "/a/{x=**}", "x"),
    ("/a/b/%2%2F", "/a/{x=**}", "x"),
    ("/a/b/%zz/c", "/a/{x=**}/c", "x"),
    ("/a/\udcff/b", "/a/{x=**}", "x"),
    ("/1/%zz/%ff", "/{a}/{b}/{c}", "b"),
]


class TestBadPaths:
    @pytest.mark.parametrize(("path", "route", "name"), BAD, ids=[ascii(f"{path} {route}") for path, route, _ in BAD])
    @pytest.mark.parametrize("unescape", Unescape)
    def test_the_variable_that_cannot_be_decoded_is_named(
        self, path: str, route: str, name: str, unescape: Unescape
    ) -> None:
        with pytest.raises(BadPath) as refused:
            find(path, route, unescape=unescape)
        assert name == ".".join(refused.value.field_path)
        assert name in str(refused.value)

    @pytest.mark.parametrize("path", ["/a/%zz", "/a/%ff", "/a/%", "/a/\udcff"])
    def test_a_wildcard_that_binds_nothing_takes_it(self, path: str) -> None:
        assert find(path, "/a/*") == Match(("GET", "/a/*"), ())
        assert find(path, "/a/**") == Match(("GET", "/a/**"), ())

    @pytest.mark.parametrize("path", ["/b/%zz", "/%zz/b", "/a/%zz:nope", "/a/b:%zz"])
    def test_a_path_without_a_route_is_no_bad_path(self, path: str) -> None:
        assert find(path, "/a/{x}", "/a/{x}:v") is None


class TestConflicts:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("/a", "/%61"),
            ("/a/{x}", "/a/{y}"),
            ("/a/{x}", "/a/*"),
            ("/a/{x=*}", "/a/{x.y}"),
            ("/a/{x=b/*}", "/a/b/{y}"),
            ("/{x=a/*/c}", "/a/*/c"),
            ("/a/{x=**}", "/a/**"),
            ("/a/{x=**}/b", "/a/**/{y=b}"),
            ("/a/{x}:v", "/a/{y}:%76"),
            ("/a:b:c", "/a:b%3Ac"),
            ("/a/%2f", "/a/%2F"),
            ("POST /a/{x}", "POST /a/{y}"),
            ("* /a/{x}", "* /a/{y}"),
        ],
    )
    def test_equal_routes_are_refused_with_both_named(self, first: str, second: str) -> None:
        a, b = (" ".join(split(route)) for route in (first, second))
        assert problems(first, second) == (f"{a} and {b} take the same paths",)
        assert problems(second, first) == (f"{b} and {a} take the same paths",)

    def test_a_route_bound_twice_is_refused(self) -> None:
        assert problems("/a/{x}", "/a/{x}") == ("GET /a/{x} is bound twice",)

    @pytest.mark.parametrize(
        "routes",
        [
            ("/a", "POST /a"),
            ("/a", "* /a"),
            ("/a", "/A"),
            ("/a", "/a:v", "/a:w"),
            ("/a/*", "/a/%2A", "/a/**"),
            ("/a/{x}", "/a/b", "/{x}/b"),
            ("/a/b", "/a%2Fb"),
            ("/a/**/b", "/a/**/c", "/a/**"),
            ("/a", "/a/**", "/a/*"),
            ("/a/*/**", "/a/**"),
            ("/**", "/*", "/a", "/a/**", "/**/a"),
            ("/", "/*", "/*/*", "/**"),
            ("/a", "/a/*/**", "POST /a/**"),
            ("/a", "/a/*/**", "* /a/**"),
            ("/a", "/a/*/**", "/a/**:v"),
            ("/a", "/a/*/c/**", "/a/**/b", "/*/**"),
        ],
    )
    def test_routes_that_only_overlap_stand_side_by_side(self, routes: tuple[str, ...]) -> None:
        for ordered in permutations(routes):
            router(ordered)

    @pytest.mark.parametrize(
        ("routes", "shadowed", "by"),
        [
            (("/a", "/a/*/**"), "/a/**", "GET /a and GET /a/*/**"),
            (("/a", "/a/{x}/{y=**}"), "/a/{z=**}", "GET /a and GET /a/{x}/{y=**}"),
            (("/", "/*/**"), "/**", "GET / and GET /*/**"),
            (("/a", "/a/*", "/a/*/*/**"), "/a/**", "GET /a and GET /a/* and GET /a/*/*/**"),
            (("/a/b", "/a/*/b/**", "/a/*/**"), "/a/**/b", "GET /a/*/** and GET /a/*/b/** and GET /a/b"),
            (("/a:v", "/a/*/**:v"), "/a/**:v", "GET /a/*/**:v and GET /a:v"),
            (("* /a", "* /a/*/**"), "/a/**", "* /a and * /a/*/**"),
            (("/a/*/**",), "/a/**/b/c", "GET /a/*/**"),
        ],
    )
    def test_a_route_that_others_leave_nothing_is_refused(
        self, routes: tuple[str, ...], shadowed: str, by: str
    ) -> None:
        take = "take" if len(routes) > 1 else "takes"
        sentence = f"GET {shadowed} can never be reached: {by} {take} every path of it"
        for ordered in permutations((*routes, shadowed)):
            assert problems(*ordered) == (sentence,)

    def test_all_problems_are_reported_at_once(self) -> None:
        found = problems("/a", "/a", "/b/{x}", "/b/{y}", "/c", "/c/*/**", "/c/**", "POST /b/{x}", "POST /b/*", "/b/*")
        assert {
            "GET /a is bound twice",
            "GET /b/{x} and GET /b/{y} take the same paths",
            "GET /b/{x} and GET /b/* take the same paths",
            "POST /b/{x} and POST /b/* take the same paths",
            "GET /c/** can never be reached: GET /c and GET /c/*/** take every path of it",
        } == set(found)
        assert len(found) == 5

    def test_the_error_says_each_problem(self) -> None:
        with pytest.raises(RouteErrors, match=r"GET /a is bound twice; GET /b is bound twice"):
            router(["/a", "/a", "/b", "/b"])
