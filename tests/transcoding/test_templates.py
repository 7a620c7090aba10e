"""The grammar of path templates: what each valid one says, and where and why each invalid one is refused."""

from __future__ import annotations

import pytest

from syncline_gateway.transcoding.templates import DOUBLE_STAR, STAR, Segment, Template, TemplateError, Variable

ONE = STAR
ANY = DOUBLE_STAR


def variable(name: str, start: int, end: int | None, *, multi: bool = False) -> Variable:
    return Variable(tuple(name.split(".")), start, end, is_multi=multi)


def multi(name: str, start: int, end: int | None) -> Variable:
    return variable(name, start, end, multi=True)


VALID: list[tuple[str, tuple[Segment, ...], str, tuple[Variable, ...]]] = [
    # literals
    ("/", (), "", ()),
    ("/a", ("a",), "", ()),
    ("/v1", ("v1",), "", ()),
    ("/a/b/c", ("a", "b", "c"), "", ()),
    ("/V1/CamelCase", ("V1", "CamelCase"), "", ()),
    ("/1/2", ("1", "2"), "", ()),
    ("/-._~", ("-._~",), "", ()),
    ("/./..", (".", ".."), "", ()),
    ("/endpoint.rdf", ("endpoint.rdf",), "", ()),
    ("/-._~!$&'()+,;=@", ("-._~!$&'()+,;=@",), "", ()),
    ("/a=b&c=d;e=f/x", ("a=b&c=d;e=f", "x"), "", ()),
    ("/j@k/$l/(m)", ("j@k", "$l", "(m)"), "", ()),
    # percent-encoded literals
    ("/%61", ("a",), "", ()),
    ("/a%2Fb", ("a/b",), "", ()),
    ("/a%2fb", ("a/b",), "", ()),
    ("/%2A/%2a%2A", ("*", "**"), "", ()),
    ("/%7Bx%7D", ("{x}",), "", ()),
    ("/a%3Ab", ("a:b",), "", ()),
    ("/%25", ("%",), "", ()),
    ("/%20", (" ",), "", ()),
    ("/%00", ("\0",), "", ()),
    ("/%e7%ac%ac%e4%b8%80%e7%89%88", ("第一版",), "", ()),
    ("/%ff", ("\udcff",), "", ()),
    # wildcards
    ("/*", (ONE,), "", ()),
    ("/**", (ANY,), "", ()),
    ("/*/*", (ONE, ONE), "", ()),
    ("/*/**", (ONE, ANY), "", ()),
    ("/*/a/**", (ONE, "a", ANY), "", ()),
    ("/shelves/**", ("shelves", ANY), "", ()),
    ("/a/**/b", ("a", ANY, "b"), "", ()),
    ("/a/**/b/c", ("a", ANY, "b", "c"), "", ()),
    ("/**/a", (ANY, "a"), "", ()),
    ("/c/*/d/**", ("c", ONE, "d", ANY), "", ()),
    # variables of one segment
    ("/{x}", (ONE,), "", (variable("x", 0, 1),)),
    ("/{x=*}", (ONE,), "", (variable("x", 0, 1),)),
    ("/{x=a}", ("a",), "", (variable("x", 0, 1),)),
    ("/{x=%2A}", ("*",), "", (variable("x", 0, 1),)),
    ("/{_}", (ONE,), "", (variable("_", 0, 1),)),
    ("/{_x1}", (ONE,), "", (variable("_x1", 0, 1),)),
    ("/{Name}", (ONE,), "", (variable("Name", 0, 1),)),
    ("/{x.y.z}", (ONE,), "", (variable("x.y.z", 0, 1),)),
    ("/a/{a.b.c=*}", ("a", ONE), "", (variable("a.b.c", 1, 2),)),
    ("/{hello}/world", (ONE, "world"), "", (variable("hello", 0, 1),)),
    ("/{a}/{b}", (ONE, ONE), "", (variable("a", 0, 1), variable("b", 1, 2))),
    ("/{a}/{a.b}", (ONE, ONE), "", (variable("a", 0, 1), variable("a.b", 1, 2))),
    (
        "/shelves/{shelf}/books/{book}",
        ("shelves", ONE, "books", ONE),
        "",
        (variable("shelf", 1, 2), variable("book", 3, 4)),
    ),
    (
        "/f/{name}/b/{child.id}/z/{child.thing.id}",
        ("f", ONE, "b", ONE, "z", ONE),
        "",
        (variable("name", 1, 2), variable("child.id", 3, 4), variable("child.thing.id", 5, 6)),
    ),
    # variables of several segments
    ("/{x=a/*}", ("a", ONE), "", (multi("x", 0, 2),)),
    ("/{x=a/b}", ("a", "b"), "", (multi("x", 0, 2),)),
    ("/{x=*/*}", (ONE, ONE), "", (multi("x", 0, 2),)),
    ("/{x=a=b/*}", ("a=b", ONE), "", (multi("x", 0, 2),)),
    ("/a/{b=c/*/d}", ("a", "c", ONE, "d"), "", (multi("b", 1, 4),)),
    ("/{x.y.z=*/a/b}/c", (ONE, "a", "b", "c"), "", (multi("x.y.z", 0, 3),)),
    ("/v1/{book.name=shelves/*/books/*}", ("v1", "shelves", ONE, "books", ONE), "", (multi("book.name", 1, 5),)),
    ("/v1/{parent=shelves/*}/books", ("v1", "shelves", ONE, "books"), "", (multi("parent", 1, 3),)),
    ("/a/{x=b/*}/{y=d/**}", ("a", "b", ONE, "d", ANY), "", (multi("x", 1, 3), multi("y", 3, None))),
    # variables round **, whose ends are counted from the path's end
    ("/{x=**}", (ANY,), "", (multi("x", 0, None),)),
    ("/a/{b=**}", ("a", ANY), "", (multi("b", 1, None),)),
    ("/a/{b=c/**}", ("a", "c", ANY), "", (multi("b", 1, None),)),
    ("/a/{b=c/**}/d/e", ("a", "c", ANY, "d", "e"), "", (multi("b", 1, -2),)),
    ("/a/{b=c/**/d}/e", ("a", "c", ANY, "d", "e"), "", (multi("b", 1, -1),)),
    ("/{x.y.z=a/**/b}", ("a", ANY, "b"), "", (multi("x.y.z", 0, None),)),
    ("/{x.y.z=a/**/b}/c/d", ("a", ANY, "b", "c", "d"), "", (multi("x.y.z", 0, -2),)),
    ("/a/{x}/**", ("a", ONE, ANY), "", (variable("x", 1, 2),)),
    ("/a/**/{x=b}", ("a", ANY, "b"), "", (variable("x", -1, None),)),
    ("/a/**/{x=b}/c", ("a", ANY, "b", "c"), "", (variable("x", -2, -1),)),
    ("/a/**/{x=b/c}/d", ("a", ANY, "b", "c", "d"), "", (multi("x", -3, -1),)),
    (
        "/v1/{b=buckets/*}/{name=objects/**/.ext}/tail",
        ("v1", "buckets", ONE, "objects", ANY, ".ext", "tail"),
        "",
        (multi("b", 1, 3), multi("name", 3, -1)),
    ),
    # verbs
    ("/a:foo", ("a",), "foo", ()),
    ("/v1:watch", ("v1",), "watch", ()),
    ("/a/b/c:foo", ("a", "b", "c"), "foo", ()),
    ("/*:verb", (ONE,), "verb", ()),
    ("/**:verb", (ANY,), "verb", ()),
    ("/{x}:verb", (ONE,), "verb", (variable("x", 0, 1),)),
    ("/{x=**}:myverb", (ANY,), "myverb", (multi("x", 0, None),)),
    ("/a/{b=*}/**:verb", ("a", ONE, ANY), "verb", (variable("b", 1, 2),)),
    ("/a/{b=c/**/d}/e:verb", ("a", "c", ANY, "d", "e"), "verb", (multi("b", 1, -1),)),
    ("/v3/{name=events/*}:cancel", ("v3", "events", ONE), "cancel", (multi("name", 1, 3),)),
    ("/a:LOCK", ("a",), "LOCK", ()),
    ("/a:b:c", ("a",), "b:c", ()),
    ("/{x}:b:c", (ONE,), "b:c", (variable("x", 0, 1),)),
    ("/a:b%3Ac", ("a",), "b:c", ()),
    ("/a:%2c", ("a",), ",", ()),
    ("/a:a%2Fb", ("a",), "a/b", ()),
    ("/a:b=c", ("a",), "b=c", ()),
    ("/foo/bar:baz%12xyz%abcde", ("foo", "bar"), "baz\x12xyz\udcabcde", ()),
    (
        "/foo%2Fbar/%2A/%2A%2a/{starstar=%2A%2a/**}:%2c",
        ("foo/bar", "*", "**", "**", ANY),
        ",",
        (multi("starstar", 3, None),),
    ),
]


@pytest.mark.parametrize(("text", "segments", "verb", "variables"), VALID, ids=[text for text, *_ in VALID])
def test_a_valid_template_says_what_it_says(
    text: str, segments: tuple[Segment, ...], verb: str, variables: tuple[Variable, ...]
) -> None:
    assert Template(text, segments, verb, variables) == Template.parse(text)


BEGIN = "begins with /"
EMPTY = "a segment must not be empty"
EMPTY_VERB = "a verb must not be empty"
NAME = "a field's name is expected"
OPEN = "is not closed"
WHOLE = "must be a whole segment"
NESTED = "must not be inside another"
TWICE = "is there twice"
AFTER = "only literals may follow **"
VERB_LAST = "a verb stands at the template's end"
ESCAPE = "two hexadecimal digits"
ENCODE = "unless it is percent-encoded"
CLOSE = "followed by = or }"

INVALID = [
    ("", 0, BEGIN),
    ("a", 0, BEGIN),
    ("a/b", 0, BEGIN),
    ("{x}", 0, BEGIN),
    ("{x=/a}", 0, BEGIN),
    ("a/{x}/b:verb", 0, BEGIN),
    (":", 0, BEGIN),
    (":verb", 0, BEGIN),
    ("*", 0, BEGIN),
    (" /a", 0, BEGIN),
    ("//", 1, EMPTY),
    ("/a/", 3, EMPTY),
    ("/a//b", 3, EMPTY),
    ("/a/b//", 5, EMPTY),
    ("/{x}/", 5, EMPTY),
    ("/**/", 4, EMPTY),
    ("/:", 1, EMPTY),
    ("/:verb", 1, EMPTY),
    ("/a/:verb", 3, EMPTY),
    ("/a/b/:", 5, EMPTY),
    ("/{x=}", 4, EMPTY),
    ("/{x=/b}", 4, EMPTY),
    ("/{x=a/}", 6, EMPTY),
    ("/{x=a//b}", 6, EMPTY),
    ("/}", 1, EMPTY),
    ("/a:", 3, EMPTY_VERB),
    ("/*:", 3, EMPTY_VERB),
    ("/**:", 4, EMPTY_VERB),
    ("/{x}:", 5, EMPTY_VERB),
    ("/a/b/**:", 8, EMPTY_VERB),
    ("/a::b", 3, EMPTY_VERB),
    ("/a:b:", 5, EMPTY_VERB),
    ("/a:/b", 3, EMPTY_VERB),
    ("/a:b/c", 4, VERB_LAST),
    ("/foo/bar:baz/buzz", 12, VERB_LAST),
    ("/{x}:b/c", 6, VERB_LAST),
    ("/a/{x=b:c}", 7, VERB_LAST),
    ("/a/{x=*:c}", 7, VERB_LAST),
    ("/{", 2, NAME),
    ("/{}", 2, NAME),
    ("/{=a}", 2, NAME),
    ("/{.x}", 2, NAME),
    ("/{1}", 2, NAME),
    ("/{-}", 2, NAME),
    ("/{*}", 2, NAME),
    ("/{ x}", 2, NAME),
    ("/{x.}", 4, NAME),
    ("/a/{x.", 6, NAME),
    ("/{x..y}", 4, NAME),
    ("/{x.1}", 4, NAME),
    ("/{%78}", 2, NAME),
    ("/{é}", 2, NAME),
    ("/{field-name}", 7, CLOSE),
    ("/{x y}", 3, CLOSE),
    ("/{a/b}/c", 3, CLOSE),
    ("/{x:verb}", 3, CLOSE),
    ("/{x{y}}", 3, CLOSE),
    ("/a/{x", 3, OPEN),
    ("/a/{x=*", 3, OPEN),
    ("/a/{x=b", 3, OPEN),
    ("/a/{x=**/c", 3, OPEN),
    ("/{x=a/{y}}", 6, NESTED),
    ("/{x={y}}", 4, NESTED),
    ("/{x={y=b/*}/c}", 4, NESTED),
    ("/{x}/{x}", 5, TWICE),
    ("/{x=a}/{x=b}", 7, TWICE),
    ("/{x.y}/b/{x.y=*}", 9, TWICE),
    ("/**/*", 4, AFTER),
    ("/a/**/**", 6, AFTER),
    ("/a/**/foo/*", 10, AFTER),
    ("/a/**/foo/**", 10, AFTER),
    ("/{x=**}/*", 8, AFTER),
    ("/{x=**}/{y}", 8, AFTER),
    ("/{x=**/*}", 7, AFTER),
    ("/a/{x=b/**}/bb/{y=*}", 18, AFTER),
    ("/a/{x=b/**}/{y=**}", 15, AFTER),
    ("/***", 3, WHOLE),
    ("/*a", 2, WHOLE),
    ("/a*", 2, WHOLE),
    ("/a*b", 2, WHOLE),
    ("/foo/bar*", 8, WHOLE),
    ("/a:b*", 4, WHOLE),
    ("/**a", 3, WHOLE),
    ("/a{x}", 2, WHOLE),
    ("/{x}a", 4, WHOLE),
    ("/a{x}b", 2, WHOLE),
    ("/{x}{y}", 4, WHOLE),
    ("/{x}a{y}", 4, WHOLE),
    ("/a/{x}b/s", 6, WHOLE),
    ("/a/b{x}c/s", 4, WHOLE),
    ("/{x}}", 4, WHOLE),
    ("/a}", 2, WHOLE),
    ("/{x=*a}", 5, WHOLE),
    ("/{x=a{y}}", 5, WHOLE),
    ("/{x}:{y}", 5, WHOLE),
    ("/%", 1, ESCAPE),
    ("/a%", 2, ESCAPE),
    ("/a%2", 2, ESCAPE),
    ("/a%2z", 2, ESCAPE),
    ("/%zz/b", 1, ESCAPE),
    ("/%%41", 1, ESCAPE),
    ("/%２０", 1, ESCAPE),
    ("/foo/bar%55:baz%1", 15, ESCAPE),
    ("/{x=a%}", 5, ESCAPE),
    ("/a?b=c", 2, ENCODE),
    ("/foo/bar/baz?abc=def", 12, ENCODE),
    ("/a#b", 2, ENCODE),
    ("/a b", 2, ENCODE),
    ("/a\tb", 2, ENCODE),
    ("/a\n", 2, ENCODE),
    ("/ a", 1, ENCODE),
    ("/a[0]", 2, ENCODE),
    ("/a|b", 2, ENCODE),
    ('/"a"', 1, ENCODE),
    ("/<a>", 1, ENCODE),
    ("/a\\b", 2, ENCODE),
    ("/a^b", 2, ENCODE),
    ("/`a`", 1, ENCODE),
    ("/é", 1, ENCODE),
    ("/第", 1, ENCODE),
    ("/a:b c", 4, ENCODE),
    ("/a:é", 3, ENCODE),
]


@pytest.mark.parametrize(("text", "position", "words"), INVALID, ids=[repr(text) for text, *_ in INVALID])
def test_an_invalid_template_is_refused_where_it_goes_wrong(text: str, position: int, words: str) -> None:
    with pytest.raises(TemplateError) as refused:
        Template.parse(text)
    assert words in str(refused.value)
    assert position == refused.value.position
    assert str(refused.value).endswith(f"(column {position + 1})")


def test_the_tables_are_as_broad_as_they_are_meant_to_be() -> None:
    assert len(VALID) > 80
    assert len(INVALID) > 110
    assert len({text for text, *_ in [*VALID, *INVALID]}) == len(VALID) + len(INVALID)


def test_a_wildcard_is_no_literal_star() -> None:
    assert Template.parse("/*/**").segments != Template.parse("/%2A/%2A%2A").segments
    assert {STAR, DOUBLE_STAR}.isdisjoint({"*", "**"})


def test_a_variable_without_pattern_is_one_with_a_star() -> None:
    short, long = Template.parse("/a/{x.y}:z"), Template.parse("/a/{x.y=*}:z")
    assert (short.segments, short.verb, short.variables) == (long.segments, long.verb, long.variables)
