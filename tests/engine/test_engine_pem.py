"""Client certificates: what is taken, how it is split, and that nothing of it is told."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from syncline_server.engine.formats.pem import MAX_CHARACTERS, BadPem, read_pem

FILES = Path(__file__).parent / "certificates"
"""Two certificates of one key, and that key in several forms: for tests only, known to everybody."""


def pem(name: str) -> str:
    return (FILES / name).read_text(encoding="ascii")


def block(label: str, content: bytes) -> str:
    return f"-----BEGIN {label}-----\n{base64.b64encode(content).decode()}\n-----END {label}-----\n"


ONE, TWO, PRIVATE = pem("one.crt"), pem("two.crt"), pem("pkcs8.key")


@pytest.mark.parametrize("key", [PRIVATE, pem("traditional.key")])
def test_a_certificate_and_its_key_are_split(key: str) -> None:
    found = read_pem(ONE + key)

    assert found.chain == ONE
    assert found.key == key


def test_the_chain_keeps_its_order_wherever_the_key_stands() -> None:
    found = read_pem(ONE + PRIVATE + TWO)

    assert found.chain == ONE + TWO
    assert found.key == PRIVATE


def test_what_is_around_the_blocks_and_other_blocks_are_left_out() -> None:
    odd = "Bag Attributes\n  a - b\n" + block("EC PARAMETERS", b"\x06\x01\x01") + PRIVATE + "\nsubject=/CN=one\n" + ONE

    assert read_pem(odd) == read_pem(ONE + PRIVATE)


@pytest.mark.parametrize("ending", ["\r\n", "\n  ", " ", "\n\n"])
def test_lines_may_end_as_they_like(ending: str) -> None:
    assert read_pem((ONE + PRIVATE).replace("\n", ending)) == read_pem(ONE + PRIVATE)


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "the PEM text holds no certificate"),
        ("certificate", "the PEM text holds no certificate"),
        (PRIVATE, "the PEM text holds no certificate"),
        (ONE, "the PEM text holds no private key"),
        (ONE + PRIVATE + PRIVATE, "the PEM text holds more than one private key"),
        (ONE + pem("locked-pkcs8.key"), "the private key is encrypted; paste it without a passphrase"),
        (ONE + pem("locked-traditional.key"), "the private key is encrypted; paste it without a passphrase"),
        (ONE + PRIVATE[:-20], "a block of the PEM text is not complete"),
        (ONE.replace("END CERTIFICATE", "END PUBLIC KEY") + PRIVATE, "a block of the PEM text is not complete"),
        (ONE + PRIVATE.replace("M", "!"), "a block PRIVATE KEY is not base64"),
        (ONE + block("PRIVATE KEY", b"text"), "a block PRIVATE KEY is cut off, or is something else"),
        (ONE + block("PRIVATE KEY", b""), "a block PRIVATE KEY is cut off, or is something else"),
        (block("CERTIFICATE", b"\x30\x82\x01") + PRIVATE, "a block CERTIFICATE is cut off, or is something else"),
        (block("CERTIFICATE", b"\x30\x02\x00") + PRIVATE, "a block CERTIFICATE is cut off, or is something else"),
        ("x" * (MAX_CHARACTERS + 1), f"a certificate with its key has at most {MAX_CHARACTERS} characters"),
    ],
)
def test_what_is_missing_or_broken_is_told(pasted: str, words: str) -> None:
    with pytest.raises(BadPem) as caught:
        read_pem(pasted)

    assert str(caught.value) == words


def test_a_key_is_not_shown() -> None:
    assert "PRIVATE" not in repr(read_pem(ONE + PRIVATE))


def test_many_beginnings_take_no_more_than_a_moment() -> None:
    with pytest.raises(BadPem):
        read_pem(("-----BEGIN CERTIFICATE-----" * MAX_CHARACTERS)[:MAX_CHARACTERS])
