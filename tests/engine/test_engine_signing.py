"""Signatures of API Calls: the published test vectors of the protocol, and what goes into the query."""

from __future__ import annotations

import pytest

from syncline_server.engine.formats.signing import signature, system_parameters

SECRET = "s3cr3t"
A = '{"ops":[{"type":"create","obj":"task","conv_id":1234,"ref":"r1","data":{"param":1}}]}'
B = '{"timeout":30,"ops":[{"conv_id":1234,"type":"create","obj":"task","data":{"name":"Привіт"}}]}'
B_ESCAPED = B.replace("Привіт", "\\u041f\\u0440\\u0438\\u0432\\u0456\\u0442")


@pytest.mark.parametrize(
    ("time", "body", "expected"),
    [
        ("1700000000", A, "16054e823ea95e74474f8445851f6424b3ff13b4"),
        ("1700000000", A + "\n", "1da509523ace1e02184409134023bf0781ced752"),
        ("1483534567.123456", A, "945a5f1a4f5c59a052dc42cccaa9e647e14fda80"),
        ("1700000000000", A, "458bb735e40576013216d3934137c88be0345305"),
        ("1700000000", "", "f3050f066885b07992fdad127cb394b156eb9749"),
        ("1700000000", B, "fca6debce27b63ddfec6d46b783f77c6b6a860fb"),
        ("1700000000", B_ESCAPED, "4dd97e321bb5928539de250ec58328101dfd6bc5"),
    ],
)
def test_a_signature_is_that_of_the_documented_formula(time: str, body: str, expected: str) -> None:
    assert signature(time, SECRET, body.encode()) == expected


def test_a_signed_call_carries_three_parameters() -> None:
    assert system_parameters(process_id=77, seconds=1700000000, secret=SECRET, body=A) == [
        ("conv_signature", "16054e823ea95e74474f8445851f6424b3ff13b4"),
        ("conv_time", "1700000000"),
        ("conv_id", "77"),
    ]


def test_no_body_is_signed_as_an_empty_one() -> None:
    nothing = system_parameters(process_id=77, seconds=1700000000, secret=SECRET, body=None)

    assert nothing[0] == ("conv_signature", "f3050f066885b07992fdad127cb394b156eb9749")


def test_without_a_secret_there_is_no_signature() -> None:
    assert system_parameters(process_id=77, seconds=5, secret="", body=A) == [("conv_time", "5"), ("conv_id", "77")]


def test_a_secret_beyond_ascii_counts_as_utf_8() -> None:
    assert signature("1", "ї", b"") == signature("1ї".removesuffix("ї"), "ї", b"")
    assert signature("1", "ї", b"x") != signature("1", "i", b"x")
