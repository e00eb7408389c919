"""The tests that the contracts name beside their sentences exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(?P<file>[\w/]+\.py)::(?P<name>test_\w+)`")
DEFINED = re.compile(r"^(?:async )?def (?P<name>test_\w+)\(", re.MULTILINE)


@pytest.mark.parametrize("contract", ["field-api.md", "manage-api.md"])
def test_every_sentence_has_its_tests(contract: str) -> None:
    text = (ROOT / "docs" / "contracts" / contract).read_text().partition("\n## What holds it to this\n")[2]
    defined = {
        (file.relative_to(ROOT / "tests").as_posix(), found["name"])
        for file in (ROOT / "tests").rglob("test_*.py")
        for found in DEFINED.finditer(file.read_text())
    }

    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| Sentence")]
    assert len(lines) > 50
    assert [line for line in lines if not NAMED.search(line)] == []
    assert {(found["file"], found["name"]) for found in NAMED.finditer(text)} - defined == set()
