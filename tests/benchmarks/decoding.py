"""Listing 500 records: our CPU against the floor, a bare GET and orjson.loads, and against the official client's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import orjson
from arize_queues_raw.limits import MAX_RECORDS_PAGE_SIZE

from . import payloads, processes
from .measuring import Effort, Findings, Row, Samples, cpu, cpu_in_turns, in_turns, milliseconds

THEME = "decoding"
# In one sample: enough that each bears its share of the garbage collector's full rounds, one in several calls. In the
# official client's process, whose imports leave many objects, such a round takes longer than a call.
CALLS = 15
_PATH = f"/v2/annotation-queues/{payloads.QUEUE_ID}/records?limit="


def measure(effort: Effort, official: Path | None) -> Findings:
    """Measure with orjson, without it, and the official client."""
    limit = MAX_RECORDS_PAGE_SIZE
    with processes.prepared_server(records=limit) as url:
        quick = contest(url, limit, effort.rounds)
        slow = _without_orjson(url, limit, effort.rounds)
        against = _against_official(official, url, limit, effort.rounds)
    what = f"list_records of {limit} records, CPU over"
    note = f"{_told(quick)}, of which the GET {milliseconds(quick['GET'])}"
    rows = [
        _row(f"{what} floor", quick.ratio("ours", "floor"), 2.2, note),
        _row(f"{what} floor, without orjson", slow.ratio("ours", "floor"), 2.8, _told(slow)),
        _row(f"{what} official", against and against.ratio("ours", "official"), 0.25, against and _told(against)),
    ]
    return Findings(rows)


def contest(url: str, limit: int, rounds: int) -> Samples:
    """Run ours, the floor and the bare GET by turns in this process."""
    from arize_queues import ArizeClient

    bare = httpx.Client(headers={"Authorization": "Bearer emulator-key", "Accept": "application/json"})
    address = f"{url}{_PATH}{limit}"
    with ArizeClient(api_key="emulator-key", base_url=url) as client, bare:
        queues = client.annotation_queues
        assert len(queues.list_records(annotation_queue=payloads.QUEUE_ID, limit=limit)) == limit
        contestants = {
            "ours": lambda: queues.list_records(annotation_queue=payloads.QUEUE_ID, limit=limit),
            "floor": lambda: orjson.loads(bare.get(address).content),
            "GET": lambda: bare.get(address).content,
        }
        return cpu_in_turns(contestants, rounds, min(CALLS, rounds))


def _without_orjson(url: str, limit: int, rounds: int) -> Samples:
    """Run the contest in a process where the client finds no orjson, while the floor still has it."""
    code = (
        "import sys, json; from tests.benchmarks import decoding; sys.modules['orjson'] = None; "
        f"print(json.dumps(decoding.contest({url!r}, {limit}, {rounds}).taken))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=processes.environment(), check=True, capture_output=True, text=True)
    return Samples(json.loads(done.stdout))


def _against_official(python: Path | None, url: str, limit: int, rounds: int) -> Samples | None:
    """Run the official client, in its process, by turns with ours in this one."""
    from arize_queues import ArizeClient

    calls = min(CALLS, rounds)
    queue: dict[str, Any] = {"annotation_queue": payloads.QUEUE_ID, "limit": limit}
    with processes.official_client(python, url) as official, ArizeClient(api_key="emulator-key", base_url=url) as ours:
        if official is None:
            return None
        contestants = {
            "ours": lambda: cpu(lambda: ours.annotation_queues.list_records(**queue), calls),
            "official": lambda: float(official.ask(do="page", calls=calls, **queue)["cpu"]) / calls,
        }
        return in_turns(contestants, rounds)


def _row(what: str, ratio: float | None, target: float, note: str | None) -> Row:
    return Row(theme=THEME, what=what, value=ratio, unit="x", target=target, note=note or "no official client")


def _told(samples: Samples) -> str:
    return ", ".join(f"{name} {milliseconds(samples[name])}" for name in samples.taken if name != "GET")
