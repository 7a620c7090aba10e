"""What `require` gives."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from sandbox.scripting import left, thrown
from syncline_server.sandbox.script import FILES, LIBRARIES

if TYPE_CHECKING:
    from sandbox.scripting import Run

VENDORED = resources.files("syncline_server.sandbox").joinpath("libraries")
TEXT, KEY = "Grüße 🙂", "s3cr3t"
OPENSSL = "U2FsdGVkX18t4nTJb4nigfMvcOGwDEDlE7HtcuGNcu8="
"""`Grüß`, as `openssl enc -aes-256-cbc -md md5 -base64 -k s3cr3t` encrypts it."""


def hexadecimal(name: str) -> str:
    return hashlib.new(name, TEXT.encode()).hexdigest()


def keyed(name: str) -> str:
    return hmac.digest(KEY.encode(), TEXT.encode(), name).hex()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", [*LIBRARIES, *(name.removesuffix(".js") for name in LIBRARIES)])
async def test_a_library_is_returned_and_set(run: Run, name: str) -> None:
    variable = LIBRARIES.get(name) or LIBRARIES[f"{name}.js"]
    source = f"const it = require('{name}'); data.same = it === {variable} && it === globalThis['{variable}']"

    assert left(await run(source)) == {"same": True}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("name", "expression", "value"),
    [
        ("sha1", "CryptoJS.SHA1(data.text).toString()", hexadecimal("sha1")),
        ("sha256", "CryptoJS.SHA256(data.text).toString(CryptoJS.enc.Hex)", hexadecimal("sha256")),
        ("sha512", "CryptoJS.SHA512(data.text).toString()", hexadecimal("sha512")),
        ("md5", "String(CryptoJS.MD5(data.text))", hexadecimal("md5")),
        ("hmac-sha1", "CryptoJS.HmacSHA1(data.text, data.key).toString()", keyed("sha1")),
        ("hmac-sha256", "CryptoJS.HmacSHA256(data.text, data.key).toString()", keyed("sha256")),
        (
            "enc-base64",
            "CryptoJS.enc.Base64.stringify(CryptoJS.enc.Utf8.parse(data.text))",
            base64.b64encode(TEXT.encode()).decode(),
        ),
        ("enc-base64", "CryptoJS.enc.Base64.parse('R3LDvMOf').toString(CryptoJS.enc.Utf8)", "Grüß"),
        ("base64", "CryptoJS.enc.Base64.parse('R3LDvMOf').toString(CryptoJS.enc.Utf8)", "Grüß"),
        ("hmac-md5", "CryptoJS.HmacMD5(data.text, data.key).toString()", keyed("md5")),
        ("aes", "CryptoJS.AES.decrypt(data.openssl, data.key).toString(CryptoJS.enc.Utf8)", "Grüß"),
        ("lodash", "_.VERSION", "4.17.21"),
        ("lodash", "_.chain([3, 1, 2]).sortBy().map(n => n * 2).value()", [2, 4, 6]),
        ("lodash", "_.template('hello <%= user %>')({user: 'you'})", "hello you"),
        ("moment", "moment.utc('2024-01-31').add(1, 'month').format('YYYY-MM-DD')", "2024-02-29"),
        ("moment", "moment('05.01.2024 10:00', 'DD.MM.YYYY HH:mm').toISOString()", "2024-01-05T10:00:00.000Z"),
        ("moment", "moment().utcOffset()", 0),
        (
            "moment-timezone",
            "moment.tz('2024-07-01T12:00:00Z', 'Europe/Kyiv').format()",
            "2024-07-01T15:00:00+03:00",
        ),
        ("moment-timezone", "moment.tz('1900-01-01', 'America/New_York').utcOffset()", -300),
        ("moment-timezone", "moment.tz.names().includes('Europe/Kyiv')", True),
    ],
)
async def test_a_library_does_what_it_is_taken_for(run: Run, name: str, expression: str, value: object) -> None:
    given = json.dumps({"text": TEXT, "key": KEY, "openssl": OPENSSL})
    source = f"data = Object.assign(data, {given}); require('libs/{name}.js'); "

    assert left(await run(f"{source} data.value = {expression}"))["value"] == value


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("name", "cipher"),
    [("aes", "AES"), ("tripledes", "DES"), ("tripledes", "TripleDES"), ("rabbit", "Rabbit"), ("rc4", "RC4")],
)
async def test_a_cipher_salts_what_it_encrypts_and_decrypts_it(run: Run, name: str, cipher: str) -> None:
    encrypt = f"CryptoJS.{cipher}.encrypt('{TEXT}', '{KEY}').toString()"
    source = (
        f"require('libs/{name}.js'); data.one = {encrypt}; data.two = {encrypt};"
        f"data.text = CryptoJS.{cipher}.decrypt(data.one, '{KEY}').toString(CryptoJS.enc.Utf8)"
    )

    made = left(await run(source))

    assert made["text"] == TEXT
    assert made["one"] != made["two"]
    assert made["one"] != left(await run(source))["one"]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", ["fs", "libs/fs.js", "lodash", "./libs/lodash.js", "../prelude.js", "toString", ""])
async def test_an_unknown_library_is_an_error_that_names_the_known(run: Run, name: str) -> None:
    told = thrown(await run(f"\nrequire('{name}')"))

    assert told == f'Error: there is no library "{name}"; there are {", ".join(LIBRARIES)} (line 2)'


@pytest.mark.asyncio(loop_scope="module")
async def test_a_library_is_out_of_sight_until_it_is_required(run: Run) -> None:
    source = "data.seen = ['_', 'moment', 'CryptoJS', 'crypto'].filter(name => name in globalThis)"

    assert left(await run(source)) == {"seen": []}
    assert left(await run(f"require('libs/lodash'); {source}")) == {"seen": ["_"]}


@pytest.mark.asyncio(loop_scope="module")
async def test_what_a_script_does_to_a_library_is_not_seen_by_the_next(run: Run) -> None:
    await run("require('libs/lodash'); _.map = null; Array.prototype.map = null; moment = 1")

    assert left(await run("require('libs/lodash'); data.x = _.map([1], n => n + 1).map(n => n)")) == {"x": [2]}


@pytest.mark.asyncio(loop_scope="module")
async def test_an_error_in_a_callback_has_the_line_of_the_script(run: Run) -> None:
    source = "require('libs/lodash');\n_.map([1], function () {\n  throw new TypeError('mine');\n});"

    assert thrown(await run(source)) == "TypeError: mine (line 3)"


@pytest.mark.asyncio(loop_scope="module")
async def test_an_error_in_a_library_has_the_line_that_called_it(run: Run) -> None:
    told = thrown(await run("require('libs/lodash');\n\n_.map([1], null.x)\n_.chunk()"))
    inside = thrown(await run("const utf8 = require('libs/sha1').enc.Utf8;\nutf8.stringify(null)"))

    assert told.endswith(" (line 3)")
    assert inside.endswith(" (line 2)")


def test_the_vendored_packages_are_unchanged_and_come_with_their_licences() -> None:
    rows = re.findall(
        r"\| `([^`]+)` \| `([^`]+)` \| ([0-9.]+) \| MIT \| `([0-9a-f]{64})` \|",
        VENDORED.joinpath("README.md").read_text("utf-8"),
    )

    assert {row[0] for row in rows} == set(FILES)
    assert {name: checksum for name, _, _, checksum in rows} == {
        name: hashlib.sha256(VENDORED.joinpath(name).read_bytes()).hexdigest() for name in FILES
    }
    for _, package, _, _ in rows:
        licence = VENDORED.joinpath(f"{package}.LICENSE.txt").read_text("utf-8")
        assert "Permission is hereby granted, free of charge" in licence
