"""Reads what a process declares about its tasks' parameters (`params`).

Fields that are absent or null have defaults: any type, no flags, no expression. A parameter without a name and a type,
flag or expression that is not known keep a process from running. A name that is declared twice is noted, and both
declarations hold.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from syncline_server.engine.expressions.casts import TYPES
from syncline_server.engine.expressions.conditions import MAX_PATTERN
from syncline_server.engine.expressions.patterns import Pattern, compile_pattern
from syncline_server.engine.expressions.references import fixed_keys
from syncline_server.engine.parameters import FLAGS, NO_MATCH, Declaration

if TYPE_CHECKING:
    from syncline_server.engine.reading.fields import Fields


def read_declarations(whole: Fields) -> tuple[Declaration, ...]:
    """Return the declarations of a process, without those that have faults."""
    seen: set[str] = set()
    declarations = []
    for fields in whole.items("params"):
        declaration = _read(fields)
        if declaration is None:
            continue
        if declaration.name in seen:
            fields.note("name", f"The parameter {declaration.name!r} is declared more than once.")
        seen.add(declaration.name)
        declarations.append(declaration)
    return tuple(declarations)


def _read(fields: Fields) -> Declaration | None:
    before = len(fields.reading.faults)
    name = fields.text("name")
    if not name.strip():
        fields.fault("name", "A parameter has a name.")
    flags = _flags(fields)
    kind = fields.text("type")
    if kind not in ("", *TYPES):
        fields.fault("type", f"The type of a parameter is one of {', '.join(TYPES)}.")
    pattern = fields.text("regex")
    matches = fields.compiled("regex", partial(_search, pattern)) if pattern else None
    mismatch = fields.text("regex_error_text") or NO_MATCH
    if len(fields.reading.faults) > before:
        return None
    return Declaration(
        name=name,
        keys=fixed_keys(name),
        type=kind,
        is_checked="input" in flags or "output" not in flags,
        is_required="required" in flags,
        is_cleared="auto-clear" in flags,
        matches=matches,
        mismatch=mismatch,
    )


def _flags(fields: Fields) -> list[str]:
    flags = fields.content.get("flags")
    if flags in (None, ""):
        return []
    if not isinstance(flags, list) or not all(isinstance(flag, str) for flag in flags):
        fields.fault("flags", "This has to be a list of texts.")
        return []
    unknown = [flag for flag in flags if flag not in FLAGS]
    if unknown:
        fields.fault("flags", f"The flags of a parameter are {', '.join(FLAGS)}; not {', '.join(map(repr, unknown))}.")
    return flags


def _search(pattern: str) -> Pattern:
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"a regular expression has at most {MAX_PATTERN} characters")
    compiled = compile_pattern(pattern)
    if compiled is None:
        raise ValueError(f"{pattern!r} is no regular expression of RE2")
    return compiled
