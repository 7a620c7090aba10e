"""The browser of the tests: it sees what goes wrong in a page. And what happens to tests whose programs are missing."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from fakes.browser import PageFailed
from fakes.needed import missing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakes.browser import Page

PAGE = """<!doctype html>
<meta http-equiv="Content-Security-Policy" content="script-src 'unsafe-inline'; img-src *">
<title>Faulty</title>
<input id="name" value="old">
<button onclick="document.title = document.querySelector('input').value">Go</button>
<script>
  console.error("said", 1);
  const image = new Image();
  image.onerror = () => { window.failed = true; };
  image.src = "http://elsewhere.invalid/x.png";
  try { eval("1"); } catch (refused) { window.refused = refused.name; }
  setTimeout(() => { throw new Error("thrown"); });
</script>
"""


@asynccontextmanager
async def served(text: str) -> AsyncIterator[str]:
    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(text=text if request.path == "/" else "", content_type="text/html")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}/"
    finally:
        await runner.cleanup()


@pytest.mark.browser
async def test_what_goes_wrong_in_a_page_is_seen(page: Page) -> None:
    async with served(PAGE) as url:
        await page.open(url)
        await page.wait_for("window.failed && refused === 'EvalError'")
        await page.type("#name", "new")
        await page.click("button")

        assert await page.wait_for("document.title === 'new' && document.title") == "new"
        assert "http://elsewhere.invalid/x.png" in page.requests
        said = " | ".join(page.complaints)
        assert "said 1" in said
        assert "thrown" in said
        assert "ERR_NAME_NOT_RESOLVED" in said
        with pytest.raises(PageFailed, match="never: false"):
            await page.wait_for("false", 0.2)
        with pytest.raises(PageFailed, match="nothing is not defined"):
            await page.evaluate("nothing")
        assert (await page.screenshot()).startswith(b"\x89PNG")


def test_a_test_whose_program_is_missing_is_left_out_but_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Chromium is missing"):
        missing("Chromium")

    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="Chromium is missing"):
        missing("Chromium")
