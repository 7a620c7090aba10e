"""What a token waits for, in JSON and back: each kind of call under a name of its own.

An HTTP call has no name: it is what rows held before there were others, and still most of what they hold.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from syncline_server.engine import values
from syncline_server.engine.effects import (
    CreateCall,
    DequeueCall,
    HttpCall,
    ModifyCall,
    QueryCall,
    Reply,
    ReplyCall,
    ScriptCall,
    TurnCall,
)

if TYPE_CHECKING:
    from syncline_server.engine.effects import Call
    from syncline_server.engine.task import Token

_KINDS: dict[str, type[Call]] = {
    "script": ScriptCall,
    "query": QueryCall,
    "create": CreateCall,
    "modify": ModifyCall,
    "reply": ReplyCall,
    "dequeue": DequeueCall,
    "turn": TurnCall,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_ANY_DEPTH = 1_000_000
"""What was taken once is read again, whatever the limit was then."""


def storable(token: Token) -> object:
    """Return a token as something that orjson writes."""
    call = token.call
    if call is None or isinstance(call, HttpCall):
        return token
    members = _members(call)
    if isinstance(call, QueryCall):
        # values keep the digits of their numbers, which orjson would not
        members["parameters"] = values.dumps(list(call.parameters))
    return {**_members(token), "call": {"kind": _NAMES[type(call)], **members}}


def call_of(members: dict[str, Any]) -> Call:
    """Return the call that a token in JSON holds."""
    kind = _KINDS[members.pop("kind")] if "kind" in members else HttpCall
    if kind is HttpCall:
        members["headers"] = tuple((name, text) for name, text in members["headers"])
        members["hidden"] = tuple(members.get("hidden", ()))
    elif kind is QueryCall:
        members["parameters"] = tuple(_list(members["parameters"]))
        members["hidden"] = tuple(members.get("hidden", ()))
    elif kind is ReplyCall:
        members["reply"] = Reply(**members["reply"])
    return kind(**members)


def _members(record: Token | Call) -> dict[str, Any]:
    return {one.name: getattr(record, one.name) for one in fields(record)}


def _list(text: str) -> list[Any]:
    found = values.loads(text, depth=_ANY_DEPTH)
    if not isinstance(found, list):
        raise ValueError("not a list")
    return found
