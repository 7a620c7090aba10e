"""Values in URLs, forms and headers."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions import CALLBACK_URL, T0, final, new_task, process, start
from syncline_server.engine import Limits
from syncline_server.engine.expressions.http_text import UrlTemplate, form, is_header, with_query
from syncline_server.engine.expressions.scope import Scope
from syncline_server.engine.expressions.template import compile_template


def url(source: str, limit: int = 10_000, **data: object) -> str:
    seen = Scope(new_task(data), process(start("end"), final(), limits=Limits(max_task_bytes=limit)), {}, T0)
    return UrlTemplate(compile_template(source)).render(seen)


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        ("{{x}}", CALLBACK_URL, CALLBACK_URL),
        ("{{x}}", "http://h/a b?c=d&e=ф#g", "http://h/a%20b?c=d&e=%D1%84#g"),
        ("{{x}}/users?id=5", "http://h:8080/api", "http://h:8080/api/users?id=5"),
        ("http://{{x}}/a", "host:81", "http://host:81/a"),
        ("http://{{x}}/a", "приклад.укр", "http://приклад.укр/a"),
        ("http://h{{x}}", "/a/b?c=d", "http://h/a/b?c=d"),
        ("http://h/{{x}}", "a/b", "http://h/a/b"),
        ("http://h/{{x}}", "what? #1 50% 20%25", "http://h/what%3F%20%231%2050%25%2020%25"),
        ("{{b}}/{{x}}", "a?b", "/a%3Fb"),
        ("http://h/a?q={{x}}", "a&b=c d+e/ф%20#", "http://h/a?q=a%26b%3Dc%20d%2Be%2F%D1%84%2520%23"),
        ("http://h/a?p=1&q={{x}}&r=2", "&", "http://h/a?p=1&q=%26&r=2"),
        ("http://h/a?{{x}}", "q=1&r=a b", "http://h/a?q=1&r=a%20b"),
        ("http://h/a?p=1&{{x}}", "q=1", "http://h/a?p=1&q=1"),
        ("{{b}}&q={{x}}", "a&b", "&q=a%26b"),
        ("http://h/a#{{x}}", "b c", "http://h/a#b%20c"),
        (" http://h/ф a?q=й ", "", "http://h/%D1%84%20a?q=%D0%B9"),
        ("http://приклад.укр/шлях", "", "http://приклад.укр/%D1%88%D0%BB%D1%8F%D1%85"),
        ("http://h/{{x}}/ф?й=1", 5, "http://h/5/%D1%84?%D0%B9=1"),
        ("{{x}}", None, ""),
    ],
)
def test_where_a_value_stands_decides_what_is_quoted(source: str, value: object, expected: str) -> None:
    assert expected == url(source, x=value)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_query_value_arrives_unchanged(value: str) -> None:
    split = urlsplit(url("http://h/a?q={{x}}&r=1", x=value))

    assert {"q": [value], "r": ["1"]} == parse_qs(split.query, keep_blank_values=True)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_path_value_stays_in_the_path(value: str) -> None:
    split = urlsplit(url("http://h/a/{{x}}?r=1", x=value))

    assert (split.netloc, split.query, split.fragment) == ("h", "r=1", "")
    assert split.path.isascii()


def test_a_url_is_bounded() -> None:
    assert url("http://h/{{x}}{{x}}", limit=1000, x="a" * 600) == ""


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("http://h", "http://h?a=1&b=x%20%26%D1%84"),
        ("http://h/?c=2", "http://h/?c=2&a=1&b=x%20%26%D1%84"),
        ("http://h/?", "http://h/?a=1&b=x%20%26%D1%84"),
        ("http://h/#f", "http://h/?a=1&b=x%20%26%D1%84#f"),
    ],
)
def test_query_parameters_are_added(before: str, expected: str) -> None:
    assert expected == with_query(before, [("a", "1"), ("b", "x &ф")])
    assert before == with_query(before, [])


def test_a_form() -> None:
    assert form([("a", "1"), ("b", "x &ф")]) == "a=1&b=x+%26%D1%84"


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("X-A", "b c\tй", True),
        ("X-A", "", True),
        ("X A", "b", False),
        ("", "b", False),
        ("X-A", "b\r\nX-B: c", False),
        ("X-A", "b\x00", False),
    ],
)
def test_headers_that_http_can_carry(name: str, value: str, good: bool) -> None:
    assert good is is_header(name, value)
