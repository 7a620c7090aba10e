"""What went wrong, as callers get it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

import grpc
import pytest
from google.rpc import error_details_pb2

from syncline.v1 import error_pb2
from syncline_server import errors
from syncline_server.engine import Fault
from syncline_server.rpc import failures, status

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from google.rpc import status_pb2

M = TypeVar("M", bound="Message")


def detail(told: status_pb2.Status, kind: type[M]) -> M | None:
    """Return the only detail of a kind."""
    found = [one for one in told.details if one.Is(kind.DESCRIPTOR)]
    if not found:
        return None
    (one,) = found
    message = kind()
    one.Unpack(message)
    return message


def every_error() -> list[type[errors.SynclineError]]:
    found, unseen = [], [errors.SynclineError]
    while unseen:
        kind = unseen.pop()
        found.append(kind)
        unseen.extend(kind.__subclasses__())
    return found


def test_every_reason_of_the_contract_has_its_status() -> None:
    reasons = {name.removeprefix("ERROR_REASON_") for name in error_pb2.ErrorReason.DESCRIPTOR.values_by_name}

    assert set(status.CODES) == reasons


@pytest.mark.parametrize("kind", every_error())
def test_every_error_has_a_reason_of_the_contract(kind: type[errors.SynclineError]) -> None:
    assert kind.reason in status.CODES


def test_what_programs_read() -> None:
    told = status.of(errors.RefNotUnique(field="ref", task_id="abc"))

    info = detail(told, error_details_pb2.ErrorInfo)
    assert told.code == grpc.StatusCode.ALREADY_EXISTS.value[0]
    assert told.message == "A live task of the process has this ref."
    assert info == error_details_pb2.ErrorInfo(reason="REF_NOT_UNIQUE", domain="syncline", metadata={"task_id": "abc"})
    assert detail(told, error_details_pb2.RetryInfo) is None
    assert detail(told, error_details_pb2.BadRequest) is None


@pytest.mark.parametrize(
    "kind", [errors.InvalidRequest, errors.InvalidJson, errors.TaskTooLarge, errors.WrongParameters]
)
def test_a_bad_field_is_named(kind: type[errors.SynclineError]) -> None:
    told = status.of(kind("No.", field="wait.timeout"))

    violations = detail(told, error_details_pb2.BadRequest)
    assert violations is not None
    assert [(one.field, one.description) for one in violations.field_violations] == [("wait.timeout", "No.")]


@pytest.mark.parametrize("kind", [errors.Unavailable, errors.Overloaded, errors.RateLimited, errors.CommitFailed])
def test_what_may_work_later_says_when(kind: type[errors.SynclineError]) -> None:
    retry = detail(status.of(kind()), error_details_pb2.RetryInfo)

    assert retry is not None
    assert retry.retry_delay.ToSeconds() >= 1


def some_faults(count: int, length: int = 20) -> list[Fault]:
    return [Fault(f"{n:024x}", f"Node {n}", "logics[0].url", "x" * length) for n in range(count)]


def test_every_fault_of_a_process_is_listed() -> None:
    told = status.of(errors.ProcessFaulty([*some_faults(500), Fault("", "", "", "No start node.")]))

    violations = detail(told, error_details_pb2.BadRequest)
    assert violations is not None
    assert len(violations.field_violations) == 501
    first, last = violations.field_violations[0], violations.field_violations[-1]
    assert (first.field, first.description) == (f"nodes[{0:024x}].logics[0].url", "Node 0: " + "x" * 20)
    assert (last.field, last.description) == ("", "No start node.")


@pytest.mark.parametrize(("count", "length"), [(1, 20), (40, 20), (500, 20), (3, 20_000), (1000, 2000)])
def test_faults_fit_into_trailers(count: int, length: int) -> None:
    told = status.of(errors.ProcessFaulty(some_faults(count, length)), room=status.TRAILER_BYTES)

    violations = detail(told, error_details_pb2.BadRequest)
    assert violations is not None
    assert told.ByteSize() <= status.TRAILER_BYTES
    shown = violations.field_violations
    assert len(shown) == count or f"{count - len(shown) + 1} more faults" in shown[-1].description


def test_nothing_of_an_unknown_exception_gets_out(caplog: pytest.LogCaptureFixture) -> None:
    told = failures.told(ValueError("password=123"), "GetTask")

    assert told.code == grpc.StatusCode.INTERNAL.value[0]
    assert "123" not in str(told)
    assert detail(told, error_details_pb2.ErrorInfo) == error_details_pb2.ErrorInfo(
        reason="INTERNAL", domain="syncline"
    )
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "rpc.failed")
    assert record.exc_info is not None


@pytest.mark.parametrize(
    "error", [errors.TaskNotFound(), errors.RateLimited(), errors.Unavailable(), errors.CommitFailed()]
)
def test_what_a_caller_did_is_not_our_failure(error: errors.SynclineError, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    failures.told(error, "GetTask")

    assert caplog.records == []


def test_our_own_fault_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    told = failures.told(errors.StoreUnusable(), "GetTask")

    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert told.code == grpc.StatusCode.INTERNAL.value[0]
