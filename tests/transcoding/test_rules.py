"""HTTP rules: where they come from, what they say, and every way to be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.api.http_pb2 import HttpRule
from google.protobuf import text_format

from syncline_gateway.transcoding.fields import dotted
from syncline_gateway.transcoding.rules import Rule, RulesError, collect
from syncline_gateway.transcoding.transcoder import EventStream, Transcoder
from transcoding.shapes import INLINE, PROTOS, SERVICES

if TYPE_CHECKING:
    from google.protobuf.descriptor import ServiceDescriptor

BARE = PROTOS.service("BareService")


def written(text: str, rpc: str = "Unary", service: ServiceDescriptor = BARE) -> HttpRule:
    """Return a service configuration's rule for a method of the service without rules."""
    rule: HttpRule = text_format.Parse(text, HttpRule(selector=f"{service.full_name}.Call{rpc}"))
    return rule


def read(text: str, rpc: str = "Unary") -> tuple[list[Rule], list[str]]:
    return collect([BARE], [written(text, rpc)])


def summary(rule: Rule) -> tuple[Any, ...]:
    """Return method, path, variables, body and response body."""
    body = "*" if rule.whole_body else (rule.body.name if rule.body else "")
    answer = rule.response_body.name if rule.response_body else ""
    return rule.method, rule.template.text, [dotted(path) for path in rule.variables], body, answer


VALID = [
    ("Unary", 'get: "/v1/x"', ("GET", "/v1/x", [], "", "")),
    ("Unary", 'put: "/v1/x" body: "*"', ("PUT", "/v1/x", [], "*", "")),
    ("Unary", 'post: "/v1/x" body: "*"', ("POST", "/v1/x", [], "*", "")),
    ("Unary", 'post: "/v1/x"', ("POST", "/v1/x", [], "", "")),
    ("Unary", 'delete: "/v1/x"', ("DELETE", "/v1/x", [], "", "")),
    ("Unary", 'delete: "/v1/x" body: "*"', ("DELETE", "/v1/x", [], "*", "")),
    ("Unary", 'patch: "/v1/x" body: "node"', ("PATCH", "/v1/x", [], "node", "")),
    ("Unary", 'custom {kind: "HEAD" path: "/v1/x"}', ("HEAD", "/v1/x", [], "", "")),
    ("Unary", 'custom {kind: "PURGE" path: "/v1/x"} body: "*"', ("PURGE", "/v1/x", [], "*", "")),
    ("Unary", 'custom {kind: "M-SEARCH" path: "/v1/x"}', ("M-SEARCH", "/v1/x", [], "", "")),
    ("Unary", 'custom {kind: "*" path: "/v1/x"}', ("*", "/v1/x", [], "", "")),
    ("Unary", 'custom {kind: "GET" path: "/v1/x"}', ("GET", "/v1/x", [], "", "")),
    ("Unary", 'get: "/v1/{a_string}"', ("GET", "/v1/{a_string}", ["a_string"], "", "")),
    ("Unary", 'get: "/v1/{a_kind}"', ("GET", "/v1/{a_kind}", ["a_kind"], "", "")),
    ("Unary", 'get: "/v1/{a_double}"', ("GET", "/v1/{a_double}", ["a_double"], "", "")),
    ("Unary", 'get: "/v1/{a_float}"', ("GET", "/v1/{a_float}", ["a_float"], "", "")),
    ("Unary", 'get: "/v1/{a_bytes}"', ("GET", "/v1/{a_bytes}", ["a_bytes"], "", "")),
    ("Unary", 'get: "/v1/{a_bool}"', ("GET", "/v1/{a_bool}", ["a_bool"], "", "")),
    ("Unary", 'get: "/v1/{a_fixed64}"', ("GET", "/v1/{a_fixed64}", ["a_fixed64"], "", "")),
    ("Unary", 'get: "/v1/{maybe_int32}"', ("GET", "/v1/{maybe_int32}", ["maybe_int32"], "", "")),
    ("Unary", 'get: "/v1/{chosen_string}"', ("GET", "/v1/{chosen_string}", ["chosen_string"], "", "")),
    ("Unary", 'get: "/v1/{inline_json}"', ("GET", "/v1/{inline_json}", ["inline_json"], "", "")),
    ("Unary", 'get: "/{a_string=**}:go"', ("GET", "/{a_string=**}:go", ["a_string"], "", "")),
    ("Unary", 'get: "/{node.name=a/*}/b"', ("GET", "/{node.name=a/*}/b", ["node.name"], "", "")),
    (
        "Unary",
        'get: "/{node.child.child.weight}/{a_string}"',
        ("GET", "/{node.child.child.weight}/{a_string}", ["node.child.child.weight", "a_string"], "", ""),
    ),
    (
        "Unary",
        'get: "/{node.this}/{node.child.that}"',
        ("GET", "/{node.this}/{node.child.that}", ["node.this", "node.child.that"], "", ""),
    ),
    (
        "Unary",
        'get: "/{chosen_node.name}/{chosen_node.weight}"',
        ("GET", "/{chosen_node.name}/{chosen_node.weight}", ["chosen_node.name", "chosen_node.weight"], "", ""),
    ),
    ("Unary", 'put: "/{node.name}" body: "node"', ("PUT", "/{node.name}", ["node.name"], "node", "")),
    (
        "Unary",
        'put: "/{chosen_node.name}" body: "chosen_node"',
        ("PUT", "/{chosen_node.name}", ["chosen_node.name"], "chosen_node", ""),
    ),
    ("Unary", 'put: "/{a_string}" body: "*"', ("PUT", "/{a_string}", ["a_string"], "*", "")),
    *(
        ("Unary", f'put: "/x" body: "{body}"', ("PUT", "/x", [], body, ""))
        for body in (
            "a_string",
            "an_int64",
            "a_kind",
            "strings",
            "nodes",
            "labels",
            "time",
            "object",
            "inline_json",
            "mask",
            "any",
        )
    ),
    *(
        ("Unary", f'get: "/x" response_body: "{field}"', ("GET", "/x", [], "", field))
        for field in ("text", "book", "books", "words", "count", "counts", "time", "answer_json", "file", "kind")
    ),
    ("Upload", 'put: "/{name}" body: "file"', ("PUT", "/{name}", ["name"], "file", "")),
    ("Raw", 'put: "/x" body: "*"', ("PUT", "/x", [], "*", "")),
    ("Collect", 'post: "/x" body: "*"', ("POST", "/x", [], "*", "")),
    ("Collect", 'post: "/x" body: "node"', ("POST", "/x", [], "node", "")),
    ("Watch", 'get: "/x"', ("GET", "/x", [], "", "")),
    ("Watch", 'post: "/x" body: "*" response_body: "book"', ("POST", "/x", [], "*", "book")),
]


@pytest.mark.parametrize(("rpc", "text", "expected"), VALID)
def test_rule_is_read(rpc: str, text: str, expected: tuple[Any, ...]) -> None:
    rules, problems = read(text, rpc)

    assert problems == []
    assert [summary(rule) for rule in rules] == [expected]


@pytest.mark.parametrize(("rpc", "text"), [row[:2] for row in VALID])
def test_valid_rule_makes_a_transcoder(rpc: str, text: str) -> None:
    assert len(Transcoder([BARE], domain="d", inline_json=INLINE, rules=[written(text, rpc)]).rules) == 1


INVALID = [
    # patterns
    ("Unary", "", "the HTTP rule names no method and path"),
    ("Unary", 'body: "*"', "the HTTP rule names no method and path"),
    ("Unary", 'custom {kind: "" path: "/x"}', "'' is not an HTTP method"),
    ("Unary", 'custom {kind: "A B" path: "/x"}', "'A B' is not an HTTP method"),
    ("Unary", 'custom {kind: "GET:" path: "/x"}', "'GET:' is not an HTTP method"),
    ("Unary", 'custom {kind: "GET\\n" path: "/x"}', "'GET\\n' is not an HTTP method"),
    ("Unary", 'custom {kind: "ÄT" path: "/x"}', "'ÄT' is not an HTTP method"),
    *(
        ("Unary", f'get: "{path}"', "column")
        for path in (
            "",
            "x",
            "v1/x",
            "/v1/",
            "//x",
            "/{",
            "/{}",
            "/{a_string",
            "/a}",
            "/a:",
            "/{a_string}:",
            "/***",
            "/{a_string=}",
            "/**/*",
            "/**/**",
            "/{a_string=**}/{a_bool}",
        )
    ),
    ("Unary", 'get: "/{node.name=a/{a_string}}"', "column"),
    ("Unary", 'get: "/{a_string}/{a_string}"', "a_string"),
    ("Unary", 'get: "/{node.name}/{node.name}"', "node.name"),
    # variables
    ("Unary", 'get: "/{nothing}"', "variable nothing leads nowhere: conformance.v1.Everything has no field nothing"),
    ("Unary", 'get: "/{aString}"', "variable aString leads nowhere: conformance.v1.Everything has no field aString"),
    ("Unary", 'get: "/{choice}"', "variable choice leads nowhere"),
    (
        "Unary",
        'get: "/{node.nothing}"',
        "variable node.nothing leads nowhere: conformance.v1.Node has no field nothing",
    ),
    ("Unary", 'get: "/{a_string.x}"', "variable a_string.x leads nowhere: a_string is not a singular message"),
    ("Unary", 'get: "/{nodes.name}"', "variable nodes.name leads nowhere: nodes is not a singular message"),
    ("Unary", 'get: "/{node.children.name}"', "node.children is not a singular message"),
    ("Unary", 'get: "/{labels.key}"', "labels is not a singular message"),
    *(
        ("Unary", f'get: "/{{{name}}}"', f"variable {name} is not a singular scalar or enum")
        for name in (
            "strings",
            "kinds",
            "node",
            "nodes",
            "labels",
            "node.tags",
            "node.child",
            "time",
            "duration",
            "mask",
        )
    ),
    *(
        ("Unary", f'get: "/{{{name}}}"', f"variable {name} is not a singular scalar or enum")
        for name in ("int64_value", "string_value", "object", "value", "any", "empty", "chosen_node")
    ),
    # oneofs
    (
        "Unary",
        'get: "/{chosen_string}/{chosen_int32}"',
        "chosen_string and chosen_int32 are both members of the oneof choice",
    ),
    (
        "Unary",
        'get: "/{chosen_node.name}/{chosen_int32}"',
        "chosen_node.name and chosen_int32 are both members of the oneof choice",
    ),
    ("Unary", 'get: "/{node.this}/{node.that}"', "node.this and node.that are both members of the oneof either"),
    (
        "Unary",
        'put: "/{chosen_string}" body: "chosen_node"',
        "chosen_node and chosen_string are both members of the oneof choice",
    ),
    # bodies
    ("Unary", 'get: "/x" body: "*"', "GET must not have a body"),
    ("Unary", 'get: "/x" body: "node"', "GET must not have a body"),
    ("Unary", 'custom {kind: "HEAD" path: "/x"} body: "*"', "HEAD must not have a body"),
    ("Unary", 'post: "/x" body: "nothing"', "body names nothing, which conformance.v1.Everything does not have"),
    ("Unary", 'post: "/x" body: "anInt64"', "body names anInt64, which conformance.v1.Everything does not have"),
    (
        "Unary",
        'post: "/x" body: "node.name"',
        "body names node.name, which conformance.v1.Everything does not have (it must be",
    ),
    ("Unary", 'post: "/x" body: "node.*"', "body names node.*"),
    ("Unary", 'post: "/x" body: "**"', "body names **"),
    ("Unary", 'put: "/{a_string}" body: "a_string"', "a_string is both in the path and the body"),
    (
        "Unary",
        'get: "/x" response_body: "nothing"',
        "response_body names nothing, which conformance.v1.Reply does not have",
    ),
    ("Unary", 'get: "/x" response_body: "book.name"', "response_body names book.name"),
    ("Unary", 'get: "/x" response_body: "*"', "response_body names *"),
    ("Unary", 'get: "/x" response_body: "a_string"', "response_body names a_string"),
    # raw bodies
    ("Raw", 'get: "/x"', 'google.api.HttpBody is a whole body: the rule needs body: "*"'),
    ("Raw", 'post: "/x"', 'google.api.HttpBody is a whole body: the rule needs body: "*"'),
    ("Raw", 'post: "/x" body: "data"', 'google.api.HttpBody is a whole body: the rule needs body: "*"'),
    ("Raw", 'post: "/{content_type}" body: "*"', "content_type is in the path, but a raw body fills"),
    ("Upload", 'put: "/{file.content_type}" body: "file"', "file.content_type is in the path, but a raw body fills"),
    # streams
    ("Collect", 'post: "/x"', "a client stream needs a body"),
    ("Collect", 'get: "/x"', "a client stream needs a body"),
    ("Talk", 'post: "/x" body: "*"', "streams both ways"),
    ("Talk", 'get: "/x"', "streams both ways"),
    # what the JSON codec refuses
    ("Marked", 'post: "/x" body: "*"', "conformance.v1.Marked.inline_jsons is marked as inline JSON"),
    # additional bindings
    (
        "Unary",
        'get: "/x" additional_bindings {get: "/y" additional_bindings {get: "/z"}}',
        "must not have additional_bindings themselves",
    ),
    ("Unary", 'get: "/x" additional_bindings {}', "the HTTP rule names no method and path"),
    (
        "Unary",
        'get: "/x" additional_bindings {get: "/{nothing}"}',
        "GET /{nothing}: the path's variable nothing leads nowhere",
    ),
]


@pytest.mark.parametrize(("rpc", "text", "problem"), INVALID)
def test_wrong_rule_is_a_problem_that_says_where(rpc: str, text: str, problem: str) -> None:
    with pytest.raises(RulesError) as caught:
        Transcoder([BARE], domain="d", inline_json=INLINE, rules=[written(text, rpc)])

    assert len(caught.value.problems) == 1, caught.value.problems
    assert caught.value.problems[0].startswith(f"conformance.v1.BareService.Call{rpc}: ")
    assert problem in caught.value.problems[0]
    assert str(caught.value) == caught.value.problems[0]


def test_problem_names_method_and_path() -> None:
    assert read('post: "/v1/x" body: "nothing"')[1] == [
        "conformance.v1.BareService.CallUnary: POST /v1/x: "
        "body names nothing, which conformance.v1.Everything does not have"
    ]


def test_all_problems_are_told_at_once() -> None:
    rules = [
        written('get: "/{nothing}/{strings}" body: "absent" response_body: "absent"'),
        written('post: "/x"', "Collect"),
        written('get: "/x"', "Talk"),
        written('get: "/same/{a_string}" additional_bindings {get: "/same/{a_kind}"}', "Watch"),
        HttpRule(selector="conformance.v1.BareService.Absent", get="/x"),
        HttpRule(get="/x"),
    ]

    with pytest.raises(RulesError) as caught:
        Transcoder([BARE], domain="d", rules=rules)

    parts = [
        *("variable nothing", "strings is not", "GET must", ": body names", "response_body names", "client stream"),
        *("both ways", "/same/", "BareService.Absent: no such method", "no selector"),
    ]
    assert [part for part in parts if part not in str(caught.value)] == []
    assert len(caught.value.problems) >= 10


CONFLICTS = [
    ('get: "/v1/{a_string}"', 'get: "/v1/{a_kind}"'),
    ('get: "/v1/x"', 'get: "/v1/x"'),
    ('get: "/v1/{a_string}"', 'get: "/v1/*"'),
    ('get: "/v1/{a_string=**}"', 'get: "/v1/**"'),
    ('get: "/v1/{a_string}:go"', 'get: "/v1/{a_kind}:go"'),
    ('get: "/v1/x"', 'custom {kind: "GET" path: "/v1/x"}'),
]


@pytest.mark.parametrize(("first", "second"), CONFLICTS)
def test_equal_routes_are_a_problem(first: str, second: str) -> None:
    with pytest.raises(RulesError):
        Transcoder([BARE], domain="d", rules=[written(first), written(second, "Watch")])


NEIGHBOURS = [
    ('get: "/v1/x"', 'post: "/v1/x"'),
    ('get: "/v1/x"', 'get: "/v1/{a_string}"'),
    ('get: "/v1/{a_string}"', 'get: "/v1/{a_string}:go"'),
    ('get: "/v1/{a_string}"', 'get: "/v1/{a_string=**}"'),
    ('get: "/v1/x"', 'custom {kind: "*" path: "/v1/x"}'),
    ('get: "/v1/x"', 'custom {kind: "HEAD" path: "/v1/x"}'),
]


@pytest.mark.parametrize(("first", "second"), NEIGHBOURS)
def test_different_routes_live_side_by_side(first: str, second: str) -> None:
    assert len(Transcoder([BARE], domain="d", rules=[written(first), written(second, "Watch")]).rules) == 2


def test_service_given_twice_conflicts_with_itself() -> None:
    with pytest.raises(RulesError):
        Transcoder([PROTOS.service("PatchService")] * 2, domain="d")


def test_method_without_a_rule_has_no_binding() -> None:
    assert collect([BARE]) == ([], [])
    assert Transcoder([BARE], domain="d").rpcs == ()


def test_annotation_is_read_with_its_additional_bindings_in_order() -> None:
    rules, problems = collect([PROTOS.service("PatchService")])

    assert problems == []
    assert [(rule.name, rule.is_additional) for rule in rules if rule.rpc.name == "UpdateBook"] == [
        ("PATCH /v1/{book.name=books/*}", False),
        ("PATCH /v1/whole-books", True),
        ("PUT /v1/{book.name=books/*}", True),
    ]


def test_service_configuration_overrides_an_annotation_wholly() -> None:
    override = HttpRule(selector="conformance.v1.PatchService.UpdateBook", put="/v2/books", body="*")

    rules, problems = collect([PROTOS.service("PatchService")], [override])

    assert problems == []
    assert [rule.name for rule in rules if rule.rpc.name == "UpdateBook"] == ["PUT /v2/books"]
    assert [rule.name for rule in rules if rule.rpc.name == "UpdateTwo"] == ["PATCH /v1/two-masks/{name}"]


def test_last_rule_for_a_selector_is_taken() -> None:
    rules, problems = collect([BARE], [written('get: "/first"'), written('get: "/last"')])

    assert (problems, [rule.name for rule in rules]) == ([], ["GET /last"])


def test_rule_for_an_absent_method_is_a_problem() -> None:
    problems = collect([BARE], [HttpRule(selector="conformance.v1.PatchService.UpdateBook", get="/x")])[1]

    assert problems == ["conformance.v1.PatchService.UpdateBook: no such method for this HTTP rule"]


def test_rule_without_a_selector_is_a_problem() -> None:
    assert collect([BARE], [written('get: "/x"'), HttpRule(get="/y")])[1] == [
        "HTTP rule 2 of the service configuration has no selector"
    ]


def test_every_service_of_the_conformance_proto_is_right() -> None:
    rules, problems = collect(SERVICES)

    assert problems == []
    assert {rule.rpc.name for rule in rules} >= {"GetDeep", "Search", "GetRaw", "UpdateBook", "Any", "Collect"}
    assert {rule.rpc.name for rule in rules}.isdisjoint({"Talk", "Unbound"})


def test_event_stream_is_read_from_its_option() -> None:
    stream = PROTOS.extension("stream")
    rpcs = {rpc.name: rpc for rpc in Transcoder(SERVICES, domain="d", event_stream=stream).rpcs}

    expected = EventStream(id_field="cursor", resume_field="after", comment_field="quiet")
    assert rpcs["conformance.v1.StreamService/WatchBooks"].event_stream == expected
    assert rpcs["conformance.v1.StreamService/WatchBare"].event_stream is None


def test_event_stream_is_none_where_the_option_is_not_told() -> None:
    assert all(rpc.event_stream is None for rpc in Transcoder(SERVICES, domain="d").rpcs)


def test_wrong_event_streams_are_problems_all_at_once() -> None:
    with pytest.raises(RulesError) as caught:
        Transcoder([PROTOS.service("WrongStreamService")], domain="d", event_stream=PROTOS.extension("stream"))

    name = "conformance.v1.WrongStreamService."
    assert caught.value.problems == (
        f"{name}WatchOnce: an event stream must be a server stream",
        f"{name}WatchNothing: id_field names nothing, which is no singular string of conformance.v1.Event",
        f"{name}WatchNothing: resume_field names nothing, which is no singular string of conformance.v1.Watch",
        f"{name}WatchNothing: comment_field names nothing, which is no singular message of conformance.v1.Event",
        f"{name}WatchTypes: id_field names an_int32, which is no singular string of conformance.v1.Everything",
        f"{name}WatchTypes: comment_field names a_string, which is no singular message of conformance.v1.Everything",
        f"{name}WatchLists: id_field names strings, which is no singular string of conformance.v1.Everything",
        f"{name}WatchLists: comment_field names nodes, which is no singular message of conformance.v1.Everything",
    )
