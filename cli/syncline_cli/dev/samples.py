"""The sample processes that ship with the command, in the export format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources

ALIASES = ("echo", "later", "waiting", "silent", "external", "p2p-transfer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One process."""

    alias: str
    description: str
    """One sentence."""
    file_json: str


def samples() -> tuple[Sample, ...]:
    """Return all samples, in the order in which they are shown."""
    return tuple(_read(alias) for alias in ALIASES)


def _read(alias: str) -> Sample:
    text = resources.files("syncline_cli").joinpath("samples", f"{alias}.json").read_text(encoding="utf-8")
    return Sample(alias=alias, description=json.loads(text)[0]["description"], file_json=text)
