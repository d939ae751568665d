"""Walking all records: fetching beside the caller's work, and memory that does not grow with the queue."""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path

from arize_queues_raw.limits import MAX_RECORDS_PAGE_SIZE as PAGE

from . import payloads, processes
from .measuring import Effort, Findings, Row, Samples, in_turns, wall

THEME = "streaming"
RECORDS = 200_000
WALKS = 5  # that share the records, where time is measured
LATENCY = 0.02  # of a page, and of the caller's work on it


def measure(effort: Effort, official: Path | None) -> Findings:
    """Measure the wall time with and without work on the pages, and the memory of a whole walk."""
    del official  # it has no iterator
    records = max(2 * PAGE, effort.of(RECORDS))
    part = max(2 * PAGE, records // WALKS)
    with processes.prepared_server(records=part, latency=LATENCY) as url:
        walks = {name: partial(wall, partial(walk, url, part, work)) for name, work in _WORK.items()}
        taken = in_turns(walks, min(WALKS, effort.rounds))
    rows = [_overlap(taken, name, part) for name in _WORK if name != "fetching alone"]
    with processes.prepared_server(records=records) as url:
        return Findings([*rows, *_memory(url, records)])


def _overlap(taken: Samples, name: str, records: int) -> Row:
    """Compare the walks in which a page is worked on with the larger of fetching and working."""
    work = records / PAGE * LATENCY
    pairs = zip(taken.taken[name], taken.taken["fetching alone"], strict=True)
    ratio = statistics.median(together / max(alone, work) for together, alone in pairs)
    rounds = len(taken.taken[name])
    what = f"iter_records, {rounds} x {records:,} records, {name}: wall over the larger of fetch and work"
    note = f"together {taken[name]:.2f} s, fetching alone {taken['fetching alone']:.2f} s, work alone {work:.2f} s"
    return Row(theme=THEME, what=what, value=ratio, unit="x", target=1.15, note=note)


def walk(url: str, records: int, work: Callable[[float], object] | None = None, most: int | None = None) -> None:
    """Iterate over all records, or `most` of them, and work on each page once it has come."""
    from arize_queues import ArizeClient

    count = 0
    with ArizeClient(api_key="emulator-key", base_url=url) as client:
        walked = client.annotation_queues.iter_records(annotation_queue=payloads.QUEUE_ID, page_size=PAGE)
        for _ in islice(walked, most):
            count += 1
            if work and count % PAGE == 0:
                work(LATENCY)
    assert count in {records, most}


def resident_peak(url: str, records: int, most: int | None = None) -> float:
    """Return the peak of resident memory in bytes of a fresh process that walks the records."""
    walk = f"streaming.walk({url!r}, {records}, most={most})"
    code = f"from tests.benchmarks import streaming; {walk}; print(streaming.peak())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=processes.environment(), check=True, capture_output=True, text=True)
    return float(done.stdout)


def peak() -> float:
    """Return the peak of this process's resident memory in bytes; on Linux without that of its parent."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return float(line.split()[1]) * 1024
    import resource

    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _memory(url: str, records: int) -> list[Row]:
    page, one, all_ = _traced(url, records)
    little, much = resident_peak(url, records, 2 * PAGE), resident_peak(url, records)
    resident = f"{little / 1e6:.0f} MB after {2 * PAGE:,} records, {much / 1e6:.0f} MB after {records:,}"
    traced = f"peak {one / 1e6:.1f} MB listing one page, {all_ / 1e6:.1f} MB walking; a page holds {page / 1e6:.1f} MB"
    what = f"iter_records over {records:,} records, peak memory above"
    return [
        Row(theme=THEME, what=f"{what} one page's", value=(all_ - one) / page, unit="pages", target=3.0, note=traced),
        Row(theme=THEME, what=f"{what} {2 * PAGE:,} records'", value=(much - little) / 1e6, unit="MB", note=resident),
    ]


def _traced(url: str, records: int) -> tuple[float, float, float]:
    """Return the bytes that a page of models holds, and the peaks of listing one page and of walking all."""
    from arize_queues import ArizeClient

    with ArizeClient(api_key="emulator-key", base_url=url) as client:
        queue = {"annotation_queue": payloads.QUEUE_ID}
        client.annotation_queues.list_records(**queue)
        tracemalloc.start()
        try:
            before = _settled()
            held = client.annotation_queues.list_records(**queue, limit=PAGE)
            one = tracemalloc.get_traced_memory()[1] - before
            page = _settled() - before
            del held
            before = _settled()
            walk(url, records)
            return page, one, tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()


def _settled() -> int:
    """Return the traced bytes without garbage, and reset the peak."""
    gc.collect()
    tracemalloc.reset_peak()
    return tracemalloc.get_traced_memory()[0]


def _compute(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(range(100))


_WORK: dict[str, Callable[[float], object] | None] = {
    "fetching alone": None,
    "work that waits": time.sleep,
    "work that computes": _compute,
}
