"""The page in a real browser, and what a page can do with the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from fakes.browser import Page
    from fakes.rest import RestClient
    from running import RunningDev

pytestmark = pytest.mark.browser

LISTEN = """
    window.heard = [];
    window.source = new EventSource(%s);
    source.onmessage = event => heard.push(JSON.parse(event.data));
    source.addEventListener("end", () => heard.push("end"));
"""


async def opened(page: Page, dev: RunningDev) -> None:
    await page.open(f"{dev.key.http}/docs")
    await page.wait_for("document.querySelector('.opblock')")


async def sign_in(page: Page, dev: RunningDev) -> None:
    await page.click(".auth-wrapper .authorize")
    await page.type(".auth-container input[aria-label=auth-basic-username]", dev.key.login)
    await page.type(".auth-container input[aria-label=auth-basic-password]", dev.key.secret)
    await page.click(".auth-container .auth-btn-wrapper button[type=submit]")
    await page.click(".modal-ux .close-modal")


async def try_out(page: Page, name: str, **values: str) -> str:
    """Try an operation from the page; return what finds its place."""
    place = f"#operations-{name}"
    await page.click(f"{place} .opblock-summary-control")
    await page.click(f"{place} .try-out__btn")
    for parameter, value in values.items():
        await page.type(f"{place} tr[data-param-name={parameter}] input", value)
    await page.click(f"{place} .execute")
    return place


async def text_of(page: Page, selector: str) -> str:
    await page.wait_for(f"document.querySelector({json.dumps(selector)})")
    return str(await page.evaluate(f"document.querySelector({json.dumps(selector)}).innerText"))


async def listen(page: Page, rest: RestClient, task_id: str) -> None:
    token = (await rest.call("POST", f"/v1/tasks/{task_id}:token"))["token"]
    await page.evaluate(LISTEN % json.dumps(f"/v1/tasks/{task_id}:await?token={token}"))


async def test_the_page_opens_and_a_request_is_tried_out(page: Page, dev: RunningDev) -> None:
    await opened(page, dev)
    await sign_in(page, dev)

    place = await try_out(page, "AccessService-checkCredentials")

    assert dev.key.login in await text_of(page, f"{place} .live-responses-table .highlight-code")
    assert page.complaints == []
    assert {urlsplit(url).netloc for url in page.requests} == {urlsplit(dev.key.http).netloc}


async def test_a_stream_is_shown_as_it_comes(page: Page, dev: RunningDev, rest: RestClient) -> None:
    task = (await rest.create("@waiting", {"n": 1}))["task"]
    await opened(page, dev)
    await sign_in(page, dev)

    await try_out(page, "TaskService-awaitTask", taskId=task["taskId"])
    await page.wait_for("document.querySelector('#stream-text').textContent.includes('moved')")
    await rest.call("POST", urlsplit(task["data"]["__callback_url"]).path, {"answer": 42})
    await page.wait_for("document.querySelector('#stream-text').textContent.includes('{\"end\":{}}')")

    assert '"answer":42' in (await text_of(page, "#stream-text")).replace(" ", "")
    assert page.complaints == []


async def test_a_page_awaits_a_task_without_the_secret_and_stops_after_it(
    page: Page, dev: RunningDev, rest: RestClient
) -> None:
    task = (await rest.create("@waiting", {"n": 1}))["task"]
    await page.open(f"{dev.key.http}/docs")

    await listen(page, rest, task["taskId"])
    await page.wait_for("heard.some(one => one.moved)")
    await rest.call("POST", urlsplit(task["data"]["__callback_url"]).path, {"answer": 42})
    await page.wait_for("source.readyState === EventSource.CLOSED")

    heard = await page.evaluate("heard")
    assert heard[-1] == "end"
    assert heard[-2]["outcome"]["data"] == {"answer": 42}
    assert len([url for url in page.requests if ":await" in url]) == 2  # it came back once, and was told to stop
    assert dev.key.secret not in "".join(page.requests)


async def test_a_page_that_loses_its_connection_loses_nothing(page: Page, dev: RunningDev, rest: RestClient) -> None:
    task = (await rest.create("@waiting", {"n": 1}))["task"]
    await page.open(f"{dev.key.http}/docs")
    await listen(page, rest, task["taskId"])
    await page.wait_for("heard.some(one => one.moved)")

    dev.kill("gateway")
    await page.wait_for("source.readyState === EventSource.CONNECTING")
    await rest.call("POST", urlsplit(task["data"]["__callback_url"]).path, {"answer": 42})
    await page.wait_for("source.readyState === EventSource.CLOSED")

    heard = await page.evaluate("heard")
    sequences = [one["sequence"] for one in heard if one != "end"]
    assert sequences == sorted(set(sequences), key=int)
    assert heard[-1] == "end"
    assert heard[-2]["outcome"]["data"] == {"answer": 42}
