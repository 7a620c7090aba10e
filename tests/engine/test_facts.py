"""References to what is elsewhere: environment variables, counts and sums of nodes."""

from __future__ import annotations

import pytest

from engine.definitions import around, condition, go, go_if, new_task, set_param
from engine.rendering import scope
from syncline_server.engine import FactKey, Needs, Started, TaskData, decide
from syncline_server.engine.decision import EnvVar, NodeCount, NodeSum, Secret
from syncline_server.engine.expressions.references import BadReference
from syncline_server.engine.expressions.scope import MISSING
from syncline_server.engine.expressions.targets import Target
from syncline_server.engine.expressions.template import compile_template

DATA = {
    "n": "url",
    "node_id": "561a272782ba961374d44178",
    "conv_id": 12,
    "i": 1,
    "node": {"x": {"y": 1}},
    "env_var": ["z"],
}
FACTS: dict[FactKey, object] = {
    EnvVar("url", ""): "http://peer.test",
    EnvVar("settings", ""): {"k": ["a", {"b": 2}]},
    EnvVar("gone", ""): None,
    EnvVar("key", ""): Secret("s3cr3t"),
    EnvVar("keys", ""): Secret({"one": "s-1", "two": ["s-2"], "none": ""}),
    NodeCount("", "561a272782ba961374d44178"): 7,
    NodeCount("12", "561a272782ba961374d44178"): 8,
    NodeSum("", "561a272782ba961374d44178", "paid"): 10,
    NodeSum("@shop", "n1", "paid"): 0,
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{env_var[@url]}}", "http://peer.test"),
        ("{{ env_var[ @url ] }}", "http://peer.test"),
        ("{{env_var[@{{n}}]}}", "http://peer.test"),
        ("{{env_var[@settings].k[1].b}}", 2),
        ("{{env_var[@settings].k[{{i}}].b}}", 2),
        ("{{env_var[@settings].k[$.math({{i}}-1)]}}", "a"),
        ("{{env_var[@settings].k[9]}}", MISSING),
        ("{{env_var[@gone]}}", MISSING),
        ("{{env_var[@gone].k}}", MISSING),
        ("{{env_var[@url]}}/{{i}}", "http://peer.test/1"),
        ("{{env_var[0]}}", "z"),
        ("{{env_var}}", ["z"]),
        ("{{node[561a272782ba961374d44178].count}}", 7),
        ("{{node[{{node_id}}].count}}", 7),
        ("{{node[{{node_id}}].paid}}", 10),
        ("{{conv[{{conv_id}}].node[{{node_id}}].count}}", 8),
        ("{{conv[@shop].node[n1].paid}}", 0),
        ("{{conv[no id].node[n1].count}}", MISSING),
        ("{{node[{{missing}}].count}}", MISSING),
        ("{{node[x].y.z}}", MISSING),
        ("{{node.x.y}}", 1),
        ("$.math({{node[{{node_id}}].count}}+1)", 8),
    ],
)
def test_what_is_known_is_found(source: str, expected: object) -> None:
    seen = scope(DATA, FACTS)

    assert expected == compile_template(source).value(seen)
    assert not seen.asked


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("{{env_var[@a-b]}}", EnvVar("a-b", "set_param")),
        ("{{env_var[@a].b.c}}", EnvVar("a", "set_param")),
        ("{{node[{{root.node_id}}].count}}", NodeCount("", "end")),
        ("{{node[end].SumID}}", NodeSum("", "end", "SumID")),
        ("{{conv[5].node[n].count}}", NodeCount("5", "n")),
        ("{{conv[@x].node[{{n}}].{{n}}}}", NodeSum("@x", "url", "url")),
        ("{{conv[5].ref[{{n}}].p}}", TaskData("5", "url")),
        ("$.sha1_hex({{env_var[@a]}})", EnvVar("a", "set_param")),
    ],
)
def test_what_is_not_known_is_asked_for(source: str, asked: FactKey) -> None:
    seen = scope(DATA)
    seen.use = "set_param"
    compile_template(source).text(seen)

    assert {asked} == seen.asked


@pytest.mark.parametrize(
    ("source", "rendered", "hidden"),
    [
        ("Bearer {{env_var[@key]}}", "Bearer s3cr3t", {"s3cr3t"}),
        ("{{env_var[@keys].one}}", "s-1", {"s-1", '{"one":"s-1","two":["s-2"],"none":""}'}),
        ("{{env_var[@keys].two}}", '["s-2"]', {'["s-2"]', "s-2", '{"one":"s-1","two":["s-2"],"none":""}'}),
        ("{{env_var[@keys].none}}", "", {'{"one":"s-1","two":["s-2"],"none":""}'}),
        ("Basic $.base64_encode(u:{{env_var[@key]}})", "Basic dTpzM2NyM3Q=", {"s3cr3t", "dTpzM2NyM3Q="}),
        ("$.base64_encode({{env_var[@url]}})", "aHR0cDovL3BlZXIudGVzdA==", set()),
        ("$.md5_hex({{env_var[@key]}})", "a4d80eac9ab26a4a2da04125bc2c096a", {"s3cr3t"}),
    ],
)
def test_what_a_secret_is_rendered_into_is_known(source: str, rendered: str, hidden: set[str]) -> None:
    seen = scope(DATA, FACTS)

    assert rendered == compile_template(source).text(seen)
    assert hidden == seen.hidden


def test_a_scope_beside_another_shares_its_secrets_and_draws() -> None:
    seen = scope(DATA, FACTS)
    seen.use = "api_call"
    beside = seen.beside({"x": 1})

    compile_template("{{env_var[@key]}}").text(scope(DATA, FACTS))
    assert beside.use == "api_call"
    assert beside.hidden is seen.hidden
    assert compile_template("$.random()").text(beside) != compile_template("$.random()").text(seen)


@pytest.mark.parametrize(
    "source",
    [
        "{{env_var[@k]}}",
        "{{env_var[@k].a[0]}}",
        "{{node[{{n}}].count}}",
        "{{conv[1].node[2].count}}",
        "{{conv[1].ref[2]}}",
    ],
)
def test_a_fact_from_elsewhere_cannot_be_set(source: str) -> None:
    with pytest.raises(BadReference, match="can be read, not set"):
        Target(source)


@pytest.mark.parametrize(
    "source", ["{{node[n].public_callback_corezoid}}", "{{conv[1].node[n].public_callback_mandrill}}"]
)
def test_a_callback_url_of_a_node_is_refused(source: str) -> None:
    with pytest.raises(BadReference, match="callback URLs of nodes cannot be asked for here"):
        compile_template(source)


def test_a_decision_asks_for_its_facts_and_goes_on_with_them() -> None:
    here = around(
        set_param({"url": "{{env_var[@url]}}/x", "n": "$.math({{node[here].count}}+1)"}, {"n": "number"}), go("end")
    )
    task = new_task()
    needs = decide(task, Started(), here, {}, 0)

    assert needs == Needs(frozenset({EnvVar("url", "set_param"), NodeCount("", "here")}))
    facts: dict[FactKey, object] = {EnvVar("url", "set_param"): "http://a", NodeCount("", "here"): 4}
    done = decide(task, Started(), here, facts, 0)
    assert not isinstance(done, Needs)
    assert done.task.data == {"url": "http://a/x", "n": 5}


def test_a_branch_by_a_count() -> None:
    here = around(go_if("bad", condition("{{node[here].count}}", "more", "3", "number")), go("end"))

    assert decide(new_task(), Started(), here, {}, 0) == Needs(frozenset({NodeCount("", "here")}))
    for count, to in ((4, "bad"), (3, "end")):
        done = decide(new_task(), Started(), here, {NodeCount("", "here"): count}, 0)
        assert not isinstance(done, Needs)
        assert done.task.node_id == to
