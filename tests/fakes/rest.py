"""A client of the HTTP API as the documentation tells one to be: it repeats safely and resumes.

It knows several gateways. A connection that breaks or is refused, and a 503, lead to the next one after the time that
`Retry-After` says (cut short here: tests have no time); a create carries a `requestId`, so it may be sent again; a
stream that ends without its terminal record is taken up again by the id of its last event.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE = 60.0
LONGEST_PAUSE = 0.05
BROKEN = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, ConnectionError)


class Failed(AssertionError):
    """An answer that a client does not repeat."""


@dataclass
class Event:
    """One server-sent event."""

    id: str = ""
    name: str = "message"
    data: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.data)


@dataclass
class RestClient:
    """Sends requests to whichever gateway answers."""

    session: aiohttp.ClientSession
    gateways: Sequence[str]
    """Base URLs."""
    authorization: str
    broken: int = 0
    """How often a request or a stream had to be taken up again."""
    _turn: itertools.count[int] = field(default_factory=itertools.count)

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON of the answer; the request must be one that may be repeated."""
        headers = {"Authorization": self.authorization}
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    async with self.session.request(method, self._url(path), json=body, headers=headers) as answer:
                        text = await answer.text()
                        if answer.status == 200:
                            return json.loads(text)
                        if answer.status != 503:
                            raise Failed(f"{method} {path}: {answer.status} {text}")
                        pause = float(answer.headers["Retry-After"])
                except BROKEN:
                    pause = LONGEST_PAUSE
                await self._again(pause)

    async def create(self, process: str, data: object, *, wait: str = "") -> Any:
        """Make a task, however often it has to be asked for."""
        body: dict[str, object] = {"data": data, "requestId": str(uuid.uuid4())}
        if wait:
            body["wait"] = {"timeout": wait}
        return await self.call("POST", f"/v1/processes/{process}/tasks", body)

    async def outcome(self, task_id: str) -> Any:
        """Listen to a task until its outcome has come, on as many connections as it takes; return it."""
        last, found = "", None
        async with asyncio.timeout(PATIENCE):
            while True:
                headers = {"Authorization": self.authorization, "Accept": "text/event-stream"}
                if last:
                    headers["Last-Event-ID"] = last
                try:
                    async with self.session.get(self._url(f"/v1/tasks/{task_id}:await"), headers=headers) as answer:
                        if answer.status == 204:
                            return found
                        if answer.status not in (200, 503):
                            raise Failed(f"await {task_id}: {answer.status} {await answer.text()}")
                        if answer.status == 200:
                            async for event in events(answer.content):
                                if event.name == "end":
                                    return found
                                last = event.id or last
                                if event.name == "message" and "outcome" in event.json:
                                    assert found is None, "the outcome came twice"
                                    found = event.json["outcome"]
                except BROKEN:
                    pass  # taken up again below
                await self._again(LONGEST_PAUSE)

    def _url(self, path: str) -> str:
        return self.gateways[next(self._turn) % len(self.gateways)] + path

    async def _again(self, pause: float) -> None:
        self.broken += 1
        await asyncio.sleep(min(pause, LONGEST_PAUSE))


async def events(content: aiohttp.StreamReader) -> Any:
    """Read server-sent events as the HTML standard says, comments left out; a part of one at the end is dropped."""
    event = Event()
    async for line in content:
        text = line.decode().rstrip("\n")
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if not text:
            if event.data:
                yield event
            event = Event()
        elif name == "id":
            event.id = value
        elif name == "event":
            event.name = value
        elif name == "data":
            event.data += value
