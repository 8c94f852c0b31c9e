"""A second opinion: what a sample holds and what must be notified of it, counted by SQL from the texts of the rules alone.

Nothing here imports the detector. Windows are plain GROUP BYs over the sample's rows in DuckDB, exact in DECIMAL; what has an edge (open,
resolve, latch) is a small fold over those rows in the order of arrival.
"""

from __future__ import annotations

from tests.oracle.findings import Finding, expected, retracted
from tests.oracle.rows import Paths, open_sample

__all__ = ["Finding", "Paths", "expected", "open_sample", "retracted"]
