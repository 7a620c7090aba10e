"""What each reason of the contract is called in the ops protocol.

`description` is the vendor's documented text wherever there is one. On the asynchronous face `code` stands in `proc`;
on the synchronous face `proc` is `error`. `status` is that of the whole HTTP answer: clients of this protocol resend
all they have after anything but 200, so only what a later attempt may cure is something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncline_gateway.reasons import Refusal

INCORRECT_BODY = "Incorrect body"
BAD_SIGNATURE = "Bad signature"
NOT_VALID = "Value is not valid"
BAD_OBJECT = "bad object"
UNDEFINED_REQUEST = "undefined request"
OTHER_COMPANY = "Company of object do not matches companyId of request"
INTERNAL = "Internal server error"
AWAY = "Service is not available, try again later"


@dataclass(frozen=True, slots=True)
class Words:
    """One line of the table."""

    description: str
    code: str = "error"
    status: int = 200


_TABLE = {
    "INVALID_REQUEST": Words(NOT_VALID),
    "INVALID_JSON": Words(NOT_VALID),
    "TASK_TOO_LARGE": Words("task size is over the limit"),
    # With what is wrong, when the server says it: see `ops_answer`.
    "WRONG_PARAMETERS": Words("wrong_validate_params"),
    "NO_CREDENTIALS": Words(BAD_SIGNATURE),
    "BAD_CREDENTIALS": Words(BAD_SIGNATURE),
    "ACCESS_DENIED": Words("access_denied", "access_denied"),
    "PROCESS_NOT_FOUND": Words("conveyor not found", "conveyor_not_found"),
    "PROCESS_NOT_ACTIVE": Words("conveyor is not active", "conveyor_is_not_active"),
    "PROCESS_FAULTY": Words("conveyor is not active", "conveyor_is_not_active"),
    "TASK_NOT_FOUND": Words("not_found_task", "not_found_task"),
    "TASK_EXPIRED": Words("not_found_task: the task existed and is no longer kept", "not_found_task"),
    "TASK_FINISHED": Words("task is finished"),
    "REF_NOT_UNIQUE": Words("not_unical_ref", "not_unical_ref"),
    "CALLBACK_NOT_FOUND": Words("callback not found"),
    "ALREADY_ANSWERED": Words("callback is answered"),
    "NODE_NOT_FOUND": Words("task is not in this node"),
    "RATE_LIMITED": Words("too many requests, you exceeded user limit {limit}/sec", "too_many_requests"),
    "OVERLOADED": Words(AWAY, status=503),
    "UNAVAILABLE": Words(AWAY, status=503),
    "STORE_FAILED": Words(INTERNAL),
    "KEY_NOT_FOUND": Words("access_denied", "access_denied"),
    "COMPANY_NOT_FOUND": Words("access_denied", "access_denied"),
    "ALIAS_TAKEN": Words("alias is taken"),
    "REQUEST_ID_REUSED": Words(INTERNAL),
    "UNIMPLEMENTED": Words(UNDEFINED_REQUEST),
    "DEADLINE_EXCEEDED": Words("Timeout for {type} {obj}"),
    "CANCELLED": Words("request was cancelled"),
    "INTERNAL": Words(INTERNAL),
    # The rest comes up in other faces and calls alone.
    "ROUTE_NOT_FOUND": Words(INTERNAL),
    "METHOD_NOT_ALLOWED": Words(INTERNAL),
    "NOT_ACCEPTABLE": Words(INTERNAL),
    "UNSUPPORTED_MEDIA_TYPE": Words(INTERNAL),
    "BODY_TOO_LARGE": Words(INTERNAL),
    "BODY_TIMEOUT": Words(INTERNAL),
    "TOKEN_NOT_FOUND": Words("access_denied", "access_denied"),
    "TOO_MANY_TOKENS": Words("access_denied", "access_denied"),
    "ENV_VAR_NOT_FOUND": Words("env_var not found"),
    "ENV_VAR_EXISTS": Words("env_var name already exists"),
    "INSTANCE_NOT_FOUND": Words("instance not found"),
}
_KEYS = {"process": "conv_id", "ref": "ref", "task_id": "obj_id", "data_json": "data", "node_id": "node_id"}


def words_for(reason: str) -> Words:
    """Return a reason's line; there is one for every reason."""
    return _TABLE[reason]


def key_for(refusal: Refusal) -> str:
    """Return the vendor's name of the field at fault; empty when none is."""
    if refusal.reason not in ("INVALID_REQUEST", "INVALID_JSON"):
        return ""
    return _KEYS.get(refusal.field.rpartition(".")[2], "")
