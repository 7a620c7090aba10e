"""Scripts that want more than `data`: each gets nothing, costs nobody else anything, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sandbox.scripting import ENDLESS, call, children, left, thrown
from syncline_server.engine.effects import ScriptFailure, ScriptFault, ScriptReply

if TYPE_CHECKING:
    from sandbox.scripting import Run
    from syncline_server.sandbox.scripts import Scripts

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORLD = "[].constructor.constructor('return this')()"
HOST = (
    *("process", "global", "window", "self", "document", "XMLHttpRequest", "fetch", "WebSocket", "Worker", "Deno"),
    *(
        "WebAssembly",
        "std",
        "os",
        "bjson",
        "print",
        "load",
        "read",
        "readline",
        "quit",
        "gc",
        "scriptArgs",
        "navigator",
    ),
    *("setTimeout", "setInterval", "setImmediate", "importScripts", "module", "exports", "__filename", "Buffer"),
    *("__loadScript", "py", "python", "quickjs"),
)
KNOWN_BEYOND_THE_LANGUAGE = {"console", "data", "performance", "queueMicrotask", "atob", "btoa"}


async def test_no_object_of_a_host_is_there(run: Run) -> None:
    source = f"const world = {WORLD}; data.found = data.names.filter(name => name in world)"
    names = "[" + ",".join(f'"{name}"' for name in HOST) + "]"

    assert left(await run(source, f'{{"names":{names}}}'))["found"] == []


async def test_there_is_nothing_beyond_the_language_but_what_is_known(run: Run) -> None:
    """A newer engine that brings more makes this fail, so that somebody looks at it."""
    source = "data.names = Object.getOwnPropertyNames(globalThis).filter(n => /^[a-z_]/.test(n))"
    of_the_language = {
        *("parseInt", "parseFloat", "isNaN", "isFinite", "decodeURI", "decodeURIComponent", "encodeURI"),
        *("encodeURIComponent", "escape", "unescape", "undefined", "eval", "globalThis"),
    }

    assert set(left(await run(source))["names"]) - of_the_language == KNOWN_BEYOND_THE_LANGUAGE


async def test_constructors_lead_to_the_same_world(run: Run) -> None:
    source = f"const world = {WORLD}; data.same = world === globalThis && console.log.constructor === Function"

    assert left(await run(source)) == {"same": True}


@pytest.mark.parametrize("name", ["fs", "std", "os", "file:///etc/passwd", "/etc/passwd", "data:text/javascript,1"])
async def test_nothing_can_be_imported(run: Run, name: str) -> None:
    dynamic = f"import('{name}').then(m => {{ data.got = 1 }}, e => {{ data.error = String(e) }})"

    assert left(await run(dynamic)) == {"error": f"ReferenceError: could not load module '{name}'"}
    assert thrown(await run(f"import x from '{name}'")).startswith("SyntaxError")


async def test_nothing_can_be_waited_for(run: Run) -> None:
    told = thrown(await run("Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0, 60000)"))

    assert told == "TypeError: cannot block in this thread (line 1)"


@pytest.mark.parametrize(
    "source",
    [
        "Object.prototype.polluted = 1; Array.prototype.polluted = 1; globalThis.polluted = 1",
        "data.__proto__.polluted = 1; Object.defineProperty(globalThis, 'polluted', {value: 1})",
        "JSON.parse = JSON.stringify = Math.random = Object.keys = () => 'mine'; let polluted = 1",
        "Object.freeze(Object.prototype); Object.freeze(globalThis); delete globalThis.JSON",
        "class data2 {}; const undefined2 = 1; var polluted = 1; delete globalThis.console; globalThis.require = 1",
    ],
)
async def test_nothing_is_left_for_the_next_script(run: Run, source: str) -> None:
    probe = """
        data.clean = ({}).polluted === undefined && [].polluted === undefined && typeof polluted === "undefined"
          && JSON.parse("[1]")[0] === 1 && typeof Math.random() === "number" && !Object.isFrozen(globalThis)
          && Object.keys(data).length === 0 && typeof data2 === "undefined" && typeof console.log === "function";
    """
    for _ in range(3):  # more than there are workers
        await run(source)
        assert left(await run(probe)) == {"clean": True}


@pytest.mark.parametrize(
    "source",
    [
        "'a'.repeat(2 ** 29)",
        "let s = 'a'; for (;;) s += s",
        "new Array(1e9).fill(1)",
        "const all = []; for (;;) all.push({})",
        "new ArrayBuffer(2 ** 40)",
        "new SharedArrayBuffer(2 ** 28)",
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, i)",
        "data.x = 'a'.repeat(2 ** 24).split('')",
        "10n ** (10n ** 10n)",
        "(function f() { try { f() } finally { f() } })(new Array(1e7).fill(0))",
    ],
)
async def test_memory_runs_out_for_the_script_alone(run: Run, shared: Scripts, source: str) -> None:
    await run("")
    before = shared.pids
    news = await run(source)

    assert isinstance(news, ScriptFailure)
    assert news.fault in (ScriptFault.EXECUTING, ScriptFault.TIMEOUT)
    assert await run("data.x = 1") == ScriptReply(data='{"x":1}')
    assert set(before) <= set(shared.pids)


@pytest.mark.parametrize(
    "source",
    [
        "(function f() { f() })()",
        "let deep = []; for (let i = 0; i < 1e6; i++) deep = [deep]; data.deep = deep",
        "JSON.parse('['.repeat(1e6))",
        "class A { get x() { return this.x } }; new A().x",
        "const p = new Proxy({}, {get: (t, n, r) => r[n]}); p.x",
        "eval('('.repeat(1e6))",
        "new RegExp('('.repeat(1e6) + ')'.repeat(1e6))",
    ],
)
async def test_nesting_without_end_is_an_error(run: Run, source: str) -> None:
    assert thrown(await run(source)).startswith(("RangeError", "SyntaxError", "InternalError", "The script threw null"))
    assert await run("data.x = 1") == ScriptReply(data='{"x":1}')


@pytest.mark.parametrize(
    "source",
    [
        ENDLESS,
        "try { while (true); } catch (e) {} finally { while (true); }",
        "/^(([a-z])+.)+[A-Z]([a-z])+$/.test('a'.repeat(60))",
        "const again = () => { Promise.resolve().then(again) }; again()",
        "const again = () => queueMicrotask(again); again()",
        "(async () => { for (;;) await null })()",
        "Object.defineProperty(data, 'g', {enumerable: true, get() { for (;;); }})",
        "data.toJSON = () => { for (;;); }",
        "data.list = new Proxy([], {get: (t, n) => n === 'length' ? 2 ** 53 : 1})",
        "new Array(2 ** 32 - 1).join('').length; for (;;);",
    ],
)
async def test_time_runs_out_for_the_script_alone(run: Run, hasty: Scripts, source: str) -> None:
    ending = asyncio.create_task(hasty.run(call(source)))
    meanwhile = await run("data.x = 1")

    assert meanwhile == ScriptReply(data='{"x":1}')
    assert await ending == ScriptFailure(ScriptFault.TIMEOUT, "timeout for executing code: 0.5 seconds")
    assert [children(pid) for pid in hasty.pids] == [[]]


async def test_what_never_ends_but_does_nothing_is_just_not_waited_for(run: Run) -> None:
    source = (
        "data.x = 1; new Promise(() => {}).then(() => { data.x = 2 }); (async () => { await new Promise(() => {}) })()"
    )

    assert await run(source) == ScriptReply(data='{"x":1}')


async def test_a_hidden_name_gives_no_library(run: Run) -> None:
    """Only a script in which the word is to be read gets the world with libraries."""
    assert thrown(await run("globalThis['req' + 'uire']('libs/lodash')")) == "TypeError: not a function (line 1)"


async def test_the_hook_of_the_worker_is_within_no_scripts_reach(run: Run) -> None:
    source = """
        const found = [];
        const caught = Function.prototype.call;
        Map.prototype.get = function (key) { found.push(...this.values()); return undefined };
        try { require("libs/lodash") } catch (e) {}
        data.kinds = found.map((one) => typeof one === "function" ? one.name : String(one));
    """

    kinds = left(await run(source))["kinds"]
    assert isinstance(kinds, list)
    assert set(kinds) <= {"_", "moment", "CryptoJS"}


async def test_large_data_passes_and_takes_its_memory_with_it(shared: Scripts) -> None:
    data = '{"list":[' + ",".join(["1.10"] * 19_000) + "]}"

    assert await shared.run(call("", data)) == ScriptReply(data=data)
