"""Turns a path into the function that follows it: to a parameter, to a fact of the task, to another task's data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from syncline_server.engine.decision import TaskData
from syncline_server.engine.expressions.references import POSITION, BadReference, Path, Segment
from syncline_server.engine.expressions.scope import MISSING, Scope, text

Lookup = Callable[[Scope], object]

_PROCESS = re.compile(r"[0-9]{1,10}|@[^\s@]{1,255}")

_LOGIN = re.compile(r"[1-9][0-9]{0,17}")


def compile_path(path: Path) -> Lookup:
    """Return what finds the path's value or `MISSING`; raise `BadReference` for what can't run here."""
    names = path.names
    refuse_foreign(path)
    if names[0] == "root" and len(names) == 2 and names[1] in _ROOT:
        return _ROOT[names[1]]
    if _is_task_of_process(path):
        return _task_data(path)
    return _parameter(path)


def refuse_foreign(path: Path) -> None:
    """Raise `BadReference` for what this engine doesn't have: environment variables, counters of nodes."""
    segments = path.segments
    names = path.names
    if names[0] == "env_var" and len(segments) > 1 and segments[1].bracketed:
        raise BadReference(f"{{{{{path.source}}}}}: environment variables cannot run here yet")
    if names[0] == "node" and len(segments) > 2 and segments[1].bracketed and not isinstance(segments[1].key, int):
        raise BadReference(f"{{{{{path.source}}}}}: counters of nodes cannot run here yet")
    if (
        names[0] == "conv"
        and len(segments) > 3
        and segments[1].bracketed
        and names[2] == "node"
        and segments[3].bracketed
    ):
        raise BadReference(f"{{{{{path.source}}}}}: counters of nodes cannot run here yet")


def is_system(path: Path) -> bool:
    """Tell whether a path leads elsewhere than into the task's own parameters."""
    names = path.names
    return (names[0] == "root" and len(names) == 2 and names[1] in _ROOT) or _is_task_of_process(path)


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


def join(parts: Iterable[str | Lookup], scope: Scope) -> str:
    """Put literal text and the text of what is referred to together; nothing when there is no room for it."""
    pieces = []
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
        else:
            piece = text(part(scope))
            if not scope.spend(len(piece)):
                return ""
            pieces.append(piece)
    return "".join(pieces)


def _parameter(path: Path) -> Lookup:
    first, *others = (compile_key(segment) for segment in path.segments)
    if not others and isinstance(first, str):
        return lambda scope, name=first: scope.data.get(name, MISSING)  # type: ignore[misc]
    keys = (first, *others)
    if all(isinstance(key, (str, int)) for key in keys):
        return lambda scope: _follow(scope.data, keys)
    return lambda scope: _follow(scope.data, [key(scope) if callable(key) else key for key in keys])


def _follow(value: object, keys: tuple[object, ...] | list[object]) -> object:
    for key in keys:
        value = member(value, key)
    return value


def _dynamic_key(segment: Segment) -> Lookup:
    words = _words(segment)
    if not segment.bracketed:
        return words

    def position_or_name(scope: Scope) -> object:
        found = words(scope)
        return int(found) if POSITION.fullmatch(found) else found

    return position_or_name


def _words(segment: Segment) -> Callable[[Scope], str]:
    """Return what puts a segment's text and references together."""
    if segment.name is not None:
        fixed = segment.name
        return lambda _: fixed
    parts = [part if isinstance(part, str) else compile_path(part) for part in segment.parts]
    return lambda scope: join(parts, scope)


def _is_task_of_process(path: Path) -> bool:
    segments = path.segments
    return (
        len(segments) > 3
        and path.names[0] == "conv"
        and path.names[2] == "ref"
        and segments[1].bracketed
        and segments[3].bracketed
    )


def _task_data(path: Path) -> Lookup:
    process, ref = _words(path.segments[1]), _words(path.segments[3])
    keys = [compile_key(segment) for segment in path.segments[4:]]

    def look(scope: Scope) -> object:
        process_name, ref_text = process(scope).strip(), ref(scope)
        if not ref_text or not _PROCESS.fullmatch(process_name):
            return MISSING
        found = scope.fact(TaskData(process_name, ref_text))
        return MISSING if found is None else _follow(found, [key(scope) if callable(key) else key for key in keys])

    return look


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
