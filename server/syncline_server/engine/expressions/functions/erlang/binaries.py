"""`binary` and `base64`: texts taken apart and put together."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator

from syncline_server.engine.expressions.functions.erlang.machine import Failed, Machine
from syncline_server.engine.expressions.functions.erlang.terms import Atom, as_list, atom_name

Function = Callable[..., object]


def text_of(value: object) -> str:
    """Return a text; raise `Failed` for anything else."""
    if not isinstance(value, str):
        raise Failed
    return value


def decoded(content: bytes) -> str:
    """Return bytes as text; raise `Failed` when they are none."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Failed from None


def split(machine: Machine, subject: object, pattern: object, options: object = None) -> object:
    """`binary:split`: at the first place of the pattern, or at each (`global`); `trim` and `trim_all` drop nothings."""
    wanted = _options(machine, options, ("global", "trim", "trim_all"))
    pieces = _pieces(machine, text_of(subject), pattern, each="global" in wanted)
    if "trim_all" in wanted:
        return [piece for piece in pieces if piece]
    while "trim" in wanted and pieces and not pieces[-1]:
        pieces.pop()
    return pieces


def replace(machine: Machine, subject: object, pattern: object, new: object, options: object = None) -> object:
    """`binary:replace`: the first place of the pattern, or each (`global`)."""
    each = "global" in _options(machine, options, ("global",))
    pieces = _pieces(machine, text_of(subject), pattern, each=each)
    machine.work(len(text_of(new)) * (len(pieces) - 1))
    return text_of(new).join(pieces)


def match(machine: Machine, subject: object, pattern: object) -> object:
    """`binary:match`: the first place of the pattern and its length, in bytes, or `nomatch`."""
    source = text_of(subject)
    found = next(_places(machine, source, pattern), None)
    if found is None:
        return Atom("nomatch")
    at, length = found
    return len(source[:at].encode()), len(source[at : at + length].encode())


def encode(machine: Machine, value: object) -> object:
    """`base64:encode`."""
    machine.work(len(text_of(value)))
    return b64encode(text_of(value).encode()).decode()


def decode(machine: Machine, value: object) -> object:
    """`base64:decode`, of what is text."""
    source = "".join(text_of(value).split())
    machine.work(len(source))
    try:
        return decoded(b64decode(source.encode(), validate=True))
    except ValueError:
        raise Failed from None


def _pieces(machine: Machine, source: str, pattern: object, *, each: bool) -> list[str]:
    pieces: list[str] = []
    start = 0
    for at, length in _places(machine, source, pattern):
        pieces.append(source[start:at])
        start = at + length
        if not each:
            break
    return [*pieces, source[start:]]


def _places(machine: Machine, source: str, pattern: object) -> Iterator[tuple[int, int]]:
    """Find where the pattern is, or any of several, and how long it is there; the longest of those that begin there."""
    patterns = [text_of(one) for one in ([pattern] if isinstance(pattern, str) else as_list(pattern, machine))]
    if not patterns or not all(patterns):
        raise Failed
    machine.work(1 + len(source) * len(patterns) // 8)
    next_places = dict.fromkeys(patterns, -1)
    start = 0
    while True:
        for one, place in next_places.items():
            if place < start:
                found = source.find(one, start)
                next_places[one] = len(source) if found < 0 else found
        at, length = min((place, -len(one)) for one, place in next_places.items())
        if at == len(source):
            return
        machine.work(len(patterns))
        yield at, -length
        start = at - length


def _options(machine: Machine, options: object, known: tuple[str, ...]) -> set[str]:
    names = set() if options is None else {atom_name(option) for option in as_list(options, machine)}
    if not names <= set(known):
        raise Failed
    return {name for name in names if name is not None}


def _size(machine: Machine, value: object) -> object:
    machine.work(len(text_of(value)) // 256)
    return len(text_of(value).encode())


OWN: dict[tuple[str, int], Function] = {("byte_size", 1): _size, ("size", 1): _size}
BINARY: dict[tuple[str, int], Function] = {
    ("split", 2): split,
    ("split", 3): split,
    ("replace", 3): replace,
    ("replace", 4): replace,
    ("match", 2): match,
}
BASE64: dict[tuple[str, int], Function] = {
    ("encode", 1): encode,
    ("decode", 1): decode,
    ("mime_decode", 1): decode,
    ("encode_to_string", 1): encode,
    ("decode_to_string", 1): decode,
    ("mime_decode_to_string", 1): decode,
}
