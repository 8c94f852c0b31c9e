"""A second opinion: what a sample holds and what must be notified of it, counted by SQL from the texts of the rules alone.

Nothing here imports the detector. Windows are plain sums over the sample's rows in DuckDB, exact in DECIMAL; where a condition opens is
found over the levels that it passes, in the order of arrival. Each file's docstring says how its rules are read where their text leaves it
open.
"""

from __future__ import annotations

from tests.oracle.finding import Finding
from tests.oracle.findings import ALL_RULES, FIRST_RULES, expected, retracted
from tests.oracle.rows import Paths, open_sample
from tests.oracle.thresholds import Thresholds

__all__ = ["ALL_RULES", "FIRST_RULES", "Finding", "Paths", "Thresholds", "expected", "open_sample", "retracted"]
