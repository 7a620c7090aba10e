"""A client of the HTTP API with nothing but Python: create a task, listen to it, lose the connection, go on.

    python examples/http_client.py [DATA]

DATA is the data folder of a running `syncline dev`, `.syncline` unless named. A page in a browser does the same with an
`EventSource`, which goes on by itself; here it is seen how little that takes.
"""

from __future__ import annotations

import base64
import json
import sys
import urllib.request
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Client:
    """Sends requests with an API key."""

    def __init__(self, base: str, login: str, secret: str) -> None:
        self._base = base
        self._authorization = "Basic " + base64.b64encode(f"{login}:{secret}".encode()).decode()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON of the answer."""
        data = None if body is None else json.dumps(body).encode()
        with self._open(method, path, data, {"Content-Type": "application/json"}) as response:
            return json.load(response)

    def events(self, path: str, last: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield id and content of each event after the last one known; a stream that was cut has no `end`."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
        with self._open("GET", path, None, headers) as stream:
            event: dict[str, str] = {}
            for line in stream:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    event[name] = value
                elif event.get("event", "message") == "message" and "data" in event:
                    yield event["id"], json.loads(event["data"])
                    event = {}

    def _open(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Any:
        headers = {"Authorization": self._authorization, **headers}
        request = urllib.request.Request(self._base + path, data, headers, method=method)
        return urllib.request.urlopen(request, timeout=60)


def main() -> None:
    """Ask a sample process that waits for somebody to change its task."""
    data = sys.argv[1] if len(sys.argv) > 1 else ".syncline"
    known = json.loads(Path(data, "dev-key.json").read_text())
    client = Client(known["http"], known["login"], known["secret"])

    # Sent twice with the same requestId it would still make one task.
    create = {"data": {"n": 1}, "requestId": str(uuid.uuid4())}
    task_id = client.call("POST", "/v1/processes/@waiting/tasks", create)["task"]["taskId"]
    stream = f"/v1/tasks/{task_id}:await"

    last, event = next(client.events(stream))  # and the connection is gone
    print("moved to", event["moved"]["nodeId"])

    client.call("PATCH", f"/v1/tasks/{task_id}", {"data": {"answer": "forty-two"}})
    for _, event in client.events(stream, last):
        if "outcome" in event:
            print("outcome", event["outcome"]["data"])


if __name__ == "__main__":
    main()
