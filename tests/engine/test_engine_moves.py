"""What each event does to a task in each place, and what it must not do."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engine.definitions import (
    START,
    T0,
    WAITING,
    Json,
    Story,
    api,
    around,
    callback,
    code,
    condition,
    copy,
    final,
    go,
    go_if,
    new_task,
    node,
    process,
    queue,
    set_param,
    start,
    story,
    timer,
    tiring,
)
from syncline_server.engine import (
    LIVE,
    Answered,
    CallReply,
    CallReturned,
    Cancelled,
    Event,
    IllegalMove,
    Modified,
    OutcomeKind,
    Started,
    Taken,
    TaskState,
    TimerFired,
    Token,
    Waiting,
    decide,
    values,
)
from syncline_server.engine.effects import Reply, ScriptReply, TaskDone, TaskMade
from syncline_server.engine.moves import MOVES, Place
from syncline_server.engine.running import journey

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.effects import News


REPLY = CallReply(status=200, headers={}, body=b"{}")
NEWS: dict[Place, News] = dict.fromkeys((Place.REPLY, Place.TIMED_REPLY), Reply("{}"))
"""What comes back to a task in a place, where it is no answer over HTTP."""
WHOLE: dict[type, Event] = {
    Started: Started(),
    Modified: Modified({}),
    Answered: Answered("{}"),
    Cancelled: Cancelled(),
}


def cases() -> list[tuple[Place, Story, Event]]:
    """Every event at every place where it can come."""
    fresh = Story(around(go("end")), new_task())
    ended = story(around(go("end")))
    found = [(Place.NEW, fresh, event) for event in WHOLE.values()]
    found += [(Place.FINISHED, ended, event) for event in WHOLE.values()]
    for place, tale in WAITING.items():
        found += [(Place.LIVE, tale, event) for event in WHOLE.values()]
        step = tale.task.tokens[0].step
        found += [(place, tale, event) for event in step_events(step, NEWS.get(place, REPLY))]
        found += [(Place.GONE, tale, event) for event in step_events(99, REPLY)]
    return [*found, *((Place.GONE, tale, event) for tale in (ended, fresh) for event in step_events(1, REPLY))]


def step_events(step: int, news: News) -> list[Event]:
    return [CallReturned(step, news), TimerFired(step), Taken(step)]


@pytest.mark.parametrize(("place", "tale", "event"), cases())
def test_the_table_of_moves_is_the_whole_truth(place: Place, tale: Story, event: Event) -> None:
    before = repr(tale.task)
    legal = (type(event), place) in MOVES
    try:
        decide(tale.task, event, tale.process, {}, T0)
        moved = True
    except IllegalMove:
        moved = False

    assert legal is moved
    assert before == repr(tale.task)


def test_the_table_names_only_places_that_an_event_can_meet() -> None:
    met = {(type(event), place) for place, _, event in cases()}

    assert set(MOVES) <= met
    assert set(Place) == {place for _, place in met}


# Travelling.


def test_a_task_runs_on_until_it_waits() -> None:
    found = process(
        start("one"), node("one", set_param({"a": "1"}), go("two")), node("two", callback(), go("end")), final()
    )
    tale = story(found)

    assert (tale.task.node_id, tale.task.previous_node_id, tale.task.state) == ("two", "one", TaskState.WAITING)
    assert [step.sequence for step in tale.steps] == [1, 2]
    assert (
        Token(number=1, node_id="two", previous_node_id="one", step=3, entered_at=T0, waiting=Waiting.CALLBACK)
        == tale.task.tokens[0]
    )
    assert tale.task.sequence == 3


def test_a_task_that_ends_has_its_data_as_outcome() -> None:
    task = story(around(set_param({"b": "{{a}}"}, {"b": "number"}), go("end")), {"a": 1}).task

    assert (
        task.state,
        task.node_id,
        task.previous_node_id,
        task.ended_at,
        task.tokens,
    ) == (TaskState.ENDED, "end", "here", T0, ())
    assert task.outcome is not None
    assert (
        task.outcome.kind,
        task.outcome.data,
        task.outcome.at,
        task.outcome.sequence,
    ) == (OutcomeKind.ENDED, '{"a":1,"b":1}', T0, 4)
    assert task.sequence == 4


def test_a_start_node_may_work_and_be_final_neighbours() -> None:
    found = process(node("start", set_param({"a": "1"}), go("end"), kind=START), final())

    assert story(found).task.data == {"a": "1"}


def test_all_that_identifies_a_task_is_kept() -> None:
    task = replace(new_task(), request_id="q", request_hash="h", callback_secret="s", created_at=T0 - 5)
    tale = Story(around(go("end")), task)
    tale.start()

    for name in ("task_id", "process_id", "process_version", "ref", "login", "request_id", "request_hash"):
        assert getattr(task, name) == getattr(tale.task, name)
    assert (tale.task.callback_secret, tale.task.created_at, tale.task.changed_at) == ("s", T0 - 5, T0)


def ring(*logics: Json) -> Story:
    """A task that goes round between two nodes."""
    nodes = (start("a"), node("a", *logics, go("b")), node("b", go("a")), final())
    return story(process(*nodes))


def test_going_in_circles_fails_at_the_51st_visit() -> None:
    tale = ring()

    assert tale.task.failure is not None
    assert (tale.task.failure.reason, tale.task.failure.node_id) == ("LOOP_LIMIT", "a")
    assert sum(step.node_id == "a" for step in tale.steps) == 51
    assert (tale.steps[-1].node_id, tale.steps[-1].result) == ("a", "failed")
    assert TaskState.FAILED is tale.task.state


@pytest.mark.parametrize(
    ("logic", "news"), [(code(), ScriptReply(data='{"n":1}')), (copy("end"), TaskMade("0" * 24))], ids=["code", "copy"]
)
def test_what_stays_on_the_machine_does_not_break_the_circle(logic: Json, news: News) -> None:
    tale = ring(logic)
    rounds = 0
    while tale.task.state in LIVE:
        tale.news(news)
        rounds += 1

    assert tale.task.failure is not None
    assert (tale.task.failure.reason, tale.task.failure.node_id, rounds) == ("LOOP_LIMIT", "a", 50)


@pytest.mark.parametrize(
    ("logics", "news"),
    [
        ([code(), set_param({})], ScriptReply(data="{}")),
        ([set_param({}), code()], ScriptReply(data="{}")),
    ],
)
def test_a_circle_of_three_with_a_script_fails_after_fifty_rounds(logics: list[Json], news: News) -> None:
    tale = story(process(start("a"), node("a", go("b")), node("b", logics[0], go("c")), node("c", logics[1], go("a"))))
    rounds = 0
    while tale.task.state in LIVE:
        tale.news(news)
        rounds += 1

    assert tale.task.failure is not None
    assert (tale.task.failure.reason, rounds) == ("LOOP_LIMIT", 50)


@pytest.mark.parametrize(
    ("logics", "news"),
    [([copy("end")], TaskMade("0" * 24)), ([code(), set_param({})], ScriptReply(data="{}"))],
    ids=["copy", "code"],
)
def test_a_larger_circle_goes_on_for_each_of_many_items(logics: list[Json], news: News) -> None:
    names = ["c", "d", "e"][: len(logics)]
    others = [node(name, logic, go(to)) for name, logic, to in zip(names, logics, [*names[1:], "a"], strict=True)]
    tale = story(process(start("a"), node("a", go("b")), node("b", go("c")), *others, final()))
    for _ in range(300):
        tale.news(news)

    assert tale.task.failure is None


def test_no_circle_keeps_a_decision_busy_for_ever() -> None:
    tale = story(process(start("a"), node("a", go("b")), node("b", go("c")), node("c", go("a")), final()))

    assert tale.task.failure is not None
    assert (tale.task.failure.reason, tale.task.failure.node_id) == ("LOOP_LIMIT", "a")
    assert sum(step.node_id == "a" for step in tale.steps) == 1001


def test_a_large_circle_ends_too_though_others_have_their_turn_meanwhile() -> None:
    names = [f"n{number}" for number in range(20)]
    nodes = [node(name, go(following)) for name, following in zip(names, [*names[1:], names[0]], strict=True)]
    tale = story(process(start("n0"), *nodes, final()))
    turns = 0
    while tale.task.state in LIVE:
        assert tale.task.tokens[0].waiting is Waiting.TURN
        tale.news(TaskDone())
        turns += 1

    assert tale.task.failure is not None
    assert (tale.task.failure.reason, tale.task.failure.node_id) == ("LOOP_LIMIT", "n0")
    assert turns >= 1


def test_a_very_large_circle_ends_by_all_its_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey, "MAX_MOVES", 500)
    names = [f"n{number}" for number in range(300)]
    nodes = [node(name, go(following)) for name, following in zip(names, [*names[1:], names[0]], strict=True)]
    tale = story(process(start("n0"), *nodes, final()))

    assert tale.task.failure is not None
    assert (tale.task.failure.reason, len(tale.steps)) == ("LOOP_LIMIT", 501)


def test_a_call_out_breaks_the_circle() -> None:
    tale = ring(api())
    for _ in range(200):
        tale.news(CallReply(status=200, headers={}, body=b"{}"))

    assert tale.task.state in LIVE


def test_much_work_goes_on_after_others_had_their_turn() -> None:
    tale = story(tiring(), {"big": "x" * 600_000})
    (token,) = tale.task.tokens

    assert (token.waiting, token.node_id, token.step, tale.task.state) == (Waiting.TURN, "here", 4, TaskState.RUNNING)
    tale.meet(CallReturned(token.step, TaskDone()), after=5)

    assert tale.path() == [*(f"{name}:moved" for name in ("start", "one", "two", "here", "four")), "end:ended"]
    assert [step.sequence for step in tale.steps] == [1, 2, 3, 4, 5, 6]
    assert (tale.steps[3].started_at, tale.steps[3].ended_at) == (T0, T0 + 5)


def test_turns_do_not_break_the_circle() -> None:
    tale = story(process(start("a"), node("a", set_param({"big": "{{big}}"}), go("a"))), {"big": "x" * 600_000})
    turns = 0
    while tale.task.state in LIVE:
        tale.meet(CallReturned(tale.task.tokens[0].step, TaskDone()))
        turns += 1

    assert tale.task.failure is not None
    assert (tale.task.failure.reason, turns) == ("LOOP_LIMIT", 25)


@pytest.mark.parametrize(
    "logics",
    [
        [go_if("bad", condition("l", "regexp", "zz")) for _ in range(100)],
        [go_if("bad", condition("t", "regexp", "(x{1,30}){1,30}y"))],
        [go_if("bad", condition("l", "eq", "zz")) for _ in range(100)],
        [go_if("bad", condition("n", "more", "1.5", "number")) for _ in range(1000)],
        [set_param({f"{{{{l[{place}].a}}}}": "1" for place in range(100)}) for _ in range(10)],
        [set_param({"a": "$.math(" + "+".join(["{{w}}*1.1"] * 3000) + ")"})],
        [set_param({f"a{n}": "{{l}}" for n in range(1000)}, {f"a{n}": "array" for n in range(1000)})],
    ],
    ids=["searches", "expression", "comparisons", "numbers", "copies", "sum", "arrays"],
)
def test_a_node_that_does_too_much_at_once_fails(logics: list[Json]) -> None:
    data: Json = {"l": [{}] * 200_000, "t": "x" * 900_000, "n": values.number("1." + "1" * 900_000), "w": 10**4000}
    before = time.process_time()
    task = story(around(*logics, go("end")), data).task

    assert task.failure is not None
    assert task.failure.reason == "TASK_TOO_LARGE"
    assert time.process_time() - before < 2


def test_fifty_visits_are_allowed() -> None:
    counted = set_param({"n": "{{n}}1"})
    found = process(
        start("a"),
        node("a", counted, go_if("end", condition("n", "regexp", "^1{50}$")), go("a")),
        final(),
    )

    assert story(found, {"n": ""}).task.node_id == "end"
    found = process(start("a"), node("a", counted, go_if("end", condition("n", "regexp", "^1{51}$")), go("a")), final())
    assert TaskState.FAILED is story(found, {"n": ""}).task.state


@pytest.mark.parametrize("kind", ["call", "callback", "queue", "timer"])
def test_every_wait_starts_the_count_anew(kind: str) -> None:
    logics: dict[str, list[Json]] = {"call": [api()], "callback": [callback()], "queue": [queue()]}
    here = (
        node("here", *logics.get(kind, ()), go("here")) if kind != "timer" else node("here", semaphors=[timer("here")])
    )
    tale = story(process(start("here"), here, final()))
    ways: dict[str, Callable[[], object]] = {"call": tale.reply, "callback": tale.modify, "queue": tale.take}
    for _ in range(120):
        ways.get(kind, tale.fire)()

    assert tale.task.failure is None
    assert tale.task.sequence == 122


def test_a_hole_fails_the_task() -> None:
    """A definition is checked before it runs, so this takes a broken one."""
    found = around(go("end"))
    nodes = {name: entry for name, entry in found.nodes.items() if name != "end"}
    task = story(replace(found, nodes=nodes)).task

    assert task.failure is not None
    assert (task.failure.reason, task.failure.node_id) == ("NODE_NOT_FOUND", "end")
    assert task.node_id == "here"


def event_of(place: Place, step: int) -> Event:
    """Return what leads a task on from a place."""
    plain: dict[Place, Event] = {Place.CALLBACK: Modified({"a": 1}), Place.QUEUE: Taken(step)}
    if place in (Place.CALL, Place.REPLY, Place.TURN):
        return CallReturned(step, NEWS.get(place, REPLY))
    return plain.get(place, TimerFired(step))


@pytest.mark.parametrize("place", WAITING)
def test_a_token_in_a_hole_fails_the_task(place: Place) -> None:
    tale = WAITING[place]
    step = tale.task.tokens[0].step
    hollow = replace(tale.process, nodes={})
    other = Story(hollow, tale.task)
    task = other.meet(event_of(place, step))

    assert task.failure is not None
    assert (task.failure.reason, task.failure.node_id) == ("NODE_NOT_FOUND", "here")
    assert other.steps[0].result == "failed"


@pytest.mark.parametrize("place", [place for place in WAITING if place is not Place.TURN])
def test_a_token_where_nothing_waits_any_more_fails_the_task(place: Place) -> None:
    tale = WAITING[place]
    step = tale.task.tokens[0].step
    task = Story(around(go("end")), tale.task).meet(event_of(place, step))

    assert task.failure is not None
    assert task.failure.reason == "NODE_NOT_FOUND"


def test_a_node_that_leads_nowhere_fails_the_task() -> None:
    found = around(go("end"))
    here = replace(found.nodes["here"], logics=())
    task = story(replace(found, nodes={**found.nodes, "here": here})).task

    assert task.failure is not None
    assert (task.failure.reason, task.failure.description) == ("NODE_NOT_FOUND", "The node leads nowhere.")
