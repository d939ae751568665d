"""The number of examples of property tests: few in `make check`, many in `make nightly`."""

from __future__ import annotations

import os

FACTORS = {"check": 0.3, "test": 1.0, "nightly": 25.0}
FACTOR = FACTORS[os.environ.get("TEST_TIER", "test")]


IS_NIGHTLY = FACTOR > 1


def examples(number: int) -> int:
    """Return the number of examples in this tier, for a property that `make test` tries so many times."""
    return max(3, int(number * FACTOR))
