"""A client of the ops protocol with nothing but Python: sign a request, post it, print the process's output.

    python examples/plain_python_client.py [DATA]

DATA is the data folder of a running `syncline dev`, `.syncline` unless named. A client elsewhere has the same four
things from somebody: an address, a login, a secret, and the number of a process.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
import urllib.request
from pathlib import Path


def call(base: str, login: str, secret: str, process: int, data: dict[str, object]) -> object:
    """Create a task, wait for its output, and return it."""
    request = {"timeout": 30, "ops": [{"type": "create", "obj": "task", "conv_id": process, "data": data}]}
    # what is signed is the bytes that are sent: encode once, and use the same bytes for both
    body = json.dumps(request).encode()
    now = str(int(time.time())).encode()
    signature = hashlib.sha1(now + secret.encode() + body + secret.encode()).hexdigest()
    url = f"{base}/api/1/json/{login}/{now.decode()}/{signature}"
    headers = {"Content-Type": "application/json; charset=utf8"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=40) as response:
        [answer] = json.load(response)["ops"]
        task = response.headers["Syncline-Task-Id"]
    if answer["proc"] != "ok":
        raise SystemExit(f"{answer['description']} (task {task})")
    return answer["data"]


def main() -> None:
    """Ask two sample processes."""
    data = sys.argv[1] if len(sys.argv) > 1 else ".syncline"
    known = json.loads(Path(data, "dev-key.json").read_text())
    address = (known["http"], known["login"], known["secret"])
    transfer = {"from": "a", "to": "b", "amount": 25, "balance": 10}
    print(call(*address, known["processes"]["echo"], {"param": "hello"}))
    print(call(*address, known["processes"]["p2p-transfer"], transfer))


if __name__ == "__main__":
    main()
