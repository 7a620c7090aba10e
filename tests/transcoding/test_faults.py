"""gRPC codes as HTTP statuses, and statuses as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, Help, QuotaFailure, ResourceInfo, RetryInfo
from google.rpc.status_pb2 import Status

from syncline.v1.error_pb2 import ErrorReason
from syncline_gateway.transcoding import faults
from syncline_gateway.transcoding.faults import HTTP_STATUS, Fault, Violation, bad_request, status_json

if TYPE_CHECKING:
    from google.protobuf.message import Message

PREFIX = "type.googleapis.com/google.rpc."

TABLE = [
    ("OK", 200),
    ("CANCELLED", 499),
    ("UNKNOWN", 500),
    ("INVALID_ARGUMENT", 400),
    ("DEADLINE_EXCEEDED", 504),
    ("NOT_FOUND", 404),
    ("ALREADY_EXISTS", 409),
    ("PERMISSION_DENIED", 403),
    ("RESOURCE_EXHAUSTED", 429),
    ("FAILED_PRECONDITION", 400),
    ("ABORTED", 409),
    ("OUT_OF_RANGE", 400),
    ("UNIMPLEMENTED", 501),
    ("INTERNAL", 500),
    ("UNAVAILABLE", 503),
    ("DATA_LOSS", 500),
    ("UNAUTHENTICATED", 401),
]


@pytest.mark.parametrize(("name", "http"), TABLE)
def test_code_has_its_http_status(name: str, http: int) -> None:
    assert HTTP_STATUS[code_pb2.Code.Value(name)] == http


def test_table_of_http_statuses_is_total() -> None:
    assert sorted(HTTP_STATUS) == sorted(code_pb2.Code.values()) == list(range(17))


MADE = [
    (faults.bad_request("No."), code_pb2.INVALID_ARGUMENT, 400, "INVALID_REQUEST"),
    (faults.bad_request("No.", reason="INVALID_JSON"), code_pb2.INVALID_ARGUMENT, 400, "INVALID_JSON"),
    (faults.route_not_found(), code_pb2.NOT_FOUND, 404, "ROUTE_NOT_FOUND"),
    (faults.method_not_allowed(("GET", "HEAD")), code_pb2.UNIMPLEMENTED, 405, "METHOD_NOT_ALLOWED"),
    (faults.unsupported_media_type("x/y"), code_pb2.INVALID_ARGUMENT, 415, "UNSUPPORTED_MEDIA_TYPE"),
    (faults.body_too_large(7), code_pb2.RESOURCE_EXHAUSTED, 413, "BODY_TOO_LARGE"),
]


@pytest.mark.parametrize(("fault", "code", "http", "reason"), MADE)
def test_fault_has_code_status_and_reason(fault: Fault, code: int, http: int, reason: str) -> None:
    assert (fault.code, fault.http_status, fault.reason) == (code, http, reason)


@pytest.mark.parametrize("fault", [row[0] for row in MADE])
def test_reason_of_a_fault_is_one_of_the_contract(fault: Fault) -> None:
    assert f"ERROR_REASON_{fault.reason}" in ErrorReason.DESCRIPTOR.values_by_name


@pytest.mark.parametrize("fault", [row[0] for row in MADE])
def test_message_of_a_fault_is_a_sentence_and_its_text(fault: Fault) -> None:
    assert str(fault) == fault.message
    assert fault.message.endswith(".")


def info_of(status: Status) -> ErrorInfo:
    return ErrorInfo.FromString(status.details[0].value)


def test_status_of_a_fault_has_an_error_info() -> None:
    status = faults.route_not_found().status("example.com")

    assert (status.code, status.message) == (code_pb2.NOT_FOUND, "There is nothing at this path.")
    assert info_of(status) == ErrorInfo(reason="ROUTE_NOT_FOUND", domain="example.com")
    assert len(status.details) == 1


def test_status_of_a_fault_in_a_field_names_it_twice() -> None:
    status = bad_request("Not a number.", "page.size").status("example.com")

    assert info_of(status).metadata == {"field": "page.size"}
    violations = BadRequest.FromString(status.details[1].value).field_violations
    assert [(one.field, one.description) for one in violations] == [("page.size", "Not a number.")]


def test_status_of_several_faults_has_every_violation_and_each_detail_once() -> None:
    fault = bad_request("One.", "a")
    fault.others = (Violation("b", "Two."), Violation("c", "Three."))

    status = fault.status("example.com")

    violations = BadRequest.FromString(status.details[1].value).field_violations
    assert [(one.field, one.description) for one in violations] == [("a", "One."), ("b", "Two."), ("c", "Three.")]
    assert [one.TypeName() for one in status.details] == ["google.rpc.ErrorInfo", "google.rpc.BadRequest"]


def test_status_names_other_fields_when_the_first_fault_has_none() -> None:
    fault = bad_request("One.")
    fault.others = (Violation("b", "Two."),)

    violations = BadRequest.FromString(fault.status("d").details[1].value).field_violations

    assert [(one.field, one.description) for one in violations] == [("b", "Two.")]


def test_facts_of_a_405_are_its_methods() -> None:
    fault = faults.method_not_allowed(("GET", "HEAD", "OPTIONS"))

    assert fault.allow == ("GET", "HEAD", "OPTIONS")
    assert info_of(fault.status("d")).metadata == {"allow": "GET, HEAD, OPTIONS"}


def test_long_name_is_clipped() -> None:
    assert faults.clipped("a" * 200) == "a" * 200
    assert faults.clipped("a" * 201) == "a" * 199 + "…"


def packed(*details: Message) -> list[AnyMessage]:
    packages = []
    for detail in details:
        package = AnyMessage()
        package.Pack(detail)
        packages.append(package)
    return packages


DETAILS = [
    (
        ErrorInfo(reason="GONE", domain="d", metadata={"id": "1"}),
        {"@type": PREFIX + "ErrorInfo", "reason": "GONE", "domain": "d", "metadata": {"id": "1"}},
    ),
    (
        RetryInfo(retry_delay=Duration(seconds=1, nanos=500_000_000)),
        {"@type": PREFIX + "RetryInfo", "retryDelay": "1.500s"},
    ),
    (
        ResourceInfo(resource_type="t", resource_name="n"),
        {"@type": PREFIX + "ResourceInfo", "resourceType": "t", "resourceName": "n", "owner": "", "description": ""},
    ),
    (
        QuotaFailure(violations=[QuotaFailure.Violation(subject="s")]),
        {"@type": PREFIX + "QuotaFailure", "violations": [{"subject": "s"}]},
    ),
    (
        Help(links=[Help.Link(description="d", url="https://example.com/")]),
        {"@type": PREFIX + "Help", "links": [{"description": "d", "url": "https://example.com/"}]},
    ),
    (Duration(seconds=3), {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "3s"}),
]


def holds(whole: object, part: object) -> bool:
    """Whether *part* is in *whole*, which may have more members in its objects."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and holds(whole[name], one) for name, one in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(holds, whole, part))
    return whole == part


@pytest.mark.parametrize(("detail", "expected"), DETAILS)
def test_detail_is_printed_with_its_type(detail: Message, expected: object) -> None:
    printed = json.loads(status_json(Status(code=5, message="m", details=packed(detail))))

    assert printed["details"][0].keys() >= {"@type"}
    assert holds(printed["details"], [expected])


def test_status_has_a_numeric_code_and_no_details_where_there_are_none() -> None:
    assert status_json(Status(code=5, message='say "no" – ö')) == '{"code":5,"message":"say \\"no\\" – ö"}'.encode()


def test_empty_status_has_code_and_message() -> None:
    assert json.loads(status_json(Status())) == {"code": 0, "message": ""}


UNPRINTABLE = [
    AnyMessage(type_url="type.googleapis.com/no.such.Type", value=b"\x0a\x01x"),
    AnyMessage(type_url="", value=b""),
    AnyMessage(type_url="google.rpc.ErrorInfo", value=b"\xff\xff\xff"),
    AnyMessage(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\x0a\xff"),
    AnyMessage(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\x0a\x01\xff"),
    AnyMessage(type_url="type.googleapis.com/google.protobuf.Duration", value=b"\x08\xff\xff\xff\xff\xff\xff\xff\x7f"),
    AnyMessage(
        type_url="type.googleapis.com/google.protobuf.Any",
        value=AnyMessage(type_url="type.googleapis.com/no.such.Type", value=b"x").SerializeToString(),
    ),
]


@pytest.mark.parametrize("detail", UNPRINTABLE, ids=range(len(UNPRINTABLE)))
def test_detail_that_cannot_be_printed_is_left_out(detail: AnyMessage) -> None:
    status = Status(code=13, message="m", details=[detail, *packed(ErrorInfo(reason="R"))])

    printed = json.loads(status_json(status))

    assert [one["@type"] for one in printed["details"]] == [PREFIX + "ErrorInfo"]
    assert status_json(Status(code=13, message="m", details=[detail])) == b'{"code":13,"message":"m"}'


def test_any_inside_any_too_deep_is_left_out() -> None:
    detail = packed(ErrorInfo(reason="R"))[0]
    for _ in range(300):
        detail = packed(detail)[0]

    assert json.loads(status_json(Status(code=1, details=[detail]))) == {"code": 1, "message": ""}


def test_code_and_reason_survive_the_way_out() -> None:
    printed = json.loads(status_json(bad_request("Not a number.", "size").status("example.com")))

    assert printed["code"] == 3
    assert printed["details"][0]["reason"] == "INVALID_REQUEST"
    assert printed["details"][1]["fieldViolations"][0]["field"] == "size"
