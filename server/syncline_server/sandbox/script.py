"""One script, run to its end in a world of its own, and what is told to its author when it fails.

The engine is QuickJS-NG: its world is made in a fifth of a millisecond and takes 200 kB, it counts the memory that a
script takes and refuses more, it has one thread and no file, socket, timer or module loader. The price is speed in
long loops, which compiling engines run ten to fifty times as fast.

A `World` is made once for each worker and never runs a script itself: each script gets a copy of it, which is what a
new process is. So nothing of a script is left for the next, and libraries are evaluated once.
"""

from __future__ import annotations

import json
import os
import re
import struct
from pathlib import Path
from typing import Any

# The module beneath `quickjs`, which starts a thread when it is imported; a process that is copied must have just one.
import _quickjs as quickjs

from syncline_server.sandbox import digits
from syncline_server.sandbox.confinement import nesting_bytes
from syncline_server.sandbox.frames import Outcome

LIBRARIES = {
    "libs/aes.js": "CryptoJS",
    "libs/base64.js": "CryptoJS",
    "libs/enc-base64.js": "CryptoJS",
    "libs/hmac-md5.js": "CryptoJS",
    "libs/hmac-sha1.js": "CryptoJS",
    "libs/hmac-sha256.js": "CryptoJS",
    "libs/lodash.js": "_",
    "libs/md5.js": "CryptoJS",
    "libs/moment-timezone.js": "moment",
    "libs/moment.js": "moment",
    "libs/rabbit.js": "CryptoJS",
    "libs/rc4.js": "CryptoJS",
    "libs/sha1.js": "CryptoJS",
    "libs/sha256.js": "CryptoJS",
    "libs/sha512.js": "CryptoJS",
    "libs/tripledes.js": "CryptoJS",
}
"""What `require` takes, with or without `.js`, and the variable that it sets to what it returns."""
FILES = ("lodash.min.js", "moment.min.js", "moment-timezone-with-data.min.js", "crypto-js.js")
"""What is evaluated for them, in this order."""
MAX_DESCRIPTION = 1000
"""Characters of what is told to the author."""

_HERE = Path(__file__).parent
_LIBRARY_LINES = 100_000
"""Our own files begin on this line, so that frames in them are told from those in the script."""
_FRAME = re.compile(r"\n    at (?:(.*) \()?(?:<input>:([0-9]+):[0-9]+|native)\)?")
_MADE_OF_TEXT = "anonymous"
"""What the engine calls a function made of a text by `new Function`: its lines are not the script's."""
_LEFT = 'typeof data === "undefined" ? undefined : data'
_NAMELESS = "The script threw a value that has no text."
_NULL = "The script threw null, as one does whose memory does not even suffice for an error."


class World:
    """The global objects that a script finds, and how much memory it may take beside theirs."""

    def __init__(self, memory_bytes: int, *, with_libraries: bool) -> None:
        self._context = quickjs.Context()
        self._context.set_max_stack_size(nesting_bytes())
        self._hook = self._evaluate(_HERE / "prelude.js")
        if with_libraries:
            self._load()
        self._context.gc()
        self._context.set_memory_limit(self._context.memory()["malloc_size"] + memory_bytes)

    def run(self, source: str, data: str, max_output_bytes: int) -> tuple[Outcome, bytes]:
        """Run a script on the JSON text *data*; raises nothing. The world is used up then."""
        try:
            left = self._run(source, data)
            if left is None or not left.startswith("{"):
                return Outcome.FORMAT, b"The script left no object in data."
            text = digits.restore(data, left).encode("utf-8", "backslashreplace")
        except quickjs.JSException as error:
            return Outcome.EXECUTING, _described(str(error)).encode()
        except MemoryError:
            return Outcome.EXECUTING, b"InternalError: out of memory"
        except ValueError:
            # The engine takes no null character, and its binding no half of a surrogate pair.
            return Outcome.EXECUTING, b"SyntaxError: the script holds a character that is not text"
        if len(text) > max_output_bytes:
            return Outcome.FORMAT, f"The script left {len(text)} bytes in data, over {max_output_bytes}.".encode()
        return Outcome.DATA, text

    def _run(self, source: str, data: str) -> str | None:
        self._hook("seed", *struct.unpack("4i", os.urandom(16)))
        self._context.set("data", self._context.parse_json(data))
        # The value that a script ends with is nobody's; converting it could only fail.
        self._context.eval(f"{source}\n;0")
        while self._context.execute_pending_job():
            pass
        left = self._context.eval(_LEFT)
        text: str | None = left.json() if isinstance(left, quickjs.Object) else None
        return text

    def _load(self) -> None:
        self._hook("salt")
        for name in FILES:
            self._evaluate(_HERE / "libraries" / name)
        for variable in {*LIBRARIES.values(), "crypto"}:
            self._hook("shelve", variable)
        self._hook("lend", json.dumps(LIBRARIES))

    def _evaluate(self, file: Path) -> Any:
        return self._context.eval("\n" * (_LIBRARY_LINES - 1) + file.read_text(encoding="utf-8"))


def _described(thrown: str) -> str:
    """Return what a script threw, and where in it, from the engine's text: the error, then a line for each frame."""
    frames = _FRAME.search(thrown)
    message = thrown[: frames.start()] if frames else thrown.removesuffix("undefined").rstrip("\n")
    if message == "[object Object]" or message.startswith("(Failed obtaining"):
        message = _NAMELESS
    elif message == "null":
        message = _NULL
    place = _place(thrown[frames.start() :]) if frames else ""
    return message[: MAX_DESCRIPTION - len(place)] + place


def _place(frames: str) -> str:
    """Return the innermost place that is in the script itself."""
    for function, line in _FRAME.findall(frames):
        if line and int(line) < _LIBRARY_LINES and function != _MADE_OF_TEXT:
            return f" (line {line})"
    return ""
