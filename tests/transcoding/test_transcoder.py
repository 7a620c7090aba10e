"""Which binding a request means, and what its path and query become, on the conformance services."""

from __future__ import annotations

from typing import Any

import pytest
from google.api.http_pb2 import HttpRule

from fakes.protos import load
from syncline_gateway.transcoding.faults import Fault
from syncline_gateway.transcoding.router import Unescape
from syncline_gateway.transcoding.transcoder import EventStream, Transcoder
from transcoding.shapes import DOMAIN, INLINE, PROTOS, Reply, call, everything, refused, target, transcoder

JSON = "application/json"
BookUpdate: Any = PROTOS.message("BookUpdate")


# --- the path -------------------------------------------------------------------------------------------------------

PATHS = [
    ("/v1/double/1.5", "a_double: 1.5"),
    ("/v1/double/-Infinity", "a_double: -inf"),
    ("/v1/float/0.5", "a_float: 0.5"),
    ("/v1/int32/-7", "an_int32: -7"),
    ("/v1/int32/0", ""),
    ("/v1/int64/9223372036854775807", "an_int64: 9223372036854775807"),
    ("/v1/uint32/4294967295", "a_uint32: 4294967295"),
    ("/v1/uint64/18446744073709551615", "a_uint64: 18446744073709551615"),
    ("/v1/sint32/-1", "a_sint32: -1"),
    ("/v1/sint64/-1", "a_sint64: -1"),
    ("/v1/fixed32/1", "a_fixed32: 1"),
    ("/v1/fixed64/1", "a_fixed64: 1"),
    ("/v1/sfixed32/-1", "a_sfixed32: -1"),
    ("/v1/sfixed64/-1", "a_sfixed64: -1"),
    ("/v1/bool/true", "a_bool: true"),
    ("/v1/bool/false", ""),
    ("/v1/string/x", "a_string: 'x'"),
    ("/v1/string/a%2Fb", "a_string: 'a/b'"),
    ("/v1/string/a%3Ab", "a_string: 'a:b'"),
    ("/v1/string/a+b", "a_string: 'a+b'"),
    ("/v1/string/a%20b", "a_string: 'a b'"),
    ("/v1/string/%C3%B6", "a_string: 'ö'"),
    ("/v1/string/null", "a_string: 'null'"),
    ("/v1/string/@alias", "a_string: '@alias'"),
    ("/v1/string/a=b&c", "a_string: 'a=b&c'"),
    ("/v1/bytes/YWJj", "a_bytes: 'abc'"),
    ("/v1/bytes/YQ==", "a_bytes: 'a'"),
    ("/v1/bytes/-_-_", "a_bytes: '\\373\\377\\277'"),
    ("/v1/bytes/%2B%2F%2B%2F", "a_bytes: '\\373\\377\\277'"),
    ("/v1/kind/KIND_SMALL", "a_kind: KIND_SMALL"),
    ("/v1/kind/2", "a_kind: KIND_LARGE"),
    ("/v1/maybe/0", "maybe_int32: 0"),
    ("/v1/chosen/x", "chosen_string: 'x'"),
    ("/v1/chosen-node/x", "chosen_node {name: 'x'}"),
    ("/v1/deep/x/5", "node {weight: 5 child {name: 'x'}}"),
    ("/v1/rest/a/b/c", "a_string: 'a/b/c'"),
    ("/v1/rest/a%2Fb/c", "a_string: 'a%2Fb/c'"),
    ("/v1/rest/a%20b/c", "a_string: 'a b/c'"),
    ("/v1/rest", ""),
    ("/v1/shelves/7/items/8:read", "a_string: 'shelves/7' an_int32: 8"),
]


@pytest.mark.parametrize(("url", "expected"), PATHS)
def test_path_sets_its_fields(url: str, expected: str) -> None:
    assert call("GET", url) == everything(expected)


WRONG_PATHS = [
    ("/v1/double/x", "aDouble"),
    ("/v1/int32/x", "anInt32"),
    ("/v1/int32/1.5", "anInt32"),
    ("/v1/int32/2147483648", "anInt32"),
    ("/v1/int64/9223372036854775808", "anInt64"),
    ("/v1/uint32/-1", "aUint32"),
    ("/v1/uint64/-1", "aUint64"),
    ("/v1/bool/1", "aBool"),
    ("/v1/bool/True", "aBool"),
    ("/v1/bytes/***", "aBytes"),
    ("/v1/kind/NOTHING", "aKind"),
    ("/v1/maybe/x", "maybeInt32"),
    ("/v1/deep/x/y", "node.weight"),
    ("/v1/shelves/7/items/x:read", "anInt32"),
    ("/v1/string/%", "aString"),
    ("/v1/string/%zz", "aString"),
    ("/v1/string/%C3", "aString"),
    ("/v1/string/%FF", "aString"),
    ("/v1/rest/a/%FF", "aString"),
    ("/v1/deep/%FF/1", "node.child.name"),
]


@pytest.mark.parametrize(("url", "field"), WRONG_PATHS)
def test_wrong_value_in_the_path_is_a_400_that_names_the_field(url: str, field: str) -> None:
    fault = refused("GET", url)

    assert (fault.http_status, fault.reason, fault.field) == (400, "INVALID_REQUEST", field)


@pytest.mark.parametrize(
    ("unescape", "expected"),
    [
        (Unescape.ALL_EXCEPT_RESERVED, "a%2Fb/c%3Ad/e f"),
        (Unescape.ALL_EXCEPT_SLASH, "a%2Fb/c:d/e f"),
        (Unescape.ALL, "a/b/c:d/e f"),
    ],
)
def test_variable_of_several_segments_is_decoded_as_told(unescape: Unescape, expected: str) -> None:
    made = Transcoder([PROTOS.service("PathService")], domain="d", unescape=unescape)
    message: Any = made.find("GET", "/v1/rest/a%2Fb/c%3Ad/e%20f").request("", b"", None)

    assert message.a_string == expected


# --- finding --------------------------------------------------------------------------------------------------------

ABSENT = [
    "/",
    "",
    "/v1",
    "/v2/search",
    "/v1/search/",
    "/v1//search",
    "//v1/search",
    "/v1/Search",
    "/V1/search",
    "/v1/search:go",
    "/v1/string",
    "/v1/string/",
    "/v1/string/a/b",
    "/v1/kinds/x:start",
    "/v1/shelves/7/items/8",
    "/v1/shelves/7/items/8:write",
    "v1/search",
    "conformance.v1.BodyService/Search",
    "/conformance.v1.BodyService/Search",
    "*",
    "http://host/v1/search",
    "/v1/search?x",
]


@pytest.mark.parametrize("path", ABSENT)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_unknown_path_is_a_404(method: str, path: str) -> None:
    with pytest.raises(Fault) as caught:
        transcoder().find(method, path)

    assert (caught.value.http_status, caught.value.reason, caught.value.allow) == (404, "ROUTE_NOT_FOUND", ())
    assert transcoder().methods(path) == ()


WRONG_METHODS = [
    ("POST", "/v1/search", ("GET", "HEAD", "OPTIONS")),
    ("DELETE", "/v1/search", ("GET", "HEAD", "OPTIONS")),
    ("OPTIONS", "/v1/search", ("GET", "HEAD", "OPTIONS")),
    ("get", "/v1/search", ("GET", "HEAD", "OPTIONS")),
    ("GET", "/v1/things", ("OPTIONS", "POST")),
    ("HEAD", "/v1/things", ("OPTIONS", "POST")),
    ("GET", "/v1/things/x", ("DELETE", "OPTIONS", "POST")),
    ("PUT", "/v1/things/x", ("DELETE", "OPTIONS", "POST")),
    ("GET", "/v1/books/7", ("OPTIONS", "PATCH", "PUT")),
    ("POST", "/v1/kinds/x", ("GET", "HEAD", "OPTIONS", "PURGE", "REPORT")),
    ("GET", "/v1/kinds/x:stop", ("OPTIONS", "POST")),
    ("PUT", "/v1/chosen/x", ("GET", "HEAD", "OPTIONS", "POST")),
    ("*", "/v1/search", ("GET", "HEAD", "OPTIONS")),
    ("", "/v1/search", ("GET", "HEAD", "OPTIONS")),
]


@pytest.mark.parametrize(("method", "path", "allow"), WRONG_METHODS)
def test_wrong_method_is_a_405_with_allow(method: str, path: str, allow: tuple[str, ...]) -> None:
    with pytest.raises(Fault) as caught:
        transcoder().find(method, path)

    assert (caught.value.http_status, caught.value.code) == (405, 12)
    assert (caught.value.reason, caught.value.allow) == ("METHOD_NOT_ALLOWED", allow)
    assert transcoder().methods(path) == allow


METHODS = [
    ("/v1/search", ("GET", "HEAD", "OPTIONS")),
    ("/v1/kinds/head", ("GET", "HEAD", "OPTIONS", "PURGE", "REPORT")),
    ("/v1/any/x", ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")),
    ("/v1/body/node", ("OPTIONS", "PUT")),
    ("/v1/echo", ("OPTIONS", "POST")),
]


@pytest.mark.parametrize(("path", "methods"), METHODS)
def test_path_tells_its_methods(path: str, methods: tuple[str, ...]) -> None:
    assert transcoder().methods(path) == methods


FOUND = [
    ("GET", "/v1/search", "BodyService/Search", "GET /v1/search"),
    ("HEAD", "/v1/search", "BodyService/Search", "GET /v1/search"),
    ("DELETE", "/v1/things/x", "BodyService/Remove", "DELETE /v1/things/{a_string}"),
    ("POST", "/v1/things/x", "BodyService/Create", "POST /v1/things/{a_string}"),
    ("PUT", "/v1/things/x/node", "BodyService/Create", "PUT /v1/things/{node.name}/node"),
    ("HEAD", "/v1/kinds/head", "KindService/Head", "HEAD /v1/kinds/head"),
    ("GET", "/v1/kinds/head", "KindService/Get", "GET /v1/kinds/{name}"),
    ("PURGE", "/v1/kinds/x", "KindService/Purge", "PURGE /v1/kinds/{name}"),
    ("REPORT", "/v1/kinds/x", "KindService/Report", "REPORT /v1/kinds/{name}"),
    ("POST", "/v1/kinds/x:stop", "KindService/Stop", "POST /v1/kinds/{name}:stop"),
    ("POST", "/v1/any/x", "KindService/Any", "* /v1/any/{name}"),
    ("ANYTHING", "/v1/any/x", "KindService/Any", "* /v1/any/{name}"),
    ("OPTIONS", "/v1/any/x", "KindService/Any", "* /v1/any/{name}"),
    ("GET", "/v1/any/x", "KindService/AnyGet", "GET /v1/any/{name}"),
    ("HEAD", "/v1/any/x", "KindService/AnyGet", "GET /v1/any/{name}"),
    ("PATCH", "/v1/books/7", "PatchService/UpdateBook", "PATCH /v1/{book.name=books/*}"),
    ("GET", "/v1/watch/x", "StreamService/WatchBooks", "GET /v1/watch/{name}"),
]


@pytest.mark.parametrize(("method", "path", "rpc", "route"), FOUND)
def test_method_and_path_find_their_binding(method: str, path: str, rpc: str, route: str) -> None:
    found = transcoder().find(method, path)

    assert (found.rpc.name, found.route) == (f"conformance.v1.{rpc}", route)
    assert found.rpc.path == f"/conformance.v1.{rpc}"


def test_rpc_says_what_it_is() -> None:
    rpcs = {rpc.name.rpartition("/")[2]: rpc for rpc in transcoder().rpcs}

    assert rpcs["Search"].is_safe
    assert not rpcs["Create"].is_safe
    assert (rpcs["WatchBooks"].server_streaming, rpcs["WatchBooks"].client_streaming) == (True, False)
    assert (rpcs["Collect"].server_streaming, rpcs["Collect"].client_streaming) == (False, True)
    assert (rpcs["UpdateBook"].input, rpcs["UpdateBook"].output) == (BookUpdate, Reply)
    assert {"Talk", "Unbound"}.isdisjoint(rpcs)


def test_target_says_what_it_takes() -> None:
    assert target("POST", "/v1/things")[0].takes_body
    assert target("PUT", "/v1/body/node")[0].takes_body
    assert not target("GET", "/v1/search")[0].takes_body
    assert not target("DELETE", "/v1/things/x")[0].takes_body
    raw = {
        url: (found.is_raw_request, found.is_raw)
        for url, found in (
            (url, target(*url.split(" "))[0])
            for url in (
                *("POST /v1/echo", "PUT /v1/raw", "PUT /v1/files/x", "GET /v1/answer/raw", "GET /v1/answer/file"),
                *("GET /v1/downloads/x", "GET /v1/answer/whole", "POST /v1/things"),
            )
        )
    }
    assert raw == {
        "POST /v1/echo": (True, True),
        "PUT /v1/raw": (True, False),
        "PUT /v1/files/x": (True, False),
        "GET /v1/answer/raw": (False, True),
        "GET /v1/answer/file": (False, True),
        "GET /v1/downloads/x": (False, True),
        "GET /v1/answer/whole": (False, False),
        "POST /v1/things": (False, False),
    }


def test_domain_goes_into_statuses() -> None:
    status = transcoder().status(refused("GET", "/v1/search?nothing"))

    assert DOMAIN.encode() in status.details[0].value


# --- the query ------------------------------------------------------------------------------------------------------

QUERIES = [
    ("GET", "/v1/search?a_string=x&int32s=1&int32s=2&node.name=y", "a_string: 'x' int32s: [1, 2] node {name: 'y'}"),
    ("GET", "/v1/search?aString=a+b%2Bc", "a_string: 'a b+c'"),
    ("GET", "/v1/search", ""),
    ("GET", "/v1/search?", ""),
    ("GET", "/v1/search?&&", ""),
    ("HEAD", "/v1/search?a_string=x", "a_string: 'x'"),
    ("GET", "/v1/int32/5?a_string=x", "an_int32: 5 a_string: 'x'"),
    ("GET", "/v1/chosen/x?an_int32=5", "chosen_string: 'x' an_int32: 5"),
    ("GET", "/v1/chosen-node/x?chosen_node.weight=5", "chosen_node {name: 'x' weight: 5}"),
    ("GET", "/v1/deep/x/5?node.name=y&node.child.weight=6", "node {name: 'y' weight: 5 child {name: 'x' weight: 6}}"),
    ("DELETE", "/v1/things/x?an_int32=5", "a_string: 'x' an_int32: 5"),
    ("PUT", "/v1/body/node?a_string=x", "a_string: 'x'"),
]


@pytest.mark.parametrize(("method", "url", "expected"), QUERIES)
def test_query_sets_what_the_path_does_not(method: str, url: str, expected: str) -> None:
    assert call(method, url) == everything(expected)


COLLISIONS = [
    ("GET", "/v1/int32/5?an_int32=5", b"", "an_int32"),
    ("GET", "/v1/int32/5?anInt32=6", b"", "anInt32"),
    ("GET", "/v1/string/x?a_string=", b"", "a_string"),
    ("GET", "/v1/deep/x/5?node.weight=5", b"", "node.weight"),
    ("GET", "/v1/deep/x/5?node.child.name=x", b"", "node.child.name"),
    ("GET", "/v1/rest/a?a_string=a", b"", "a_string"),
    ("GET", "/v1/chosen/x?chosen_int32=5", b"", "chosen_int32"),
    ("GET", "/v1/chosen/x?chosen_string=x", b"", "chosen_string"),
    ("GET", "/v1/chosen/x?chosen_node.name=y", b"", "chosen_node.name"),
    ("GET", "/v1/chosen-node/x?chosen_string=x", b"", "chosen_string"),
    ("DELETE", "/v1/things/x?a_string=x", b"", "a_string"),
    # body and query
    ("POST", "/v1/things?a_string=x", b"{}", "a_string"),
    ("POST", "/v1/things?a_string=x", b"", "a_string"),
    ("POST", "/v1/things?nothing=x", b"{}", "nothing"),
    ("POST", "/v1/things/x?an_int32=5", b"{}", "an_int32"),
    ("PUT", "/v1/body/node?node.name=x", b"{}", "node.name"),
    ("PUT", "/v1/body/node?node.weight=1", b"", "node.weight"),
    ("PUT", "/v1/body/string?a_string=x", b'"x"', "a_string"),
    ("PUT", "/v1/body/strings?strings=x", b'["x"]', "strings"),
    ("PUT", "/v1/body/inline?inline=1", b"1", "inline"),
    ("PUT", "/v1/body/chosen?chosen_string=x", b"{}", "chosen_string"),
    ("PUT", "/v1/things/x/node?node.name=x", b"{}", "node.name"),
    # body and path
    ("POST", "/v1/things/x", b'{"aString":"x"}', "aString"),
    ("POST", "/v1/things/x", b'{"a_string":"y"}', "aString"),
    ("PUT", "/v1/things/x/node", b'{"name":"x"}', "node.name"),
    ("POST", "/v1/nodes/x", b'{"node":{"child":{"name":"x"}}}', "node.child.name"),
    ("POST", "/v1/chosen/x", b'{"chosenString":""}', "chosenString"),
    ("POST", "/v1/chosen/x", b'{"chosenInt32":0}', "chosenInt32"),
    ("POST", "/v1/chosen/x", b'{"chosenNode":{}}', "chosenNode"),
    ("PATCH", "/v1/books/7", b'{"name":"books/7"}', "book.name"),
]


@pytest.mark.parametrize(("method", "url", "body", "field"), COLLISIONS)
def test_field_given_in_two_places_is_a_400_that_names_it(method: str, url: str, body: bytes, field: str) -> None:
    fault = refused(method, url, body, JSON)

    assert (fault.http_status, fault.reason, fault.field) == (400, "INVALID_REQUEST", field)


TOGETHER = [
    ("POST", "/v1/things/x", b'{"anInt32":5}', "a_string: 'x' an_int32: 5"),
    ("POST", "/v1/things/x", b'{"aString":""}', "a_string: 'x'"),
    ("POST", "/v1/things/x", b'{"aString":null}', "a_string: 'x'"),
    (
        "POST",
        "/v1/nodes/x",
        b'{"node":{"name":"y","child":{"weight":1}}}',
        "node {name: 'y' child {name: 'x' weight: 1}}",
    ),
    ("POST", "/v1/nodes/x", b'{"node":{}}', "node {child {name: 'x'}}"),
    ("POST", "/v1/nodes/x", b"", "node {child {name: 'x'}}"),
    ("PUT", "/v1/things/x/node", b'{"weight":1}', "node {name: 'x' weight: 1}"),
    ("PUT", "/v1/things/x/node?a_string=y", b'{"weight":1}', "node {name: 'x' weight: 1} a_string: 'y'"),
    ("PUT", "/v1/body/node?node_=", b"{}", None),
    ("PUT", "/v1/body/chosen?a_string=x", b"{}", "chosen_node {} a_string: 'x'"),
    ("POST", "/v1/chosen/x", b'{"anInt32":1}', "chosen_string: 'x' an_int32: 1"),
]


@pytest.mark.parametrize(("method", "url", "body", "expected"), TOGETHER)
def test_path_body_and_query_make_one_message(method: str, url: str, body: bytes, expected: str | None) -> None:
    if expected is None:
        assert refused(method, url, body).field == "node_"
    else:
        assert call(method, url, body) == everything(expected)


# --- service configuration ------------------------------------------------------------------------------------------


def test_rules_of_a_service_configuration_bind_methods() -> None:
    rule = HttpRule(selector="conformance.v1.BareService.CallUnary", post="/v2/{a_string}:call", body="node")
    rule.additional_bindings.add(get="/v2/{a_string}")
    made = Transcoder([PROTOS.service("BareService")], domain="d", inline_json=INLINE, rules=[rule])

    message = made.find("POST", "/v2/x:call").request("an_int32=5", b'{"name":"y"}', None)

    assert message == everything("a_string: 'x' an_int32: 5 node {name: 'y'}")
    assert made.find("GET", "/v2/x").request("", b"", None) == everything("a_string: 'x'")


def test_services_of_another_pool_are_served_as_well() -> None:
    protos = load("conformance.proto", own_pool=True)
    services = [protos.service("BodyService"), protos.service("StreamService")]
    inline, stream = protos.extension("inline"), protos.extension("stream")
    made = Transcoder(services, domain="d", inline_json=inline, event_stream=stream)

    message: Any = made.find("POST", "/v1/things/x").request("", b'{"inline":[1],"node":{}}', None)

    assert message.DESCRIPTOR is protos.message("Everything").DESCRIPTOR
    assert (message.a_string, message.inline_json, message.HasField("node")) == ("x", "[1]", True)
    assert [rpc.event_stream for rpc in made.rpcs if rpc.event_stream] == [EventStream("cursor", "after", "quiet")]
