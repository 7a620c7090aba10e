"""The samples as files; what they do when they run is a journey."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from syncline_cli.dev.samples import ALIASES, Sample, samples
from syncline_server.engine import Limits, read_file, read_process

TOP = "obj_type obj_id parent_id title description status params ref_mask conv_type scheme uuid company_id"
NODE = "id obj_type condition title description x y uuid extra options"
PARAM = "name type descr flags regex regex_error_text"
LOGICS = {
    "go": "to_node_id",
    "go_if_const": "to_node_id conditions",
    "set_param": "extra extra_type err_node_id",
    "api_callback": "is_sync obj_id_path",
    "api": "version is_migrate rfc_format format content_type method url extra extra_type raw_body extra_headers "
    "api_secret_outer cert_pem max_threads send_sys debug_info customize_response response response_type err_node_id",
}
START, NORMAL, FINAL, ESCALATION = 1, 0, 2, 3


@pytest.fixture(params=samples(), ids=ALIASES)
def sample(request: pytest.FixtureRequest) -> Sample:
    found: Sample = request.param
    return found


@pytest.fixture
def process(sample: Sample) -> dict[str, Any]:
    [found] = json.loads(sample.file_json)
    return dict(found)


@pytest.fixture
def nodes(process: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["id"]: node for node in process["scheme"]["nodes"]}


def test_a_sample_is_titled_like_its_alias(sample: Sample, process: dict[str, Any]) -> None:
    assert process["title"] == sample.alias
    assert re.fullmatch(r"[A-Z][^.]*\.", sample.description)


def test_a_file_has_every_documented_field(process: dict[str, Any], nodes: dict[str, dict[str, Any]]) -> None:
    assert " ".join(process) == TOP
    assert all(" ".join(param) == PARAM for param in process["params"])
    assert all(" ".join(node) == NODE for node in nodes.values())
    for node in nodes.values():
        for logic in node["condition"]["logics"]:
            assert " ".join(logic) == f"type {LOGICS[logic['type']]}"


def test_nodes_have_ids_and_positions_of_their_own(process: dict[str, Any], nodes: dict[str, dict[str, Any]]) -> None:
    listed = process["scheme"]["nodes"]

    assert len(nodes) == len(listed) == len({(node["x"], node["y"]) for node in listed})
    assert all(re.fullmatch("[0-9a-f]{24}", node_id) for node_id in nodes)
    assert len({node["title"] for node in listed}) == len(listed)


def test_texts_inside_the_file_are_json(nodes: dict[str, dict[str, Any]]) -> None:
    for node in nodes.values():
        assert set(json.loads(node["extra"])) == {"modeForm", "icon"}
        assert json.loads(node["options"] or "{}") in ({}, {"save_task": True})


def test_a_process_starts_once_and_every_node_is_reached(nodes: dict[str, dict[str, Any]]) -> None:
    [start] = [node_id for node_id, node in nodes.items() if node["obj_type"] == START]
    reached, new = {start}, {start}
    while new:
        new = {target for node_id in new for target in _targets(nodes[node_id])} - reached
        reached |= new

    assert reached == set(nodes)


def test_every_node_but_a_final_one_is_left(nodes: dict[str, dict[str, Any]]) -> None:
    for node in nodes.values():
        condition = node["condition"]
        if node["obj_type"] == FINAL:
            assert condition == {"logics": [], "semaphors": []}
        else:
            assert condition["semaphors"] or condition["logics"][-1]["type"] == "go"


def test_every_error_link_leads_somewhere_else(nodes: dict[str, dict[str, Any]]) -> None:
    for node in nodes.values():
        for logic in node["condition"]["logics"]:
            if "err_node_id" in logic:
                assert nodes[logic["err_node_id"]]["obj_type"] in (FINAL, ESCALATION)


def test_a_sample_runs_here_and_can_be_read_in_one_way_only(sample: Sample) -> None:
    [process] = read_file(sample.file_json)

    read = read_process(process.source_text, process_id=1, version=1, limits=Limits())

    assert (read.faults, read.notes) == ((), ())


def _targets(node: dict[str, Any]) -> set[str]:
    steps = [*node["condition"]["logics"], *node["condition"]["semaphors"]]
    return {step[link] for step in steps for link in ("to_node_id", "err_node_id") if link in step}
