"""The table of kinds, what is refused, what a state diagram may have, and what holds for every kind alike."""

from __future__ import annotations

import pytest

from engine.definitions import (
    Json,
    Story,
    api,
    around,
    callback,
    code,
    condition,
    copy,
    definition,
    faults_of,
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
    read,
    rpc,
    rpc_reply,
    set_param,
    start,
    story,
    stubbed,
    sums,
)
from syncline_server.engine import Decision, FactKey, Started, TaskData, decide
from syncline_server.engine.decision import EnvVar, NodeCount
from syncline_server.engine.kinds.table import IN_STATES, KINDS

GIT = "A Git Call runs code of any language from a repository, which this server never does."
REFUSED = {
    "git_call": GIT,
    "api_git": GIT,
    "api_form": "A form of Sender needs that messenger, which is no more.",
}
LOGICS: dict[str, Json] = {
    "go": go("end"),
    "go_if_const": go_if("bad", condition("a", "eq", "1")),
    "set_param": set_param({"a": "1"}),
    "api": api(),
    "api_callback": callback(),
    "api_code": code(),
    "api_copy": copy(),
    "api_rpc": rpc(),
    "api_rpc_reply": rpc_reply({}),
    "api_queue": queue(),
    "api_get_task": get_task(),
    "api_sum": sums(("s", "1")),
    "db_call": query("SELECT 1"),
}
"""A logic of every kind that runs."""


def test_a_state_diagram_keeps_states() -> None:
    """What is published of them: Delay, Condition, Set State, Code, Copy, Modify, Set Parameter, Queue, start, end."""
    queues = {"api_queue", "api_get_task"}

    assert {"go", "go_if_const", "api_callback", "api_code", "api_copy", "set_param"} | queues == IN_STATES


def test_the_table_has_every_documented_kind_and_no_other() -> None:
    assert set(KINDS) == {*LOGICS, *REFUSED}


@pytest.mark.parametrize("kind", LOGICS)
def test_a_kind_runs(kind: str) -> None:
    assert faults_of(LOGICS[kind], go("end")) == ()


@pytest.mark.parametrize("kind", REFUSED)
def test_a_kind_is_refused_with_one_sentence(kind: str) -> None:
    (fault,) = faults_of({"type": kind, "version": 2, "lang": "js", "repo": "x", "path": "y"}, go("end"))

    assert (fault.field, fault.description) == ("logics[0].type", REFUSED[kind])


@pytest.mark.parametrize("kind", ["delay", "API", "", "api_erlang"])
def test_any_other_kind_is_none(kind: str) -> None:
    (fault,) = faults_of({"type": kind}, go("end"))

    assert (fault.field, fault.description) == ("logics[0].type", f"{kind!r} is no type of logic.")


@pytest.mark.parametrize("kind", LOGICS)
def test_what_a_state_diagram_may_have(kind: str) -> None:
    faults = faults_of(LOGICS[kind], go("end"), conv_type="state")

    words = f"A state diagram has no {kind}: that belongs into a process, which modifies the state."
    assert [fault.description for fault in faults] == ([] if kind in IN_STATES else [words])


def test_a_state_diagram_has_no_stubs() -> None:
    here = stubbed("here", rpc(), [rpc_reply({})])

    assert read(definition(start("here"), here, final(), conv_type="state")).process is None


# Facts.

COUNT = "{{node[end].count}}"
ASKING: dict[str, Json] = {
    "go_if_const": go_if("bad", condition(COUNT, "eq", "1")),
    "set_param": set_param({"v": COUNT}, {"v": "number"}),
    "api": api(extra={"v": COUNT}),
    "api_copy": copy(data={"v": COUNT}),
    "api_copy ref": copy(ref=COUNT),
    "api_copy process": copy(conv_id=COUNT),
    "modify": modify(ref=COUNT),
    "api_rpc": rpc(extra={"v": COUNT}, extra_type={"v": "number"}),
    "api_rpc_reply": rpc_reply({"v": COUNT}, {"v": "number"}),
    "api_rpc_reply exception": rpc_reply({}, throw_exception=True, exception_reason=COUNT),
    "api_queue": queue(data={"v": COUNT}, data_type={"v": "number"}),
    "api_get_task": get_task(node_id=COUNT),
    "api_get_task process": get_task(conv_id=COUNT),
    "api_sum": sums(("s", COUNT)),
    "db_call": query(f"SELECT {COUNT}"),
}


@pytest.mark.parametrize("what", ASKING)
def test_a_fact_is_asked_for_before_anything_is_done_or_found_wrong(what: str) -> None:
    first = set_param({"v": "{{conv[1].ref[x].k}}"})
    tale = Story(around(first, {**ASKING[what], "err_node_id": "bad"}, go("end")), new_task({"a": 1}, caller="1-1"))
    before = repr(tale.task)
    keys: set[FactKey] = {TaskData("1", "x"), NodeCount("", "end")}
    assert tale.needs(Started()) == {TaskData("1", "x")}
    tale.facts[TaskData("1", "x")] = {"k": 1}
    assert tale.needs(Started()) == {NodeCount("", "end")}
    assert before == repr(tale.task)
    tale.facts[NodeCount("", "end")] = 1
    tale.start()

    assert set(tale.facts) == keys
    assert tale.task.data["v"] in ("1", 1)


def test_a_stub_asks_for_facts() -> None:
    conditional = [go_if("", condition(COUNT, "eq", "2", "number")), rpc_reply({"v": "{{env_var[@k]}}"})]
    here = stubbed("here", rpc("bad"), conditional, [rpc_reply({"v": COUNT})])
    found = process(start("here"), here, final(), final("bad"))
    tale = Story(found, new_task())
    assert tale.needs(Started()) == {NodeCount("", "end")}
    for count, expected in ((1, "1"), (2, "text")):
        facts: dict[FactKey, object] = {NodeCount("", "end"): count, EnvVar("k", ""): "text"}
        assert Story(found, new_task(), facts).start().data["v"] == expected
    tale.facts[NodeCount("", "end")] = 2
    assert tale.needs(Started()) == {EnvVar("k", "")}


@pytest.mark.parametrize(
    ("logic", "use"),
    [
        (set_param({"v": "{{env_var[@k]}}"}), "set_param"),
        (copy(data={"v": "{{env_var[@k]}}"}), ""),
        (go_if("bad", condition("{{env_var[@k]}}", "eq", "1")), ""),
        (api(extra={"v": "{{env_var[@k]}}"}), "api_call"),
    ],
)
def test_what_an_environment_variable_is_used_for_is_said(logic: Json, use: str) -> None:
    after = go_if("bad", condition("{{env_var[@after]}}", "eq", "1"))
    tale = Story(around(logic, go("end")), new_task())
    assert tale.needs(Started()) == {EnvVar("k", use)}

    tale = Story(around(set_param({"v": "{{env_var[@k]}}"}), after, go("end")), new_task())
    tale.facts[EnvVar("k", "set_param")] = "text"
    assert tale.needs(Started()) == {EnvVar("after", "")}


# Begun elsewhere.


def test_a_task_may_begin_in_another_node() -> None:
    """So does the special task that tells of a node which has become too full."""
    alarm = node("alarm", go_if("end", condition("start", "eq", "true")), go("bad"))
    full = node("here", queue(), go("end"), semaphors=[{"type": "count", "value": 2, "esc_node_id": "alarm"}])
    found = process(start("here"), full, alarm, final(), final("bad"))
    alert = found.alerts["here"]
    assert (alert.at, alert.to) == (2, "alarm")
    for begins, to in (("true", "end"), ("false", "bad")):
        decided = decide(new_task({"start": begins}), Started(alert.to), found, {}, 0)
        assert isinstance(decided, Decision)
        assert [step.node_id for step in decided.steps] == ["alarm", to]
    assert story(found).task.node_id == "here"
