"""A believable bank, made up: who its people and customers are, what they do every day, and the stories planted among them.

The same seed gives the same bytes. Every name is invented; money is whole fen (0.01 of the currency) inside, decimal strings outside.
"""

from __future__ import annotations

from wealthwatch.simulation.sample import Plan, Written, write

__all__ = ["Plan", "Written", "write"]
