"""What a script finds in `data`, and what becomes of what it leaves there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.scripting import MAX_OUTPUT_BYTES, left, thrown
from syncline_server.engine.effects import ScriptFailure, ScriptFault, ScriptReply

if TYPE_CHECKING:
    from sandbox.scripting import Run

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("source", "before", "after"),
    [
        ("", '{"a":1}', '{"a":1}'),
        ("data.b = data.a + 1;", '{"a":1}', '{"a":1,"b":2}'),
        ("delete data.a", '{"a":1,"b":2}', '{"b":2}'),
        ("data.list.push({c: null})", '{"list":[1]}', '{"list":[1,{"c":null}]}'),
        ("data = {only: 'this'}", '{"a":1}', '{"only":"this"}'),
        ("var data; data.x = 1", '{"a":1}', '{"a":1,"x":1}'),
        ("var data = {x: 1}", '{"a":1}', '{"x":1}'),
        ("let data = {x: 1}", '{"a":1}', '{"x":1}'),
        ("undeclared = 5; data.x = undeclared", "{}", '{"x":5}'),
        ("globalThis.data.x = this === globalThis", "{}", '{"x":true}'),
        ("data.gone = undefined; data.f = function () {}; data.n = NaN", "{}", '{"n":null}'),
        ("data.d = new Date(0)", "{}", '{"d":"1970-01-01T00:00:00.000Z"}'),
        ("data.toJSON = () => ({own: 1})", "{}", '{"own":1}'),
        ("data = new Proxy({a: 1}, {})", "{}", '{"a":1}'),
        ("data.t = 'Grüße 🙂'", '{"g":"Привіт"}', '{"g":"Привіт","t":"Grüße 🙂"}'),
        (r"data.h = data.h + '\udc00'", r'{"h":"\ud800"}', r'{"h":"𐀀"}'),
        ("data.same = data.h.length", r'{"h":"\ud800"}', r'{"h":"\ud800","same":1}'),
        ("data.x = ({}).polluted", '{"__proto__":{"polluted":1}}', '{"__proto__":{"polluted":1}}'),
        ("console.log('seen by nobody'); console.error(data)", "{}", "{}"),
        ("// a comment at the end", "{}", "{}"),
        ("data.x = 1; Symbol('the value of the script')", "{}", '{"x":1}'),
        ("data.x = 1; 10n", "{}", '{"x":1}'),
        ("data.later = 0; Promise.resolve().then(() => { data.later = 1 })", "{}", '{"later":1}'),
        ("(async () => { await null; data.later = 1 })()", "{}", '{"later":1}'),
        ("JSON.stringify = () => 'mine'; data.x = 1", "{}", '{"x":1}'),
    ],
)
async def test_what_is_in_data_at_the_end_is_the_result(run: Run, source: str, before: str, after: str) -> None:
    assert await run(source, before) == ScriptReply(data=after)


async def test_keys_keep_their_order_but_those_that_are_numbers(run: Run) -> None:
    """JavaScript puts keys that look like array indexes first, and nobody can stop it."""
    assert await run("data.z = 1", '{"b":1,"10":2,"a":3,"2":4}') == ScriptReply(data='{"2":4,"10":2,"b":1,"a":3,"z":1}')


@pytest.mark.parametrize(
    "source",
    [
        "data = [1]",
        "data = null",
        "data = undefined",
        "data = 'text'",
        "data = 5",
        "data = () => 1",
        "data = new Date(0)",
        "data.toJSON = () => 5",
        "data = JSON.rawJSON('5')",
        "delete globalThis.data",
        "let data",
    ],
)
async def test_anything_but_an_object_is_a_fault_of_format(run: Run, source: str) -> None:
    assert await run(source) == ScriptFailure(ScriptFault.FORMAT, "The script left no object in data.")


async def test_too_much_is_a_fault_of_format(run: Run) -> None:
    room = MAX_OUTPUT_BYTES - len('{"x":""}')

    assert len(str(left(await run(f"data.x = 'a'.repeat({room})"))["x"])) == room
    assert await run(f"data.x = 'a'.repeat({room} + 1)") == ScriptFailure(
        ScriptFault.FORMAT, f"The script left {MAX_OUTPUT_BYTES + 1} bytes in data, over {MAX_OUTPUT_BYTES}."
    )
    news = await run(f"data.x = 'ü'.repeat({room} / 2 + 1)")
    assert isinstance(news, ScriptFailure)
    assert news.fault is ScriptFault.FORMAT


@pytest.mark.parametrize(
    ("source", "description"),
    [
        ("data.x = x", "ReferenceError: x is not defined (line 1)"),
        ("\n\n  data.a.b = 1", "TypeError: cannot set property 'b' of undefined (line 3)"),
        ("function f() {\n  null.x\n}\nf()", "TypeError: cannot read property 'x' of null (line 2)"),
        ("data.x = ;", "SyntaxError: unexpected token in expression: ';' (line 1)"),
        ("\nreturn 1", "SyntaxError: return not in a function (line 2)"),
        ("throw new Error('mine')", "Error: mine (line 1)"),
        ("throw new Error('two\\nlines')", "Error: two\nlines (line 1)"),
        ("throw new (class Mine extends TypeError { name = 'Mine' })('m')", "Mine: m (line 1)"),
        ("throw 'text'", "text"),
        ("throw ''", ""),
        ("throw 5", "5"),
        ("throw null", "The script threw null, as one does whose memory does not even suffice for an error."),
        ("throw undefined", "undefined"),
        ("throw {code: 1}", "The script threw a value that has no text."),
        ("throw Symbol('s')", "The script threw a value that has no text."),
        ("throw new Proxy({}, {get() { throw 1 }})", "The script threw a value that has no text."),
        ("new Function('return y')()", "ReferenceError: y is not defined (line 1)"),
        ("data.self = data", "TypeError: circular reference"),
        ("data.n = 10n", "TypeError: BigInt are forbidden in JSON.stringify"),
        ("queueMicrotask(() => { throw new Error('late') })", "Error: late (line 1)"),
        ("Object.defineProperty(data, 'g', {enumerable: true, get() { throw new Error('trap') }})", "Error: trap"),
        ("data.toJSON = () => { throw new Error('trap') }", "Error: trap"),
        ("data.p = new Proxy({}, {ownKeys() { throw new Error('trap') }})", "Error: trap"),
        ("data.x = 'a\0b'", "SyntaxError: the script holds a character that is not text"),
    ],
)
async def test_what_a_script_throws_is_told_to_its_author(run: Run, source: str, description: str) -> None:
    told = thrown(await run(source))

    assert told.removesuffix(" (line 1)") == description.removesuffix(" (line 1)")


async def test_a_long_message_is_cut_and_its_place_kept(run: Run) -> None:
    told = thrown(await run("throw new Error('x'.repeat(5000))"))

    assert len(told) == 1000
    assert told.endswith(" (line 1)")


async def test_dates_are_utc(run: Run) -> None:
    data = left(await run("data.zone = new Date(2024, 6, 1).getTimezoneOffset(); data.text = String(new Date(0))"))

    assert data == {"zone": 0, "text": "Thu Jan 01 1970 00:00:00 GMT+0000"}


async def test_every_script_has_its_own_random_numbers(run: Run) -> None:
    drawn = [left(await run("data.r = [Math.random(), Math.random()]"))["r"] for _ in range(3)]
    numbers = [number for pair in drawn for number in pair]

    assert len(set(numbers)) == 6
    assert all(0 <= number < 1 for number in numbers)


async def test_random_numbers_are_spread_evenly(run: Run) -> None:
    source = "data.n = Array(10).fill(0); for (let i = 0; i < 10000; i++) data.n[Math.floor(Math.random() * 10)]++"
    tenths = left(await run(source))["n"]

    assert sum(tenths) == 10_000
    assert all(800 < tenth < 1200 for tenth in tenths)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(1234567.891).toLocaleString()", "1,234,567.891"),
        ("(0.0005).toLocaleString()", "0.001"),
        ("(1.0005).toLocaleString('en-US')", "1.001"),
        ("(-1234.5).toLocaleString('en-US', {minimumFractionDigits: 2})", "-1,234.50"),
        ("(1234.567).toLocaleString('en-US', {maximumFractionDigits: 0, useGrouping: false})", "1235"),
        ("(1e21).toLocaleString()", "1,000,000,000,000,000,000,000"),
        ("(NaN).toLocaleString()", "NaN"),
        ("(-Infinity).toLocaleString()", "-∞"),
        ("[1000, 2].toLocaleString()", "1,000,2"),
        ("new Date(Date.UTC(2024, 0, 5, 13, 4, 5)).toLocaleString()", "1/5/2024, 1:04:05 PM"),
        ("new Date(0).toLocaleDateString('en-US', {timeZone: 'UTC'})", "1/1/1970"),
        ("new Date(0).toLocaleTimeString()", "12:00:00 AM"),
        ("new Date(NaN).toLocaleString()", "Invalid Date"),
        ("['b', 'A', 'a', 'B', 'é', 'e', 'ez', '1', '-'].sort((x, y) => x.localeCompare(y)).join('')", "-1aAbBeéez"),
        ("String('a'.localeCompare('Á', 'en', {sensitivity: 'base'}))", "0"),
        ("String('a'.localeCompare('A', undefined, {sensitivity: 'accent'}))", "0"),
    ],
)
async def test_texts_for_people_are_american_english(run: Run, expression: str, text: str) -> None:
    assert left(await run(f"data.x = {expression}")) == {"x": text}


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("(1).toLocaleString('de-DE')", "the locale de-DE"),
        ("(1).toLocaleString('en-US', {style: 'currency', currency: 'USD'})", "the option style"),
        ("new Date(0).toLocaleDateString('uk-UA')", "the locale uk-UA"),
        ("new Date(0).toLocaleDateString('en-US', {month: 'long'})", "the option month"),
        (
            "new Date(0).toLocaleString('en-US', {timeZone: 'Europe/Kyiv'})",
            "the time zone Europe/Kyiv (take moment-timezone)",
        ),
        ("'a'.localeCompare('b', 'uk')", "the locale uk"),
        ("'a'.localeCompare('b', 'en', {numeric: true})", "the option numeric"),
    ],
)
async def test_texts_in_other_languages_are_refused(run: Run, expression: str, what: str) -> None:
    assert thrown(await run(expression)) == f"RangeError: {what} is not available in Code nodes (line 1)"
