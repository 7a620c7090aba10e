"""Reading definitions: what runs, and everything that is said about what does not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions import (
    FILES,
    FINAL,
    Json,
    api,
    callback,
    condition,
    definition,
    faults_of,
    final,
    go,
    go_if,
    node,
    process,
    read,
    set_param,
    shipped,
    start,
    timer,
)
from syncline_server.engine import Fault, Limits, ReadProcess
from syncline_server.engine.values import JsonFault


def said(faults: tuple[Fault, ...]) -> list[tuple[str, str]]:
    return [(fault.field, fault.description) for fault in faults]


def test_a_definition_becomes_nodes() -> None:
    found = shipped("echo")

    assert (found.conv_type, found.process_id, found.version) == ("process", 7, 1)
    assert [entry.is_final for entry in found.nodes.values()] == [False, False, True, True]
    assert found.nodes[found.start_node_id].title == "Start"


def test_everything_odd_in_old_exports_runs() -> None:
    """No conv_type, ids of any form, `semaphores`, noise keys, an api without most of its keys, the old conditions."""
    found = read((FILES / "odd.json").read_text())

    assert found.faults == ()
    assert found.process is not None
    assert found.process.nodes["n2"].time_limit.milliseconds == 600_000  # type: ignore[union-attr]
    assert found.process.start_node_id == "n1"


def test_what_is_no_object_is_no_definition() -> None:
    with pytest.raises(JsonFault):
        read("[]")


def test_every_fault_is_found_at_once_and_named() -> None:
    found = read(
        definition(
            start("gone"),
            node("a", {"type": "git_call", "lang": "js"}, go("end")),
            node("b", go_if("end", condition("x", "like", "1")), go("end"), semaphors=[{"type": "count", "value": 5}]),
            final(),
        )
    )

    assert found.process is None
    assert [
        Fault("start", "the start", "logics[0].to_node_id", "The node 'gone' does not exist."),
        Fault(
            "a",
            "the a",
            "logics[0].type",
            "A Git Call runs code of any language from a repository, which this server never does.",
        ),
        Fault(
            "b",
            "the b",
            "logics[0].conditions[0]",
            "The function 'like' is none of eq, not_eq, more, less, more_or_eq, less_or_eq, regexp.",
        ),
        Fault("b", "the b", "semaphors[0].esc_node_id", "No node is named here."),
    ] == list(found.faults)


@pytest.mark.parametrize(
    ("logic", "field", "part"),
    [
        ({"type": "delay"}, "logics[0].type", "'delay' is no type of logic."),
        ({}, "logics[0].type", "'' is no type of logic."),
        (go(""), "logics[0].to_node_id", "No node is named here."),
        ({"type": "go", "to_node_id": None}, "logics[0].to_node_id", "No node is named here."),
        (go_if("end"), "logics[0].conditions", "A condition names at least one parameter to compare."),
        (go_if("end", condition("", "eq", "1")), "logics[0].conditions[0]", "'' is not a reference."),
        (go_if("end", condition("a", "eq", "1", "date")), "logics[0].conditions[0]", "The cast 'date' is none of"),
        (go_if("end", condition("a", "more", "1", "array")), "logics[0].conditions[0]", "'more' cannot order values"),
        (go_if("end", condition("a", "regexp", "(?=x)")), "logics[0].conditions[0]", "no regular expression of RE2."),
        (go_if("end", condition("a", "regexp", "a" * 10_001)), "logics[0].conditions[0]", "no regular expression"),
        (go_if("end", condition("{{a", "eq", "")), "logics[0].conditions[0]", "lacks its closing braces."),
        (go_if("end", condition("a}}", "eq", "")), "logics[0].conditions[0]", "is not a parameter's name or path."),
        (go_if("end", condition("a..b", "eq", "")), "logics[0].conditions[0]", "has an empty name."),
        (set_param({"a": "{{b..c}}"}), "logics[0].extra.a", "The value cannot be read: a reference in"),
        (set_param({"a": "1"}, {"a": "integer"}), "logics[0].extra_type.a", "The type of a parameter is one of"),
        (set_param({"a": "x"}, {"a": "number"}), "logics[0].extra.a", "The value is no number."),
        (set_param({"a": "{,}"}, {"a": "object"}), "logics[0].extra.a", "The value is no object."),
        (set_param({"{{a[101]}}": "x"}), "logics[0].extra.{{a[101]}}", "the highest position that can be set is 100."),
        (set_param({"{{a[i]}}": "x"}), "logics[0].extra.{{a[i]}}", "a position in an array is a number."),
        (set_param({"{{root.ref}}": "x"}), "logics[0].extra.{{root.ref}}", "{{root.ref}} can be read, not set."),
        (set_param({"{{conv[1].ref[2].a}}": "x"}), "logics[0].extra.{{conv[1].ref[2].a}}", "can be read, not set."),
        (set_param({"a": "1"}, error="gone"), "logics[0].err_node_id", "The node 'gone' does not exist."),
        ({"type": "set_param", "extra": 5}, "logics[0].extra", "This has to be an object."),
        ({"type": "set_param", "extra": "{"}, "logics[0].extra", "This has to be an object."),
        (api("{{a..b}}"), "logics[0].url", "has an empty name."),
        (api(method="TRACE"), "logics[0].method", "The method is one of GET, POST"),
        (api(method=["GET"]), "logics[0].method", "This has to be a text."),
        (api(format="json"), "logics[0].format", "'json' is no format of a request."),
        (api(content_type="text/plain"), "logics[0].content_type", "anything else is a raw body."),
        (api(cert_pem="-----BEGIN"), "logics[0].cert_pem", "The PEM text holds no certificate."),
        (api(max_threads=0), "logics[0].max_threads", "This has to be a whole number from 1 on."),
        (api(max_threads="many"), "logics[0].max_threads", "This has to be a whole number from 1 on."),
        (api(debug_info="yes"), "logics[0].debug_info", "This has to be true or false."),
        (api(error="gone"), "logics[0].err_node_id", "The node 'gone' does not exist."),
        (api(extra_headers={"a b": "c"}), "logics[0].extra_headers.a b", "HTTP cannot carry this header."),
        (api(extra_headers={"a": "c\nd"}), "logics[0].extra_headers.a", "HTTP cannot carry this header."),
        (api(extra_headers={"a": "{{}}"}), "logics[0].extra_headers.a", ""),
        (api(format="raw", raw_body="{{ }}"), "logics[0].raw_body", "has an empty name."),
        (
            api(customize_response=True, response={"a": "{{b..c}}"}),
            "logics[0].response.a",
            "has an empty name.",
        ),
        (
            api(customize_response=True, response={"a": "x"}, response_type={"a": "file"}),
            "logics[0].response_type.a",
            "The type of a parameter is one of",
        ),
    ],
)
def test_a_fault_names_its_field(logic: Json, field: str, part: str) -> None:
    ((found_field, description),) = said(faults_of(logic, go("end")))

    assert field == found_field
    assert part in description
    assert description.endswith(".")


@pytest.mark.parametrize("link", [None, "", "absent"])
def test_an_absent_error_link_is_never_a_fault(link: str | None) -> None:
    logic = api(error=link)
    if link == "absent":
        del logic["err_node_id"]

    assert faults_of(logic, go("end")) == ()
    assert faults_of(set_param({}, error="" if link == "absent" else link), go("end")) == ()


def test_an_empty_array_stands_for_an_empty_object() -> None:
    assert faults_of(api(extra=[], extra_type=[], extra_headers=[], response=[]), go("end")) == ()


def test_an_object_may_be_written_as_json_text() -> None:
    assert faults_of(api(extra='{"a":"{{b}}"}', extra_type='{"a":"string"}'), go("end")) == ()


NO_GO = "Each node in the condition.logics array must always have a logic with type go at the end."


@pytest.mark.parametrize(
    ("logics", "semaphors", "conv_type", "expected"),
    [
        ([], [], "process", "The node has neither logics nor a time semaphor: a task would stay in it for ever."),
        ([], [timer("end")], "process", None),
        ([go_if("end", condition("a", "eq", "1"))], [], "process", NO_GO),
        ([go_if("end", condition("a", "eq", "1"))], [timer("end")], "process", None),
        ([api()], [timer("end")], "process", NO_GO),
        ([set_param({"a": "1"})], [timer("end")], "process", NO_GO),
        ([callback()], [], "process", NO_GO),
        ([callback()], [timer("end")], "process", NO_GO),
        ([callback()], [], "state", None),
        ([callback(), go_if("end", condition("a", "eq", "1"))], [], "state", None),
        ([api(), api(), go("end")], [], "process", "Only one logic of a node can wait for the world: 2 do."),
        ([callback(), api(), go("end")], [], "process", "Only one logic of a node can wait for the world: 2 do."),
        ([set_param({"a": "1"}), set_param({"b": "1"}), go("end")], [], "process", None),
    ],
)
def test_a_task_has_to_get_out_of_a_node(
    logics: list[Json], semaphors: list[Json], conv_type: str, expected: str | None
) -> None:
    found = said(faults_of(*logics, semaphors=semaphors, conv_type=conv_type))

    assert ([] if expected is None else [("logics", expected)]) == found


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([], ("scheme.nodes", "The process has no nodes.")),
        ([final()], ("scheme.nodes", "The process has no start node.")),
        ([start("end"), start("end"), final()], ("id", "Another node has the same id.")),
        (
            [start("end"), {**start("end"), "id": "other"}, final()],
            ("obj_type", "The process has more than one start node."),
        ),
        ([start("end"), node("end", go("start"), kind=FINAL)], ("logics", "A final node has no logics.")),
        ([start("end"), node("end", kind=FINAL, semaphors=[timer("start")])], ("semaphors", "A final node has no")),
        ([start("end"), final(), {**final("x"), "obj_type": 9}], ("obj_type", "The kind of a node is 0 (normal)")),
        ([start("end"), final(), {**final("x"), "obj_type": None}], ("obj_type", "The kind of a node is")),
        ([start("end"), final(), {**node("x"), "condition": None}], ("condition", "This has to be an object.")),
        ([start("end"), final(), {**final("x"), "condition": 5}], ("condition", "This has to be an object.")),
        ([start("end"), final(), {**final("x"), "id": ""}], ("id", "Node 3 of the scheme has no id.")),
        ([start("end"), final(), {**node("x"), "condition": {"logics": 5}}], ("logics", "This has to be a list.")),
        (
            [start("end"), final(), {**node("x"), "condition": {"logics": [5, go("end")]}}],
            ("logics[0]", "This has to be an object."),
        ),
    ],
)
def test_faults_of_a_process_as_a_whole(nodes: list[Json], expected: tuple[str, str]) -> None:
    found = read(definition(*nodes))

    assert any(expected[0] == field and expected[1] in description for field, description in said(found.faults))
    assert found.process is None


def test_a_scheme_without_a_list_of_nodes_is_a_fault() -> None:
    for text in ('{"scheme":{}}', '{"scheme":5}', "{}", '{"scheme":{"nodes":[1]}}'):
        assert ("scheme.nodes", "This has to be a list of objects.") in said(read(text).faults)


def test_an_unknown_kind_of_process_is_a_fault() -> None:
    found = read(definition(start("end"), final(), conv_type="diagram"))

    assert said(found.faults) == [("conv_type", "The kind of a process is one of process, state.")]


def test_ids_may_be_numbers() -> None:
    text = definition(
        {"id": 1, "obj_type": "1", "condition": {"logics": [{"type": "go", "to_node_id": 2}]}},
        {"id": 2, "obj_type": 2},
    )

    assert read(text).process is not None


@pytest.mark.parametrize(
    ("value", "dimension", "milliseconds", "noted"),
    [
        (30, "sec", 30_000, False),
        ("45", "sec", 45_000, False),
        (30.5, "sec", 30_500, False),
        (1800, "min", 1_800_000, True),
        (600, "min", 600_000, True),
        (10, "min", 600_000, False),
        (90, "min", 5_400_000, True),
        (48, "hour", 172_800_000, True),
        (1, "day", 86_400_000, False),
        (86_400, "day", 86_400_000, False),
        (60, None, 60_000, False),
        (60, "", 60_000, False),
    ],
)
def test_fixed_times(value: object, dimension: object, milliseconds: int, noted: bool) -> None:
    found = read(definition(start("here"), node("here", semaphors=[timer("end", value, dimension)]), final()))  # type: ignore[arg-type]

    assert found.process is not None, found.faults
    assert milliseconds == found.process.nodes["here"].time_limit.milliseconds  # type: ignore[union-attr]
    assert noted == bool(found.notes)


def test_a_time_that_could_be_read_both_ways_is_noted() -> None:
    notes = read((FILES / "odd.json").read_text()).notes

    description = "600 min is taken as 600 seconds; it could mean 36000 seconds."
    assert notes == (Fault("n2", "", "semaphors[0].value", description),)


@pytest.mark.parametrize(
    ("semaphor", "field", "description"),
    [
        (timer("end", 15), "value", "Timer value 15 sec is less than minimum limit 30 sec."),
        (timer("end", -60), "value", "Timer value -60 sec is less than minimum limit 30 sec."),
        (timer("end", 10**12), "value", "Timer value 1e+12 sec is more than maximum limit 3162240000 sec."),
        (timer("end", "soon"), "value", "The time is a number or a reference to an epoch second."),
        (timer("end", None), "value", "The time is a number or a reference to an epoch second."),
        (timer("end", True), "value", "The time is a number or a reference to an epoch second."),
        (timer("end", "{{a..b}}"), "value", "The time cannot be read: a reference in '{{a..b}}' has an empty name."),
        (timer("end", 60, "week"), "dimension", "The unit of time is one of sec, min, hour, day."),
        (timer("gone"), "to_node_id", "The node 'gone' does not exist."),
        ({"type": "rate"}, "type", "'rate' is no type of semaphor."),
    ],
)
def test_times_that_cannot_run(semaphor: Json, field: str, description: str) -> None:
    found = read(definition(start("here"), node("here", semaphors=[semaphor]), final()))

    assert (f"semaphors[0].{field}", description) in said(found.faults)


def test_the_shortest_time_is_a_setting() -> None:
    fast = Limits(min_timer_seconds=0)

    assert process(start("here"), node("here", semaphors=[timer("end", 1)]), final(), limits=fast)
    assert read(definition(start("here"), node("here", semaphors=[timer("end", -1)]), final()), fast).faults


def test_a_node_has_one_time_semaphor() -> None:
    faults = faults_of(go("end"), semaphors=[timer("end"), timer("end")])

    assert said(faults) == [("semaphors[1]", "A node has at most one time semaphor.")]


def test_system_parameters_without_a_key_are_noted() -> None:
    found = read(definition(start("here"), node("here", api(send_sys=True), go("end")), final()))

    assert [note.field for note in found.notes] == ["logics[0].send_sys"]
    assert found.process is not None


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=5), st.sampled_from(["{{a}}", "{{", "end"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                [
                    *("type", "to_node_id", "conditions", "param", "fun", "const", "cast", "extra", "extra_type"),
                    *("url", "method", "format", "raw_body", "response", "response_type", "customize_response"),
                    *("extra_headers", "value", "dimension", "max_threads"),
                ]
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=12,
)
TYPES = st.sampled_from(["go", "go_if_const", "set_param", "api", "api_callback", "api_code", "time", "count"])


@given(JSON, TYPES, JSON, TYPES, JSON)
def test_whatever_a_definition_holds_reading_only_notes_faults(
    logic: object, kind: str, semaphor: object, other_kind: str, whole: object
) -> None:
    here: Json = node("here")
    logic = {**logic, "type": kind} if isinstance(logic, dict) else logic
    semaphor = {**semaphor, "type": other_kind} if isinstance(semaphor, dict) else semaphor
    here["condition"] = {"logics": [logic, go("end")], "semaphors": [semaphor]}
    text = json.dumps({"params": whole, "conv_type": "state", "scheme": {"nodes": [start("here"), here, final()]}})

    assert isinstance(read(text), ReadProcess)
    assert isinstance(read(json.dumps({"scheme": {"nodes": [whole]}})), ReadProcess)
