"""How thoroughly Hypothesis looks: the same examples each time, so that a build repeats; HYPOTHESIS_PROFILE asks for new ones, or many."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("new", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", parent=settings.get_profile("new"), max_examples=2_000)
settings.register_profile("ci", parent=settings.get_profile("new"), derandomize=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
