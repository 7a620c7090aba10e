"""The part of the document that is written by hand: the vendor dialects, and what this program says of itself.

What it says is what `syncline_gateway.dialects` do; the tests hold the golden cases of those against these schemas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_gateway.openapi.dialect_schemas import dialect_schemas
from syncline_gateway.openapi.schemas import reference
from syncline_gateway.openapi.words import answer, body, in_path

if TYPE_CHECKING:
    from syncline_gateway.openapi.scalars import Json

OPS_PATH = "/api/{version}/json/{login}/{timestamp}/{signature}"
NODE_PATH = "/api/{version}/json/{login}"
DIRECT_PATH = "/api/{version}/json/public/{conv_id}/{hash}"
CALLBACK_PATH = "/api/{version}/plugins/callback/{callback_id}"
NODE_CALLBACK_PATH = "/api/{version}/plugins/callback/node/{process_id}/{node_id}/{hash}"

_TOO_LATE = "The body did not come in time."
_TOO_LARGE = "The body is over the limit."
_COMPRESSED = "The body is compressed."
_FAULT = "A fault of this program."
_SOME: Json = {"type": "string", "minLength": 1}
_VERSION = in_path("version", "Both mean the same.", {"type": "string", "enum": ["1", "2"]})


def dialects() -> Json:
    """Return `tags`, `paths` and `components` of the dialects."""
    return {
        "tags": [
            {
                "name": "Ops",
                "description": "The ops protocol of Corezoid and Mambu clients: signed batches of operations on tasks.",
            },
            {"name": "Direct", "description": "Tasks made by whoever knows a process's URL, without a key."},
            {"name": "Callbacks", "description": "Where a process, or whoever it asked, posts a task's answer."},
            {"name": "Health", "description": "For load balancers and operators."},
        ],
        "paths": {
            OPS_PATH: {"post": _ops()},
            NODE_PATH: {"post": _ops_of_a_node()},
            DIRECT_PATH: {"post": _direct()},
            CALLBACK_PATH: {"post": _callback("postCallback"), "put": _callback("putCallback")},
            NODE_CALLBACK_PATH: {"post": _node_callback("postNodeCallback"), "put": _node_callback("putNodeCallback")},
            "/healthz": {"get": _health()},
            "/readyz": {"get": _readiness()},
        },
        "components": {"headers": _headers(), "schemas": dialect_schemas()},
    }


def _headers() -> Json:
    taken = "`accepted`; `repeated`: the same answer had come before; `ignored`: a different one had."
    made = "The task's id. For ops those of the tasks that were made, in their order, joined by commas; `-` for none."
    return {
        "Syncline-Callback": {
            "description": taken,
            "schema": {"type": "string", "enum": ["accepted", "repeated", "ignored"]},
        },
        "Syncline-Task-Id": {"description": made, "schema": {"type": "string"}},
    }


def _ops() -> Json:
    return {
        "operationId": "postOps",
        "tags": ["Ops"],
        "summary": "Carries out a signed batch of ops",
        "description": (
            "On the synchronous face a created task is waited for, and its entry is the answer that the process "
            "gave. On the asynchronous face, a listener or a host name of its own, every entry tells the task's id at "
            "once.\n\n"
            "The signature is the hexadecimal SHA-1 (or SHA-2, told by its length) of timestamp, secret, body and "
            "secret, one after the other. It is over the bytes of the body as they are sent."
        ),
        "security": [],
        "parameters": [
            _VERSION,
            in_path("login", "The API key's login.", _SOME),
            in_path("timestamp", "Seconds since 1970, as they went into the signature.", _SOME),
            in_path("signature", "hex(hash(timestamp + secret + body + secret)).", _SOME),
        ],
        "requestBody": body(reference("OpsRequest")),
        "responses": _ops_answers(
            "OpsAnswer",
            "One entry for each op, in their order; each says for itself whether it went well. A wrong signature is "
            "one entry for all.",
        ),
    }


def _ops_of_a_node() -> Json:
    return {
        **_ops(),
        "operationId": "postOpsOfNode",
        "summary": "Carries out ops that another process's API Call node has signed",
        "description": (
            "The same as with timestamp and signature in the path. A node that has a secret puts them into the query."
        ),
        "parameters": [
            _VERSION,
            in_path("login", "The API key's login.", _SOME),
            _in_query("conv_time", "Seconds since 1970, as they went into the signature."),
            _in_query("conv_signature", "hex(hash(conv_time + secret + body + secret))."),
            _in_query("conv_id", "The process that calls.", required=False),
        ],
    }


def _in_query(name: str, description: str, *, required: bool = True) -> Json:
    return {"name": name, "in": "query", "description": description, "required": required, "schema": _SOME}


def _ops_answers(schema: str, done: str) -> Json:
    entry = reference(schema)
    return {
        "200": answer(done, entry, "Syncline-Task-Id"),
        "400": answer("The body is not JSON, or holds no ops.", entry),
        "404": answer("No such version.", reference("PlainError")),
        "408": answer(_TOO_LATE, entry),
        "413": answer(_TOO_LARGE, entry),
        "415": answer(_COMPRESSED, entry),
        "500": answer(_FAULT, entry),
        "503": answer("The server is away or overloaded. Try again.", entry, "Retry-After", "Syncline-Task-Id"),
    }


def _direct() -> Json:
    data: Json = {
        "type": "object",
        "title": "DirectData",
        "description": "The task's data.",
        "additionalProperties": True,
    }
    return {
        "operationId": "postDirect",
        "tags": ["Direct"],
        "summary": "Makes a task without a key",
        "description": (
            "The body is the new task's data; or an ops envelope, whose ops may only create tasks in this process. The "
            "answer comes as soon as the task is on disk."
        ),
        "security": [],
        "parameters": [
            _VERSION,
            in_path("conv_id", "The process's number.", _SOME),
            in_path("hash", "The right to make tasks in it.", _SOME),
        ],
        "requestBody": body({"anyOf": [data, reference("OpsRequest")]}),
        "responses": _ops_answers(
            "DirectAnswer",
            "The new task; for an envelope one entry for each op. A wrong hash is answered `access_denied`.",
        ),
    }


def _callback(name: str) -> Json:
    return {
        "operationId": name,
        "tags": ["Callbacks"],
        "summary": "Answers a task",
        "description": (
            "The URL is the right to answer; no key is asked for. The first answer stands. A repeat and a different "
            "answer are both taken with 200 and change nothing. What follows `?` means nothing."
        ),
        "security": [],
        "parameters": [
            _VERSION,
            in_path("callback_id", "The end of the task's `__callback_url`.", {**_SOME, "maxLength": 128}),
        ],
        "requestBody": body({"description": "Any JSON."}, "The answer."),
        "responses": _callback_answers(
            taken="The answer was taken, or came too late to count; the header says which.",
            wrong="The body is not JSON.",
            unknown="No such callback.",
            conflict="The process is paused.",
        ),
    }


def _callback_answers(*, taken: str, wrong: str, unknown: str, conflict: str) -> Json:
    error = reference("PlainError")
    return {
        "200": answer(taken, {"type": "object"}, "Syncline-Callback"),
        "400": answer(wrong, error),
        "404": answer(unknown, error),
        "408": answer(_TOO_LATE, error),
        "409": answer(conflict, error),
        "413": answer(_TOO_LARGE, error),
        "415": answer(_COMPRESSED, error),
        "429": answer("More than the limit allows.", error, "Retry-After"),
        "500": answer(_FAULT, error),
        "503": answer("The server is away, or could not keep the answer. Try again.", error, "Retry-After"),
    }


def _node_callback(name: str) -> Json:
    data: Json = {"type": "object", "title": "NodeCallbackData", "additionalProperties": True}
    return {
        "operationId": name,
        "tags": ["Callbacks"],
        "summary": "Modifies a task that waits for a callback in a node",
        "description": (
            "The URL is the right to modify the tasks that wait in the node; no key is asked for. What follows `?` "
            "means nothing."
        ),
        "security": [],
        "parameters": [
            _VERSION,
            in_path("process_id", "The process's number.", _SOME),
            in_path("node_id", "The node.", _SOME),
            in_path("hash", "The end of the node's URL.", _SOME),
        ],
        "requestBody": body(
            data,
            "The members to set, or a form. The task's id is one of them, or deeper in one, where the node says.",
        ),
        "responses": _callback_answers(
            taken="The task was modified; or, not in a synchronous node, it has ended: the header says which.",
            wrong="The body is no JSON object and no form, or names no task.",
            unknown="No such URL, or no such task.",
            conflict="The task does not wait in this synchronous node, or the process is paused.",
        ),
    }


def _health() -> Json:
    return {
        "operationId": "getHealth",
        "tags": ["Health"],
        "summary": "Tells that the gateway is alive",
        "security": [],
        "responses": {"200": answer("It is.", reference("Health"))},
    }


def _readiness() -> Json:
    return {
        "operationId": "getReadiness",
        "tags": ["Health"],
        "summary": "Tells whether the server can be reached",
        "description": "While it cannot, new calls are refused, and callers who wait stay.",
        "security": [],
        "responses": {
            "200": answer("It can.", reference("Health")),
            "503": answer("Not now.", reference("Health"), "Retry-After"),
        },
    }
