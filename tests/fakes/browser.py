"""A real Chromium without a window, driven over its DevTools protocol (https://chromedevtools.github.io/devtools-protocol).

It reaches no host but this machine: every other name is one that does not exist.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import signal
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
START_SECONDS = 60.0
WAIT_SECONDS = 30.0
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # tests may run as root, where there is none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
)
_HEARD = b"DevTools listening on "


class PageFailed(AssertionError):
    """A page did not do what was waited for, or a script threw."""


def program() -> str | None:
    """Return the path of the browser, or None."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


class Page:
    """One tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, session: str) -> None:
        self.requests: list[str] = []
        """URLs that it asked for, `data:` ones left out."""
        self.complaints: list[str] = []
        """What its console shows as an error, exceptions included."""
        self._socket = socket
        self._session = session
        self._number = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    async def start(self) -> None:
        """Begin to take notes."""
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self.call(f"{domain}.enable")

    async def open(self, url: str) -> None:
        """Go to a URL, and return when it has loaded."""
        self._loaded.clear()
        await self.call("Page.navigate", url=url)
        await asyncio.wait_for(self._loaded.wait(), WAIT_SECONDS)

    async def evaluate(self, expression: str, seconds: float = WAIT_SECONDS) -> Any:
        """Return what a script gives, awaited when it is a promise."""
        done = await self.call(
            "Runtime.evaluate", seconds, expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in done:
            raise PageFailed(f"{expression}: {_words(done['exceptionDetails'])}")
        return done["result"].get("value")

    async def wait_for(self, expression: str, seconds: float = WAIT_SECONDS) -> Any:
        """Return the value of an expression as soon as it is true, `true` for a node; it looks with every frame."""
        script = f"""new Promise(done => {{
            const look = () => {{
                const value = {expression};
                value ? done(value instanceof Node || value) : requestAnimationFrame(look);
            }};
            look();
        }})"""
        try:
            return await self.evaluate(script, seconds)
        except TimeoutError:
            text = await self.evaluate("document.body.innerText.slice(0, 2000)")
            raise PageFailed(f"never: {expression}\n{self.complaints}\n{text}") from None

    async def click(self, selector: str) -> None:
        """Click what a selector finds first, as soon as it is there."""
        found = json.dumps(selector)
        await self.wait_for(f"document.querySelector({found})")
        await self.evaluate(f"document.querySelector({found}).click()")

    async def type(self, selector: str, text: str) -> None:
        """Put text into a field, as a person would."""
        found = json.dumps(selector)
        await self.wait_for(f"document.querySelector({found})")
        await self.evaluate(f"(field => {{ field.focus(); field.select(); }})(document.querySelector({found}))")
        await self.call("Input.insertText", text=text)
        await self.evaluate("document.activeElement.blur()")

    async def screenshot(self, *, width: int = 1280, height: int = 1600) -> bytes:
        """Return what the page looks like, as PNG."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        await self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
        shot = await self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])

    async def call(self, method: str, seconds: float = WAIT_SECONDS, /, **parameters: object) -> dict[str, Any]:
        """Return the result of a DevTools command."""
        self._number += 1
        number = self._number
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "sessionId": self._session, "method": method, "params": parameters})
        try:
            return await asyncio.wait_for(answer, seconds)
        finally:
            del self._answers[number]

    async def close(self) -> None:
        """Stop listening."""
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening

    async def _listen(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._answered(told)
            else:
                note = _NOTES.get(told["method"])
                if note is not None:
                    note(self, told["params"])

    def _answered(self, told: dict[str, Any]) -> None:
        answer = self._answers.get(told["id"])
        if answer is None or answer.done():
            return
        if "error" in told:
            answer.set_exception(PageFailed(told["error"]["message"]))
        else:
            answer.set_result(told["result"])

    def _note_load(self, _told: dict[str, Any]) -> None:
        self._loaded.set()

    def _note_request(self, told: dict[str, Any]) -> None:
        url: str = told["request"]["url"]
        if not url.startswith("data:"):
            self.requests.append(url)

    def _note_exception(self, told: dict[str, Any]) -> None:
        self.complaints.append(_words(told["exceptionDetails"]))

    def _note_call(self, told: dict[str, Any]) -> None:
        if told["type"] in ("error", "assert"):
            self.complaints.append(" ".join(str(part.get("value", part.get("description"))) for part in told["args"]))

    def _note_entry(self, told: dict[str, Any]) -> None:
        if told["entry"]["level"] == "error":
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}".strip())


_NOTES: dict[str, Callable[[Page, dict[str, Any]], None]] = {
    "Log.entryAdded": Page._note_entry,
    "Network.requestWillBeSent": Page._note_request,
    "Page.loadEventFired": Page._note_load,
    "Runtime.consoleAPICalled": Page._note_call,
    "Runtime.exceptionThrown": Page._note_exception,
}


def _words(details: dict[str, Any]) -> str:
    return str(details.get("exception", {}).get("description") or details["text"])


@asynccontextmanager
async def browser_page(folder: Path) -> AsyncIterator[Page]:
    """Start a browser with its files in a folder, give an empty tab, and end it after the block."""
    path = program()
    assert path is not None, "no browser"
    process = await asyncio.create_subprocess_exec(
        path,
        *_OPTIONS,
        f"--user-data-dir={folder / 'profile'}",
        "about:blank",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(folder)},
        start_new_session=True,
    )
    try:
        address = await asyncio.wait_for(_address(process), START_SECONDS)
        async with aiohttp.ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
            page = Page(socket, await _tab(socket))
            try:
                await page.start()
                yield page
            finally:
                await page.close()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # a group of its own, so that its helpers go with it
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    said = b""
    async for line in process.stderr:
        if line.startswith(_HEARD):
            return line.removeprefix(_HEARD).decode().strip()
        said += line
    raise PageFailed(f"the browser did not start\n{said.decode('utf-8', 'replace')}")


async def _tab(socket: aiohttp.ClientWebSocketResponse) -> str:
    """Return the session of the first tab."""
    await socket.send_json({"id": -1, "method": "Target.getTargets"})
    targets = (await _answer(socket, -1))["targetInfos"]
    target = next(one["targetId"] for one in targets if one["type"] == "page")
    await socket.send_json(
        {"id": -2, "method": "Target.attachToTarget", "params": {"targetId": target, "flatten": True}}
    )
    return str((await _answer(socket, -2))["sessionId"])


async def _answer(socket: aiohttp.ClientWebSocketResponse, number: int) -> dict[str, Any]:
    while True:
        told = await asyncio.wait_for(socket.receive_json(), WAIT_SECONDS)
        if told.get("id") == number:
            return dict(told["result"])
