"""Programs that some tests need and `make test` does not install."""

from __future__ import annotations

import importlib.util
import os
from typing import Any, NoReturn

import pytest


def module(name: str) -> Any:
    """Return a module that only development needs, or leave the test out as `missing` does."""
    if importlib.util.find_spec(name) is None:
        missing(name)
    return importlib.import_module(name)


def missing(what: str) -> NoReturn:
    """Leave a test out, saying what is missing; in CI, which installs everything, fail it instead."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing", pytrace=False)
    pytest.skip(f"{what} is missing")
