"""Page sizes and page tokens."""

from __future__ import annotations

import pytest

from syncline_server.errors import InvalidRequest
from syncline_server.rpc import pages


@pytest.mark.parametrize(("asked", "size"), [(0, 50), (1, 1), (1000, 1000), (1001, 1000), (2**31 - 1, 1000)])
def test_a_size(asked: int, size: int) -> None:
    assert pages.size(asked) == size


def test_the_usual_size() -> None:
    assert pages.size(0, usual=100) == 100


def test_a_negative_size() -> None:
    with pytest.raises(InvalidRequest) as refused:
        pages.size(-1)

    assert refused.value.field == "page_size"


@pytest.mark.parametrize("place", ["0" * 24, "1", "18446744073709551615"])
def test_a_place_comes_back(place: str) -> None:
    token = pages.token(place, "ListTasks", "@echo", "")

    assert pages.place(token, "ListTasks", "@echo", "") == place
    assert token.isascii()
    assert set(token).isdisjoint("+/=")


def test_no_token_is_the_first_page() -> None:
    assert pages.place("", "ListTasks") == ""
    assert pages.number("", "ListTasks") == 0


@pytest.mark.parametrize(
    "arguments", [("ListTasks", "@echo", "x"), ("ListTasks", "@echo"), ("ListSteps", "@echo", ""), ("ListTasks@echo",)]
)
def test_a_token_is_good_for_its_own_arguments_alone(arguments: tuple[str, ...]) -> None:
    token = pages.token("1", "ListTasks", "@echo", "")

    with pytest.raises(InvalidRequest) as refused:
        pages.place(token, *arguments)

    assert refused.value.field == "page_token"


@pytest.mark.parametrize("token", ["x", "ü", "====", "AAAAAAAAAAA", "A" * 5000, "a b", "AAAA+/AA"])
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        pages.place(token, "ListTasks")

    assert refused.value.field == "page_token"


def test_a_place_that_has_to_be_a_number() -> None:
    assert pages.number(pages.token("17", "ListKeys"), "ListKeys") == 17
    with pytest.raises(InvalidRequest):
        pages.number(pages.token("abc", "ListKeys"), "ListKeys")
