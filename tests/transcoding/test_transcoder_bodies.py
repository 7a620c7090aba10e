"""Bodies of requests: JSON, raw, absent; and the masks of PATCH."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody

from transcoding.shapes import PROTOS, call, everything, refused

JSON = "application/json"
Upload: Any = PROTOS.message("Upload")


# --- bodies ---------------------------------------------------------------------------------------------------------

BODIES = [
    (
        "POST",
        "/v1/things",
        b'{"aString":"x","node":{"name":"y"},"strings":["z"]}',
        "a_string: 'x' node {name: 'y'} strings: 'z'",
    ),
    ("POST", "/v1/things", b"{}", ""),
    ("POST", "/v1/things", b"", ""),
    ("POST", "/v1/things", b" \r\n\t ", ""),
    ("POST", "/v1/things", b' {"an_int32" : 5 } ', "an_int32: 5"),
    ("POST", "/v1/things", b'{"inline":{"b":1,"a":[1.10]}}', 'inline_json: \'{"b":1,"a":[1.10]}\''),
    ("PUT", "/v1/body/node", b'{"name":"x"}', "node {name: 'x'}"),
    ("PUT", "/v1/body/node", b"{}", "node {}"),
    ("PUT", "/v1/body/node", b"", ""),
    ("PUT", "/v1/body/node", b"  ", ""),
    ("PUT", "/v1/body/string", b'"x"', "a_string: 'x'"),
    ("PUT", "/v1/body/string", b' "x" ', "a_string: 'x'"),
    ("PUT", "/v1/body/int64", b"5", "an_int64: 5"),
    ("PUT", "/v1/body/int64", b'"5"', "an_int64: 5"),
    ("PUT", "/v1/body/bytes", b'"YWJj"', "a_bytes: 'abc'"),
    ("PUT", "/v1/body/kind", b'"KIND_SMALL"', "a_kind: KIND_SMALL"),
    ("PUT", "/v1/body/kind", b"1", "a_kind: KIND_SMALL"),
    ("PUT", "/v1/body/strings", b'["a","b"]', "strings: ['a', 'b']"),
    ("PUT", "/v1/body/strings", b"[]", ""),
    ("PUT", "/v1/body/nodes", b'[{"name":"a"},{}]', "nodes {name: 'a'} nodes {}"),
    ("PUT", "/v1/body/labels", b'{"a":"b"}', "labels {key: 'a' value: 'b'}"),
    ("PUT", "/v1/body/time", b'"1970-01-01T00:00:01Z"', "time {seconds: 1}"),
    ("PUT", "/v1/body/wrapper", b'"0"', "int64_value {}"),
    ("PUT", "/v1/body/wrapper", b"null", ""),
    ("PUT", "/v1/body/object", b'{"a":null}', "object {fields {key: 'a' value {null_value: NULL_VALUE}}}"),
    ("PUT", "/v1/body/value", b"true", "value {bool_value: true}"),
    ("PUT", "/v1/body/inline", b'{"a": 1}', None),
    ("PUT", "/v1/body/inline", b"7", "inline_json: '7'"),
    ("PUT", "/v1/body/inline", b"null", "inline_json: 'null'"),
    ("PUT", "/v1/body/inline", b"12345678901234567890123", "inline_json: '12345678901234567890123'"),
    ("PUT", "/v1/body/inline", b"", ""),
    ("PUT", "/v1/body/chosen", b'{"name":"x"}', "chosen_node {name: 'x'}"),
]


@pytest.mark.parametrize(("method", "url", "body", "expected"), BODIES)
def test_body_sets_its_part(method: str, url: str, body: bytes, expected: str | None) -> None:
    message: Any = call(method, url, body, JSON)

    if expected is None:
        assert json.loads(message.inline_json) == json.loads(body)
    else:
        assert message == everything(expected)


WRONG_BODIES = [
    ("POST", "/v1/things", b"{", "", "INVALID_JSON"),
    ("POST", "/v1/things", b"x", "", "INVALID_JSON"),
    ("POST", "/v1/things", b"[]", "", "INVALID_JSON"),
    ("POST", "/v1/things", b'"x"', "", "INVALID_JSON"),
    ("POST", "/v1/things", b"{}{}", "", "INVALID_JSON"),
    ("POST", "/v1/things", b"\xff", "", "INVALID_JSON"),
    ("POST", "/v1/things", b"\xef\xbb\xbfx", "", "INVALID_JSON"),
    ("POST", "/v1/things", b'{"nothing":1}', "nothing", "INVALID_REQUEST"),
    ("POST", "/v1/things", b'{"anInt32":"x"}', "anInt32", "INVALID_REQUEST"),
    ("POST", "/v1/things", b'{"an_int32":1.5}', "an_int32", "INVALID_REQUEST"),
    ("POST", "/v1/things", b'{"node":{"weight":"x"}}', "node.weight", "INVALID_REQUEST"),
    ("POST", "/v1/things", b'{"nodes":[{},{"weight":"x"}]}', "nodes[1].weight", "INVALID_REQUEST"),
    ("POST", "/v1/things", b'{"a_string":"x","aString":"x"}', "a_string", "INVALID_REQUEST"),
    ("POST", "/v1/things", b'{"chosenString":"x","chosenInt32":1}', "chosenInt32", "INVALID_REQUEST"),
    ("PUT", "/v1/body/node", b"[]", "", "INVALID_JSON"),
    ("PUT", "/v1/body/node", b'{"weight":"x"}', "weight", "INVALID_REQUEST"),
    ("PUT", "/v1/body/int64", b'"x"', "", "INVALID_JSON"),
    ("PUT", "/v1/body/strings", b'"x"', "", "INVALID_JSON"),
    ("PUT", "/v1/body/nodes", b'[{"weight":"x"}]', "[0].weight", "INVALID_REQUEST"),
    ("PUT", "/v1/body/inline", b"{", "", "INVALID_JSON"),
]


@pytest.mark.parametrize(("method", "url", "body", "field", "reason"), WRONG_BODIES)
def test_wrong_body_is_a_400(method: str, url: str, body: bytes, field: str, reason: str) -> None:
    fault = refused(method, url, body, JSON)

    assert (fault.http_status, fault.field, fault.reason) == (400, field, reason)


@pytest.mark.parametrize(("method", "url"), [("GET", "/v1/search"), ("DELETE", "/v1/things/x"), ("HEAD", "/v1/search")])
@pytest.mark.parametrize("body", [b"{}", b"x", b"null", b" {} "])
def test_body_where_none_belongs_is_a_400(method: str, url: str, body: bytes) -> None:
    fault = refused(method, url, body, JSON)

    assert (fault.http_status, fault.message) == (400, "This method takes no body.")


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n"])
@pytest.mark.parametrize("content_type", [None, "", JSON, "text/plain", "application/x-www-form-urlencoded"])
def test_blank_body_is_no_body_whatever_its_type(body: bytes, content_type: str | None) -> None:
    assert call("GET", "/v1/search?a_string=x", body, content_type) == everything("a_string: 'x'")
    assert call("POST", "/v1/things", body, content_type) == everything("")


JSON_TYPES = [
    None,
    "",
    " ",
    "application/json",
    "Application/JSON",
    "application/json;charset=utf-8",
    "application/json; charset=UTF-8",
    'application/json; charset="utf-8"',
    "application/json ; charset=utf8",
    "application/json; charset=us-ascii",
    "application/json;",
    "application/json; version=1",
    "application/merge-patch+json",
    "application/vnd.example.v1+json",
    "application/problem+json; charset=utf-8",
    "APPLICATION/VND.EXAMPLE+JSON",
    "model/gltf+json",
    "image/vnd.example+json; charset=utf-8",
]


@pytest.mark.parametrize("content_type", JSON_TYPES)
def test_json_body_is_taken(content_type: str | None) -> None:
    assert call("POST", "/v1/things", b'{"anInt32":5}', content_type) == everything("an_int32: 5")


OTHER_TYPES = [
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/octet-stream",
    "application/grpc",
    "application/x-ndjson",
    "application/jsonx",
    "application/json+x",
    "application/+json",
    "/vnd.example+json",
    "*/vnd.example+json",
    "a/b/vnd.example+json",
    "application/",
    "json",
    "*/*",
    "application/*",
    "application/json, text/plain",
    "application/json; charset=latin-1",
    "application/json; charset=utf-16",
    "application/json; charset=",
    "application/json; version=1; charset=ISO-8859-1",
    "image/png",
    ";charset=utf-8",
]


@pytest.mark.parametrize("content_type", OTHER_TYPES)
def test_body_of_another_type_is_a_415(content_type: str) -> None:
    fault = refused("POST", "/v1/things", b"{}", content_type)

    assert (fault.http_status, fault.reason) == (415, "UNSUPPORTED_MEDIA_TYPE")


# --- PATCH ----------------------------------------------------------------------------------------------------------

MASKS = [
    (b'{"title":"x"}', ["title"]),
    (b'{"title":""}', ["title"]),
    (b'{"title":"x","author":{"name":"y"}}', ["title", "author.name"]),
    (b'{"author":{"name":"y","born":0}}', ["author.name", "author.born"]),
    (b'{"tags":["a"]}', ["tags"]),
    (b'{"labels":{"a":"b"}}', ["labels"]),
    (b'{"extra":{"a":{"b":1}}}', ["extra"]),
    (b'{"published":"1970-01-01T00:00:00Z"}', ["published"]),
    (b'{"translators":[{"name":"x"}]}', ["translators"]),
    (b'{"notes":{"a":1}}', ["notes_json"]),
    (b'{"pages":0}', ["pages"]),
    (b"{}", []),
    (b"", []),
]


@pytest.mark.parametrize(("body", "paths"), MASKS)
def test_mask_of_a_patch_is_filled_from_its_body(body: bytes, paths: list[str]) -> None:
    message: Any = call("PATCH", "/v1/books/7", body, JSON)

    assert message.book.name == "books/7"
    assert list(message.update_mask.paths) == paths


UNTOUCHED = [
    ("PATCH", "/v1/books/7?updateMask=title,author.born", ["title", "author.born"]),
    ("PUT", "/v1/books/7", []),
]


@pytest.mark.parametrize(("method", "url", "paths"), UNTOUCHED)
def test_mask_is_left_as_it_is(method: str, url: str, paths: list[str]) -> None:
    message: Any = call(method, url, b'{"title":"x","tags":[]}', JSON)

    assert list(message.update_mask.paths) == paths


def test_empty_mask_of_a_patch_counts_as_none() -> None:
    message: Any = call("PATCH", "/v1/books/7?update_mask=", b'{"title":"x"}', JSON)

    assert list(message.update_mask.paths) == ["title"]


def test_mask_of_a_patch_with_a_whole_body_is_its_own() -> None:
    message: Any = call("PATCH", "/v1/whole-books", b'{"book":{"title":"x"}}', JSON)

    assert not message.HasField("update_mask")


def test_one_of_two_masks_is_not_guessed() -> None:
    message: Any = call("PATCH", "/v1/two-masks/x", b'{"title":"y"}', JSON)

    assert not message.HasField("update_mask")
    assert not message.HasField("read_mask")


PATCHES = [
    ("/v1/everything/node", b'{"name":"x","child":{"weight":1}}', ["name", "child.weight"]),
    ("/v1/everything/string", b'"x"', []),
    ("/v1/everything/nodes", b'[{"name":"x"}]', []),
    ("/v1/everything/object", b'{"a":1}', []),
    ("/v1/everything/mask", b'"a,bC"', ["a", "b_c"]),
    ("/v1/everything/mask", b'""', []),
]


@pytest.mark.parametrize(("url", "body", "paths"), PATCHES)
def test_mask_is_filled_where_the_body_is_a_message_with_fields(url: str, body: bytes, paths: list[str]) -> None:
    message: Any = call("PATCH", url, body, JSON)

    assert list(message.mask.paths) == paths


def test_mask_of_a_raw_patch_is_not_guessed() -> None:
    message: Any = call("PATCH", "/v1/file", b"{", "a/b")

    assert message.file == HttpBody(content_type="a/b", data=b"{")
    assert not message.HasField("update_mask")


# --- raw bodies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["image/png", "text/plain; charset=latin-1", "application/json", "x", None])
@pytest.mark.parametrize("body", [b"\x00\xff\n", b"{", b" ", b""])
def test_raw_body_is_taken_as_it_is(body: bytes, content_type: str | None) -> None:
    expected = HttpBody(content_type=content_type or "", data=body)

    assert call("PUT", "/v1/raw", body, content_type) == expected
    assert call("PUT", "/v1/files/x?note=y", body, content_type) == Upload(name="x", note="y", file=expected)


def test_query_beside_a_raw_body_has_the_other_fields_alone() -> None:
    assert refused("PUT", "/v1/files/x?file.content_type=y", b"z").field == "file.content_type"
    assert refused("PUT", "/v1/raw?content_type=y", b"z").field == "content_type"


def test_content_type_of_a_raw_body_is_text_in_any_case() -> None:
    message: Any = call("PUT", "/v1/raw", b"x", "text/\udc80")

    assert message.content_type == "application/octet-stream"
