"""The garbage collector, paused while a large answer is read."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def paused() -> Generator[None]:
    """Pause the collector, if it runs.

    While thousands of models are made of one answer, it would look through them again and again, and all of them are in
    use: that is a seventh of the time that reading takes. Nobody else is held up; what they leave behind in these few
    milliseconds is collected right after.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
