"""Hypothesis profiles. `fast` is the everyday one; HYPOTHESIS_PROFILE=thorough digs deeper."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Deadlines are off: the suite runs in parallel on small machines and a slow moment is no failure.
settings.register_profile(
    "fast", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))
