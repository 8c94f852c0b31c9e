"""`docs/rules.md`, from the rules themselves: `python -m wealthwatch.tuning.document > docs/rules.md`, or `make docs`."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from schemas.rules import RuleSettings
from schemas.settings import Bank
from streams.book import all_rules
from streams.rule import Rule
from wealthwatch.tuning.origins import origins
from wealthwatch.tuning.pages import definition

BEGINS = """\
# The rules

What each rule sees, by its number. The defaults are starting points: set them in the settings file, by customer, tier, segment, or for
all (`wealthwatch rules show NAME` says what holds), and try them on history first (`wealthwatch backtest`). Money is in the base currency,
shares are fractions. Where a rule has no `abs_floor` of its own, the floor of the customer's tier counts (`bank.tiers` in the settings; by
default those below). This page is made from the rules' own files by `make docs`.
"""


def document(bank: Bank) -> str:
    """The page: a table of all rules, then each with its definition and parameters."""
    rules = list(all_rules().values())
    table = ["| id | rule | kind | sees |", "|---|---|---|---|"]
    table += [f"| {rule.rule_id} | [`{rule.name}`](#{rule.name}) | {rule.kind} | {_cell(definition(rule))} |" for rule in rules]
    tiers = ["| tier | AUM_avg(30) from | floor of one movement |", "|---|---:|---:|"]
    tiers += [f"| {tier.name} | {tier.line:,} | {tier.abs_floor:,} |" for tier in bank.tiers]
    parts = [BEGINS, "\n".join(tiers) + "\n", "\n".join(table) + "\n", *("\n".join(_section(rule, bank)) + "\n" for rule in rules)]
    return "\n".join(parts)


def _section(rule: Rule[Any], bank: Bank) -> Iterator[str]:
    yield f"## {rule.name}\n"
    yield f"{rule.rule_id}, {rule.kind}, measured in {rule.unit}.\n"
    yield f"{cleandoc(rule.__doc__ or '')}\n"
    if rule.classification is not None:
        yield f"It is {rule.classification}: not for the customer's manager.\n"
    if rule.inhibits:
        held = "every rule but the feed's own signals" if "*" in rule.inhibits else ", ".join(f"`{name}`" for name in sorted(rule.inhibits))
        later = f", and {rule.inhibits_s // 3_600} h of event time from it on" if rule.inhibits_s else ""
        yield f"Told, it holds {held} of the same movement{later}.\n"
    yield "| parameter | default | meaning |"
    yield "|---|---|---|"
    for one in origins(rule, RuleSettings(), bank, []):
        yield f"| `{one.name}` | {_cell(one.default)} | {_cell(one.meaning)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(document(Bank()), end="")
