"""The official client, driven over standard input.

It runs in an environment of its own, so it imports nothing of ours. What the client lacks, splitting and paging, is the
loop that its caller would write.
"""

from __future__ import annotations

import gc
import json
import logging
import resource
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from arize import ArizeClient


def main(url: str) -> None:
    """Carry out one order a line, and answer each with what it cost."""
    logging.disable(logging.CRITICAL)
    sys.stdout, out = sys.stderr, sys.stdout
    parts = urlsplit(url)
    host = {"api_scheme": parts.scheme, "api_host": parts.hostname, "api_port": parts.port}
    queues = ArizeClient(api_key="emulator-key", **host).annotation_queues
    for line in sys.stdin:
        order = json.loads(line)
        work = globals()[f"do_{order.pop('do')}"](queues, **order)
        print(json.dumps(_cost(work)), file=out, flush=True)


def _cost(work: Callable[[], object]) -> dict[str, Any]:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def do_get(queues: Any, calls: int, **queue: str) -> Callable[[], object]:
    """Get a queue."""
    return lambda: [queues.get(**queue) for _ in range(calls)]


def do_page(queues: Any, calls: int, limit: int, **queue: str) -> Callable[[], object]:
    """List one page of records some times, and let each go."""

    def work() -> None:
        for _ in range(calls):
            queues.list_records(limit=limit, **queue)

    return work


def do_list(queues: Any, limit: int, **queue: str) -> Callable[[], object]:
    """List all records, as a caller's own loop does."""

    def work() -> None:
        cursor = None
        while True:
            page = queues.list_records(limit=limit, cursor=cursor, **queue)
            cursor = page.pagination.next_cursor
            if not cursor:
                return

    return work


def do_add(queues: Any, chunk: int, source: dict[str, Any], span_ids: int, **queue: str) -> Callable[[], object]:
    """Add records by span IDs, in requests of the caller's, who keeps what was created, as our client does."""

    def work() -> list[Any]:
        chunks = _chunks([f"span-{number:07}" for number in range(span_ids)], chunk)
        return [queues.add_records(record_sources=[{**source, "span_ids": ids}], **queue) for ids in chunks]

    return work


def do_delete(queues: Any, chunk: int, record_ids: list[str], **queue: str) -> Callable[[], object]:
    """Delete records, in requests of the caller's."""
    return lambda: [queues.delete_records(record_ids=ids, **queue) for ids in _chunks(record_ids, chunk)]


def do_annotate(queues: Any, record_ids: list[str], annotations: list[Any], **queue: str) -> Callable[[], object]:
    """Annotate records, one by one."""
    return lambda: [queues.annotate_record(record_id=name, annotations=annotations, **queue) for name in record_ids]


def _chunks(ids: list[str], size: int) -> list[list[str]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


if __name__ == "__main__":
    main(sys.argv[1])
