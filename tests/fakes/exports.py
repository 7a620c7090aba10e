"""Small processes in the export format, written down in as few words as a test needs."""

from __future__ import annotations

import json

START, NORMAL, FINAL, ESCALATION = 1, 0, 2, 3


def node_id(number: int) -> str:
    """Return a node id of the usual form."""
    return f"{number:024x}"


def go(to: int) -> dict[str, object]:
    return {"type": "go", "to_node_id": node_id(to)}


def go_if(to: int, param: str, fun: str, const: str, cast: str = "string") -> dict[str, object]:
    condition = {"param": param, "fun": fun, "const": const, "cast": cast}
    return {"type": "go_if_const", "to_node_id": node_id(to), "conditions": [condition]}


def api(url: str, extra: dict[str, str], types: dict[str, str], *, error: int | None = None) -> dict[str, object]:
    return {
        "type": "api",
        "version": 2,
        "format": "",
        "method": "POST",
        "url": url,
        "extra": extra,
        "extra_type": types,
        "extra_headers": {},
        "max_threads": 5,
        "customize_response": False,
        "err_node_id": node_id(error) if error else "",
    }


def node(
    number: int,
    logics: list[dict[str, object]] | None = None,
    semaphors: list[dict[str, object]] | None = None,
    *,
    kind: int = NORMAL,
) -> dict[str, object]:
    return {
        "id": node_id(number),
        "obj_type": kind,
        "title": f"node {number}",
        "condition": {"logics": logics or [], "semaphors": semaphors or []},
    }


def export(*nodes: dict[str, object], title: str = "a process", conv_type: str = "process") -> str:
    """Return the text of an export file with one process."""
    item = {
        "obj_type": 1,
        "obj_id": 1,
        "parent_id": 0,
        "title": title,
        "description": "",
        "status": "active",
        "params": [],
        "ref_mask": True,
        "conv_type": conv_type,
        "scheme": {"nodes": list(nodes), "web_settings": [[], []]},
    }
    return json.dumps([item])


def echo() -> str:
    """Posts `{"info":{"param":"<param>"}}` to the task's callback URL, then ends."""
    return export(
        node(1, [go(2)], kind=START),
        node(2, [api("{{__callback_url}}", {"info": '{"param":"{{param}}"}'}, {"info": "object"}), go(3)]),
        node(3, kind=FINAL),
        title="echo",
    )


def outside() -> str:
    """Posts `{"n": …}` to `{{url}}`, then ends; whatever the peer says."""
    return export(
        node(1, [go(2)], kind=START),
        node(2, [api("{{url}}", {"n": "{{n}}"}, {"n": "string"}, error=3), go(3)]),
        node(3, kind=FINAL),
        title="outside",
    )


def waiting(*, id_path: str = "", is_sync: bool = True) -> str:
    """Waits to be modified, then answers `{"answer": …}`; with a path the node that waits has a URL of its own."""
    return export(
        node(1, [go(2)], kind=START),
        node(2, [{"type": "api_callback", "is_sync": is_sync, "obj_id_path": id_path}, go(3)]),
        node(3, [api("{{__callback_url}}", {"answer": "{{answer}}"}, {"answer": "string"}), go(4)]),
        node(4, kind=FINAL),
        title="waiting",
    )


def delay() -> str:
    """Waits until epoch second `{{until}}`, then ends."""
    return export(
        node(1, [go(2)], kind=START),
        node(2, [], [{"type": "time", "value": "{{until}}", "dimension": "sec", "to_node_id": node_id(3)}]),
        node(3, kind=FINAL),
        title="delay",
    )


def silent() -> str:
    """Ends at once."""
    return export(node(1, [go(2)], kind=START), node(2, kind=FINAL), title="silent")


def two_calls() -> str:
    """Posts to `{{first}}`, then to `{{second}}`, then ends."""
    return export(
        node(1, [go(2)], kind=START),
        node(2, [api("{{first}}", {}, {}), go(3)]),
        node(3, [api("{{second}}", {}, {}), go(4)]),
        node(4, kind=FINAL),
        title="two calls",
    )


def asking() -> str:
    """Waits to be modified, waits again, then answers `{"n": …}` with what the task `r` of `@other` has."""
    wait: dict[str, object] = {"type": "api_callback", "is_sync": True, "obj_id_path": ""}
    answer = api("{{__callback_url}}", {"n": "{{conv[@other].ref[r].n}}"}, {"n": "string"})
    return export(
        node(1, [go(2)], kind=START),
        node(2, [wait, go(3)]),
        node(3, [wait, go(4)]),
        node(4, [answer, go(5)]),
        node(5, kind=FINAL),
        title="asking",
    )


def asking_at_once() -> str:
    """Answers `{"n": …}` with what the task `r` of `@other` has, then ends."""
    answer = api("{{__callback_url}}", {"n": "{{conv[@other].ref[r].n}}"}, {"n": "string"})
    return export(node(1, [go(2)], kind=START), node(2, [answer, go(3)]), node(3, kind=FINAL), title="asking at once")


def for_ever() -> str:
    """Calls its own callback URL again and again."""
    call = api("{{__callback_url}}", {"a": "1"}, {"a": "string"})
    return export(node(1, [go(2)], kind=START), node(2, [call, go(2)]), node(3, kind=FINAL), title="for ever")
