"""What modifying, answering and cancelling do, what comes late, how branches live together, how facts are asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.definitions import (
    T0,
    WAITING,
    Json,
    Story,
    api,
    around,
    callback,
    condition,
    final,
    go,
    go_if,
    new_task,
    node,
    process,
    set_param,
    shipped,
    start,
    story,
    timer,
)
from syncline_server.engine import (
    CallReply,
    CallReturned,
    Cancelled,
    IllegalMove,
    Limits,
    Modified,
    OutcomeKind,
    Started,
    Task,
    TaskData,
    TaskState,
    TimerFired,
    Token,
    TooMuchData,
    Waiting,
)
from syncline_server.engine.moves import Place

REPLY = CallReply(status=200, headers={}, body=b"{}")


# Modifying.


def test_a_modification_lets_a_waiting_task_go_on() -> None:
    tale = story(shipped("waiting"), {"a": 1, "__callback_url": "http://peer.test/cb"})
    tale.modify(answer="yes", a=2)

    assert tale.calls[0].body == '{"answer":"yes"}'
    assert list(tale.task.data) == ["a", "__callback_url", "answer"]
    assert tale.steps[1].output == '{"answer":"yes","a":2}'


def test_conditions_after_a_callback_are_asked_with_the_new_data() -> None:
    found = around(callback(), go_if("bad", condition("a", "eq", "1")), go("end"))
    bad, good = story(found), story(found)
    bad.modify(a="1")
    good.modify(a="2")

    assert (bad.task.node_id, good.task.node_id) == ("bad", "end")


@pytest.mark.parametrize("place", [place for place in WAITING if "callback" not in place])
def test_a_modification_elsewhere_changes_only_the_data(place: Place) -> None:
    tale = WAITING[place]
    changed = Story(tale.process, tale.task).modify(o={"new": 1})

    assert changed.data == {**tale.task.data, "o": {"new": 1}}
    assert tale.task.tokens == changed.tokens
    assert changed.changed_at == T0 + 1


def test_members_are_replaced_whole() -> None:
    tale = story(around(api(), go("end")), {"o": {"old": 1}, "p": 1})
    tale.modify(o={"new": 1})

    assert tale.task.data == {"o": {"new": 1}, "p": 1}


def test_a_modification_over_the_limit_is_refused_and_changes_nothing() -> None:
    tale = story(around(callback(), go("end"), limits=Limits(max_task_bytes=100)), {"a": "x" * 50})
    before = repr(tale.task)
    with pytest.raises(TooMuchData, match="the task's data would have 120 bytes, over 100"):
        tale.modify(b="y" * 55)
    deep: object = []
    for _ in range(256):
        deep = [deep]
    with pytest.raises(TooMuchData, match="nested deeper than 256 levels"):
        tale.modify(b=deep)

    assert before == repr(tale.task)


# State diagrams.


def test_a_state_is_only_left_by_a_modification_that_meets_a_condition() -> None:
    tale = story(shipped("user-states"), {"status": "active"})
    assert (tale.task.state, tale.path()[1:]) == (TaskState.WAITING, [])
    (token,) = tale.task.tokens
    tale.modify(status="asleep")
    assert (token,) == tale.task.tokens
    tale.modify(status="active")

    assert [entry[-8:] for entry in tale.path()] == ["01:moved", "02:moved"]
    tale.modify(status="gone")
    assert TaskState.ENDED is tale.task.state


def test_a_modification_that_meets_nothing_leaves_the_token_as_it_is() -> None:
    tale = story(shipped("user-states"), {"status": "active"})
    tale.modify(status="active")
    before = tale.task.tokens
    tale.modify(status="active", seen=1)

    assert before == tale.task.tokens
    assert before[0].due_at - before[0].entered_at == 86_400_000  # type: ignore[operator]


def test_a_state_without_a_go_stays() -> None:
    here = node("here", callback(), go_if("end", condition("a", "eq", "1")))
    tale = story(process(start("here"), here, final(), conv_type="state"))
    assert tale.modify(a="2").state is TaskState.WAITING
    assert tale.modify(a="1").state is TaskState.ENDED


def test_a_time_limit_leads_out_of_a_state() -> None:
    tale = story(shipped("user-states"))
    tale.modify(status="active")
    tale.fire()

    assert tale.steps[-1].result == "timed_out"


def test_in_a_process_a_callback_that_leads_to_itself_is_a_new_visit() -> None:
    tale = story(around(callback(), go("here")))
    tale.modify()

    assert tale.path() == ["start:moved", "here:moved"]
    assert tale.task.tokens[0].step == 3


# Answering.


def test_an_answer_is_kept_as_it_was_posted_and_moves_nothing() -> None:
    tale = story(around(api(), go("end")))
    before = tale.task
    tale.answer(' {"a" : 1.10}')

    assert tale.task.outcome is not None
    assert (
        tale.task.outcome.kind,
        tale.task.outcome.data,
        tale.task.outcome.at,
        tale.task.outcome.sequence,
    ) == (OutcomeKind.ANSWERED, ' {"a" : 1.10}', T0 + 1, 3)
    assert (before.tokens, before.data, before.state) == (tale.task.tokens, tale.task.data, tale.task.state)


def test_the_end_does_not_take_the_place_of_an_answer() -> None:
    tale = story(around(api(), go("end")))
    tale.answer("1")
    tale.reply()

    assert TaskState.ENDED is tale.task.state
    assert tale.task.outcome is not None
    assert OutcomeKind.ANSWERED is tale.task.outcome.kind


@pytest.mark.parametrize("how", [OutcomeKind.ENDED, OutcomeKind.FAILED, OutcomeKind.CANCELLED])
def test_a_late_answer_takes_the_place_of_an_end(how: OutcomeKind) -> None:
    tale = story(around(api(), go("end")), {"a": 1})
    if how is OutcomeKind.CANCELLED:
        tale.meet(Cancelled())
    else:
        tale.reply(status=200 if how is OutcomeKind.ENDED else 500)
    before = tale.task
    assert before.outcome is not None
    assert how is before.outcome.kind
    tale.answer("5")

    assert tale.task.outcome is not None
    assert (OutcomeKind.ANSWERED, "5", before.sequence + 1) == (
        tale.task.outcome.kind,
        tale.task.outcome.data,
        tale.task.outcome.sequence,
    )
    kept = ("state", "data", "tokens", "failure", "ended_at", "node_id")
    assert [getattr(before, name) for name in kept] == [getattr(tale.task, name) for name in kept]


@pytest.mark.parametrize("finished", [True, False])
def test_a_second_answer_is_no_move(finished: bool) -> None:
    tale = story(around(api(), go("end")))
    tale.answer("1")
    if finished:
        tale.reply()
    with pytest.raises(IllegalMove):
        tale.answer("1")


# Cancelling, and what comes late.


@pytest.mark.parametrize("place", WAITING)
def test_cancelling_takes_the_task_away_from_where_it_stands(place: Place) -> None:
    tale = Story(WAITING[place].process, WAITING[place].task)
    task = tale.meet(Cancelled(), after=7)

    assert (task.state, task.tokens, task.ended_at, task.node_id) == (TaskState.CANCELLED, (), T0 + 7, "here")
    assert [(step.node_id, step.result) for step in tale.steps] == [("here", "cancelled")]
    assert task.outcome is not None
    assert OutcomeKind.CANCELLED is task.outcome.kind
    asking = (Place.CALL, Place.TIMED_CALL, Place.REPLY, Place.TIMED_REPLY)
    assert bool(tale.steps[0].input) is (place in asking)


def test_a_call_that_comes_back_after_its_time_limit_is_stale() -> None:
    tale = story(around(api(), go("end"), semaphors=[timer("late")]))
    step = tale.calls[0].step
    tale.fire()
    with pytest.raises(IllegalMove):
        tale.meet(CallReturned(step, REPLY))
    assert tale.task.node_id == "late"


def test_a_timer_of_a_step_that_is_over_is_stale() -> None:
    tale = story(around(api(), go("end"), semaphors=[timer("late")]))
    tale.reply()
    with pytest.raises(IllegalMove):
        tale.meet(TimerFired(2))


# Several tokens. Nothing forks yet, so the tasks are made by hand.


def branches(*waiting: tuple[str, Waiting]) -> Task:
    tokens = tuple(
        Token(number=i, node_id=name, previous_node_id="start", step=i, entered_at=T0, waiting=kind, due_at=T0 + 5)
        for i, (name, kind) in enumerate(waiting, 1)
    )
    return replace(new_task(), tokens=tokens, sequence=len(tokens), node_id=waiting[-1][0], state=TaskState.WAITING)


MANY = process(
    start("a"),
    node("a", callback(), go("end"), semaphors=[timer("end")]),
    node("b", api(), go("end"), semaphors=[timer("broken")]),
    node("broken", api(""), go("end")),
    node("c", semaphors=[timer("end")]),
    final(),
)


def test_a_branch_ends_alone_and_the_task_with_the_last() -> None:
    tale = Story(MANY, branches(("a", Waiting.CALLBACK), ("b", Waiting.CALL), ("c", Waiting.TIMER)))
    tale.meet(TimerFired(3))
    assert [token.number for token in tale.task.tokens] == [1, 2]
    assert TaskState.RUNNING is tale.task.state
    assert tale.meet(CallReturned(2, REPLY)).state is TaskState.WAITING
    assert tale.task.outcome is None
    tale.modify()

    assert (tale.task.state, tale.task.tokens) == (TaskState.ENDED, ())
    assert [step.sequence for step in tale.steps] == [3, 4, 2, 5, 1, 6]


def test_a_modification_wakes_every_branch_that_waits_for_one() -> None:
    tale = Story(MANY, branches(("a", Waiting.CALLBACK), ("c", Waiting.TIMER), ("a", Waiting.CALLBACK)))
    tale.modify(x=1)

    assert [token.number for token in tale.task.tokens] == [2]


def test_a_branch_that_fails_takes_the_others_with_it() -> None:
    tale = Story(MANY, branches(("a", Waiting.CALLBACK), ("b", Waiting.CALL), ("c", Waiting.TIMER)))
    tale.meet(TimerFired(2))

    assert TaskState.FAILED is tale.task.state
    assert tale.path() == ["b:timed_out", "broken:failed", "a:cancelled", "c:cancelled"]


def test_a_failure_while_a_modification_wakes_branches_ends_all() -> None:
    waiting = node("a", callback(), go("broken"), semaphors=[timer("end")])
    found = process(start("a"), waiting, node("broken", api(""), go("end")), final())
    tale = Story(found, branches(("a", Waiting.CALLBACK), ("a", Waiting.CALLBACK)))
    tale.modify()

    assert TaskState.FAILED is tale.task.state
    assert tale.path() == ["a:moved", "broken:failed", "a:cancelled"]


# Facts from elsewhere.

READER = around(set_param({"a": "{{conv[@users].ref[{{who}}].balance}}"}, {"a": "number"}), go("end"))


def test_another_tasks_data_is_asked_for_before_anything_changes() -> None:
    tale = Story(READER, new_task({"who": "ann"}))
    key = TaskData("@users", "ann")
    assert {key} == tale.needs(Started())
    tale.facts[key] = {"balance": 5}
    tale.start()

    assert tale.task.data == {"who": "ann", "a": 5}
    assert tale.task.node_id == "end"


@pytest.mark.parametrize(
    "logics",
    [
        (go_if("end", condition("{{conv[1].ref[x].a}}", "eq", "1")), go("bad")),
        (api("http://peer.test/{{conv[1].ref[x].a}}"), go("end")),
        (api(extra={"n": "{{conv[1].ref[x].a}}"}, extra_type={"n": "number"}), go("end")),
        (callback(), go_if("end", condition("a", "eq", "{{conv[1].ref[x].a}}")), go("bad")),
    ],
)
def test_a_fact_may_be_asked_for_anywhere(logics: tuple[Json, ...]) -> None:
    tale = Story(around(*logics), new_task({"a": "1"}))
    if logics[0] == callback():
        tale.start()
    event = Modified({}) if logics[0] == callback() else Started()

    assert {TaskData("1", "x")} == tale.needs(event)
    tale.facts[TaskData("1", "x")] = None
    tale.meet(event)


def test_a_fact_may_be_asked_for_by_a_time_or_a_reply() -> None:
    timed = Story(around(semaphors=[timer("late", "{{conv[1].ref[x].a}}")]), new_task())
    assert {TaskData("1", "x")} == timed.needs(Started())
    timed.facts[TaskData("1", "x")] = {"a": "1700000009"}
    assert timed.start().tokens[0].due_at == T0 + 9000

    custom = api(customize_response=True, response={"r": "{{conv[1].ref[{{body.k}}].a}}"})
    tale = story(around(custom, go("end")))
    returned = CallReturned(2, CallReply(status=200, headers={}, body=b'{"k":"x"}'))
    assert {TaskData("1", "x")} == tale.needs(returned)
    tale.facts[TaskData("1", "x")] = {"a": 7}
    assert tale.meet(returned).data == {"r": 7}


def test_a_fact_is_asked_for_before_a_place_is_found_wrong() -> None:
    custom = api(customize_response=True, response={"{{s.x}}": "{{conv[1].ref[x].a}}"})
    tale = story(around(custom, go("end")), {"s": "text"})

    assert tale.needs(CallReturned(2, REPLY)) == {TaskData("1", "x")}
