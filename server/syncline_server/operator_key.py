"""The operator's key: made with the very first company, written down once, in a file that only its owner can read."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from syncline_server.runtime.access import Access
    from syncline_server.store.port import ApiKey, Store

log = logging.getLogger(__name__)

FILE = "operator-key.json"
TITLE = "Syncline"
"""The first company's; it can be told from others by its key alone."""
_WRITTEN = "operator-key-written"
"""The name of a stored value, set once the file is there: a start that was cut short before that writes it again."""


async def ensure(access: Access, store: Store, folder: Path) -> None:
    """Make the first company if there is none, and write its key's file unless an earlier start has written it."""
    path = folder / FILE
    if not await store.companies():
        await access.found_company(TITLE)
    elif await store.value(_WRITTEN) is not None:
        if not path.exists():
            log.warning("operator_key.missing", extra={"facts": {"path": str(path)}})
        return
    key = next(key for key in await store.keys() if key.operator)
    _write(path, key)
    await store.set_value(_WRITTEN, "yes")
    log.info("operator_key.written", extra={"facts": {"path": str(path), "login": key.login}})


def _write(path: Path, key: ApiKey) -> None:
    """Put the file in its place whole: it holds what nobody else knows."""
    content = json.dumps({"login": key.login, "secret": key.secret, "company_id": key.company_id})
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
