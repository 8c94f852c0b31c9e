"""How long a test waits for what has to come: longer than the slowest machine takes, since what hangs is the only thing that it ends."""

from __future__ import annotations

PATIENCE_S = 240.0
