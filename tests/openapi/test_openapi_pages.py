"""The page's files: whole, unchanged where they are others', and reaching nobody else."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from syncline_gateway.openapi.pages import DOCS, OPENAPI, POLICY, site

PAGE = files("syncline_gateway.openapi").joinpath("page")


class Links(HTMLParser):
    """Collects what a page loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [str(given[name]) for name in ("src", "href") if name in given]
        if (tag == "script" and "src" not in given) or tag == "style" or "style" in given or "onclick" in given:
            self.inline.append(tag)


def test_the_document_is_served_as_it_is_committed() -> None:
    asset = site(OPENAPI)

    assert asset is not None
    assert json.loads(asset.body)["openapi"] == "3.1.0"
    assert gzip.decompress(asset.packed) == asset.body
    assert asset.content_type == "application/json"


def test_all_that_the_page_loads_is_here_and_nothing_is_inline() -> None:
    page = site(DOCS)
    assert page is not None

    links = Links(page.body.decode())

    assert links.inline == []
    assert [link for link in links.found if site(f"/{link}") is None] == []


def test_the_page_may_reach_its_own_host_alone() -> None:
    page = site(DOCS)
    assert page is not None

    assert page.headers["Content-Security-Policy"] == POLICY
    assert set(re.findall(r"'[a-z-]+'|[a-z]+:", POLICY)) == {"'none'", "'self'", "data:"}


@pytest.mark.parametrize("path", ["/docs/../settings.py", "/docs/swagger-ui/LICENSE", "/", "/docs/index.html", "/doc"])
def test_there_is_nothing_else(path: str) -> None:
    assert site(path) is None


def test_a_file_has_a_tag_that_holds_for_both_of_its_forms() -> None:
    asset = site(OPENAPI)
    assert asset is not None

    assert asset.etag.startswith('W/"')
    assert asset.headers["ETag"] == asset.etag


def test_the_address_with_a_slash_leads_to_the_page() -> None:
    asset = site(f"{DOCS}/")
    assert asset is not None

    assert (asset.status, asset.headers["Location"]) == (308, "../docs")
    assert asset.etag == ""


def test_swagger_ui_is_unchanged_and_comes_with_its_licences() -> None:
    vendored = PAGE.joinpath("swagger-ui")
    sums = dict(re.findall(r"\| `([^`]+)` \| `([0-9a-f]{64})` \|", vendored.joinpath("README.md").read_text("utf-8")))

    assert set(sums) == {"swagger-ui-bundle.js", "swagger-ui.css"}
    assert sums == {name: hashlib.sha256(vendored.joinpath(name).read_bytes()).hexdigest() for name in sums}
    assert all(vendored.joinpath(name).is_file() for name in ("LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"))
