from __future__ import annotations

import json
import shlex

import pytest

from syncline_cli import signing

BODY_A = b'{"ops":[{"type":"create","obj":"task","conv_id":1234,"ref":"r1","data":{"param":1}}]}'
BODY_B = '{"timeout":30,"ops":[{"conv_id":1234,"type":"create","obj":"task","data":{"name":"Привіт"}}]}'.encode()


@pytest.mark.parametrize(
    ("timestamp", "body", "signature"),
    [
        (1700000000, BODY_A, "16054e823ea95e74474f8445851f6424b3ff13b4"),
        (1700000000, BODY_A + b"\n", "1da509523ace1e02184409134023bf0781ced752"),
        (1700000000000, BODY_A, "458bb735e40576013216d3934137c88be0345305"),
        (1700000000, b"", "f3050f066885b07992fdad127cb394b156eb9749"),
        (1700000000, BODY_B, "fca6debce27b63ddfec6d46b783f77c6b6a860fb"),
    ],
)
def test_signatures_are_the_published_ones(timestamp: int, body: bytes, signature: str) -> None:
    assert signing.signature("s3cr3t", timestamp, body) == signature


def test_a_path_names_who_when_and_the_signature() -> None:
    path = signing.signed_path("1001", "s3cr3t", 1700000000, BODY_A)

    assert path == "/api/1/json/1001/1700000000/16054e823ea95e74474f8445851f6424b3ff13b4"


@pytest.mark.parametrize(
    ("process", "named"), [("@echo", {"obj_alias": "echo"}), ("1042", {"conv_id": 1042})], ids=["alias", "number"]
)
def test_a_body_creates_one_task(process: str, named: dict[str, object]) -> None:
    body = json.loads(signing.create_body(process, '{"param":1}', timeout=30, ref="order “17”"))

    operation = {"type": "create", "obj": "task", **named, "ref": "order “17”", "data": {"param": 1}}
    assert body == {"timeout": 30, "ops": [operation]}


def test_a_body_holds_neither_a_timeout_nor_a_ref_that_nobody_gave() -> None:
    assert json.loads(signing.create_body("@echo", "{}")) == {
        "ops": [{"type": "create", "obj": "task", "obj_alias": "echo", "data": {}}]
    }


@pytest.mark.parametrize("number", ["1.10", "1e5", "-0", "0.12345678901234567890", "9" * 5000])
def test_the_digits_of_numbers_stay(number: str) -> None:
    assert f'"data":{{"n": {number}}}'.encode() in signing.create_body("@echo", f'{{"n": {number}}}')


def test_a_curl_command_survives_the_shell() -> None:
    body = b"""{"a":"it's $HOME"}"""

    words = shlex.split(signing.curl("http://127.0.0.1:8080", "1001", "s3cr3t", 1700000000, body))

    assert words[0] == "curl"
    assert words[words.index("-d") + 1] == body.decode()
    assert words[-1] == "http://127.0.0.1:8080" + signing.signed_path("1001", "s3cr3t", 1700000000, body)
