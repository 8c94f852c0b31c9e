"""The page of the rules is what the rules say."""

from __future__ import annotations

from pathlib import Path

from schemas.settings import Bank
from streams.book import all_rules
from wealthwatch.tuning.document import document

PAGE = Path(__file__).parents[3] / "docs" / "rules.md"


def test_the_page_is_made_from_the_rules_as_they_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(Bank()), "make docs"


def test_every_rule_has_its_section_and_every_parameter_its_meaning() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert {line.removeprefix("## ") for line in lines if line.startswith("## ")} == set(all_rules())
    assert [line for line in lines if line.startswith("| `") and line.endswith("|  |")] == []
