"""What the documents point at exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(str(path.relative_to(ROOT)) for pattern in ("*.md", "docs/**/*.md") for path in ROOT.glob(pattern))
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)|(?:src|srcset)=\"(?P<image>[^\"]+)\"")
TARGET = re.compile(r"^(?P<name>[a-z]+):.*## ", re.MULTILINE)
MAKE = re.compile(r"(?:^ {4}|`)make (?P<name>[a-z]+)", re.MULTILINE)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_within_the_repository_lead_somewhere(name: str) -> None:
    document = ROOT / name
    targets = [found["target"] or found["image"] for found in LINK.finditer(document.read_text())]
    ours = [target.partition("#")[0] for target in targets if "://" not in target and not target.startswith("#")]

    assert [target for target in ours if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_make_targets_that_are_named_exist(name: str) -> None:
    known = {found["name"] for found in TARGET.finditer((ROOT / "Makefile").read_text())}
    named = {found["name"] for found in MAKE.finditer((ROOT / name).read_text())}

    assert named <= known


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "adr"
    listed = set(re.findall(r"\((\d{4}-[a-z0-9-]+\.md)\)", (folder / "README.md").read_text()))

    assert listed == {path.name for path in folder.glob("[0-9]*.md")}
