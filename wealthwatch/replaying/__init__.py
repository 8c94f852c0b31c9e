"""Publishing a feed's movements, with who they are about, as an upstream system would: what `replay` and `demo` do.

On aiokafka's batches, not on kafka-python's `send`: that one stops at about 15,000 movements a second, and the replay must outrun the
detector.
"""

from __future__ import annotations

from wealthwatch.replaying.pace import Pace
from wealthwatch.replaying.publish import publish
from wealthwatch.replaying.replay import Progress, Replay, Summary
from wealthwatch.replaying.resume import ResumePoint, place_of, size_of

__all__ = ["Pace", "Progress", "Replay", "ResumePoint", "Summary", "place_of", "publish", "size_of"]
