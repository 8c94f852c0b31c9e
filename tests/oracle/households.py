"""Households: R01, R02, R10, R11, R40 on one AUM of all members, and on flows from which transfers between members are taken out.

The tables `household_movements`, `household_flows`, `household_closes`, `household_floors` and `household_clock` are those of customers,
with the household where the customer stands. A household's tier follows from its own average; the tiers of its members do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb

from schemas.settings import Bank
from tests.oracle import single, sums
from tests.oracle.closes import Tiers
from tests.oracle.edges import CLOCK
from tests.oracle.finding import Finding
from tests.oracle.rows import FLOWS

OF = "household_"

MOVEMENTS = """
CREATE OR REPLACE TEMP TABLE household_movements AS
    WITH members AS (SELECT customer_id AS member, household_id FROM profiles WHERE household_id IS NOT NULL),
    known AS (SELECT DISTINCT household_id AS home, own_account FROM owned JOIN members ON member = owner)
    SELECT m.* REPLACE (
        mine.household_id AS customer_id,
        coalesce(sum(aum_change) OVER (PARTITION BY mine.household_id ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
            ::DECIMAL(30, 4) AS aum_before,
        m.external AND theirs.household_id IS DISTINCT FROM mine.household_id AND known.own_account IS NULL AS external)
    FROM movements m JOIN members mine ON mine.member = m.customer_id
    LEFT JOIN members theirs ON theirs.member = m.other_customer
    LEFT JOIN known ON known.home = mine.household_id AND known.own_account = m.other_account
"""


def prepare(db: duckdb.DuckDBPyConnection, bank: Bank, last: date) -> Tiers:
    """Make the households' tables; their tiers."""
    db.execute(MOVEMENTS)
    db.execute(FLOWS.format(flows=f"{OF}flows", movements=f"{OF}movements"), {"zone": bank.time_zone})
    db.execute(CLOCK.format(clock=f"{OF}clock", movements=f"{OF}movements"))
    return Tiers(db, bank, last, OF)


def large_inflows(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """R01 of households."""
    return single.large(db, "household_large_inflow", "credit", OF)


def large_outflows(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """R02 of households."""
    return single.large(db, "household_large_outflow", "debit", OF)


def inflows(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """R10 of households."""
    return sums.reached(db, "household_cumulative_inflow", "credit", OF)


def outflows(db: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """R11 of households."""
    return sums.reached(db, "household_cumulative_outflow", "debit", OF)
