"""Pause the garbage collector while a large answer is decoded."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Generator[None]:
    """Pause the garbage collector, if it is enabled.

    While thousands of models are built of one answer, the collector would traverse them again and again, and all of
    them are in use: that is a seventh of the decoding time. Other threads only notice that their garbage is collected
    a few milliseconds later.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
