"""Turns a path into the function that follows it: to a parameter, to a fact of the task, to a fact from elsewhere.

From elsewhere come the data of another task (`{{conv[C].ref[R].p}}`), environment variables (`{{env_var[@name].k[1]}}`)
and what nodes have counted and summed up (`{{node[N].count}}`, `{{node[N].SumID}}`, `{{conv[C].node[N].count}}`); each
name and id may be put together from references. A secret variable counts as its value here, and its text is noted in
the scope's `hidden`, in one piece and the part that was asked for, with the texts in it.

`{{node[0].x}}` and `{{env_var[0]}}`, with a position in the brackets, lead into parameters of the task's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncline_server.engine.decision import EnvVar, NodeCount, NodeSum, Refusal, Secret, TaskData
from syncline_server.engine.expressions.functions.table import compile_call
from syncline_server.engine.expressions.references import POSITION, BadReference, Call, Part, Path, Segment
from syncline_server.engine.expressions.scope import MISSING, Lookup, Scope, join, text
from syncline_server.engine.masking import parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PROCESS = re.compile(r"[0-9]{1,10}|@[^\s@]{1,255}")

_INTEGER_POSITION = re.compile(rf"({POSITION.pattern})(?:\.0+)?")
"""A position as a function may give it."""
_LOGIN = re.compile(r"[1-9][0-9]{0,17}")


def compile_part(part: Part) -> str | Lookup:
    """Return literal text as it is, and what finds or computes anything else; raise `BadReference`."""
    return part if isinstance(part, str) else compile_lookup(part)


def compile_lookup(part: Path | Call) -> Lookup:
    """Return what finds or computes the value of a reference or function."""
    return compile_path(part) if isinstance(part, Path) else compile_call(part, compile_part)


def compile_path(path: Path) -> Lookup:
    """Return what finds the path's value or `MISSING`; raise `BadReference` for what can't run here."""
    names = path.names
    if names[0] == "root" and len(names) == 2 and names[1] in _ROOT:
        return _ROOT[names[1]]
    for is_fact, compile_fact in _FACTS:
        if is_fact(path):
            return compile_fact(path)
    return _parameter(path)


def is_system(path: Path) -> bool:
    """Tell whether a path leads elsewhere than into the task's own parameters."""
    names = path.names
    return (names[0] == "root" and len(names) == 2 and names[1] in _ROOT) or any(is_fact(path) for is_fact, _ in _FACTS)


def compile_key(segment: Segment) -> str | int | Lookup:
    """Return a segment's name or position, or what finds it out."""
    key = segment.key
    return key if key is not None else _dynamic_key(segment)


def member(value: object, key: object) -> object:
    """Return a member of an object or array, `MISSING` when it has none such."""
    if isinstance(value, dict):
        return value.get(key if isinstance(key, str) else text(key), MISSING)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return MISSING


def _parameter(path: Path) -> Lookup:
    first, *others = (compile_key(segment) for segment in path.segments)
    if not others and isinstance(first, str):
        return lambda scope, name=first: scope.data.get(name, MISSING)  # type: ignore[misc]
    keys = (first, *others)
    if all(isinstance(key, (str, int)) for key in keys):
        return lambda scope: _follow(scope.data, keys)
    return lambda scope: _follow(scope.data, [key(scope) if callable(key) else key for key in keys])


def _follow(value: object, keys: Sequence[object]) -> object:
    for key in keys:
        value = member(value, key)
    return value


def _dynamic_key(segment: Segment) -> Lookup:
    words = _words(segment)
    if not segment.bracketed:
        return words

    def position_or_name(scope: Scope) -> object:
        found = words(scope)
        match = _INTEGER_POSITION.fullmatch(found)
        return found if match is None else int(match[1])

    return position_or_name


def _words(segment: Segment) -> Callable[[Scope], str]:
    """Return what puts a segment's text and references together."""
    if segment.name is not None:
        fixed = segment.name
        return lambda _: fixed
    parts = [compile_part(part) for part in segment.parts]
    return lambda scope: join(parts, scope)


def _keys(segments: Sequence[Segment]) -> Callable[[Scope], Sequence[object]]:
    """Return what gives the names and positions that a path ends with."""
    keys = [compile_key(segment) for segment in segments]
    if not any(callable(key) for key in keys):
        return lambda _: keys
    return lambda scope: [key(scope) if callable(key) else key for key in keys]


def _is_indexed(segments: Sequence[Segment], at: int, name: str) -> bool:
    """Tell whether at this place of a path stands `name[…]`."""
    return len(segments) > at + 1 and segments[at].name == name and segments[at + 1].bracketed


def _is_task_data(path: Path) -> bool:
    return _is_indexed(path.segments, 0, "conv") and _is_indexed(path.segments, 2, "ref")


def _task_data(path: Path) -> Lookup:
    process, ref, keys = _words(path.segments[1]), _words(path.segments[3]), _keys(path.segments[4:])

    def look(scope: Scope) -> object:
        process_name, ref_text = process(scope).strip(), ref(scope)
        if not ref_text or not _PROCESS.fullmatch(process_name):
            return MISSING
        found = scope.fact(TaskData(process_name, ref_text))
        if isinstance(found, Refusal):
            scope.refusal = found
            return MISSING
        return MISSING if found is None else _follow(found, keys(scope))

    return look


def _is_variable(path: Path) -> bool:
    return _is_indexed(path.segments, 0, "env_var") and not isinstance(path.segments[1].key, int)


def _variable(path: Path) -> Lookup:
    name, keys = _words(path.segments[1]), _keys(path.segments[2:])

    def look(scope: Scope) -> object:
        found = scope.fact(EnvVar(name(scope).strip().removeprefix("@"), scope.use))
        if isinstance(found, Secret):
            part = _follow(found.value, keys(scope))
            scope.hidden |= {text(found.value), text(part)} - {""}
            if isinstance(part, (dict, list)):
                scope.hidden |= parts_of(part)
            return part
        return MISSING if found is None else _follow(found, keys(scope))

    return look


def _is_count_or_sum(path: Path) -> bool:
    segments = path.segments
    if _is_indexed(segments, 0, "conv"):
        return len(segments) == 5 and _is_indexed(segments, 2, "node")
    return len(segments) == 3 and _is_indexed(segments, 0, "node") and not isinstance(segments[1].key, int)


def _count_or_sum(path: Path) -> Lookup:
    *_, node, name = map(_words, path.segments)
    process = _words(path.segments[1]) if len(path.segments) == 5 else None
    if str(path.segments[-1].name).startswith("public_callback_"):
        raise BadReference(f"{{{{{path.source}}}}}: callback URLs of nodes cannot be asked for here")

    def look(scope: Scope) -> object:
        process_name, node_id, counted = "" if process is None else process(scope).strip(), node(scope), name(scope)
        if not node_id or (process is not None and not _PROCESS.fullmatch(process_name)):
            return MISSING
        return scope.fact(
            NodeCount(process_name, node_id) if counted == "count" else NodeSum(process_name, node_id, counted)
        )

    return look


_FACTS: tuple[tuple[Callable[[Path], bool], Callable[[Path], Lookup]], ...] = (
    (_is_task_data, _task_data),
    (_is_variable, _variable),
    (_is_count_or_sum, _count_or_sum),
)
"""How to know a path that asks for a fact from elsewhere, and how to follow it."""


def _title(scope: Scope, node_id: str) -> object:
    node = scope.process.nodes.get(node_id)
    return MISSING if node is None else node.title


def _seconds(instant: int | None) -> object:
    return MISSING if instant is None else instant // 1000


_ROOT: dict[str | None, Lookup] = {
    "task_id": lambda scope: scope.task.task_id,
    "ref": lambda scope: scope.task.ref,
    "conv_id": lambda scope: scope.task.process_id,
    "node_id": lambda scope: scope.node_id,
    "prev_node_id": lambda scope: scope.previous_node_id,
    # A template is only ever rendered while its task is on the move.
    "status": lambda _: "processing",
    "create_time": lambda scope: _seconds(scope.task.created_at),
    "change_time": lambda scope: _seconds(scope.task.changed_at),
    "user_id": lambda scope: int(scope.task.login) if _LOGIN.fullmatch(scope.task.login) else scope.task.login,
    "node_name": lambda scope: _title(scope, scope.node_id),
    "prev_node_name": lambda scope: _title(scope, scope.previous_node_id),
    "end_time": lambda scope: _seconds(scope.task.ended_at),
}
"""The facts of the task itself that `{{root.…}}` names; times in seconds since the epoch."""
