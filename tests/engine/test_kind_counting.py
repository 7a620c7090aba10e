"""Sums of nodes, and what nodes have counted: the facts that templates ask for."""

from __future__ import annotations

import pytest

from engine.definitions import (
    Json,
    Story,
    around,
    condition,
    faults_of,
    final,
    go,
    go_if,
    new_task,
    node,
    process,
    set_param,
    start,
    story,
    sums,
)
from syncline_server.engine import FactKey, Started, values
from syncline_server.engine.decision import Count, NodeCount, NodeSum

ENDED = Count("end", "", 1)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("5", 5),
        (5, 5),
        ("{{a}}", values.Number("1.10")),
        ("{{s}}", 7),
        ("-{{s}}.5", -7.5),
        ("$.math({{s}}*2)", 14),
        ("1e300", values.Number("1e300")),
    ],
)
def test_a_summand_is_counted(value: object, amount: object) -> None:
    tale = story(around(sums(("s1", value)), go("end")), {"a": values.Number("1.10"), "s": "7"})

    assert [Count("here", "s1", amount), Count("here", "the s1", amount), ENDED] == tale.counts
    assert tale.path() == ["start:moved", "here:moved", "end:ended"]
    assert tale.steps[1].output == ""


@pytest.mark.parametrize(
    ("named", "counted"),
    [
        ([{"id": "1", "name": "x"}], [("1", 0), ("x", 0)]),
        ([{"name": "y"}], [("y", 0)]),
        ([{"id": "1"}], [("1", 0)]),
        ([{"id": "1", "name": "1"}], [("1", 0)]),
        ([{"name": "y"}, {"name": "y"}], [("y", 0), ("y", 1)]),
        ([{"id": "1", "name": "x"}, {"id": "2", "name": "x"}], [("1", 0), ("x", 0), ("2", 1)]),
        ([{"id": "1", "name": "2"}, {"id": "2", "name": "y"}], [("1", 0), ("2", 1), ("y", 1)]),
    ],
)
def test_a_sum_goes_by_its_id_and_by_a_name_that_is_its_alone(
    named: list[Json], counted: list[tuple[str, int]]
) -> None:
    logic: Json = {"type": "api_sum", "extra": [{**item, "value": str(i)} for i, item in enumerate(named)]}
    expected = [Count("here", name, amount) for name, amount in counted]

    assert [*expected, ENDED] == story(around(logic, go("end"))).counts


@pytest.mark.parametrize("value", ["{{missing}}", "no", "", "1e301", "-1e999999999", "true", "[1]"])
def test_all_is_summed_up_or_nothing(value: str) -> None:
    tale = story(around(sums(("s1", "1"), ("s2", value), error="bad"), go("end")))

    assert [Count("bad", "", 1)] == tale.counts
    assert tale.task.data["__conveyor_api_sum_return_type_tag__"] == "api_sum_wrong_convert_param"


@pytest.mark.parametrize(
    ("extra", "field", "description"),
    [
        ([], "extra", "Nothing is summed up here."),
        (None, "extra", "Nothing is summed up here."),
        ({"a": "1"}, "extra", "This has to be a list."),
        ([{"value": "1"}], "extra[0].id", "A sum has an id, by which it is read."),
        ([{"id": "1", "value": "{{a..b}}"}], "extra[0].value", "has an empty name."),
    ],
)
def test_what_is_refused(extra: object, field: str, description: str) -> None:
    faults = faults_of({"type": "api_sum", "extra": extra}, go("end"))

    assert any(fault.field == f"logics[0].{field}" and description in fault.description for fault in faults), faults


def test_a_task_that_fails_counts_nowhere_as_ended() -> None:
    assert story(around(set_param({"a": "{{b}}"}, {"a": "number"}), go("end"))).counts == []


# Reading.


def reading(reference: str) -> Story:
    return Story(around(set_param({"n": reference}, {"n": "number"}, "bad"), go("end")), new_task({"id": "here"}))


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("{{node[here].count}}", NodeCount("", "here")),
        ("{{node[{{id}}].count}}", NodeCount("", "here")),
        ("{{conv[12].node[n1].count}}", NodeCount("12", "n1")),
        ("{{conv[@a].node[n1].count}}", NodeCount("@a", "n1")),
        ("{{node[here].sum1}}", NodeSum("", "here", "sum1")),
        ("{{conv[12].node[n1].sum1}}", NodeSum("12", "n1", "sum1")),
    ],
)
def test_what_a_node_has_counted_is_asked_for_before_anything_changes(reference: str, key: FactKey) -> None:
    tale = reading(reference)
    assert {key} == tale.needs(Started())
    tale.facts[key] = 5
    tale.start()

    assert tale.task.data["n"] == 5


def test_a_count_may_decide() -> None:
    found = around(go_if("bad", condition("{{node[bad].count}}", "less", "2", "number")), go("end"))
    for count, to in ((1, "bad"), (2, "end")):
        tale = Story(found, new_task(), {NodeCount("", "bad"): count})
        assert tale.start().node_id == to


def test_what_the_task_itself_has_just_summed_up_is_in_the_sum() -> None:
    read = node("read", set_param({"n": "{{node[add].s}}", "m": "{{conv[7].node[add].s}}"}), go("end"))
    found = process(start("add"), node("add", sums(("s", "0.1"), ("t", "50")), go("again")), read, final(), again())
    facts: dict[FactKey, object] = {NodeSum("", "add", "s"): 1, NodeSum("7", "add", "s"): 1}
    tale = Story(found, new_task(), facts)
    tale.start()

    assert tale.task.data == {"n": "1.2", "m": "1.2"}


def again() -> Json:
    """Add a second time."""
    return node("again", go_if("read", condition("{{node[add].s}}", "more", "1.1", "number")), go("add"))


def test_a_sum_that_is_not_known_yet_is_asked_for_although_the_task_has_added_to_it() -> None:
    read = node("read", set_param({"n": "{{node[add].s}}"}), go("end"))
    found = process(start("add"), node("add", sums(("s", "1")), go("read")), read, final())

    assert Story(found, new_task()).needs(Started()) == {NodeSum("", "add", "s")}
