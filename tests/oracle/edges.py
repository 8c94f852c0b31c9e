"""Edges: where a condition opens, found in SQL, so that nothing but openings leaves the database.

A rule gives its levels, one row for each time it is asked: whose, which facet, the `place` in the order of things, `today`, the measured
`value` (`per` is its divisor, or NULL), and `edge`: 1 where it is at its threshold, -1 where it has fallen below 0.8 of it, else 0. An edge
of NULL says insufficient history, or not asked. It opens at a 1 and resolves at a -1. Where the movement that opened it is reversed and the
value is then below the threshold, what was told is retracted, and the next 1 opens again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb

from tests.oracle.finding import Finding

CLOSED = ""

MACROS = """
CREATE OR REPLACE TEMP MACRO rise(value, threshold) AS
    CASE WHEN value >= threshold THEN 1 WHEN value < 0.8 * threshold THEN -1 ELSE 0 END;
CREATE OR REPLACE TEMP MACRO share_rise(value, per, ten_thousandths) AS
    CASE WHEN value * 10000 >= ten_thousandths * per THEN 1 WHEN value * 50000 < 4 * ten_thousandths * per THEN -1 ELSE 0 END;
CREATE OR REPLACE TEMP MACRO fall(value, threshold) AS
    CASE WHEN value < threshold THEN 1 WHEN 0.8 * value >= threshold THEN -1 ELSE 0 END;
"""
"""`fall` is the mirror image: it opens below the threshold and resolves at threshold / 0.8, for thresholds of 0 or more."""

TICKS = """
CREATE OR REPLACE TEMP TABLE ticks AS
    WITH told AS (SELECT unnest($dates)::DATE AS date, unnest($moments)::TIMESTAMPTZ AS moment),
    begins AS (SELECT today, min(place) AS place FROM movements WHERE kind <> 'price' GROUP BY ALL)
    SELECT date, moment, CASE WHEN moment < $final THEN place - 1 ELSE (SELECT max(place) + 1 FROM movements) END AS place,
        row_number() OVER (PARTITION BY date ORDER BY moment) = 1 AS dawn
    FROM told ASOF LEFT JOIN begins ON date <= today
"""
"""A midnight stands before the first movement of its date or a later one, the last tick behind all of them."""

CLOCK = """
CREATE OR REPLACE TEMP TABLE {clock} AS
    SELECT customer_id, t.place, t.date AS today, t.dawn
    FROM (SELECT customer_id, min(place) AS first FROM {movements} GROUP BY ALL) JOIN ticks t ON t.place > first
"""
"""The ticks of everybody, from their first movement on."""

RUNNING = """
SELECT customer_id, facet, place, today, (sum(sum(change)) OVER in_order)::DECIMAL(30, 4) AS total
FROM (
    SELECT customer_id, facet, place, today, CASE WHEN leaves > today THEN value ELSE 0 END AS change FROM {stays}
    UNION ALL
    SELECT customer_id, facet, t.place, t.date, -value FROM {stays} JOIN ticks t ON t.dawn AND t.date = leaves WHERE leaves > today
    UNION ALL
    SELECT customer_id, facet, place, today, 0 FROM (SELECT DISTINCT customer_id, facet FROM {stays}) JOIN {clock} USING (customer_id))
GROUP BY customer_id, facet, place, today
WINDOW in_order AS (PARTITION BY customer_id, facet ORDER BY place, today)
"""
"""A sum over a window without a window: what a flow adds when it arrives, it takes away at the first tick of the date it `leaves` at."""

TURNS = """
WITH levels AS ({levels}),
undone AS (SELECT place, reverses FROM movements WHERE reverses IS NOT NULL),
turns AS (
    SELECT l.*, reverses, CASE WHEN l.place % 2 = 1 THEN l.place END AS moved FROM levels l LEFT JOIN undone u USING (place)
    WHERE edge <> 0 OR (edge = 0 AND reverses IS NOT NULL)
    QUALIFY edge IS DISTINCT FROM lag(edge) OVER (PARTITION BY customer_id, facet ORDER BY l.place, today))
SELECT o.customer_id, facet, m.event_id, coalesce(m.moment, t.moment), o.value, per, edge, o.reverses
FROM turns o LEFT JOIN movements m ON m.place = o.moved LEFT JOIN ticks t ON t.place = o.place AND t.date = o.today
ORDER BY o.customer_id, facet, o.place, o.today
"""
"""Where the edge turns; of the rows with 0, only reversals, which take back what their original has opened."""


def prepare(db: duckdb.DuckDBPyConnection, midnights: Mapping[date, datetime], final: datetime, final_date: date) -> None:
    """Note the ticks of a replay: one at each midnight that event time crosses, before the first movement after it, and one at the end.

    The ticks of other hours are left out: no window here is one of hours that pass.
    """
    db.execute(MACROS)
    db.execute(TICKS, {"dates": [*midnights, final_date], "moments": [*midnights.values(), final], "final": final})
    db.execute(CLOCK.format(clock="clock", movements="movements"))


def running(stays: str, clock: str = "clock") -> str:
    """A query for the sums of what has arrived and not yet left: customer_id, facet, place, today, total."""
    return RUNNING.format(stays=stays, clock=clock)


def openings(db: duckdb.DuckDBPyConnection, rule: str, levels: str, named: Mapping[str, Any] | None = None) -> Iterator[Finding]:
    """Every opening of a rule whose levels a query gives."""
    turns = db.execute(TURNS.format(levels=levels), named or {}).fetchall()
    for (customer, facet), rows in groupby(turns, itemgetter(0, 1)):
        opened_by: str | None = CLOSED
        for _, _, event_id, at, value, per, edge, reverses in rows:
            if edge == -1 or (edge == 0 and opened_by == reverses):
                opened_by = CLOSED
            elif edge == 1 and opened_by == CLOSED:
                opened_by = event_id
                measured = Decimal(value) if per is None else Decimal(value) / Decimal(per)
                yield Finding(rule, customer, event_id, at.astimezone(UTC), facet, measured)
