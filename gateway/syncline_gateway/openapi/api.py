"""What Syncline's document says beyond its contract: who must authenticate and how, and the words at its beginning."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from syncline.v1 import error_pb2
from syncline_gateway.contract import EVENT_STREAM, INLINE_JSON, LIMITS, SERVICES
from syncline_gateway.openapi import document
from syncline_gateway.openapi.comments import Comments
from syncline_gateway.openapi.dialects import dialects
from syncline_gateway.openapi.examples import Case, add_examples
from syncline_gateway.openapi.responses import ETAG
from syncline_gateway.reasons import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from google.protobuf.descriptor_pb2 import DescriptorProto

    from syncline_gateway.openapi.scalars import Json
    from syncline_gateway.transcoding.rules import Rule

PACKAGE = "syncline.v1"
PUBLIC = frozenset(f"{PACKAGE}.TaskService.{name}" for name in ("SubmitCallback", "SubmitNodeCallback"))
"""The callback's id is the right to answer, a node's URL the right to modify the tasks that wait there."""
JSON_OBJECTS = frozenset(
    f"{PACKAGE}.{name}"
    for name in (
        "CreateTaskRequest.data_json",
        "CreateTaskRequest.headers_json",
        "ModifyTaskRequest.data_json",
        "Step.output_json",
        "SubmitNodeCallbackRequest.data_json",
        "Task.data_json",
    )
)

_REASON = "ERROR_REASON_"
_HANDLE = "Syncline-Task-Id"
_INTRODUCTION = """\
Syncline gives synchronous answers from asynchronous processes: a caller creates a task, the task travels through a \
process, and the caller who waits on one HTTP call gets what the process answers.

**Credentials.** HTTP Basic with the login and the secret of an API key; or `Authorization: Bearer` with a token of \
`POST /v1/tokens`, which expires and can be revoked. A page in a browser gets a token for one task from \
`POST /v1/tasks/{taskId}:token`; an `EventSource`, which cannot send headers, gives it as `?token=`.

**Errors** are a `google.rpc.Status` with an `ErrorInfo`: programs go by its `reason`, which never changes its \
meaning; texts are for people. After 429 and 503, `Retry-After` says when to try again. A path that is served \
for other methods answers 405 with `Allow`.

**Requests.** Unknown parameters and members are refused; null is a member that is not set, but where any JSON is \
taken. Numbers of 64 bits are text. Instants are RFC 3339, durations are seconds such as `"30s"`. A task's data stay \
as they came: every digit, and the order of the members.

**Deadlines.** `X-Server-Timeout` (seconds), `Grpc-Timeout` (`30S`) or `Connect-Timeout-Ms` say how long a call may \
take; the gateway has a ceiling of its own. A caller who hangs up ends its waiting, not its task.

**Streams** are lines of JSON or, when `Accept` asks for `text/event-stream`, server-sent events. The last line, or \
the last event, says that the stream has ended, and how: one without it was cut. `EventSource` resumes by itself, \
because each event's `id` is where to go on.
"""


def contract() -> FileDescriptorSet:
    """Return the contract with its comments."""
    return FileDescriptorSet.FromString(files("syncline").joinpath("contract.binpb").read_bytes())


def openapi(files: FileDescriptorSet, cases: Iterable[Case] = ()) -> Json:
    """Return the document with examples; *files* are the contract's with their comments."""
    comments = Comments(files, json_names(files))
    made = document.make(
        SERVICES, comments, profile(comments), inline_json=INLINE_JSON, event_stream=EVENT_STREAM, limits=LIMITS
    )
    add_examples(made, cases)
    return made


def profile(comments: Comments) -> document.Profile:
    """Return what the contract does not say."""
    reasons = error_pb2.ErrorReason.DESCRIPTOR
    return document.Profile(
        info={
            "title": "Syncline",
            "version": "v1",
            "summary": "Synchronous answers from asynchronous processes.",
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        package=PACKAGE,
        domain=DOMAIN,
        reasons={
            value.name.removeprefix(_REASON): comments.text(f"{reasons.full_name}.{value.name}")
            for value in reasons.values[1:]
        },
        security_schemes=_security_schemes(),
        security=[{"basic": []}, {"bearer": []}],
        stream_security=[{"basic": []}, {"bearer": []}, {"token": []}],
        answer_headers=answer_headers,
        json_objects=JSON_OBJECTS,
        public=PUBLIC,
        written=dialects(),
    )


def answer_headers(rule: Rule) -> tuple[str, ...]:
    """Return the headers of an answer that went well: the task's handle, and a tag for what is only read."""
    if rule.rpc.server_streaming:
        return (_HANDLE,)
    handle = (_HANDLE,) if "task" in rule.rpc.output_type.fields_by_name else ()
    is_wait = "timeout" in rule.rpc.input_type.fields_by_name
    return (*handle, ETAG) if rule.method == "GET" and not is_wait else handle


def json_names(files: FileDescriptorSet) -> dict[str, str]:
    """Return what the contract's fields are called over HTTP, by proto name, where all fields of that name agree."""
    names: dict[str, set[str]] = {}
    for file in files.file:
        if file.package == PACKAGE:
            for name, shown in _fields(file.message_type):
                names.setdefault(name, set()).add(shown)
    return {name: shown.pop() for name, shown in names.items() if len(shown) == 1}


def _fields(messages: Iterable[DescriptorProto]) -> Iterator[tuple[str, str]]:
    for message in messages:
        for field in message.field:
            yield field.name, str(field.options.Extensions[INLINE_JSON]) or field.json_name  # type: ignore[index]
        yield from _fields(message.nested_type)


def _security_schemes() -> Json:
    return {
        "basic": {"type": "http", "scheme": "basic", "description": "Login and secret of an API key."},
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of `POST /v1/tokens`, or one for a single task.",
        },
        "token": {
            "type": "apiKey",
            "in": "query",
            "name": "token",
            "description": "A token in the URL, for streams in browsers alone. It goes into no log.",
        },
    }
