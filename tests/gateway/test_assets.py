"""The document of the API and its page, as a browser gets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fakes.gateway import Gateway


@pytest.mark.parametrize(
    ("path", "content_type"), [("/openapi.json", "application/json"), ("/docs", "text/html; charset=utf-8")]
)
async def test_a_file(gateway: Gateway, path: str, content_type: str) -> None:
    plain = await gateway.request("GET", path, Accept_Encoding="identity")
    packed = await gateway.request("GET", path, synchronous=False, Accept_Encoding="gzip")
    head = await gateway.request("HEAD", path, Accept_Encoding="identity")
    known = await gateway.request("GET", path, If_None_Match=plain.headers["ETag"])

    assert (plain.status, plain.headers["Content-Type"]) == (200, content_type)
    assert "Content-Encoding" not in plain.headers
    assert (packed.headers["Content-Encoding"], packed.body) == ("gzip", plain.body)
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(plain.body)))
    assert (known.status, known.body, known.headers["ETag"]) == (304, b"", plain.headers["ETag"])
    assert "default-src 'none'" in plain.headers["Content-Security-Policy"]


async def test_a_file_is_only_read(gateway: Gateway) -> None:
    answer = await gateway.request("POST", "/docs", b"x")

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/docs/nothing", "/docsx", "/docs/../settings.py", "/openapi.yaml"])
async def test_no_file(gateway: Gateway, path: str) -> None:
    assert (await gateway.request("GET", path)).status == 404


async def test_what_leads_elsewhere_is_never_known(gateway: Gateway) -> None:
    async with gateway.opened("GET", "/docs/", If_None_Match="*") as answer:
        assert [one.status for one in answer.history] == [308]


async def test_the_page_with_a_slash_leads_to_the_one_without(gateway: Gateway) -> None:
    page = await gateway.request("GET", "/docs")

    assert (await gateway.request("GET", "/docs/")).body == page.body
