"""The reference: each public name of the library has its place in it, once."""

import re
from pathlib import Path

import secure_lambda_constructs


def test_reference_has_each_public_name_once(repository: Path) -> None:
    pages = sorted((repository / "docs" / "reference").glob("*.md"))
    named = [
        name
        for page in pages
        for name in re.findall(
            r"^::: secure_lambda_constructs\.(\w+)$", page.read_text(), re.MULTILINE
        )
    ]
    assert sorted(named) == sorted(secure_lambda_constructs.__all__)


def test_each_page_of_the_site_is_in_its_navigation(repository: Path) -> None:
    navigation = re.findall(r"[\w/-]+\.md", (repository / "mkdocs.yml").read_text())
    docs = repository / "docs"
    pages = [path.relative_to(docs).as_posix() for path in docs.rglob("*.md")]
    assert sorted(navigation) == sorted(pages)
