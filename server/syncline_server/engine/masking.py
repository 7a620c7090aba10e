"""Hides the values of parameters that are declared to be cleared automatically.

- `clear` takes them out of a task's data, once the task has reached its end: each is `***` then, whatever its type was.
- What is recorded of a task's steps never shows them. A record is written while the task is on its way, so it is masked
  from the first: whatever stands under a cleared name, and the value itself wherever else a node put it (under another
  name, in the middle of a text, quoted inside a URL or inside JSON text).

A value of fewer than `SHORTEST_PART` characters is hidden only where it stands alone, or every record would be full of
holes. A parameter that holds more than `MOST_TEXTS` texts and numbers hides whole records, so that the work is bounded.
An answer that was posted to a callback is what its author chose to tell, and is not touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.expressions import http_text
from syncline_server.engine.expressions.scope import MISSING, text
from syncline_server.engine.formats import xml_writing
from syncline_server.engine.records import builder
from syncline_server.engine.task import Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from syncline_server.engine.expressions.scope import Scope
    from syncline_server.engine.parameters import Declaration

MASK = "***"
SHORTEST_PART = 3
"""Characters of the shortest value that is looked for inside longer texts; a card's check number has three."""
MOST_TEXTS = 32
EVERYTHING = "\0"
"""Among secret texts: there are more than can be looked for, so that whatever they may be in is hidden as a whole."""

_new_step = builder(Step)
_MASKED_RECORD = values.dumps(MASK)


def clear(declarations: Iterable[Declaration], data: dict[str, object]) -> dict[str, object]:
    """Return the data with `***` for every value that is to be cleared; the same object when there is none."""
    for declaration in declarations:
        if not declaration.is_cleared or declaration.find(data) is MISSING:
            continue
        keys = (declaration.name,) if declaration.name in data else declaration.keys
        data = {**data, str(keys[0]): _replaced(data[str(keys[0])], keys[1:])}
    return data


def mask_steps(
    declarations: Sequence[Declaration], versions: Iterable[dict[str, object]], steps: Sequence[Step]
) -> tuple[Step, ...]:
    """Return the steps with their records masked.

    *versions* are the task's data as they were when the steps were made: before the decision and after it.
    """
    cleared = [declaration for declaration in declarations if declaration.is_cleared]
    if not cleared or not steps:
        return tuple(steps)
    texts = _texts(cleared, versions)
    return tuple(
        _new_step(
            sequence=step.sequence,
            node_id=step.node_id,
            previous_node_id=step.previous_node_id,
            started_at=step.started_at,
            ended_at=step.ended_at,
            result=step.result,
            input=_mask_record(cleared, texts, step.input),
            output=_mask_record(cleared, texts, step.output),
        )
        for step in steps
    )


def hide(record: str, secrets: Collection[str]) -> str:
    """Return a text with `***` for secret texts, whatever form they have in it."""
    if not secrets:
        return record
    if EVERYTHING in secrets:
        return MASK
    for form in sorted({form for one in secrets if one for form in _forms(one)}, key=len, reverse=True):
        record = record.replace(form, MASK)
    return record


def secrets_of(scope: Scope) -> set[str]:
    """Return what a text about a task may not tell: secrets that were rendered, and what is to be cleared."""
    cleared = [declaration for declaration in scope.process.parameters if declaration.is_cleared]
    if not cleared:
        return scope.hidden
    texts = _texts(cleared, (scope.task.data, scope.data))
    if texts is None:
        return {EVERYTHING}
    return scope.hidden | {one for one in texts if len(one) >= SHORTEST_PART}


def parts_of(value: object) -> set[str]:
    """Return the texts that a secret is made of; `EVERYTHING` when they are too many."""
    found: set[str] = set()
    for leaf in _leaves(value):
        found.add(leaf)
        if len(found) > MOST_TEXTS:
            return {EVERYTHING}
    return {one for one in found if len(one) >= SHORTEST_PART}


def _replaced(value: object, keys: tuple[str | int, ...]) -> object:
    """Return a copy of the value with the mask at a place that is there."""
    if not keys:
        return MASK
    key, *others = keys
    if isinstance(value, list):
        items = list(value)
        place = int(key)
        items[place] = _replaced(items[place], tuple(others))
        return items
    members = dict(value) if isinstance(value, dict) else {}
    return {**members, str(key): _replaced(members[str(key)], tuple(others))}


def _texts(cleared: Iterable[Declaration], versions: Iterable[dict[str, object]]) -> frozenset[str] | None:
    """Return the texts that the cleared values are made of; None when they are too many."""
    found: set[str] = set()
    for data in versions:
        for declaration in cleared:
            for leaf in _leaves(declaration.find(data)):
                found.add(leaf)
                if len(found) > MOST_TEXTS:
                    return None
    return frozenset(found - {"", MASK})


def _leaves(value: object) -> Iterator[str]:
    """Go through the texts and numbers in a value; truth values and null give nothing away."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, str) or values.is_number(each):
            yield text(each)


def _mask_record(cleared: Sequence[Declaration], texts: frozenset[str] | None, record: str) -> str:
    if not record:
        return ""
    if texts is None:
        return _MASKED_RECORD
    try:
        value = values.loads(record, values.MAX_DEPTH + 1)  # a body as deep as a task may be, and what is around it
    except values.JsonFault:
        return _MASKED_RECORD
    if isinstance(value, dict):
        value = clear(cleared, value)
        body = value.get("body")
        if isinstance(body, dict):
            value = {**value, "body": clear(cleared, body)}
    forms = {form for one in texts if len(one) >= SHORTEST_PART for form in _forms(one)}
    parts = [form for form in forms if values.dumps(form)[1:-1] in record]
    return values.dumps(_masked(value, texts, sorted(parts, key=len, reverse=True)))


def _forms(secret: str) -> set[str]:
    """Return what a text may look like inside another: as it is, inside JSON text, in a URL, in a form, in XML.

    JSON text may be a text in JSON, or in any of the others.
    """
    inside = values.dumps(secret)[1:-1]
    found = set()
    for one in {secret, inside, values.dumps(inside)[1:-1]}:
        found |= {one, *http_text.spellings(one), *xml_writing.spellings(one)}
    return found


def _masked(value: object, texts: frozenset[str], parts: Sequence[str]) -> object:
    if isinstance(value, dict):
        return {key: _masked(item, texts, parts) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, texts, parts) for item in value]
    if isinstance(value, str):
        if value in texts:
            return MASK
        for part in parts:
            value = value.replace(part, MASK)
        return value
    return MASK if values.is_number(value) and text(value) in texts else value
