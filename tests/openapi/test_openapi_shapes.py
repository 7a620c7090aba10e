"""The document of services with every shape of a binding, piece by piece."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from fakes.openapi_documents import faults_of, of_shapes, operation, operations, ours, schema, shapes
from syncline_gateway.openapi.comments import Comments
from syncline_gateway.openapi.limits import BadLimits
from syncline_gateway.openapi.parameters import PathText
from syncline_gateway.openapi.schemas import NameTaken, Schemas, Side
from syncline_gateway.transcoding.protojson import Codec

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor

MADE = of_shapes()
BOOK = {"$ref": "#/components/schemas/Book"}


def body(name: str) -> dict[str, Any]:
    content: dict[str, Any] = operation(MADE, name)["requestBody"]["content"]
    return content


def answer(name: str) -> dict[str, Any]:
    content: dict[str, Any] = operation(MADE, name)["responses"]["200"]["content"]
    return content


def parameters(name: str, place: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in operation(MADE, name).get("parameters", []) if one["in"] == place}


@pytest.mark.parametrize(
    ("template", "names", "text"),
    [
        ("/v1/things/{id}:stop", ["id"], "/v1/things/{id}:stop"),
        ("/v1/{name=shelves/*/books/*}", ["name"], "/v1/shelves/{shelves}/books/{books}"),
        ("/v1/{name=*/x/*}", ["name"], "/v1/{name}/x/{x}"),
        ("/v1/{name=files/**}:read", ["name"], "/v1/files/{files}:read"),
        ("/v1/{path=**}", ["path"], "/v1/{path}"),
        ("/v1/*/x/{id}", ["id"], "/v1/{v1}/x/{id}"),
        ("/v1/{a=x/*}/{b=x/*}", ["a", "b"], "/v1/x/{x}/x/{x2}"),
        ("/", [], "/"),
    ],
)
def test_a_template_is_spelled_out(template: str, names: list[str], text: str) -> None:
    assert text == PathText(template, names).text


def test_paths_of_one_shape_have_the_names_of_the_first() -> None:
    first = PathText("/v1/{id}/x", ["id"])

    assert PathText("/v1/{name}/x", ["name"], first.labels).text == "/v1/{id}/x"
    assert first.shape == PathText("/v1/{name}/x", ["name"]).shape


@pytest.mark.parametrize(
    ("name", "parameter", "wanted"),
    [
        ("getString", "aString", {"type": "string", "minLength": 1}),
        ("getInt32", "anInt32", {"type": "integer", "format": "int32"}),
        ("getUint64", "aUint64", {"type": "string", "format": "uint64", "pattern": "^[0-9]{1,20}$"}),
        ("getBool", "aBool", {"type": "boolean"}),
        ("pathService_getKind", "aKind", {"$ref": "#/components/schemas/Kind"}),
        ("getRest", "aString", {"type": "string"}),
        ("getShelf", "shelves", {"type": "string", "minLength": 1}),
        ("getDeep", "node.weight", {"type": "integer", "format": "int32"}),
    ],
)
def test_a_path_parameter(name: str, parameter: str, wanted: dict[str, Any]) -> None:
    found = parameters(name, "path")[parameter]

    assert found["required"] is True
    assert wanted == found["schema"]


@pytest.mark.parametrize(
    ("parameter", "wanted"),
    [
        ("strings", {"type": "array", "items": {"type": "string"}}),
        ("kinds", {"type": "array", "items": {"$ref": "#/components/schemas/Kind"}}),
        ("times", {"type": "array", "items": {"type": "string", "format": "date-time"}}),
        ("int32Value", {"type": ["integer", "null"], "format": "int32"}),
        ("aBytes", {"type": "string", "contentEncoding": "base64"}),
        ("node.child.weight", None),
        ("node.weight", {"type": "integer", "format": "int32"}),
        ("object", {"type": "string", "contentMediaType": "application/json"}),
        ("inline", {"type": "string", "contentMediaType": "application/json"}),
        ("ownName", {"type": "string"}),
        ("labels", None),
        ("nodes.name", None),
        ("any.typeUrl", None),
    ],
)
def test_a_query_parameter(parameter: str, wanted: dict[str, Any] | None) -> None:
    assert wanted == parameters("search", "query").get(parameter, {}).get("schema")


def test_what_path_and_body_take_is_not_in_the_query() -> None:
    assert "aString" not in parameters("remove", "query")
    assert not [name for name in parameters("putNode", "query") if name.startswith("node.")]
    assert parameters("create", "query") == {}


def test_a_body_leaves_out_what_the_path_has() -> None:
    whole, without = schema(MADE, "CreateBody"), schema(MADE, "CreateByAStringBody")

    assert set(whole["properties"]) - set(without["properties"]) == {"aString"}
    assert whole["additionalProperties"] is False


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("putString", {"type": "string"}),
        ("putStrings", {"type": "array", "items": {"type": "string"}}),
        ("putNode", {"$ref": "#/components/schemas/Node"}),
        ("putLabels", {"type": "object", "additionalProperties": {"type": "string"}}),
        ("putInline", {}),
        ("putObject", {"type": "object", "additionalProperties": True}),
    ],
)
def test_a_field_as_body(name: str, wanted: dict[str, Any]) -> None:
    found = {key: value for key, value in body(name)["application/json"]["schema"].items() if key != "description"}

    assert wanted == found


def test_messages_in_answers_and_requests_are_told_apart() -> None:
    asked = body("updateBook")["application/json"]["schema"]

    assert asked == {"$ref": "#/components/schemas/BookInput"}
    assert schema(MADE, "BookInput")["additionalProperties"] is False
    assert "required" not in schema(MADE, "BookInput")
    assert [schema(MADE, name)["title"] for name in ("Book", "BookInput")] == ["Book", "BookInput"]
    assert schema(MADE, "Book")["required"] == ["name", "title", "tags", "labels", "translators"]
    assert "additionalProperties" not in schema(MADE, "Book")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("getBook", BOOK),
        ("getBooks", {"type": "array", "items": BOOK}),
        ("getAnswer", {}),
        ("getTime", {"type": "string", "format": "date-time"}),
        ("getNothing", {"type": "object", "additionalProperties": False}),
    ],
)
def test_an_answer(name: str, wanted: dict[str, Any]) -> None:
    assert answer(name) == {"application/json": {"schema": wanted}}


@pytest.mark.parametrize("name", ["getRaw", "getFile", "echo", "download"])
def test_a_raw_answer_is_of_any_type(name: str) -> None:
    assert answer(name) == {"*/*": {"schema": {}}}


def test_a_raw_request_is_of_any_type() -> None:
    assert body("putRaw") == body("putFile") == {"*/*": {"schema": {}}}


def test_a_client_stream_takes_lines() -> None:
    assert list(body("collect")) == ["application/x-ndjson"]


def test_a_stream_comes_in_both_forms_and_says_how_it_ends() -> None:
    content = answer("watchBooks")
    line = schema(MADE, "EventLine")

    assert content["application/x-ndjson"] == {"schema": {"$ref": "#/components/schemas/EventLine"}}
    assert content["text/event-stream"]["schema"]["type"] == "string"
    kinds = [one["$ref"].rpartition("/")[2] for one in line["oneOf"]]
    assert kinds == ["EventResult", "StreamEnd", "StreamError"]
    assert [schema(MADE, kind)["required"] for kind in kinds] == [["result"], ["end"], ["error"]]
    assert schema(MADE, "ReplyBookResult")["properties"]["result"] == BOOK


def test_only_a_stream_that_resumes_takes_the_last_event_and_answers_204() -> None:
    assert "Last-Event-ID" in parameters("watchBooks", "header")
    assert "204" in operation(MADE, "watchBooks")["responses"]
    assert parameters("watchBare", "header") == {}
    assert "204" not in operation(MADE, "watchBare")["responses"]


def test_methods_that_openapi_does_not_know_are_left_out() -> None:
    names = {one["operationId"] for _, _, one in operations(MADE)}

    assert {"head", "get"} <= names
    assert {"purge", "report", "any"} & names == set()


def test_operations_are_named_after_their_methods_and_what_they_go_by() -> None:
    names = [one["operationId"] for _, _, one in operations(MADE)]

    assert len(names) == len(set(names))
    assert {"getChosen", "getChosenByChosenNodeName", "updateBook", "updateBookByBookName", "updateBook2"} <= set(names)
    assert {"pathService_getKind", "answerService_getKind"} <= set(names)


def test_a_oneof_is_told() -> None:
    assert "At most one of `book`, `quiet` is there." in schema(MADE, "Event")["description"]


def test_a_message_in_itself() -> None:
    assert schema(MADE, "Node")["properties"]["child"] == {"$ref": "#/components/schemas/Node"}


@pytest.mark.parametrize("name", ["Reply", "Book", "Event"])
def test_what_is_printed_of_an_empty_message_fits(name: str) -> None:
    message: Any = shapes().message(name)
    printed = json.loads(Codec(inline_json=shapes().extension("inline")).encoder(message.DESCRIPTOR)(message()))

    assert faults_of(MADE, schema(MADE, name), printed) == []
    assert set(schema(MADE, name)["required"]) == set(printed)


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("text", {"type": "string", "minLength": 1, "maxLength": 5}),
        ("words", {"type": "array", "items": {"type": "string", "pattern": "^[a-z]*$"}}),
        ("number", {"type": "integer", "format": "int32", "minimum": -1, "maximum": 0}),
        ("count", {"type": "integer", "format": "uint32", "minimum": 0, "maximum": 7}),
        ("free", {"type": "string"}),
    ],
)
def test_limits(field: str, wanted: dict[str, Any]) -> None:
    assert with_limits().field(limited_field(field), Side.REQUEST) == wanted


@pytest.mark.parametrize(("field", "takes_negative"), [("time", False), ("any_time", True)])
def test_limits_of_a_duration(field: str, takes_negative: bool) -> None:
    found = with_limits().field(limited_field(field), Side.REQUEST)

    assert faults_of(MADE, found, "1.500s") == []
    assert (faults_of(MADE, found, "-1s") == []) is takes_negative


def test_limits_that_make_no_sense_are_refused() -> None:
    field: Any = shapes().message("Unlimited").DESCRIPTOR.fields_by_name["truth"]

    with pytest.raises(BadLimits, match=r"conformance\.v1\.Unlimited\.truth"):
        with_limits().field(field, Side.REQUEST)


def test_a_path_parameter_with_limits_is_never_empty() -> None:
    parameters = operation(ours(), "getTask")["parameters"]

    (schema,) = [one["schema"] for one in parameters if one["name"] == "taskId"]
    assert schema == {"type": "string", "minLength": 1, "pattern": "^([0-9A-Fa-f]{24})?$"}


def with_limits() -> Schemas:
    return Schemas(Comments(FileDescriptorSet()), package="conformance.v1", limits=shapes().extension("limits"))


def limited_field(name: str) -> FieldDescriptor:
    found: Any = shapes().message("Limited").DESCRIPTOR.fields_by_name[name]
    return found  # type: ignore[no-any-return]


def test_two_schemas_of_one_name_are_refused() -> None:
    schemas = Schemas(Comments(FileDescriptorSet()), package="x")
    schemas.add("A", {"type": "string"})

    with pytest.raises(NameTaken):
        schemas.add("A", {"type": "integer"})
