"""Run the parity cases and the emulator with the official clients, and write tests/parity/MATRIX.md."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from .cases import EXPANDED, PARITY, as_text, load
from .clients import CLIENTS, Client, UnavailableError
from .endtoend import STEPS, end_to_end
from .judge import Verdict, verdict
from .server import StageServer, serving

MATRIX = PARITY / "MATRIX.md"


@attrs.frozen
class Run:
    """The outcome of one client.

    Attributes:
        client: The client.
        runtime: What it ran on.
        verdicts: By case ID.
        journey: The outcome of each step through the emulator.
        unavailable: Why there is nothing of it, or None.
    """

    client: Client
    runtime: str = ""
    verdicts: dict[str, Verdict] = attrs.field(factory=dict)
    journey: dict[str, str] = attrs.field(factory=dict)
    unavailable: str | None = None


def main() -> int:
    """Run the clients; return 1 if something needs an explanation or a fix."""
    options = _options()
    cases = load()
    if options.expand:
        Path(options.expand).write_text(as_text(cases), encoding="utf-8", newline="\n")
        return 0
    with serving() as server:
        runs = [_run(client, server, cases) for client in CLIENTS]
    rows = _rows(cases)
    MATRIX.write_text(_matrix(runs, rows))
    unexplained = [name for name, group in rows.items() if _unexplained(runs, group)]
    wrong = [run.client.name for run in runs if any(word.startswith("wrong") for word in run.journey.values())]
    for name in unexplained:
        print(f"{name}: no official client does the same, and the case does not say why")
    for name in wrong:
        print(f"{name}: it does not believe the emulator; see the end of {MATRIX.name}")
    return 1 if unexplained or wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--expand", metavar="FILE", nargs="?", const=EXPANDED, help="only write the cases, expanded")
    return parser.parse_args()


def _run(client: Client, server: StageServer, cases: list[dict[str, Any]]) -> Run:
    print(f"{client.name}: ", end="", flush=True)
    try:
        client.install()
        adapter = client.start()
        if adapter.version != client.version:
            raise UnavailableError(f"version {adapter.version} is installed")
    except UnavailableError as reason:
        print(f"not available, {reason}")
        return Run(client, unavailable=str(reason))
    try:
        verdicts = {case["id"]: verdict(client, adapter, server, case) for case in cases}
        journey = end_to_end(client, adapter)
    finally:
        adapter.close()
    counts = Counter(item.status for item in verdicts.values() if item.status != "other revision")
    print(", ".join(f"{number} {status}" for status, number in counts.most_common()))
    return Run(client, adapter.runtime, verdicts, journey)


def _rows(cases: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Group the revisions of each case into one row."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for case in cases:
        rows.setdefault(f"{case['file']}/{case['name']}", []).append(case)
    return rows


def _verdicts(run: Run, group: list[dict[str, Any]]) -> Verdict:
    found = [run.verdicts[case["id"]] for case in group if case["id"] in run.verdicts]
    return next((item for item in found if item.status != "other revision"), Verdict("other revision"))


def _unexplained(runs: list[Run], group: list[dict[str, Any]]) -> bool:
    statuses = {_verdicts(run, group).status for run in runs}
    return "differs" in statuses and "same" not in statuses and "differs_on_purpose" not in group[0]


def _matrix(runs: list[Run], rows: dict[str, list[dict[str, Any]]]) -> str:
    lines = [
        "# Parity with the official clients",
        "",
        "Written by `make parity`; do not edit. [README.md](README.md) says what a case is and how it is judged.",
        "",
        f"Run on {datetime.now(UTC):%Y-%m-%d}. Ours does what all cases say, sync and async: the tests see to it.",
        "",
        *_summary(runs, len(rows)),
        *_notes(runs, rows),
        *_table(runs, rows),
        *_journeys(runs),
    ]
    return "\n".join(lines) + "\n"


def _summary(runs: list[Run], total: int) -> list[str]:
    lines = [
        f"## Summary of {total} cases",
        "",
        "| client | run on | revision | same | differs | cannot be expressed | not played | not of its revision |",
        "|---|---|---|--:|--:|--:|--:|--:|",
    ]
    for run in runs:
        counts = Counter(item.status for item in run.verdicts.values())
        played = sum(counts[status] for status in ("same", "differs", "cannot", "not played"))
        cells = [str(counts[status]) for status in ("same", "differs", "cannot", "not played")]
        cells = [*cells, str(total - played)] if run.unavailable is None else [f"not available: {run.unavailable}"]
        lines.append(f"| {run.client.name} | {run.runtime} | {run.client.revision} | {' | '.join(cells)} |")
    for run in runs:
        if run.client.unread:
            fields = ", ".join(f"`{name}`" for name in run.client.unread)
            lines += ["", f"{run.client.name} reads none of {fields}; only the cases about them hold that against it."]
    return [*lines, ""]


def _notes(runs: list[Run], rows: dict[str, list[dict[str, Any]]]) -> list[str]:
    lines = [
        "## Where we differ on purpose",
        "",
        "The cases in which no official client that can express the call does the same, and why.",
        "",
    ]
    for name, group in rows.items():
        statuses = {_verdicts(run, group).status for run in runs}
        if "differs" in statuses and "same" not in statuses:
            lines.append(f"- `{name}`: {group[0].get('differs_on_purpose', '**not explained**')}")
    return [*lines, ""]


def _table(runs: list[Run], rows: dict[str, list[dict[str, Any]]]) -> list[str]:
    lines = [
        "## Case by client",
        "",
        "A dash: the case is of a revision that the client does not speak. Not played: a connection that cannot be",
        "made takes a transport of the runner's own, and the official clients are played over real connections.",
        "",
    ]
    head = " | ".join(run.client.name for run in runs)
    file = ""
    for name, group in rows.items():
        if group[0]["file"] != file:
            file = group[0]["file"]
            lines += [f"### {file}", "", f"| case | {head} |", "|---|" + "---|" * len(runs)]
        cells = " | ".join(_cell(run, _verdicts(run, group)) for run in runs)
        lines.append(f"| {group[0]['name']} | {cells} |")
        if name == list(rows)[-1] or list(rows)[list(rows).index(name) + 1].split("/")[0] != file:
            lines.append("")
    return lines


def _cell(run: Run, found: Verdict) -> str:
    if run.unavailable is not None:
        return "not available"
    words = {"cannot": "cannot be expressed", "other revision": "-", "differs": "**differs**"}
    text = words.get(found.status, found.status) + (f": {found.how}" if found.how else "")
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _journeys(runs: list[Run]) -> list[str]:
    lines = [
        "## The official clients against our emulator",
        "",
        "All operations that a client has, on the emulator in the client's revision; the state at the end of each step",
        "is looked up in the emulator.",
        "",
        f"| step | {' | '.join(run.client.name for run in runs)} |",
        "|---|" + "---|" * len(runs),
    ]
    for step in STEPS:
        cells = [run.journey.get(step, "not available").replace("|", "\\|") for run in runs]
        lines.append(f"| {step} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
