"""Every link within the project leads somewhere, and every document can be reached from the README."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import PROJECT, Page, pages

PAGES = pages()


def target_of(page: Page, link: str) -> tuple[Path, str]:
    """File and anchor that a link leads to."""
    path, _, anchor = link.partition("#")
    return ((page.path.parent / path).resolve() if path else page.path), anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page: Page) -> None:
    for link in page.links():
        path, anchor = target_of(page, link)
        assert path.exists(), link
        if anchor:
            assert anchor in Page(path).anchors(), link


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [PROJECT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path.suffix != ".md" or path in reached:
            continue
        reached.add(path)
        waiting += [target_of(Page(path), link)[0] for link in Page(path).links()]
    documents = {page.path for page in PAGES if page.path.parent in (PROJECT, PROJECT / "docs")}
    assert documents - reached == set()
    assert len(documents) > 5
