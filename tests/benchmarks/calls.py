"""One small call: our CPU against that of the same request through bare httpx."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import httpx

from . import payloads, processes
from .measuring import Effort, Findings, Row, Samples, cpu_in_turns, milliseconds

THEME = "calls"
CALLS = 20  # in one sample
_QUEUE = f"/v2/annotation-queues/{payloads.QUEUE_ID}"
_RECORD = payloads.record_id(1)


def measure(effort: Effort, official: Path | None) -> Findings:
    """Measure `get` and `annotate_record` by ID, and what the official client takes for a `get`."""
    with processes.prepared_server() as url:
        taken = contest(url, effort.rounds)
        theirs = _official(official, url, effort.rounds)
    note = {name: f"ours {milliseconds(taken[name])}, httpx {milliseconds(taken[f'httpx {name}'])}" for name in _OURS}
    note["get"] += f", official {milliseconds(theirs)}" if theirs else ""
    rows = [
        Row(
            theme=THEME,
            what=f"{name} by ID, CPU over bare httpx",
            value=taken.ratio(name, f"httpx {name}"),
            unit="x",
            target=1.15,
            note=note[name],
        )
        for name in _OURS
    ]
    return Findings(rows)


_OURS = ("get", "annotate_record")


def contest(url: str, rounds: int) -> Samples:
    """Run our calls and the same requests through httpx by turns in this process."""
    from arize_queues import ArizeClient

    seen: list[httpx.Request] = []
    hooks: dict[str, Any] = {"request": [seen.append]}
    annotations = payloads.inputs(1)

    def calls(client: ArizeClient) -> dict[str, Any]:
        queues, queue = client.annotation_queues, payloads.QUEUE_ID
        return {
            "get": lambda: queues.get(annotation_queue=queue),
            "annotate_record": lambda: queues.annotate_record(
                annotation_queue=queue, record_id=_RECORD, annotations=annotations
            ),
        }

    with httpx.Client(event_hooks=hooks) as spy, ArizeClient(api_key="k", base_url=url, http_client=spy) as client:
        for call in calls(client).values():
            call()
    with httpx.Client(headers=_common(seen)) as bare, ArizeClient(api_key="k", base_url=url) as client:
        contestants = calls(client)
        for name, request in zip(_OURS, seen, strict=True):
            contestants[f"httpx {name}"] = _resend(bare, request)
        return cpu_in_turns(contestants, rounds, CALLS)


def _common(seen: list[httpx.Request]) -> dict[str, str]:
    """Return the headers that our client sends with every request."""
    return {name: seen[0].headers[name] for name in ("accept", "authorization", "user-agent")}


def _resend(bare: httpx.Client, request: httpx.Request) -> Any:
    """Return a call of httpx that sends the same request: URL, headers and body."""
    url = str(request.url)
    if request.method == "GET":
        return lambda: bare.get(url).content
    body = request.content
    headers = {"Content-Type": "application/json"}
    return lambda: bare.post(url, content=body, headers=headers).content


def _official(python: Path | None, url: str, rounds: int) -> float | None:
    with processes.official_client(python, url) as official:
        if official is None:
            return None
        order = {"do": "get", "calls": CALLS, "annotation_queue": payloads.QUEUE_ID}
        return statistics.median(official.ask(**order)["cpu"] / CALLS for _ in range(rounds))
