"""The emulator in a process of its own, with queues full of records, slow from then on.

`python -m tests.benchmarks.emulator_server --records 2000 --latency 0.05` prints, as JSON, where it is and what is in
it, and ends with its standard input.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from typing import Any

from arize_queues import ArizeClient, SpanSource
from arize_queues.emulator import Emulator

QUEUES = ("ours", "theirs")
_DAY = "2026-03-02"


def main() -> None:
    """Fill the emulator, slow it down, and serve until the standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--latency", type=float, required=True)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with Emulator() as emulator:
        world = _fill(emulator, options.records)
        emulator.stop()
        emulator.latency = options.latency
        emulator.start()
        print(json.dumps({"url": emulator.url, "api_key": emulator.api_key, **world}), flush=True)
        sys.stdin.read()


def _fill(emulator: Emulator, records: int) -> dict[str, Any]:
    """Make two queues of the same records, one for each client."""
    space = emulator.add_space("prod")
    project = emulator.add_project(space, "chat")
    spans = [{"span_id": f"span-{number:06}", "start_time": f"{_DAY}T08:00:00Z"} for number in range(records)]
    emulator.add_spans(project, spans)
    accuracy = emulator.add_annotation_config(space, "accuracy", "categorical", values=["correct", "incorrect"])
    emulator.add_user("ana@example.com")
    source = SpanSource(
        project=project,
        start_time=f"{_DAY}T00:00:00Z",
        end_time=f"{_DAY}T23:00:00Z",
        span_ids=[span["span_id"] for span in spans],
    )
    found: dict[str, Any] = {}
    with ArizeClient(api_key=emulator.api_key, base_url=emulator.url) as client:
        for name in QUEUES:
            queue = client.annotation_queues.create(
                name=name, space=space, annotation_config_ids=[accuracy], annotator_emails=["ana@example.com"]
            )
            added = client.annotation_queues.add_records(annotation_queue=queue.id, record_sources=[source])
            found[name] = {"id": queue.id, "records": [record.id for record in added]}
    return {"space": "prod", "queues": found}


if __name__ == "__main__":
    main()
