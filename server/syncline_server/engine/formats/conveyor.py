"""The request and the reply of an API Call whose format is `conveyor` (also spelled `corezoid`).

The request tells the peer of the task: one op with its ref, ids, all its data and the node's own parameters as `extra`.
The reply is of the same shape, and what its op has under `res_data` goes into the task. What is documented:
`request_proc` other than `ok` is `api_no_request_proc`, no ops are `api_no_ops`, `res_data` that is no object is
`api_bad_res_data`, and an op that is not `ok` has failed. What is left open, and what is done here:

- A failed op is `api_bad_answer`, as the documented reply of a failure (HTTP 500) is anyway. Nothing of it goes into
  the task; the description shows its `res_data`.
- `ops` may be a single object, as the vendor's own answers sometimes are.
- Of several ops the first one that is about the task counts: an op that names another task or ref never does, and one
  that names none does. When none is about the task there are no ops.
- An empty array stands for an empty object, as everywhere in the protocol.
"""

from __future__ import annotations

from syncline_server.engine import values
from syncline_server.engine.expressions.scope import text

FORMATS = ("conveyor", "corezoid")
SHOWN = 1000
"""Characters of a reply that a description shows."""
BAD_REQUEST_PROC = (
    "Bad request_proc tag. Please fill request_proc=ok for your answer. If you want to put error use proc!=ok"
)
NO_OPS = "No ops. Please check documentation"


class BadReply(Exception):
    """The reply is not as it has to be: an error of the node, of the kind `software`."""

    def __init__(self, tag: str, description: str) -> None:
        super().__init__(tag)
        self.tag = tag
        """The documented one."""
        self.description = description


def request_body(*, ref: str, task_id: str, process_id: int, node_id: str, data: dict[str, object], extra: str) -> str:
    """Return the JSON text to send; *extra* is the JSON text of an object. It is about as long as data and extra."""
    about = {"ref": ref or None, "type": "data", "obj_id": task_id, "conv_id": process_id, "node_id": node_id}
    return f'{{"ops":[{values.dumps(about)[:-1]},"data":{values.dumps(data)},"extra":{extra}}}]}}'


def result(reply: object, *, ref: str, task_id: str) -> dict[str, object]:
    """Return the members that a reply, parsed, adds to the task; raise `BadReply`."""
    if not isinstance(reply, dict) or reply.get("request_proc") != "ok":
        raise BadReply("api_no_request_proc", BAD_REQUEST_PROC)
    op = _op(reply.get("ops"), ref, task_id)
    found = op.get("res_data")
    if op.get("proc") != "ok":
        raise BadReply("api_bad_answer", f"Bad proc: {_shown(op.get('proc'))}({_shown(found)})")
    if found == []:
        return {}
    if not isinstance(found, dict):
        raise BadReply("api_bad_res_data", f"Bad res_data: {_shown(found)}. Please check documentation")
    return found


def _op(ops: object, ref: str, task_id: str) -> dict[str, object]:
    for op in ops if isinstance(ops, list) else [ops]:
        if isinstance(op, dict) and _names(op, "obj_id", task_id) and _names(op, "ref", ref):
            return op
    raise BadReply("api_no_ops", NO_OPS)


def _names(op: dict[str, object], key: str, wanted: str) -> bool:
    """Tell whether an op names this one, or none."""
    return text(op.get(key)) in ("", wanted)


def _shown(value: object) -> str:
    shown = text(value)
    return shown if len(shown) <= SHOWN else shown[:SHOWN] + "…"
