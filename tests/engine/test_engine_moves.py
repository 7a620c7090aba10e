"""What each event does to a task in each place, and what it must not do."""

from __future__ import annotations

from dataclasses import replace

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
    condition,
    final,
    go,
    go_if,
    new_task,
    node,
    process,
    set_param,
    start,
    story,
    timer,
)
from syncline_server.engine import (
    Answered,
    CallReply,
    CallReturned,
    Cancelled,
    Event,
    IllegalMove,
    Modified,
    OutcomeKind,
    Started,
    TaskState,
    TimerFired,
    Token,
    Waiting,
    decide,
)
from syncline_server.engine.moves import MOVES, Place

REPLY = CallReply(status=200, headers={}, body=b"{}")
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
        found += [(place, tale, CallReturned(step, REPLY)), (place, tale, TimerFired(step))]
        found += [(Place.GONE, tale, CallReturned(99, REPLY)), (Place.GONE, tale, TimerFired(99))]
    return [*found, (Place.GONE, ended, CallReturned(2, REPLY)), (Place.GONE, fresh, TimerFired(1))]


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


@pytest.mark.parametrize("kind", ["call", "callback", "timer"])
def test_every_wait_starts_the_count_anew(kind: str) -> None:
    logics: list[Json] = {"call": [api(), go("here")], "callback": [callback(), go("here")], "timer": []}[kind]
    here = node("here", *logics, semaphors=[timer("here")] if kind == "timer" else [])
    tale = story(process(start("here"), here, final()))
    for _ in range(120):
        if kind == "call":
            tale.reply()
        elif kind == "callback":
            tale.modify()
        else:
            tale.fire()

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


@pytest.mark.parametrize("place", WAITING)
def test_a_token_in_a_hole_fails_the_task(place: Place) -> None:
    tale = WAITING[place]
    step = tale.task.tokens[0].step
    hollow = replace(tale.process, nodes={})
    event: Event = Modified({"a": 1}) if place in (Place.CALLBACK, Place.TIMED_CALLBACK) else TimerFired(step)
    event = CallReturned(step, REPLY) if place is Place.CALL else event
    other = Story(hollow, tale.task)
    task = other.meet(event)

    assert task.failure is not None
    assert (task.failure.reason, task.failure.node_id) == ("NODE_NOT_FOUND", "here")
    assert other.steps[0].result == "failed"


@pytest.mark.parametrize("place", WAITING)
def test_a_token_where_nothing_waits_any_more_fails_the_task(place: Place) -> None:
    tale = WAITING[place]
    step = tale.task.tokens[0].step
    event: Event = Modified({}) if place is Place.CALLBACK else TimerFired(step)
    event = CallReturned(step, REPLY) if place is Place.CALL else event
    task = Story(around(go("end")), tale.task).meet(event)

    assert task.failure is not None
    assert task.failure.reason == "NODE_NOT_FOUND"


def test_a_node_that_leads_nowhere_fails_the_task() -> None:
    found = around(go("end"))
    here = replace(found.nodes["here"], logics=())
    task = story(replace(found, nodes={**found.nodes, "here": here})).task

    assert task.failure is not None
    assert (task.failure.reason, task.failure.description) == ("NODE_NOT_FOUND", "The node leads nowhere.")
