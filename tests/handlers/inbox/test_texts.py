"""Every text is there in both languages."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from string import Formatter

import pytest

from handlers.inbox import templating
from handlers.inbox.item import State
from handlers.inbox.listing import Sort
from handlers.inbox.terms import TERMS, term
from handlers.inbox.texts import TEXTS, in_language
from schemas.customers import Language, Segment
from schemas.follow_ups import ContactBy, Outcome, Step
from schemas.journal import Reason, Verdict
from schemas.managers import Channel
from schemas.movements import AssetClass, Kind
from schemas.notifications import Status
from schemas.rules import Severity
from schemas.settings import Bank

ALL = {**TEXTS, **TERMS}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
THE_SAME_ON_PURPOSE = {"nav.language", "nav.language_label", "item.from_to", "item.rate"}


@pytest.mark.parametrize("key", sorted(ALL))
def test_a_text_is_whole_in_both_languages_with_the_same_places_to_fill(key: str) -> None:
    chinese, english = ALL[key]
    assert chinese.strip() == chinese != ""
    assert english.strip() == english != ""
    if key not in THE_SAME_ON_PURPOSE:
        assert CHINESE.search(chinese), "the Chinese side is Chinese"
        assert not CHINESE.search(english), "the English side is not"
    places = [sorted(name for _, name, _, _ in Formatter().parse(side) if name) for side in (chinese, english)]
    assert places[0] == places[1]


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("severity", Severity),
        ("state", State),
        ("status", Status),
        ("segment", Segment),
        ("class", AssetClass),
        ("kind", Kind),
        ("step", Step),
        ("by", ContactBy),
        ("outcome", Outcome),
        ("channel", Channel),
        ("verdict", Verdict),
        ("reason", Reason),
    ],
)
def test_every_word_of_the_contract_has_its_word_for_people(group: str, kind: type[StrEnum]) -> None:
    assert {f"{group}.{member.value}" for member in kind} - set(TERMS) == set()


def test_the_tiers_of_the_default_settings_and_the_orders_have_names() -> None:
    assert {f"tier.{tier.name}" for tier in Bank().tiers} - set(TERMS) == set()
    assert {f"sort.{sort.value}" for sort in Sort} - set(TEXTS) == set()


def test_every_key_that_code_or_template_asks_for_is_there_and_every_key_is_asked_for() -> None:
    folder = Path(templating.__file__).parent
    sources = "\n".join(
        path.read_text() for path in [*folder.rglob("*.py"), *folder.rglob("*.html")] if path.name not in {"texts.py", "terms.py"}
    )
    asked = set(re.findall(r"""\bt\(\s*["']([\w.]+)["'](?!\s*~)""", sources))
    assert asked - set(TEXTS) == set()
    begun = set(re.findall(r"""["']([\w.]+\.)["']\s*~""", sources)) | {"span.", "empty.", "fail.", "step.saved.", "sort.", "help."}
    quoted = set(re.findall(r"""["']([a-z_]+(?:\.[a-z_]+)*)["']""", sources))
    assert {key for key in TEXTS if key not in quoted and not key.startswith(tuple(begun))} == set()


def test_an_unknown_text_is_an_error_and_an_unknown_term_is_shown_as_it_is_called() -> None:
    with pytest.raises(KeyError):
        in_language(Language.ENGLISH, TEXTS)("no.such")
    assert term(Language.CHINESE, "rule", "of_our_own") == "Of our own"
