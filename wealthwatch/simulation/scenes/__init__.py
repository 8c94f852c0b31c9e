"""The stories themselves: what happens in each, and what should be seen of it. A file a family of rules."""

from __future__ import annotations

from wealthwatch.simulation.scenes import absence, calendar, faults, flows, holdings, households, loans, long

FAMILIES = (flows, calendar, absence, holdings, loans, households, long)
SCENES = tuple(sorted((scene for family in FAMILIES for scene in family.SCENES), key=lambda scene: scene.per))
"""Those of a bank whose feeds work, the frequent ones first."""

FAULTS = faults.SCENES
"""Those of feeds that do not."""
outage = faults.outage
