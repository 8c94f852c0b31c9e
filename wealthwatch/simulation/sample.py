"""The sample as files: the movements in order of time, and beside them customers, managers, prices and the planted stories."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import BinaryIO

from schemas.prices import Price
from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.advice import Advice
from wealthwatch.simulation.business import Business
from wealthwatch.simulation.custody import look_after
from wealthwatch.simulation.days import Day, calendar
from wealthwatch.simulation.dealings import Dealings
from wealthwatch.simulation.holdings import Holdings
from wealthwatch.simulation.households import Households
from wealthwatch.simulation.ledger import Ledger
from wealthwatch.simulation.life import Life
from wealthwatch.simulation.organisation import staff
from wealthwatch.simulation.plans import Plans
from wealthwatch.simulation.population import Client, Population
from wealthwatch.simulation.products import RATES, Market
from wealthwatch.simulation.scenes import FAULTS, SCENES, outage
from wealthwatch.simulation.stories import Stage

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for: the same plan gives the same bytes.

    Args:
        seed: another one is another bank.
        customers: people, companies and institutions.
        days: dates.
        start: the first of them.
        faults: let the feeds have their faults, too.
    """

    seed: int
    customers: int
    days: int
    start: date
    faults: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    movements: int
    customers: int
    managers: int
    stories: int


def beside(out: Path, what: str) -> Path:
    """The side file of a sample: `sample.jsonl` has `sample.customers.jsonl` beside it."""
    return out.with_name(f"{out.stem}.{what}")


def write(plan: Plan, out: Path, progress: Callable[[int, int], None] = lambda _day, _movements: None) -> Written:
    """Make up a bank and write it down; `progress` is told each day that is done and the movements so far.

    Memory grows with the customers, not with the days: a day is written before the next one begins.
    """
    days = calendar(plan.start, plan.days)
    market = Market(_random(plan, "market"))
    holdings = Holdings(_random(plan, "dealings"), market.instruments, plan.start)
    dealings = Dealings(_random(plan, "deals"), Ledger(), market, holdings)
    stage = Stage(_random(plan, "stories"), days, dealings)
    managers, heads = staff(_random(plan, "staff"), plan.customers, plan.start, plan.days)
    advice = Advice(_random(plan, "advice"), plan.start)
    population = Population(_random(plan, "population"), managers, market.instruments, advice, plan.start, plan.days)
    cast = stage.cast((*FAULTS, *SCENES) if plan.faults else SCENES, plan.customers)
    fallen_silent = outage(stage) if plan.faults else None
    clients: list[Client] = []
    with beside(out, "customers.jsonl").open("wb") as file:
        for client, profile in population.people(plan.customers, {number: scene.part for number, scene in cast.items()}):
            file.write(profile.model_dump_json(exclude_none=True).encode() + b"\n")
            clients.append(client)
            if client.number in cast:
                stage.play(cast[client.number], client, str(profile.manager_id))
    with beside(out, "managers.jsonl").open("wb") as file:
        file.writelines(member.model_dump_json().encode() + b"\n" for member in (*heads, *managers))
    _write_prices(plan, beside(out, "prices.jsonl"))
    with out.open("wb") as file:
        movements = _write_days(plan, days, clients, stage, file, progress)
    stories = list(stage.told())
    facts = {"seed": plan.seed, "customers": plan.customers, "days": plan.days, "start": plan.start.isoformat(), "movements": movements}
    facts |= {"feeds": [fallen_silent] if fallen_silent else [], "stories": stories}
    beside(out, "stories.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return Written(movements, plan.customers, len(managers) + len(heads), len(stories))


def _write_days(
    plan: Plan, days: list[Day], clients: list[Client], stage: Stage, file: BinaryIO, progress: Callable[[int, int], None]
) -> int:
    dealings, ledger = stage.dealings, stage.dealings.ledger
    town = other.Town(_random(plan, "town"))
    life = Life(_random(plan, "life"), dealings, town)
    business = Business(_random(plan, "business"), dealings, town, life)
    households = Households(_random(plan, "households"), clients, stage)
    plans = Plans()
    movements = 0
    for day in days:
        ledger.open_day(day)
        if day.business:
            dealings.market.pass_day(day.index)
        households.plan(day)
        due = stage.due(day.index)
        for client in clients:
            if day.index == client.comes_on:
                _arrive(client, dealings)
            if day.index <= client.comes_on:
                continue
            for deed in due.get(client.number, ()):
                plans.add(*deed)
            look_after(client, day, dealings, plans)
            if client.company:
                business.trade(client, day, plans)
            elif not client.asleep:
                life.live(client, day, plans)
            plans.carry_out()
        lines = ledger.close_day()
        file.writelines(lines)
        movements += len(lines)
        progress(day.index + 1, movements)
    return movements


def _arrive(client: Client, dealings: Dealings) -> None:
    if client.comes_on:
        dealings.earn(11 * 3_600 + client.number % 3_600, client, "deposit", client.worth, other.CASH_IN)
        return
    for account in client.accounts:
        if balance := account.balance:
            units, account.balance, account.units = account.units, 0, 0
            dealings.ledger.post(account, 0, "adjustment", balance, ',"snapshot":true', units)


def _write_prices(plan: Plan, path: Path) -> None:
    at = datetime.combine(plan.start, time(), CHINA)
    prices = (Price(of=code, currency="CNY", price=Decimal(rate).scaleb(-4), at=at) for code, rate in RATES.items())
    path.write_bytes(b"".join(price.model_dump_json().encode() + b"\n" for price in prices))


def _random(plan: Plan, purpose: str) -> Random:
    return Random(f"{plan.seed}:{purpose}")  # noqa: S311 - a made-up bank, no secret
