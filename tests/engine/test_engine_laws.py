"""What holds for any process and any history."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.definitions import (
    Json,
    Story,
    api,
    callback,
    condition,
    final,
    go,
    go_if,
    new_task,
    node,
    process,
    set_param,
    start,
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
    IllegalMove,
    Limits,
    Modified,
    OutcomeKind,
    Process,
    Started,
    TimerFired,
    Waiting,
    decide,
    values,
)

NAMES = ("a", "b", "c", "end")
PARAMS = st.sampled_from(["x", "y", "o"])
TO = st.sampled_from(NAMES)
TEXTS = st.sampled_from(["1", "{{x}}", "{{y}}{{x}}", "{{o.k}}", '{"k":"{{y}}"}', "{{missing}}"])
KINDS = st.sampled_from(["string", "number", "object"])
KEYS = st.sampled_from(["x", "y", "{{o.k}}", "{{o.l[1]}}", "s_{{x}}"])
LINKS = st.one_of(st.none(), TO)

STEPS = st.one_of(
    st.builds(lambda to, p, c: go_if(to, condition(p, "eq", c)), TO, PARAMS, TEXTS),
    st.builds(lambda k, v, t, e: set_param({k: v}, {k: t}, e), KEYS, TEXTS.filter(lambda v: v != "1"), KINDS, LINKS),
)
WAITS = st.one_of(
    st.builds(lambda e, v: api("http://peer.test/{{x}}", e, extra={"v": v}), LINKS, TEXTS),
    st.just(callback()),
)
TIMERS = st.lists(st.builds(timer, TO, st.sampled_from([60, "{{x}}", "1800000000"])), max_size=1)


@st.composite
def nodes(draw: st.DrawFn, name: str) -> Json:
    logics = draw(st.lists(STEPS, max_size=2))
    if draw(st.booleans()):
        logics.insert(draw(st.integers(0, len(logics))), draw(WAITS))
    return node(name, *logics, go(draw(TO)), semaphors=draw(TIMERS))


PROCESSES = st.builds(
    lambda a, b, c, to, kind: process(
        start(to), a, b, c, final(), conv_type=kind, limits=Limits(min_timer_seconds=0, max_task_bytes=400)
    ),
    nodes("a"),
    nodes("b"),
    nodes("c"),
    TO,
    st.sampled_from(["process", "state"]),
)
VALUES = st.one_of(st.integers(-2, 5), st.sampled_from(["", "1", 'text"й', None, True, [1], "x" * 90]))
DATA = st.dictionaries(st.sampled_from(["x", "y", "o", "z"]), st.one_of(VALUES, st.just({"k": 1, "l": [0]})))
REPLIES = st.one_of(
    st.builds(CallFailure, st.sampled_from(CallFault)),
    st.builds(
        lambda status, body: CallReply(status=status, headers={}, body=body),
        st.sampled_from([200, 202, 404]),
        st.sampled_from([b"{}", b'{"x":1.10,"y":{"a":1}}', b"ok", b"[1]", b"\xff", b'{"z":"' + b"x" * 500 + b'"}']),
    ),
)
MOMENTS = st.integers(0, 100_000)
EVENTS = st.one_of(
    st.builds(Modified, DATA),
    st.builds(Answered, st.sampled_from(["1", '{"a":1}'])),
    st.builds(lambda reply: ("call", reply), REPLIES),
    st.just(("timer", None)),
    st.sampled_from([Cancelled(), Started(), CallReturned(99, CallReply(status=200, headers={}, body=b"{}"))]),
)


def resolved(tale: Story, drawn: Event | tuple[str, object]) -> Event | None:
    """Turn "the call" and "the timer" into an event of a step of the task."""
    if not isinstance(drawn, tuple):
        return drawn
    kind, reply = drawn
    for token in tale.task.tokens:
        if kind == "call" and token.waiting is Waiting.CALL:
            return CallReturned(token.step, reply)  # type: ignore[arg-type]
        if kind == "timer" and token.due_at is not None:
            return TimerFired(token.step)
    return None


def told(found: Process, data: Json, drawn: list[tuple[Event | tuple[str, object], int]]) -> Story:
    """Lead a task through drawn events, as far as they are moves."""
    tale = Story(found, new_task(data))
    tale.start()
    for one, later in drawn:
        event = resolved(tale, one)
        if event is None:
            continue
        before = tale.task
        try:
            tale.meet(event, after=later)
        except IllegalMove:
            assert before is tale.task
    return tale


STORIES = st.builds(told, PROCESSES, DATA, st.lists(st.tuples(EVENTS, MOMENTS), max_size=8))


@settings(max_examples=200, deadline=None)
@given(STORIES)
def test_a_history_told_again_gives_the_same_task_and_effects(tale: Story) -> None:
    task = tale.first
    for event, now, decided in tale.history:
        repeated = decide(task, event, tale.process, {}, now)
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
        for call in decided.effects:
            assert any(token.step == call.step and token.call == call for token in task.tokens)


@settings(max_examples=200, deadline=None)
@given(STORIES, DATA)
def test_a_final_task_never_moves_but_for_its_first_answer(tale: Story, data: Json) -> None:
    if tale.task.state in LIVE:
        tale.meet(Cancelled())
    before = tale.task
    reply = CallReply(status=200, headers={}, body=b"{}")
    events: list[Event] = [Started(), Modified(data), Cancelled()]
    for step in range(before.sequence + 2):
        events += [CallReturned(step, reply), TimerFired(step)]
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
