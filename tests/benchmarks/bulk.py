"""Annotating and deleting many records on a server with 50 ms of latency, against the official client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from arize_queues_raw.limits import MAX_RECORD_IDS_PER_DELETE

from . import processes
from .measuring import Effort, Findings, Row, wall

THEME = "bulk"
LATENCY = 0.05
CONCURRENCY = 8
ANNOTATED = 2_000
DELETED = 10_000
_VALUES = [{"name": "accuracy", "label": "correct"}]


def measure(effort: Effort, official: Path | None) -> Findings:
    """Annotate by the names of queue and space, delete by the queue's ID; both clients on equal queues."""
    annotated, deleted = effort.of(ANNOTATED), effort.of(DELETED)
    arguments = ("--records", str(max(annotated, deleted)), "--latency", str(LATENCY))
    with processes.emulator(*arguments) as world:
        ours = _ours(world, annotated, deleted)
        theirs = _theirs(official, world, annotated, deleted)
    rows = []
    for what, target in (("annotate", 15.0), ("delete", 6.0)):
        amount = f"{annotated if what == 'annotate' else deleted:,} records"
        note = f"ours {ours[what]:.2f} s, official {theirs[what]:.1f} s" if theirs else f"ours {ours[what]:.2f} s"
        times = theirs[what] / ours[what] if theirs else None
        name = f"{what} {amount}, {LATENCY * 1000:.0f} ms of latency, times faster than official"
        rows.append(Row(theme=THEME, what=name, value=times, unit="x", target=target, bound="least", note=note))
    return Findings(rows)


def _ours(world: dict[str, Any], annotated: int, deleted: int) -> dict[str, float]:
    from arize_queues import ArizeClient

    client = ArizeClient(api_key=world["api_key"], base_url=world["url"], max_concurrency=CONCURRENCY)
    ids = world["queues"]["ours"]["records"]
    with client:
        queues = client.annotation_queues
        values = dict.fromkeys(ids[:annotated], _VALUES)
        return {
            "annotate": wall(
                lambda: queues.annotate_records(annotation_queue="ours", space=world["space"], annotations=values)
            ),
            "delete": wall(
                lambda: queues.delete_records(annotation_queue=world["queues"]["ours"]["id"], record_ids=ids[:deleted])
            ),
        }


def _theirs(python: Path | None, world: dict[str, Any], annotated: int, deleted: int) -> dict[str, float]:
    queue = world["queues"]["theirs"]
    ids = queue["records"]
    with processes.official_client(python, world["url"]) as official:
        if official is None:
            return {}
        by_name = {"annotation_queue": "theirs", "space": world["space"]}
        annotate = official.ask(do="annotate", record_ids=ids[:annotated], annotations=_VALUES, **by_name)
        delete = official.ask(
            do="delete", chunk=MAX_RECORD_IDS_PER_DELETE, record_ids=ids[:deleted], annotation_queue=queue["id"]
        )
        return {"annotate": annotate["wall"], "delete": delete["wall"]}
