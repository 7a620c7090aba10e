"""`$.map` and `$.filter`, and the language of the functions in them."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from engine.definitions import Json, around, go, set_param, story
from engine.rendering import scope, text, value
from syncline_server.engine import values
from syncline_server.engine.expressions.references import BadReference
from syncline_server.engine.expressions.scope import MAX_WORK, MISSING
from syncline_server.engine.expressions.template import compile_template

DATA = values.loads_object(
    r"""{"n":[1,2,3],"b":[{"test":"3FF"},{"test":30},{"test":[{"a":1}]},{"test":30.3},{"test":true}],
    "oldtest":"[true, false]","oldtest1":[{"test":1},{"test1":2}],"mixed":["12",5],"lists":[[1,2],3],
    "texts":["old and old","","search me"],"users":[{"age":20,"active":true,"status":"a"},{"age":9,"active":false}],
    "json":[{"test":"{\"a\":1}"},{"test":"{\"a\":2}"}],"objects":[{"key":"v"},{"other":null}],
    "json_texts":["{\"status\":\"active\"}","{\"status\":\"gone\"}"],"records":[{"type":"user","id":1},{"type":"x"}],
    "prices":[1.10,2,0.5],"word":"w","object":{"k":1}}"""
)


def mapped(body: str, *items: object, parameter: str = "X") -> object:
    """Return what `$.map` makes of items."""
    return value(f"$.map(fun({parameter}) -> {body} end, {{{{items}}}})", {"items": list(items)})


def one(body: str, item: object = None) -> object:
    """Return what `$.map` makes of one item."""
    found = mapped(body, item)
    return found[0] if isinstance(found, list) else found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$.map(fun(Item) -> Item*2 end, {{n}})", [2, 4, 6]),
        ("$.map(fun(x) -> x * 2 end, {{n}})", [2, 4, 6]),
        ("$.map(fun(item) -> item + 10 end, {{n}})", [11, 12, 13]),
        ("$.map(fun(Item) -> Item div 3 end, {{n}})", [0, 0, 1]),
        ("$.map(fun(Item) -> Item rem 3 end, {{n}})", [1, 2, 0]),
        ("$.map(fun(Item) -> Item +1 end, {{n}})", [2, 3, 4]),
        ("$.map(fun(Item) -> Item band 2 end, {{n}})", [0, 2, 2]),
        ("$.map(fun(Item) -> Item bxor 2 end, {{n}})", [3, 0, 1]),
        ("$.map(fun(Item) -> Item bsl 2 end, {{n}})", [4, 8, 12]),
        ("$.map(fun(Item) -> Item bsr 2 end, {{n}})", [0, 0, 0]),
        ("$.map(fun(Item) -> Item bor 2 end, {{n}})", [3, 2, 3]),
        ("$.map(fun(Item) -> Item == 2 end, {{n}})", [False, True, False]),
        ("$.map(fun(Item) -> Item < 2 end, {{n}})", [True, False, False]),
        ("$.map(fun(Item) -> Item > 2 end, {{n}})", [False, False, True]),
        ("$.map(fun(Item) -> Item >= 2 end, {{n}})", [False, True, True]),
        ("$.map(fun(Item) -> Item =< 2 end, {{n}})", [True, True, False]),
        ("$.map(fun(Item) -> Item /= 2 end, {{n}})", [True, False, True]),
        ("$.map(fun(Item) -> Item =:= 2 end, {{n}})", [False, True, False]),
        ("$.map(fun(Item) -> Item =/= 2 end, {{n}})", [True, False, True]),
        ("$.map(fun(Item) -> Item xor true end, {{oldtest}})", [False, True]),
        ("$.map(fun(Item) -> Item andalso true end, {{oldtest}})", [True, False]),
        ("$.map(fun(Item) -> Item orelse true end, {{oldtest}})", [True, True]),
        ("$.map(fun(Item) -> Item and true end, {{oldtest}})", [True, False]),
        ("$.map(fun(Item) -> Item or true end, {{oldtest}})", [True, True]),
        ("$.map(fun(Item) -> not Item end, {{oldtest}})", [False, True]),
        (
            '$.map(fun(Item) -> Item ++ [{<<"key">>, 1}] end, {{oldtest1}})',
            [{"test": 1, "key": 1}, {"test1": 2, "key": 1}],
        ),
        ("$.map(fun(obj) -> obj.status end, {{users}})", ["a", None]),
        (
            "$.map(fun(x) ->\n  case is_binary(x) of\n    true -> erlang:binary_to_integer(x);\n"
            "    false -> x\n  end\nend, {{mixed}})",
            [12, 5],
        ),
        (
            '$.map(fun(str) ->\n  binary:replace(str, <<"old">>, <<"new">>, [global])\nend, {{texts}})',
            ["new and new", "", "search me"],
        ),
        ('$.map(fun(obj) -> proplists:get_value(<<"key">>, obj, <<"default">>) end, {{objects}})', ["v", "default"]),
        (
            "$.map(fun(list) -> case is_list(list) of true -> [hd(list)]; false -> [list] end end, {{lists}})",
            [[1], [3]],
        ),
        (
            '$.map(fun(Item) -> Test = proplists:get_value(<<"test">>, Item),\n\n'
            '[{<<"test">>, Test + 1} | proplists:delete(<<"test">>, Item)] end, [{"a":0,"test":1}])',
            [{"test": 2, "a": 0}],
        ),
        (
            '$.map(fun(Item) -> Test0 = eutils:get_value(<<"test">>, Item), Test1 = eutils:from_json(Test0), '
            '[{<<"a">>, eutils:get_value(<<"a">>, Test1)} | Item] end, {{json}})',
            [{"a": 1, "test": '{"a":1}'}, {"a": 2, "test": '{"a":2}'}],
        ),
        ('$.map(fun(E) -> FieldName = eutils:get_value(<<"key">>, E), FieldName end, {{objects}})', ["v", None]),
        ('$.map(fun(V) -> #{<<"f1">> => V, <<"f2">> => V} end, {{n}})', [{"f1": n, "f2": n} for n in (1, 2, 3)]),
        ('$.map(fun(V) -> [{<<"f1">>, V}, {<<"f2">>, V}] end, {{n}})', [{"f1": n, "f2": n} for n in (1, 2, 3)]),
        ("$.map(fun(x) -> $.math(x * 2) end, {{n}})", [2, 4, 6]),
        ("$.map(fun(X) -> X*X end, $.filter(fun(X) -> X > 1 end, {{n}}))", [4, 9]),
        ("$.map(fun(X) -> X end, [ ])", []),
    ],
)
def test_documented_maps(source: str, expected: object) -> None:
    assert expected == value(source, DATA)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$.filter(fun(Item) when Item rem 2 < 1 -> true; (_) -> false end, [1,2,3,4,5,6])", [2, 4, 6]),
        ("$.filter(fun(x) -> x > 1 end, {{n}})", [2, 3]),
        ("$.filter(fun(item) -> item.active =:= true end, {{users}})", [{"age": 20, "active": True, "status": "a"}]),
        ("$.filter(fun(user) -> user.age >= 18 end, {{users}})", [{"age": 20, "active": True, "status": "a"}]),
        ('$.filter(fun(str) -> str =/= "" end, {{texts}})', ["old and old", "search me"]),
        ("$.filter(fun(x) -> is_number(x) end, {{mixed}})", [5]),
        ("$.filter(fun(x) -> is_binary(x) andalso byte_size(x) > 9 end, {{texts}})", ["old and old"]),
        (
            '$.filter(fun(Item) ->\n  Test = proplists:get_value(<<"test">>, Item),\n  is_integer(Test)\nend, {{b}})',
            [{"test": 30}],
        ),
        (
            '$.filter(fun(Item) -> Test = proplists:get_value(<<"test">>, Item), is_float(Test) end, {{b}})',
            [{"test": values.loads("30.3")}],
        ),
        (
            '$.filter(fun(str) -> case binary:match(str, <<"search">>) of nomatch -> false; _ -> true end end, '
            "{{texts}})",
            ["search me"],
        ),
        ('$.filter(fun(obj) -> proplists:is_defined(<<"other">>, obj) end, {{objects}})', [{"other": None}]),
        (
            "$.filter(fun(json_str) ->\n  Obj = eutils:from_json(json_str),\n"
            '  eutils:get_value(<<"status">>, Obj) =:= <<"active">>\nend, {{json_texts}})',
            ['{"status":"active"}'],
        ),
        (
            '$.filter(fun(Item) -> case Item of [{<<"type">>, <<"user">>} | _] -> true; _ -> false end end, '
            "{{records}})",
            [{"type": "user", "id": 1}],
        ),
        ("$.filter(fun(x) -> x > $.random(3) - 1 end, [0,4])", [4]),
    ],
)
def test_documented_filters(source: str, expected: object) -> None:
    assert expected == value(source, DATA)


@pytest.mark.parametrize(
    ("body", "item", "expected"),
    [
        ("1 + 2 * 3", None, 7),
        ("(1 + 2) * 3", None, 9),
        ("10 - 2 - 3", None, 5),
        ("7 / 2", None, 3.5),
        ("4 / 2", None, 2.0),
        ("-7 div 2", None, -3),
        ("-7 rem 2", None, -1),
        ("- X", 5, -5),
        ("bnot 0", None, -1),
        ("16#ff + 2#101", None, 260),
        ("1.5e3", None, 1500.0),
        ("X * 2", values.Number("1.10"), 2.2),
        ("X", values.Number("1.10"), values.Number("1.10")),
        ("0.1 + 0.2", None, 0.1 + 0.2),
        ("99999999999999999999 + X", 1, 100000000000000000000),
        ("1 == 1.0", None, True),
        ("1 =:= 1.0", None, False),
        ("[1, {2}] == [1.0, {2}]", None, True),
        ("[1, {2}] =:= [1.0, {2}]", None, False),
        ("1 < true andalso true < {} andalso {1} < [] andalso [] < <<>>", None, True),
        ("{1, 2} < {3}", None, False),
        ("[1, 2] < [3]", None, True),
        ('<<"b">> > <<"a">>', None, True),
        ("[1,2,3,2] -- [2,4]", None, [1, 3, 2]),
        ('"ab" ++ "c"', None, "abc"),
        ("[1] ++ [2] ++ [3]", None, [1, 2, 3]),
        ("true orelse bad + 1", None, True),
        ("false andalso bad + 1", None, False),
        ("true and not false", None, True),
        ("atom", None, "atom"),
        ("'an atom'", None, "an atom"),
        ("undefined", None, None),
        ("null", None, None),
        ("X =:= null", None, True),
        ("{1, two}", None, [1, "two"]),
        ('[{a, 1}, {<<"b">>, [{c, true}]}]', None, {"a": 1, "b": {"c": True}}),
        ("[{a, 1}, {a, 2}]", None, {"a": 1}),
        ("[{1, 2}]", None, [[1, 2]]),
        ("X", {"k": {}}, {"k": {}}),
        ("#{}", None, {}),
        ("[]", None, []),
        ('<<"a", 98, X/binary, "d"/utf8>>', "c", "abcd"),
        ("<<>>", None, ""),
        (r'<<"tab\t quote\" \x{439}">>', None, 'tab\t quote" й'),
        ("A = 1, B = A + 1, {A, B}", None, [1, 2]),
        ("A = B = 2, A + B", None, 4),
        ("{A, [B | C]} = {1, [2, 3]}, A + B + hd(C)", None, 6),
        ("begin A = 1, A + 1 end", None, 2),
        ("if X > 2 -> big; X > 1, X < 3 -> middle; true -> small end", 2, "middle"),
        ("if X > 2; X < 0 -> outside; true -> inside end", -1, "outside"),
        ("if hd(X) > 1 -> yes; true -> no end", 5, "no"),
        ("case X of 1 -> one; -1 -> minus; N when N > 5 -> many; _ -> other end", 7, "many"),
        ("case X of -1 -> minus; _ -> other end", -1, "minus"),
        ("case {X, X} of {A, A} -> same; _ -> other end", 3, "same"),
        ("case X of [A, B] -> A + B; [A] -> A; _ -> none end", [1, 2], 3),
        ("case X of [] -> empty; [_ | T] -> T end", [1, 2], [2]),
        ('case X of <<"a">> -> 1; "b" -> 2; \'c\' -> 3; _ -> 4 end', "b", 2),
        ("case X of true -> 1; undefined -> 2 end", True, 1),
        ("X % a comment\n + 1", 1, 2),
        ("X.a.b", {"a": {"b": 5}}, 5),
        ("X.a.b", {"a": 1}, None),
        ("(hd(X)).k", [{"k": 1}], 1),
        ("$.random(5, 5)", None, 5),
        ("$.sha1_hex(X)", 100, "310b86e0b62b828562fc91c7be5380a992b2786a"),
        ('$.base64_encode(<<X/binary, ":">>)', "a", "YTo="),
        ("$.to_number(X) + 1", "5", 6),
        ("$.math(7 / 3)", None, 2.333333),
        ("$.date(%y) ", None, "2023"),
        ("$.unixtime()", None, 1_700_000_000),
        ("$.unixtime(%y-%m-%d) + 1", None, 1_699_920_001),
    ],
)
def test_expressions(body: str, item: object, expected: object) -> None:
    found = one(body, item)

    assert expected == found
    assert type(expected) is type(found)


@pytest.mark.parametrize(
    ("body", "item", "expected"),
    [
        ("proplists:get_value(a, X)", {"a": 1}, None),
        ("proplists:get_value(a, [{a, 1}, b])", None, 1),
        ("proplists:get_value(b, [{a, 1}, b])", None, True),
        ("proplists:get_all_values(a, [{a, 1}, {a, 2}])", None, [1, 2]),
        ("proplists:get_bool(b, [{a, 1}, b])", None, True),
        ('proplists:get_keys([{a, 1}, {<<"b">>, 1}, {a, 2}])', None, ["a", "b"]),
        ("proplists:lookup(a, [{a, 1}])", None, ["a", 1]),
        ("proplists:lookup(b, [{a, 1}])", None, "none"),
        ("proplists:lookup_all(a, [{a, 1}, {a, 2}]) =:= [{a, 1}, {a, 2}]", None, True),
        ("proplists:append_values(a, [{a, [1, 2]}, {b, 0}, {a, 3}])", None, [1, 2, 3]),
        ("proplists:compact([{a, true}, {b, 1}]) =:= [a, {b, 1}]", None, True),
        ("proplists:unfold([a, {b, 1}]) =:= [{a, true}, {b, 1}]", None, True),
        ("proplists:property(a, true)", None, "a"),
        ("proplists:property({b, 1}) =:= {b, 1}", None, True),
        ("proplists:from_map(#{a => 1}) ++ [{b, 2}]", None, {"a": 1, "b": 2}),
        ("proplists:to_map([{a, 1}, b])", None, {"a": 1, "b": True}),
        ('proplists:delete(<<"a">>, X)', {"a": 1, "b": 2}, {"b": 2}),
        ("proplists:delete(a, [{a, 1}, a, {b, 2}])", None, {"b": 2}),
        ('maps:get(<<"a">>, X)', {"a": 1}, 1),
        ('maps:get(<<"b">>, X, 0)', {"a": 1}, 0),
        ('maps:is_key(<<"b">>, X)', {"a": 1}, False),
        ('maps:put(<<"b">>, 2, X)', {"a": 1}, {"a": 1, "b": 2}),
        ('maps:remove(<<"a">>, X)', {"a": 1}, {}),
        ("maps:keys(X)", {"a": 1}, ["a"]),
        ('eutils:get_value(<<"b">>, X, none)', {"a": 1}, "none"),
        ("eutils:to_json(X)", {"a": [1, None]}, '{"a":[1,null]}'),
        ("eutils:from_json(X, [])", "[1]", [1]),
        ('binary:split(X, <<",">>)', "a,b,c", ["a", "b,c"]),
        ('binary:split(X, <<",">>, [global])', "a,b,,c,", ["a", "b", "", "c", ""]),
        ('binary:split(X, <<",">>, [global, trim])', "a,,b,,", ["a", "", "b"]),
        ('binary:split(X, <<",">>, [global, trim_all])', ",a,,b,", ["a", "b"]),
        ('binary:split(X, [<<",">>, <<"; ">>, <<";">>], [global])', "a,b; c;d", ["a", "b", "c", "d"]),
        ('binary:replace(X, <<"a">>, <<"b">>)', "aa", "ba"),
        ('binary:match(X, <<"с"/utf8>>)', "ёс", [2, 2]),
        ("base64:encode(X)", "a:b", "YTpi"),
        ("base64:decode(X)", "0Lk=", "й"),
        ("byte_size(X)", "й", 2),
        ("length(X)", [1, 2], 2),
        ("length(X)", {"a": 1}, 1),
        ("tl(X)", [1, 2], [2]),
        ("element(2, {a, b})", None, "b"),
        ("tuple_size({a, b})", None, 2),
        ("min(X, 2) + max(X, 2)", 5, 7),
        ("binary_to_integer(X, 16)", "ff", 255),
        ("erlang:binary_to_float(X)", "1.50", 1.5),
        ("integer_to_binary(X)", 15, "15"),
        ("integer_to_binary(X, 16)", -255, "-FF"),
        ("float_to_binary(X)", 1.5, "1.50000000000000000000e+00"),
        ("float_to_binary(X, [{decimals, 2}])", 1.5, "1.50"),
        ("float_to_binary(X, [{decimals, 4}, compact])", 1.5, "1.5"),
        ("float_to_binary(X, [{decimals, 4}, compact])", 2, "2.0"),
        ("float_to_binary(X, [short])", 1.5, "1.5"),
        ('list_to_binary(["a", [98, <<"c">>]])', None, "abc"),
        ("binary_to_list(X)", "abc", "abc"),
        ("list_to_integer(X)", "12", 12),
        ("atom_to_binary(abc, utf8)", None, "abc"),
        ("binary_to_atom(X) =:= abc", "abc", True),
        ("round(X)", 2.5, 3),
        ("round(X)", -2.5, -3),
        ("trunc(X)", -2.5, -2),
        ("ceil(X) + floor(X)", 2.5, 5),
        ("abs(X)", -3, 3),
        ("abs(X)", -3.5, 3.5),
        ("float(X)", 3, 3.0),
        ("[is_integer(X), is_float(X), is_number(X)]", values.Number("1e2"), [False, True, True]),
        (
            "[is_binary(X), is_list(X), is_boolean(X), is_atom(X), is_tuple({X}), is_map(X)]",
            {},
            [False, True, False, False, True, True],
        ),
    ],
)
def test_the_library(body: str, item: object, expected: object) -> None:
    found = one(body, item)

    assert expected == found
    assert type(expected) is type(found)


@pytest.mark.parametrize(
    ("body", "item"),
    [
        *(
            ("X + 1", "1"),
            ("X + 1", None),
            ("X / 0", 1),
            ("X div 0", 1),
            ("X rem 0", 1),
            ("1.5 div 1", 1),
            ("not X", 1),
        ),
        *(("X and true", 1), ("1 and true", 1), ("X andalso true", 1), ("hd([])", 1), ("tl(X)", 1), ("X ++ [1]", 1)),
        *(("1 bsl 100000", 1), ("1 bsl -1 bsl 1.5", 1), ("case X of 2 -> 1 end", 1), ("if X > 1 -> 1 end", 1)),
        *(("2 = X", 1), ("binary_to_integer(X)", "x"), ("binary_to_integer(X)", 5), ("binary_to_float(X)", "1")),
        *(("base64:decode(X)", "/w=="), ("base64:decode(X)", "a"), ("eutils:from_json(X)", "{"), ("length(X)", 1)),
        *(("binary:split(X, <<>>)", "a"), ('binary:split(X, <<"a">>, [every])', "a"), ("element(3, {1})", 1)),
        *(("maps:get(a, X)", {"b": 1}), ("maps:get(a, X)", [1]), ("proplists:get_value(a, X)", 1), ("-X", "a")),
        *(("proplists:get_value(a, [{a, 1, 2}])", 1), ("float(X)", int("9" * 400)), ("X * 1.0e300 * 1.0e300", 1)),
        *(("float_to_binary(X, [{decimals, 999}])", 1.5), ("list_to_binary([500])", 1), ("atom_to_binary(X, utf8)", 1)),
        *(("integer_to_binary(X, 99)", 1), ("#{1.5 => 1}", 1), ("$.math(X)", "a"), ("$.to_number(X)", "a")),
        *(("$.random(X)", "a"), ("list_to_binary([255])", 1), ("<<X/binary>>", 1), ("round(X)", "a"), ("bnot X", 1.5)),
    ],
)
def test_an_item_that_fails_leaves_the_whole_without_a_value(body: str, item: object) -> None:
    assert mapped(body, item) is MISSING
    assert value(f"$.filter(fun(X) -> {body} end, {{{{items}}}})", {"items": [item]}) is MISSING


@pytest.mark.parametrize("source", ["{{word}}", "{{object}}", "{{missing}}", "{{n[0]}}", "$.math(1+1)"])
def test_what_is_no_array_leaves_nothing(source: str) -> None:
    assert value(f"$.map(fun(X) -> X end, {source})", DATA) is MISSING
    assert text(f"<$.filter(fun(X) -> true end, {source})>", DATA) == "<>"


def test_a_filter_needs_booleans() -> None:
    assert value("$.filter(fun(X) -> 1 end, {{n}})", DATA) is MISSING
    assert value("$.filter(fun(X) when X > 1 -> true end, {{n}})", DATA) is MISSING


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("$.map(fun(X) -> X + {{n}} end, {{n}})", "a reference cannot stand inside fun … end"),
        ("$.map(fun(X) -> Y end, {{n}})", "the variable Y has no value, at character 11"),
        ("$.map(fun(X) -> case X of 1 -> Y = 1, Y end, Y end, {{n}})", "the variable Y has no value"),
        ("$.map(fun(X) -> A = A end, {{n}})", "the variable A has no value"),
        ("$.map(fun(X) -> lists:sum(X) end, {{n}})", "the function lists:sum/1 cannot be called here, at character 11"),
        ("$.map(fun(X) -> os:cmd(X) end, {{n}})", "the function os:cmd/1 cannot be called here"),
        ("$.map(fun(X) -> hd(X, 1) end, {{n}})", "the function erlang:hd/2 cannot be called here"),
        ("$.map(fun(X) -> apply(X) end, {{n}})", "the function erlang:apply/1 cannot be called here"),
        ("$.map(fun(X) -> [Y || X] end, {{n}})", "the variable Y has no value"),
        ("$.map(fun(X) -> [X || X] end, {{n}})", "there is '||' where ']' is expected"),
        ("$.map(fun(X) -> fun(Y) -> Y end end, {{n}})", "'fun' cannot stand here"),
        ("$.map(fun(X) -> try X catch _ -> 1 end end, {{n}})", "'try' cannot stand here"),
        ("$.map(fun(X) -> X(1) end, {{n}})", "there is '(' where 'end' is expected"),
        ("$.map(fun(X) -> <<X>> end, {{n}})", "this part of a binary has to be a text"),
        ("$.map(fun(X) -> <<X:8>> end, {{n}})", "this part of a binary has to be a text"),
        ("$.map(fun(X) -> <<X/float>> end, {{n}})", "'binary' or 'utf8' is expected"),
        ("$.map(fun(X) -> case X of #{} -> 1 end end, {{n}})", "there is '#' where a pattern is expected"),
        ("$.map(fun(X) -> case X of <<A/binary>> -> 1 end end, {{n}})", "the variable A has no value"),
        ("$.map(fun(X) -> case X of <<X/binary>> -> 1 end end, {{n}})", "a binary in a pattern is a text"),
        ("$.map(fun(X) -> X ! 1 end, {{n}})", "there is '!' where 'end' is expected"),
        ("$.map(fun(X) -> X § 1 end, {{n}})", "there is '§' where 'end' is expected"),
        (r"$.map(fun(X) -> X \ 1 end, {{n}})", r"there is '\\' where 'end' is expected"),
        ("$.map(fun(X) -> X, {{n}})", "a reference cannot stand inside fun … end"),
        ("$.map(fun(X) -> X)", "the code ends where 'end' is expected"),
        ("$.map(fun(X) -> X end)", "there has to be a comma and an array"),
        ("$.map(fun(X) -> X end {{n}})", "there has to be a comma and an array"),
        ("$.map(fun(X) -> X end, text)", "what follows fun … end is no array"),
        ("$.map({{n}}, fun(X) -> X end)", "a reference cannot stand inside"),
        ("$.map()", "the code ends where 'fun' is expected"),
        ("$.map(fun(X) -> $.map(X) end, {{n}})", "the function $.map cannot be called here with that"),
        ("$.map(fun(X) -> $.random(1, 2, 3) end, {{n}})", "the function $.random cannot be called here"),
        ("$.map(fun(X) -> $.unixtime(soon) end, {{n}})", "$.unixtime(soon) has no value"),
        ("$.map(fun(X) -> 1#2 end, {{n}})", "1#2 is no number"),
        ("$.map(fun(X) -> " + "(" * 40 + "1" + ")" * 40 + " end, {{n}})", "more than 32 things inside each other"),
        ("$.map(fun(X) -> " + "not " * 40 + "true end, {{n}})", "more than 32 things inside each other"),
        ("$.map(fun(X) -> " + "[1] ++ " * 40 + "[] end, {{n}})", "more than 32 things inside each other"),
        ("$.map(fun(X) -> " + "A = " * 40 + "1 end, {{n}})", "more than 32 things inside each other"),
        ("$.map(fun(X) -> " + "1 + " * 5000 + "1 end, {{n}})", "is expected, at character"),
        (r"$.map(fun(X) -> <<" + r'"\x{d800}"' + ">> end, {{n}})", "is no character"),
    ],
)
def test_what_is_not_of_the_language_is_refused_with_a_sentence(source: str, part: str) -> None:
    with pytest.raises(BadReference) as refused:
        compile_template(source)

    assert part in str(refused.value)


def test_a_function_inside_a_literal_of_json_text() -> None:
    source = r'{"r":"$.map(fun(X) -> proplists:get_value(<<\"key\">>, X, <<\"a\\\"b)\">>) end, {{objects}})"}'

    assert values.loads(compile_template(source).json_text(scope(DATA))) == {"r": '["v","a\\"b)"]'}
    assert text('{"r":$.map(fun(X) -> X end, {{n}})}', DATA) == '{"r":[1,2,3]}'


def test_brackets_in_quotes_are_text() -> None:
    assert one('<<"a)b(">>') == "a)b("
    assert one("'x)'") == "x)"
    assert one(r'<<"\")">>') == '")'


def test_a_long_row_of_operators_takes_no_stack() -> None:
    assert one("1 + " * 2000 + "1") == 2001
    assert one("true andalso " * 700 + "true") is True
    assert one("false orelse " * 700 + "true") is True
    assert one("X" + ".a" * 3000, {}) is None


def test_the_answer_is_an_array_or_its_text() -> None:
    here = around(
        set_param(
            {"t": "$.map(fun(X) -> X*2 end, {{n}})", "a": "$.map(fun(X) -> X*2 end, {{n}})"},
            {"a": "array"},
            error="bad",
        ),
        go("end"),
    )

    assert story(here, {"n": [1, 2]}).task.data == {"n": [1, 2], "t": "[2,4]", "a": [2, 4]}
    assert story(here, {"n": "x"}).task.node_id == "bad"


def test_the_data_stays_as_it_was() -> None:
    data: Json = {"o": [{"k": [1]}, {"k": [2]}]}

    assert value('$.map(fun(X) -> [{<<"k">>, 0} | proplists:delete(<<"k">>, X)] end, {{o}})', data) == [{"k": 0}] * 2
    assert data == {"o": [{"k": [1]}, {"k": [2]}]}


NAMES = "ABCDEFGHIJKLMNOPQRSTUV"


@pytest.mark.parametrize(
    "body",
    [
        "A = X.up, " + "".join(f"{b} = {a} ++ {a}, " for a, b in pairwise(NAMES)) + "1",
        "A = eutils:to_json(X), " + "".join(f"{b} = <<{a}/binary, {a}/binary>>, " for a, b in pairwise(NAMES)) + "1",
        'binary:replace(eutils:to_json(X), <<"1">>, eutils:to_json(X), [global])',
        "X.up -- X.down",
        "X.up -- X.up",
    ],
    ids=["lists", "texts", "replacing", "comparing", "taking away"],
)
def test_work_is_bounded(body: str) -> None:
    """What doubles again and again, or is compared with each other, ends when the decision's work is used up."""
    up = list(range(100_000 if body == "X.up -- X.up" else 3000))
    seen = scope({"items": [{"up": up, "down": up[::-1]}] * 10}, room=10**9)
    template = compile_template(f"$.map(fun(X) -> {body} end, {{{{items}}}})")
    before = time.process_time()

    assert template.value(seen) is MISSING
    assert seen.room < 0
    assert time.process_time() - before < 5


NINES, LONG = "9" * 4000, "é" * 9000


@pytest.mark.parametrize(
    "body",
    [
        f'binary_to_integer(<<"{NINES}">>)',
        f'byte_size(<<"{LONG}">>)',
        f'length($.to_array(<<"[{",".join("1" * 4000)}]">>))',
        "$.to_string(#{a => X})",
        f"$.date({'%y%m%d' * 160})",
        "$.unixtime(%y-%m-%d)",
        f"{NINES} div {NINES[:2000]}",
        f'binary_to_float(<<"{NINES[:300]}.{NINES * 2}">>)',
        f'$.math(<<"{NINES}">>)',
        "round(1.0e300)",
        f"#{{{NINES} => X}}",
        "float_to_binary(1.5, [{decimals, 253}])",
    ],
)
def test_what_takes_its_time_is_work(body: str) -> None:
    """Each of these took seconds to minutes for an array that a task may have."""
    seen = scope({"items": [1] * 300_000}, room=10**9)
    template = compile_template(f"$.map(fun(X) -> {body} end, {{{{items}}}})")
    before = time.process_time()

    assert template.value(seen) is MISSING
    assert seen.room < 0
    assert time.process_time() - before < 2


def test_large_whole_numbers_are_bounded() -> None:
    squares = ", ".join(f"{b} = {a} * {a}" for a, b in pairwise(NAMES))

    assert one(f"A = X, {squares}, V", 3) is MISSING


def test_what_is_nested_too_deeply_for_json_has_no_value() -> None:
    names = [f"V{n}" for n in range(300)]
    wraps = ", ".join(f"{b} = [{a}]" for a, b in pairwise(["X", *names]))

    assert one(f"{wraps}, {names[-1]}", 1) is MISSING
    assert one(f"{wraps}, {names[-1]} == {names[-2]}", 1) is MISSING
    assert one(f"{wraps}, {names[199]} == {names[200]}", 1) is False


def test_the_work_of_a_decision_is_shared() -> None:
    seen = scope({"items": list(range(1000))}, room=10**9)
    template = compile_template("$.map(fun(X) -> X end, {{items}})")

    template.value(seen)
    once = MAX_WORK - seen.work
    template.value(seen)

    assert 1000 <= once <= 5000
    assert MAX_WORK - seen.work == 2 * once
