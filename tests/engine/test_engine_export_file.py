"""Files in the export format: what is found in them."""

from __future__ import annotations

import json

import pytest

from engine.definitions import FILES, Json, read
from syncline_server.engine import BadFile, read_file, renumber
from syncline_server.engine.values import JsonFault

SCHEME: Json = {"nodes": [], "web_settings": []}


def test_folders_and_dashboards_are_skipped_wherever_they_stand() -> None:
    found = read_file((FILES / "folder.json").read_text())

    assert [(item.title, item.obj_id) for item in found] == [("one", 12), ("two", 13)]
    assert [item.conv_type for item in found] == ["process", "state"]
    assert [item.status for item in found] == ["active", "paused"]


def test_one_object_is_a_file() -> None:
    (found,) = read_file(json.dumps({"obj_type": 1, "obj_id": 5, "title": "t", "scheme": SCHEME}))

    assert (found.title, found.obj_id, found.conv_type, found.status) == ("t", 5, "process", "")


def test_a_scheme_alone_is_a_file() -> None:
    (found,) = read_file((FILES / "odd.json").read_text())

    assert (found.title, found.obj_id) == ("", None)
    assert read(found.source_text).process is not None


def test_nothing_of_a_process_is_lost() -> None:
    text = '{"obj_type":1,"new":{"b":1.10,"a":[-0,1e5]},"title":"й","scheme":{"nodes":[],"x":null}}'

    assert text == read_file(f" [ {text} ] ")[0].source_text


def test_a_byte_order_mark_does_not_count() -> None:
    assert read_file("\ufeff" + json.dumps({"scheme": SCHEME}))


@pytest.mark.parametrize("value", ["x", True, 1.5, None, "-1", "1" * 30])
def test_an_id_that_is_none_is_left_out(value: object) -> None:
    (found,) = read_file(json.dumps({"obj_id": value, "title": 5, "status": [], "conv_type": 1, "scheme": SCHEME}))

    assert (found.obj_id, found.title, found.status, found.conv_type) == (None, "", "", "process")


def test_a_trailing_comma_is_a_clear_error() -> None:
    with pytest.raises(JsonFault, match="a comma before the closing bracket at line 2, column"):
        read_file('[{"scheme":{"nodes":[\n{},]}}]')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "no process in the file"),
        ('[{"obj_type":0,"title":"a folder"}]', "no process in the file"),
        ("[1]", "item 1 of the file is no object"),
        ("null", "item 1 of the file is no object"),
        ('[{"obj_type":0},{"obj_type":1}]', "item 2 of the file has no scheme"),
        ('{"ops":[]}', "item 1 of the file has no scheme"),
        ('{"scheme":[]}', "item 1 of the file has no scheme"),
    ],
)
def test_what_is_no_export_file(text: str, message: str) -> None:
    with pytest.raises(BadFile) as caught:
        read_file(text)

    assert message == str(caught.value)


def test_processes_of_one_file_name_each_other_by_their_new_numbers() -> None:
    call = {"type": "api_rpc", "conv_id": 13, "extra": {"conv_id": "13", "type": "x", "s": "{{conv[13].ref[a].b}}"}}
    copies = [
        {"type": "api_copy", "conv_id": conv_id}
        for conv_id in ("12", 99, "@13", "{{a}}", "{{conv[ 13 ].ref[a]}}", True)
    ]
    code = {"type": "api_code", "src": "data.x = '{{conv[13]'"}
    stub = {"logics": [[{"type": "api_rpc", "conv_id": 12}]]}
    scheme = {"nodes": [{"condition": {"logics": [call, *copies, code], "stub": stub}, "title": "conv[13] 1.10"}]}
    found = read_file(
        json.dumps([{"obj_id": 12, "scheme": scheme}, {"obj_id": "13", "scheme": SCHEME}, {"scheme": {}}])
    )

    one, two, three = map(json.loads, renumber(found, 1000))

    condition = one["scheme"]["nodes"][0]["condition"]
    assert (one["obj_id"], two["obj_id"], three) == (1000, 1001, {"scheme": {}})
    assert condition["logics"][0] == {
        **call,
        "conv_id": 1001,
        "extra": {"conv_id": "13", "type": "x", "s": "{{conv[1001].ref[a].b}}"},
    }
    assert [copy["conv_id"] for copy in condition["logics"][1:7]] == [
        *("1000", 99, "@13", "{{a}}", "{{conv[ 1001 ].ref[a]}}", True)
    ]
    assert condition["logics"][7] == code
    assert condition["stub"] == {"logics": [[{"type": "api_rpc", "conv_id": 1000}]]}
    assert one["scheme"]["nodes"][0]["title"] == "conv[13] 1.10"


def test_a_number_that_two_processes_of_a_file_have_names_neither() -> None:
    scheme = {"nodes": [{"condition": {"logics": [{"type": "api_rpc", "conv_id": 12}]}}]}
    found = read_file(json.dumps([{"obj_id": 12, "scheme": scheme}, {"obj_id": 12, "scheme": scheme}]))

    assert [item.source_text for item in found] == renumber(found, 7)


def test_a_file_without_such_numbers_stays_as_it_is() -> None:
    text = json.dumps([{"obj_id": 12, "scheme": SCHEME}, {"obj_id": 13, "scheme": {"nodes": ["{{conv[14].ref[a]}}"]}}])
    found = read_file(text)

    assert [item.source_text for item in found] == renumber(found, 7)
