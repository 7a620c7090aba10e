"""Our document: valid, up to date, complete, and true to what is answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

import openapi
from fakes.needed import module
from fakes.openapi_documents import faults_of, of_shapes, operation, operations, ours
from syncline_gateway.contract import make_transcoder
from syncline_gateway.openapi import api, document
from syncline_gateway.openapi.comments import Comments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMITTED: dict[str, Any] = json.loads(openapi.COMMITTED.read_bytes())
DIALECT_CASES = sorted(openapi.DIALECTS.glob("*/*"))
OPERATION_OF = {folder: name for name, (folder, *_) in openapi.SHOWN.items()}


def test_the_committed_document_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert openapi.main("verify") == 0
    assert capsys.readouterr().out == ""


def test_a_document_that_is_out_of_date_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(openapi, "ROOT", tmp_path)
    monkeypatch.setattr(openapi, "COMMITTED", tmp_path / "openapi.json")

    assert openapi.main("verify") == 1
    assert "openapi.json is out of date" in capsys.readouterr().out
    assert openapi.main("write") == 0
    assert openapi.main("verify") == 0


@pytest.mark.parametrize("made", [COMMITTED, of_shapes()], ids=["ours", "shapes"])
def test_the_document_is_valid(made: dict[str, Any]) -> None:
    validator = module("openapi_spec_validator")

    validator.OpenAPIV31SpecValidator(json.loads(document.render(made))).validate()


def test_the_same_contract_gives_the_same_bytes() -> None:
    assert document.render(api.openapi(api.contract())) == document.render(api.openapi(api.contract()))


def test_operation_ids_are_unique() -> None:
    names = [one["operationId"] for _, _, one in operations(ours())]

    assert len(names) == len(set(names))


def test_every_binding_has_an_operation_that_leads_to_it() -> None:
    transcoder = make_transcoder()
    made = [(path, method) for path, method, _ in operations(ours()) if path.startswith("/v1/")]

    routes = [transcoder.find(method.upper(), filled(path)).route for path, method in made]

    assert sorted(rule.name for rule in transcoder.rules) == sorted(routes)


def filled(path: str) -> str:
    return path.replace("{", "").replace("}", "")


def test_everything_but_callbacks_is_secured() -> None:
    public = [one["operationId"] for path, _, one in operations(ours()) if one.get("security") == [] and "/v1/" in path]

    assert sorted(public) == ["submitCallback", "submitNodeCallback"]
    assert ours()["security"] == [{"basic": []}, {"bearer": []}]
    assert {"token": []} in operation(ours(), "awaitTask")["security"]


def test_everything_is_described() -> None:
    bare = [
        f"{one['operationId']} {parameter['name']}"
        for _, _, one in operations(ours())
        for parameter in one.get("parameters", [])
        if not parameter.get("description")
    ]
    bare += [
        f"{name}.{member}"
        for name, schema in ours()["components"]["schemas"].items()
        for member, shown in schema.get("properties", {}).items()
        if not {"description", "$ref", "const", "items", "anyOf"} & set(shown)
    ]

    assert bare == []


def test_every_operation_under_v1_has_an_example() -> None:
    shown = {case.operation for case in openapi.cases()}
    first = {one["operationId"] for path, _, one in operations(ours()) if path.startswith("/v1/")}

    assert {name for name in first if "ByProcessAndRef" not in name} - shown == set()


def examples() -> Iterator[tuple[str, dict[str, Any], object]]:
    """Yield every example with its place and its schema."""
    for name, media in contents(COMMITTED):
        for example, shown in media.get("examples", {}).items():
            yield f"{name} {example}", media["schema"], shown["value"]
    for _, _, one in operations(COMMITTED):
        for parameter in one.get("parameters", []):
            if "example" in parameter:
                yield f"{one['operationId']} {parameter['name']}", parameter["schema"], parameter["example"]


def contents(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for _, _, one in operations(made):
        for media in one.get("requestBody", {}).get("content", {}).values():
            yield f"{one['operationId']} request", media
        for status, response in one["responses"].items():
            for media in response.get("content", {}).values():
                yield f"{one['operationId']} {status}", media
    for name, response in made["components"]["responses"].items():
        for media in response.get("content", {}).values():
            yield name, media


def test_every_example_fits_its_schema() -> None:

    faults = [f"{name}: {fault}" for name, schema, value in examples() for fault in faults_of(COMMITTED, schema, value)]

    assert len(list(examples())) > 100
    assert faults == []


@pytest.mark.parametrize("case", DIALECT_CASES, ids=[f"{case.parent.name}-{case.name}" for case in DIALECT_CASES])
def test_what_dialects_answer_fits_its_schema(case: Path) -> None:
    response = json.loads((case / "response.json").read_text("utf-8"))
    answers = operation(COMMITTED, OPERATION_OF[case.parent.name])["responses"]
    schema = answers[str(response["status"])]["content"]["application/json"]["schema"]

    body = json.loads(response["text"]) if "text" in response else response["body"]

    assert faults_of(COMMITTED, schema, body) == []
    named = {name.lower() for name in answers[str(response["status"])].get("headers", {})}
    assert set(response["headers"]) - {"content-type"} <= named


def test_comments_name_fields_as_http_does() -> None:
    files = api.contract()

    text = Comments(files, api.json_names(files)).text("syncline.v1.OutcomeKind.OUTCOME_KIND_ANSWERED")

    assert "`data`" in text
    assert "data_json" not in json.dumps(ours())


def test_values_of_a_path() -> None:
    values = openapi.values_in(f"/v1/tasks/{quote('a/b', safe='')}:wait", "/v1/tasks/{taskId}:wait")

    assert values == {"taskId": "a/b"}
