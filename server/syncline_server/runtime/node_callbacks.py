"""The URL of a node that waits for a callback: whoever knows it modifies the task that its post names.

The vendor documents what such a URL does (page "Waiting for Callback logic"), not how it looks; the path is ours. Its
hash is keyed over process and node, so nothing is kept for it, and it stays what it is over deploys and restarts. It
*is* the right to post, so no log has it.

A post is a JSON object. The task's id stands in it at the node's `obj_id_path`, a path like that of any parameter
(`order.ids[0]`); all its members, the id's own too, are set in the task, as a modification sets them. In a synchronous
node, which is the usual kind, only a task that waits in this very node takes it. The same post again, when the task has
moved on, is therefore refused and changes nothing. Where tasks still run an older version of the process, its path
counts as well.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from syncline_server.engine import CallReply, Modified, Waiting, values
from syncline_server.engine.expressions.lookups import member
from syncline_server.engine.kinds.api_callback import AwaitModification
from syncline_server.errors import (
    CallbackNotFound,
    CallerError,
    InvalidJson,
    InvalidRequest,
    NodeNotFound,
    ProcessNotActive,
    ProcessNotFound,
    StateError,
    TaskFinished,
    TaskNotFound,
)
from syncline_server.runtime import callbacks
from syncline_server.runtime.creating import check_request_id
from syncline_server.runtime.sealing import Seal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncline_server.engine import HttpCall, Node, Task
    from syncline_server.runtime.catalogue import Catalogue
    from syncline_server.runtime.service import Tasks
    from syncline_server.store.port import StoredProcess

PATH = f"{callbacks.PATH}node/"
"""Process, node and hash follow it, with a slash between them."""
NOT_HERE = "task_not_in_current_sync_callback_node"
"""The vendor's word."""
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 1000
"""Fields of a form."""

_ID_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What somebody posted to a node's URL."""

    process_id: str
    """Decimal."""
    node_id: str
    hash: str
    data: str
    """JSON text of an object."""
    request_id: str = ""
    """Repeated while the task remembers it, it changes nothing; empty for none."""


class NodeUrl(NamedTuple):
    """A node with a URL of its own."""

    node_id: str
    title: str
    url: str


class NodeCallbacks:
    """Makes the URLs of nodes, and takes what is posted to them."""

    def __init__(self, *, catalogue: Catalogue, tasks: Tasks, seal_key: bytes, public_url: str) -> None:
        self._catalogue = catalogue
        self._tasks = tasks
        self._seal = Seal(seal_key, b"node callback")
        self._base = public_url + PATH

    def urls(self, process: StoredProcess) -> Sequence[NodeUrl]:
        """Return the nodes of the deployed version that have a URL, in the order of the definition."""
        deployed = next(self._catalogue.versions(process), None)
        return [
            NodeUrl(node.id, node.title, self._url(process.process_id, node.id))
            for node in (() if deployed is None else deployed.nodes.values())
            if _logic(node) is not None
        ]

    def _url(self, process_id: int, node_id: str) -> str:
        return f"{self._base}{process_id}/{quote(node_id, safe='')}/{self._hash(process_id, node_id)}"

    def _hash(self, process_id: int, node_id: str) -> str:
        return self._seal.sign(f"{process_id}/{node_id}".encode())

    async def submit(self, post: Post) -> Task:
        """Modify the task that a post names, once for each request id; return it as it is after the commit.

        Raises:
            CallbackNotFound: there is no such URL.
            InvalidJson, TaskTooLarge, WrongParameters: the data cannot be taken.
            InvalidRequest: no task id stands where the node looks for it.
            TaskNotFound, TaskExpired: the process has no such task.
            NodeNotFound: the node is synchronous, and the task does not wait in it.
            TaskFinished: the node is not, and the task has ended.
            ProcessNotActive: the process is paused.
        """
        process = self._process(post)
        logics = list(self._logics(process, post.node_id))
        if not logics:
            raise CallbackNotFound(field="hash")
        data = self._tasks.read_data(post.data)
        check_request_id(post.request_id)
        task_id, logic = _named(data, logics)
        task = await self._task(process, task_id)
        definition = await self._catalogue.definition(task.process_id, task.process_version)
        logic = _logic(definition.nodes.get(post.node_id)) or logic

        def check(now: Task) -> None:
            if logic.is_sync and not _waits_in(now, post.node_id):
                raise NodeNotFound("The task does not wait in this node.", field="node_id")

        return await self._tasks.change(task, Modified(data, post.request_id), check)

    def _process(self, post: Post) -> StoredProcess:
        if not post.process_id.isascii() or not post.process_id.isdigit() or len(post.process_id) > 19:
            raise CallbackNotFound(field="process_id")
        right = self._hash(int(post.process_id), post.node_id)
        if not hmac.compare_digest(right.encode(), post.hash.encode()):
            raise CallbackNotFound(field="hash")
        try:
            return self._catalogue.get(int(post.process_id))
        except ProcessNotFound:
            raise CallbackNotFound(field="process_id") from None

    def _logics(self, process: StoredProcess, node_id: str) -> Iterator[AwaitModification]:
        """Yield what the node is in each version, the newest first, as far as it has a URL there."""
        for definition in self._catalogue.versions(process):
            logic = _logic(definition.nodes.get(node_id))
            if logic is not None:
                yield logic

    async def _task(self, process: StoredProcess, task_id: str) -> Task:
        task = await self._tasks.read(task_id)
        if task.process_id != process.process_id:
            raise TaskNotFound
        return task

    # From inside.

    async def perform(self, task: Task, call: HttpCall) -> CallReply:
        """Take what a task's own call posts to a node's URL of this server, once; reply as over HTTP."""
        if call.method not in callbacks.METHODS:
            return callbacks.NOT_POST
        try:
            await self.submit(self._post(task, call))
        except TaskFinished:
            return callbacks.TAKEN
        except NodeNotFound:
            return _refused(409, NOT_HERE)
        except ProcessNotActive as error:
            return _refused(409, error.message)
        except StateError as error:
            return _refused(404, error.message)
        except CallerError as error:
            return _refused(400, error.message, error.field.removeprefix("data."))
        return callbacks.TAKEN

    def _post(self, task: Task, call: HttpCall) -> Post:
        parts = call.url.removeprefix(self._base).partition("#")[0].partition("?")[0].split("/")
        if len(parts) != 3:  # process, node and hash
            raise CallbackNotFound
        process_id, node_id, url_hash = map(unquote, parts)
        request_id = f"{task.task_id}-{call.step}"
        return Post(process_id=process_id, node_id=node_id, hash=url_hash, data=_json(call), request_id=request_id)


def _logic(node: Node | None) -> AwaitModification | None:
    """Return what a node with a URL does, of any other None."""
    logic = None if node is None else node.waiting_logic
    return logic if isinstance(logic, AwaitModification) and logic.obj_id_path else None


def _named(data: dict[str, object], logics: Sequence[AwaitModification]) -> tuple[str, AwaitModification]:
    """Return the id of the task that the data names, and the logic whose path led to it."""
    for logic in logics:
        found: object = data
        for key in logic.obj_id_path:
            found = member(found, key)
        if isinstance(found, str) and len(found) == callbacks.ID_DIGITS and _ID_DIGITS.issuperset(found.lower()):
            return found.lower(), logic
    keys = logics[0].obj_id_path
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")
    raise InvalidRequest(f"There is no task id at `{path}`.", field=f"data.{path}")


def _waits_in(task: Task, node_id: str) -> bool:
    return any(token.node_id == node_id and token.waiting is Waiting.CALLBACK for token in task.tokens)


def _json(call: HttpCall) -> str:
    """Return a call's body as JSON, which a form becomes unless it begins as an object does."""
    text = call.body or ""
    types = [value.partition(";")[0].strip().lower() for name, value in call.headers if name.lower() == "content-type"]
    if FORM not in types or text.lstrip().startswith("{"):
        return text or "null"
    try:
        fields = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidJson("The form cannot be read.", field="data") from None
    return values.dumps(dict(fields))


def _refused(status: int, error: str, field: str = "") -> CallReply:
    body = {"error": error, **({"field": field} if field else {})}
    headers = {"content-type": "application/json"}
    return CallReply(status=status, headers=headers, body=values.dumps(body).encode())
