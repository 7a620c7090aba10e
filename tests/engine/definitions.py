"""Small definitions in the export format, and one task that is led through them event by event."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from syncline_server.engine import (
    Answered,
    CallReply,
    CallReturned,
    Decision,
    Event,
    FactKey,
    Fault,
    HttpCall,
    Limits,
    Modified,
    Needs,
    Process,
    ReadProcess,
    Started,
    Step,
    Taken,
    Task,
    TimerFired,
    decide,
    read_file,
    read_process,
)
from syncline_server.engine.moves import Place

if TYPE_CHECKING:
    from syncline_server.engine.decision import Count
    from syncline_server.engine.effects import Call, News

FILES = Path(__file__).parent / "files"
NORMAL, START, FINAL, ESCALATION, STUB = 0, 1, 2, 3, 4
T0 = 1_700_000_000_000
TASK_ID = "018bcfe568000001deadbeef"
CALLBACK_URL = "http://127.0.0.1:8080/api/1/plugins/callback/" + TASK_ID + "0" * 32

Json = dict[str, object]


def go(to: str) -> Json:
    return {"type": "go", "to_node_id": to}


def condition(param: str, fun: str, const: object, cast: str = "string") -> Json:
    return {"param": param, "fun": fun, "const": const, "cast": cast}


def go_if(to: str, *conditions: Json) -> Json:
    return {"type": "go_if_const", "to_node_id": to, "conditions": list(conditions)}


def set_param(extra: Json, types: dict[str, str] | None = None, error: str | None = None) -> Json:
    return {"type": "set_param", "extra": extra, "extra_type": types or {}, "err_node_id": error}


def api(url: str = "http://peer.test/", error: str | None = None, **more: object) -> Json:
    return {"type": "api", "url": url, "err_node_id": error, **more}


def callback() -> Json:
    return {"type": "api_callback", "is_sync": True, "obj_id_path": ""}


def copy(error: str | None = None, **more: object) -> Json:
    return {"type": "api_copy", "mode": "create", "conv_id": 12, "ref": "", "err_node_id": error, **more}


def modify(error: str | None = None, **more: object) -> Json:
    return copy(error, **{"mode": "modify", "ref": "r2", **more})


def rpc(error: str | None = None, **more: object) -> Json:
    return {"type": "api_rpc", "conv_id": 12, "extra": {}, "extra_type": {}, "err_node_id": error, **more}


def rpc_reply(res_data: object, types: object = None, error: str | None = None, **more: object) -> Json:
    return {"type": "api_rpc_reply", "res_data": res_data, "res_data_type": types or {}, "err_node_id": error, **more}


def queue(error: str | None = None, **more: object) -> Json:
    return {"type": "api_queue", "data": {}, "data_type": {}, "err_node_id": error, **more}


def get_task(error: str | None = None, **more: object) -> Json:
    return {"type": "api_get_task", "conv_id": 12, "node_id": "q", "order_by": "ASC", "err_node_id": error, **more}


def sums(*summands: tuple[str, object], error: str | None = None) -> Json:
    extra = [{"id": name, "name": f"the {name}", "value": value} for name, value in summands]
    return {"type": "api_sum", "extra": extra, "err_node_id": error}


def code(src: str = "data.n = 1;", error: str | None = None, **more: object) -> Json:
    return {"type": "api_code", "lang": "js", "src": src, "err_node_id": error, **more}


def query(text: str, error: str | None = None, **more: object) -> Json:
    return {"type": "db_call", "instance_id": 3, "query": text, "err_node_id": error, **more}


def stubbed(name: str, call: Json, *branches: list[Json], to: str = "end") -> Json:
    return {
        **node(name, call, go(to), kind=STUB),
        "condition": {"logics": [call, go(to)], "stub": {"logics": branches}},
    }


def timer(to: str, value: object = 60, dimension: str = "sec") -> Json:
    return {"type": "time", "value": value, "dimension": dimension, "to_node_id": to}


def node(name: str, *logics: Json, kind: int = NORMAL, semaphors: list[Json] | None = None) -> Json:
    return {
        "id": name,
        "obj_type": kind,
        "title": f"the {name}",
        "condition": {"logics": list(logics), "semaphors": semaphors or []},
    }


def start(to: str) -> Json:
    return node("start", go(to), kind=START)


def final(name: str = "end") -> Json:
    return node(name, kind=FINAL)


def definition(*nodes: Json, conv_type: str = "process", **more: object) -> str:
    return json.dumps({"obj_type": 1, "conv_type": conv_type, "scheme": {"nodes": list(nodes)}, **more})


def read(text: str, limits: Limits | None = None) -> ReadProcess:
    return read_process(text, process_id=7, version=1, limits=limits or Limits())


def process(*nodes: Json, conv_type: str = "process", limits: Limits | None = None) -> Process:
    found = read(definition(*nodes, conv_type=conv_type), limits)
    assert found.process is not None, found.faults
    return found.process


def around(*logics: Json, semaphors: list[Json] | None = None, limits: Limits | None = None) -> Process:
    """Return a process with one node of interest, "here", and final nodes "end", "bad" and "late"."""
    here = node("here", *logics, semaphors=semaphors)
    return process(start("here"), here, final(), final("bad"), final("late"), limits=limits)


def tiring() -> Process:
    """Return a process whose four nodes each set the parameter "big" to itself."""
    again = set_param({"big": "{{big}}"})
    names = ["one", "two", "here", "four", "end"]
    return process(start("one"), *[node(name, again, go(to)) for name, to in pairwise(names)], final())


def faults_of(*logics: Json, semaphors: list[Json] | None = None, conv_type: str = "process") -> tuple[Fault, ...]:
    here = node("here", *logics, semaphors=semaphors)
    nodes = (start("here"), here, final(), final("bad"), final("late"))
    return read(definition(*nodes, conv_type=conv_type)).faults


def error_members(logic: str, kind: str, tag: str, description: str, **more: object) -> Json:
    """Return what an error adds to the task's data."""
    prefix = f"__conveyor_{logic}_return_"
    words = {"type_error__": kind, "type_tag__": tag, "description__": description}
    return {**{prefix + name: value for name, value in words.items()}, **more}


def shipped(name: str, limits: Limits | None = None) -> Process:
    """Return the process of one of the files beside this module."""
    (exported,) = read_file((FILES / f"{name}.json").read_text(encoding="utf-8"))
    found = read(exported.source_text, limits)
    assert found.process is not None, found.faults
    return found.process


def new_task(data: Json | None = None, **more: object) -> Task:
    members = {"task_id": TASK_ID, "process_id": 7, "process_version": 1, "login": "1", "ref": "r1", **more}
    return Task(**members, data=data or {}, created_at=T0, changed_at=T0)  # type: ignore[arg-type]


@dataclass
class Story:
    """One task, led on by events; what happened is kept, so that it can be told again."""

    process: Process
    task: Task
    facts: dict[FactKey, object] = field(default_factory=dict)
    now: int = T0
    effects: list[Call] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    history: list[tuple[Event, int, Decision]] = field(default_factory=list)
    first: Task = field(init=False)
    """The task as it was before anything happened."""

    def __post_init__(self) -> None:
        self.first = self.task

    def meet(self, event: Event, *, after: int = 0) -> Task:
        """Apply an event so many milliseconds after the last."""
        self.now += after
        decided = decide(self.task, event, self.process, self.facts, self.now)
        assert isinstance(decided, Decision), decided
        self.history.append((event, self.now, decided))
        self.task = decided.task
        self.effects += decided.effects
        self.counts += decided.counts
        self.steps += decided.steps
        return self.task

    def needs(self, event: Event) -> frozenset[FactKey]:
        """Return the facts that an event asks for."""
        decided = decide(self.task, event, self.process, self.facts, self.now)
        assert isinstance(decided, Needs), decided
        return decided.keys

    def start(self) -> Task:
        return self.meet(Started())

    def modify(self, **data: object) -> Task:
        return self.meet(Modified(data), after=1)

    def answer(self, text: str) -> Task:
        return self.meet(Answered(text), after=1)

    @property
    def calls(self) -> list[HttpCall]:
        """Return the calls over HTTP so far."""
        return [call for call in self.effects if isinstance(call, HttpCall)]

    def news(self, news: News) -> Task:
        """Let the last effect come back."""
        return self.meet(CallReturned(self.effects[-1].step, news), after=1)

    def take(self) -> Task:
        """Let the only token be taken out of its queue."""
        (token,) = self.task.tokens
        return self.meet(Taken(token.step), after=1)

    def reply(self, body: str = "{}", status: int = 200, headers: dict[str, str] | None = None) -> Task:
        """Let the call under way come back."""
        reply = CallReply(status=status, headers=headers or {}, body=body.encode(), milliseconds=12.5)
        return self.meet(CallReturned(self.calls[-1].step, reply), after=1)

    def fire(self) -> Task:
        """Let the timer of the only token fire when it is due."""
        (token,) = self.task.tokens
        assert token.due_at is not None
        return self.meet(TimerFired(token.step), after=max(token.due_at - self.now, 0))

    def path(self) -> list[str]:
        """Return the nodes that were left or ended in, with how."""
        return [f"{step.node_id}:{step.result}" for step in self.steps]


def story(found: Process, data: Json | None = None, **more: object) -> Story:
    """Return the story of a task that was started."""
    tale = Story(found, new_task(data, **more))
    tale.start()
    return tale


WAITING: dict[Place, Story] = {
    Place.CALL: story(around(api(), go("end"))),
    Place.TIMED_CALL: story(around(api(), go("end"), semaphors=[timer("late")])),
    Place.REPLY: story(around(rpc(), go("end"))),
    Place.TIMED_REPLY: story(around(rpc(), go("end"), semaphors=[timer("late")])),
    Place.QUEUE: story(around(queue(), go("end"))),
    Place.TIMED_QUEUE: story(around(queue(), go("end"), semaphors=[timer("late")])),
    Place.CALLBACK: story(around(callback(), go("end"))),
    Place.TIMED_CALLBACK: story(around(callback(), go("end"), semaphors=[timer("late")])),
    Place.TIMER: story(around(semaphors=[timer("late")])),
    Place.TURN: story(tiring(), {"big": "x" * 600_000}),
}
"""A task for each place where a token can stand."""
