"""What holds for any process, made of every kind of logic, and any history."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.definitions import (
    Json,
    Story,
    api,
    callback,
    code,
    condition,
    copy,
    final,
    get_task,
    go,
    go_if,
    modify,
    new_task,
    node,
    process,
    query,
    queue,
    rpc,
    rpc_reply,
    set_param,
    start,
    stubbed,
    sums,
    timer,
)
from syncline_server.engine import (
    LIVE,
    Answered,
    CallFailure,
    CallFault,
    CallReply,
    CallReturned,
    Cancelled,
    Decision,
    Event,
    FactKey,
    HttpCall,
    IllegalMove,
    Limits,
    Modified,
    Needs,
    OutcomeKind,
    Process,
    Started,
    Taken,
    TaskData,
    TimerFired,
    Waiting,
    decide,
    values,
)
from syncline_server.engine.decision import EnvVar, NodeCount, NodeSum
from syncline_server.engine.effects import (
    CreateCall,
    DequeueCall,
    Dequeued,
    ModifyCall,
    QueryCall,
    QueryFailure,
    QueryFault,
    QueryReply,
    Reply,
    ReplyCall,
    ScriptCall,
    ScriptFailure,
    ScriptFault,
    ScriptReply,
    TaskDone,
    TaskFault,
    TaskMade,
    TaskRefused,
    TurnCall,
)

LIMIT = 400
NAMES = ("a", "b", "c", "end")
PARAMS = st.sampled_from(["x", "y", "o", "{{env_var[@k]}}"])
TO = st.sampled_from(NAMES)
TEXTS = st.sampled_from(
    [
        *("1", "{{x}}", "{{y}}{{x}}", "{{o.k}}", '{"k":"{{y}}"}', "{{missing}}", "{{x}}" * 9),
        *("{{conv[1].ref[{{y}}].k}}", "{{node[a].count}}", "{{node[b].s}}", "{{env_var[@k]}}"),
    ]
)
KINDS = st.sampled_from(["string", "number", "object"])
KEYS = st.sampled_from(["x", "y", "{{o.k}}", "{{o.l[1]}}", "s_{{x}}"])
LINKS = st.one_of(st.none(), TO)
FACTS: dict[type, object] = {TaskData: {"k": 2}, EnvVar: "text", NodeCount: 3, NodeSum: 5}
"""What there is elsewhere."""


def typed(value: str, kind: str) -> dict[str, Any]:
    return {"data": {"v": value}, "data_type": {"v": kind}}


def extra(value: str, kind: str) -> dict[str, Any]:
    return {"extra": {"v": value}, "extra_type": {"v": kind}}


BRANCHES = st.builds(lambda to, p, c: go_if(to, condition(p, "eq", c)), TO, PARAMS, TEXTS)
VARIED = TEXTS.filter(lambda value: value != "1")
"""Texts that are of no type by themselves."""
STEPS = st.one_of(BRANCHES, st.builds(lambda k, v, t, e: set_param({k: v}, {k: t}, e), KEYS, VARIED, KINDS, LINKS))
SUMS = st.builds(lambda v, w, e: sums(("s", v), ("t", w), error=e), TEXTS, TEXTS, LINKS)
CALLS = st.builds(
    lambda e, c, v, t: rpc(e, conv_id=c, **extra(v, t)), LINKS, st.sampled_from([9, "{{x}}"]), VARIED, KINDS
)
REPLYING = st.one_of(
    st.builds(
        lambda v, t, e, x, r: rpc_reply({"v": v}, {"v": t}, e, throw_exception=x, exception_reason=r),
        *(VARIED, KINDS, LINKS, st.booleans(), TEXTS),
    ),
    st.just(rpc_reply(["x", "y", "missing"], mode="keys")),
)
STATE_WAITS = st.one_of(
    st.just(callback()),
    st.builds(
        lambda e, v, t, g: copy(e, **typed(v, t), group=g, ref=v), LINKS, VARIED, KINDS, st.sampled_from(["", "all"])
    ),
    st.builds(lambda e, v, t: modify(e, **typed(v, t), ref=v), LINKS, VARIED, KINDS),
    st.builds(lambda e, v, t: queue(e, **typed(v, t)), LINKS, VARIED, KINDS),
    st.builds(lambda e, v: get_task(e, conv_id="{{x}}", node_id=v), LINKS, TEXTS),
    st.builds(lambda e: code("data.n = 1;", e), LINKS),
)
WAITS = st.one_of(
    STATE_WAITS,
    CALLS,
    REPLYING,
    st.builds(lambda e, v: api("http://peer.test/{{x}}", e, extra={"v": v}), LINKS, TEXTS),
    st.builds(lambda e, v: query(f"SELECT '{v}', {v}", e), LINKS, TEXTS.filter(lambda value: "}}{{" not in value)),
)
TIMERS = st.lists(st.builds(timer, TO, st.sampled_from([60, "{{x}}", "1800000000"])), max_size=1)


@st.composite
def nodes(draw: st.DrawFn, name: str, conv_type: str) -> Json:
    is_state = conv_type == "state"
    if not is_state and draw(st.integers(0, 7)) == 0:
        conditional = [go_if("end", condition(draw(PARAMS), "eq", draw(TEXTS))), draw(REPLYING)]
        return stubbed(name, draw(CALLS), conditional, *([[draw(REPLYING)]] * draw(st.integers(0, 1))), to=draw(TO))
    logics = draw(st.lists(STEPS if is_state else st.one_of(STEPS, SUMS), max_size=2))
    if draw(st.booleans()):
        logics.insert(draw(st.integers(0, len(logics))), draw(STATE_WAITS if is_state else WAITS))
    return node(name, *logics, go(draw(TO)), semaphors=draw(TIMERS))


@st.composite
def processes(draw: st.DrawFn) -> Process:
    conv_type = draw(st.sampled_from(["process", "process", "state"]))
    found = [draw(nodes(name, conv_type)) for name in ("a", "b", "c")]
    limits = Limits(min_timer_seconds=0, max_task_bytes=LIMIT)
    return process(start(draw(TO)), *found, final(), conv_type=conv_type, limits=limits)


VALUES = st.one_of(st.integers(-2, 5), st.sampled_from(["", "1", 'text"й', None, True, [1], "x" * 90]))
DATA = st.dictionaries(st.sampled_from(["x", "y", "o", "z"]), st.one_of(VALUES, st.just({"k": 1, "l": [0]})))
OBJECTS = st.sampled_from(
    ["{}", '{"x":1.10,"y":{"a":1}}', '{"z":"' + "x" * 500 + '"}', '{"x":' + "[" * 254 + "]" * 254 + "}"]
)
REPLIES = st.one_of(
    st.builds(CallFailure, st.sampled_from(CallFault)),
    st.builds(
        lambda status, body: CallReply(status=status, headers={}, body=body),
        st.sampled_from([200, 202, 404]),
        st.sampled_from([b"{}", b'{"x":1.10,"y":{"a":1}}', b"ok", b"[1]", b"\xff", b'{"z":"' + b"x" * 500 + b'"}']),
    ),
)
REFUSALS = st.builds(TaskRefused, st.sampled_from(TaskFault), st.just("words"))
NEWS = st.fixed_dictionaries(
    {
        HttpCall: REPLIES,
        ScriptCall: st.one_of(
            st.builds(lambda text: ScriptReply(data=text), st.one_of(OBJECTS, st.sampled_from(["[]", "{"]))),
            st.builds(ScriptFailure, st.sampled_from(ScriptFault), st.just("words")),
        ),
        QueryCall: st.one_of(
            st.builds(lambda text: QueryReply(rows=f"[{text}]"), OBJECTS),
            st.builds(QueryFailure, st.sampled_from(QueryFault), st.just("words")),
        ),
        CreateCall: st.one_of(st.just(TaskMade("2")), REFUSALS),
        ModifyCall: st.one_of(st.just(TaskDone()), REFUSALS),
        ReplyCall: st.just(TaskDone()),
        TurnCall: st.just(TaskDone()),
        DequeueCall: st.one_of(st.builds(lambda text: Dequeued("3", text), OBJECTS), REFUSALS),
        type(None): st.builds(Reply, OBJECTS, st.sampled_from([None, "reason"])),
    }
)
"""What can come back, by the call that a token waits for; a caller that waits for its reply has none."""
MOMENTS = st.integers(0, 100_000)
EVENTS = st.one_of(
    st.builds(Modified, DATA),
    st.builds(Answered, st.sampled_from(["1", '{"a":1}'])),
    st.builds(lambda news: ("call", news), NEWS),
    st.sampled_from([("timer", None), ("queue", None)]),
    st.sampled_from([Cancelled(), Started(), CallReturned(99, CallReply(status=200, headers={}, body=b"{}"))]),
)


def resolved(tale: Story, drawn: Event | tuple[str, Any]) -> Event | None:
    """Turn "the call", "the timer" and "the queue" into an event of a step of the task."""
    if not isinstance(drawn, tuple):
        return drawn
    kind, news = drawn
    for token in tale.task.tokens:
        if kind == "call" and token.waiting in (Waiting.CALL, Waiting.REPLY):
            return CallReturned(token.step, news[type(token.call)])
        if kind == "timer" and token.due_at is not None:
            return TimerFired(token.step)
        if kind == "queue" and token.waiting is Waiting.QUEUE:
            return Taken(token.step)
    return None


def look_up(tale: Story, event: Event, now: int) -> None:
    """Give the facts that an event asks for, one after another."""
    asked: frozenset[FactKey] = frozenset()
    while True:
        decided = decide(tale.task, event, tale.process, tale.facts, now)
        if not isinstance(decided, Needs):
            return
        assert decided.keys - asked
        asked |= decided.keys
        tale.facts |= {key: FACTS[type(key)] for key in decided.keys}


def told(found: Process, data: Json, caller: str, drawn: list[tuple[Event | tuple[str, Any], int]]) -> Story:
    """Lead a task through drawn events, as far as they are moves."""
    tale = Story(found, new_task(data, caller=caller))
    for one, later in [(Started(), 0), *drawn]:
        event = resolved(tale, one)
        if event is None:
            continue
        before = tale.task
        try:
            look_up(tale, event, tale.now + later)
            tale.meet(event, after=later)
        except IllegalMove:
            assert before is tale.task
    return tale


CALLERS = st.sampled_from(["", "018bcfe568000001deadbeef-7"])
STORIES = st.builds(told, processes(), DATA, CALLERS, st.lists(st.tuples(EVENTS, MOMENTS), max_size=10))


@settings(max_examples=200, deadline=None)
@given(STORIES)
def test_a_history_told_again_gives_the_same_task_and_effects(tale: Story) -> None:
    task = tale.first
    for event, now, decided in tale.history:
        repeated = decide(task, event, tale.process, tale.facts, now)
        assert decided == repeated
        assert isinstance(repeated, Decision)
        task = repeated.task
    assert tale.task == task


@settings(max_examples=200, deadline=None)
@given(STORIES)
def test_what_holds_after_every_event(tale: Story) -> None:
    sequences = [step.sequence for step in tale.steps]
    assert len(sequences) == len(set(sequences))
    for _, now, decided in tale.history:
        task = decided.task
        live = task.state in LIVE
        assert live is bool(task.tokens)
        assert live is (task.ended_at is None)
        assert now == task.changed_at
        assert live or task.outcome is not None
        assert all(step <= task.sequence for step in sequences[: len(decided.steps)])
        assert (task.failure is not None) is (task.state == "failed")
        assert values.loads(values.dumps(task.data)) == task.data
        kept = {name: value for name, value in task.data.items() if not name.startswith("__conveyor_")}
        assert values.byte_size(values.dumps(kept)) <= LIMIT or kept == tale.first.data
        for call in decided.effects:
            assert any(token.step == call.step and token.call == call for token in task.tokens)
        assert live or not decided.effects


@settings(max_examples=200, deadline=None)
@given(STORIES, DATA)
def test_a_final_task_never_moves_but_for_its_first_answer(tale: Story, data: Json) -> None:
    if tale.task.state in LIVE:
        tale.meet(Cancelled())
    before = tale.task
    reply = CallReply(status=200, headers={}, body=b"{}")
    events: list[Event] = [Started(), Modified(data), Cancelled()]
    for step in range(before.sequence + 2):
        events += [CallReturned(step, reply), TimerFired(step), Taken(step)]
    for event in events:
        try:
            decide(before, event, tale.process, {}, tale.now)
        except IllegalMove:
            continue
        raise AssertionError(event)
    assert before.outcome is not None
    if before.outcome.kind is not OutcomeKind.ANSWERED:
        after = tale.answer("1")
        kept = ("state", "data", "tokens", "failure", "ended_at", "node_id")
        assert [getattr(before, name) for name in kept] == [getattr(after, name) for name in kept]
