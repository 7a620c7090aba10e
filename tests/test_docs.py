"""That README.md and CONTRIBUTING.md say what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from syncline import environment
from syncline_cli.dev.samples import ALIASES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
INTERNAL = {"SYNCLINE_READY_FD", "SYNCLINE_LIFE_FD"}
"""How `syncline dev` and its programs find each other; nobody else sets them."""


def test_every_setting_is_in_the_table_and_explained() -> None:
    rows = dict(re.findall(r"^\| `(SYNCLINE_\w+)` \|[^|]*\| (\S.*) \|$", README, re.MULTILINE))

    assert set(rows) == environment.NAMES - INTERNAL
    assert README.count("| `SYNCLINE_") == len(rows)


@pytest.mark.parametrize("page", PAGES)
def test_every_make_command_exists(page: str) -> None:
    mentioned = set(re.findall(r"\bmake ([a-z]+)`?(?=[\s`])", "\n".join(_code((ROOT / page).read_text("utf-8")))))

    assert mentioned <= set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


def test_the_readme_names_the_two_commands() -> None:
    assert {"make run", "make test"} <= set(re.findall(r"^make \w+", README, re.MULTILINE))


def test_every_target_is_explained() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    [phony] = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)

    assert set(re.findall(r"^([a-z]+):.* ## \S", MAKEFILE, re.MULTILINE)) == targets == set(phony.split())


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))

    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_alias_that_is_mentioned_is_a_sample() -> None:
    assert set(re.findall(r"(?<!env_var\[)@([a-z0-9-]+)", README)) <= set(ALIASES)


def _code(text: str) -> list[str]:
    """Return what stands in backticks or in a block of code."""
    return re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL) + re.findall(r"`[^`\n]+`", text)
