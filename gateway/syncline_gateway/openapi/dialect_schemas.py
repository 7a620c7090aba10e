"""JSON Schema of what the vendor dialects take and answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_gateway.openapi.schemas import reference
from syncline_gateway.openapi.words import list_of, number, record, text, word

if TYPE_CHECKING:
    from syncline_gateway.openapi.scalars import Json

_ID: Json = {"id": {"description": "Any JSON; the entry has it back."}}
_PROCESS: Json = {
    "conv_id": {
        "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}],
        "description": "The process: its number, or `@alias`.",
    },
    "obj_alias": text("The process by its alias, instead of `conv_id`."),
}
_TASK: Json = {
    **_PROCESS,
    "obj_id": text("The task's id; or `conv_id` and `ref`."),
    "ref": text("The task's ref.", minLength=1, maxLength=255),
}
_PROC = (
    "`ok`, or what went wrong: `error`, `access_denied`, `conveyor_is_not_active`, `conveyor_not_found`, "
    "`not_found_task`, `not_unical_ref`, `obj_id_not_found`, `too_many_requests`. The synchronous face says `error` "
    "for all of them."
)
_WAIT = (
    "How long a synchronous caller stays, in seconds; 60 when it is not there, 0 answers at once, more than the "
    "ceiling (300 unless set otherwise) is the ceiling."
)
_NEW_REF = "The caller's own key, unique among the live tasks of the process."


def dialect_schemas() -> dict[str, Json]:
    """Return the schemas by name."""
    made = (*_requests(), *_answers())
    return {str(schema["title"]): schema for schema in made}


def _requests() -> tuple[Json, ...]:
    data: Json = {"data": _data("The task's data.")}
    ops = (
        _op("OpsCreate", "Makes a task.", ("create", "task"), {**_PROCESS, "ref": _new_ref(), **data}, ["data"]),
        _op(
            "OpsModify",
            "Sets members of a live task's data.",
            ("modify", "task"),
            {**_TASK, "data": _data("The members to set.")},
            ["data"],
        ),
        _op("OpsShow", "Reads a task.", ("show", "task"), _TASK, []),
        _op(
            "OpsDelete",
            "Removes a task.",
            ("delete", "task"),
            {**_TASK, "node_id": text("When it is there, the task is deleted only while it is in this node.")},
            [],
        ),
        _op("OpsHistory", "Reads every visit of a node by a task, oldest first.", ("list", "task_history"), _TASK, []),
    )
    batch = record(
        "OpsRequest",
        "A batch of ops.",
        {
            "ops": list_of({"anyOf": [reference(str(op["title"])) for op in ops]}, minItems=1, maxItems=1000),
            "timeout": {"type": "number", "minimum": 0, "description": _WAIT},
        },
        ["ops"],
    )
    return (batch, *ops)


def _op(title: str, description: str, kind: tuple[str, str], members: Json, required: list[str]) -> Json:
    properties = {"type": word(kind[0]), "obj": word(kind[1]), **members, **_ID}
    return record(title, description, properties, ["type", "obj", *required])


def _new_ref() -> Json:
    return text(_NEW_REF, minLength=1, maxLength=255)


def _data(description: str) -> Json:
    return {"type": "object", "description": description, "additionalProperties": True}


def _answers() -> tuple[Json, ...]:
    entry = reference("OpsEntry")
    entries = list_of(entry, minItems=1)
    always: Json = {"request_proc": word("ok")}
    both = ["request_proc", "ops"]
    return (
        record("OpsAnswer", "What became of a batch.", {**always, "ops": entries}, both),
        record(
            "DirectAnswer",
            "What became of a direct URL's request: one entry for a task's data, a list of them for an envelope.",
            {**always, "ops": {"anyOf": [entry, entries]}},
            both,
        ),
        _entry(),
        _visit(),
        record(
            "PlainError",
            "An error where no dialect has a form for it.",
            {
                "error": text("One sentence for people."),
                "field": text("The member of the body at fault, when it is a single one."),
            },
            ["error"],
        ),
        record("Health", "How it is.", {"status": text("`ok`, or what is wrong.")}, ["status"]),
    )


def _entry() -> Json:
    known = ["created", "processing", "delayed", "processed", "canceled"]
    return record(
        "OpsEntry",
        "What became of one op.",
        {
            "proc": text(_PROC),
            "id": {"description": 'What the op had; on the asynchronous face `""` when it had none.'},
            "obj": text("What the op was about."),
            "ref": {"description": "The task's ref; null when it has none. A malformed one comes back as it was sent."},
            "obj_id": text("The task's id."),
            "data": {"description": "The answer that the process gave, any JSON; or the data of the task shown."},
            "description": text("What went wrong."),
            "key": text("The member at fault."),
            "value": {"description": "What the member at fault held."},
            "task_id": text("The task's id, once more."),
            "status": text("Where the task is in its life.", enum=known),
            "user_id": number("The login of the key that made the task; 0 for a direct URL."),
            "create_time": number("When the task was made, in seconds since 1970."),
            "change_time": number("When it last changed, in seconds since 1970."),
            "node_id": text("The node that the task is in, or was in last."),
            "node_prev_id": text("The node before; empty for the first."),
            "list": list_of(reference("OpsVisit")),
        },
        ["proc"],
    )


def _visit() -> Json:
    members: Json = {
        "history_id": text("The step's id."),
        "conv_id": {"type": ["integer", "null"], "description": "The process's number."},
        "node_id": text("The node."),
        "node_prev_id": text("The node before; empty for the first."),
        "user_id": number("The login of the key that made the task; 0 for a direct URL."),
        "user_name": text("The same as text; empty for a direct URL."),
        "create_time_ms": number("When the task came in, in milliseconds since 1970."),
        "status": text("How the visit ended.", enum=["created", "processed", "canceled"]),
        "data": {"type": "null", "description": "Data are not kept."},
    }
    return record("OpsVisit", "One visit of a node by a task.", members, list(members))
