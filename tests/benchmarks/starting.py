"""Start-up: importing the package against importing httpx, and the size of a fresh environment."""

from __future__ import annotations

import re
import statistics
import subprocess
from functools import partial
from pathlib import Path

from . import environments, payloads, processes
from .measuring import Effort, Findings, Row, Samples, in_turns, milliseconds

THEME = "starting"
SHOWN = 12  # modules in the list of where the time goes
_FIRST_CALLS = {
    "ours": "import arize_queues; client = arize_queues.ArizeClient(api_key='k', base_url='{url}'); "
    f"client.annotation_queues.get(annotation_queue='{payloads.QUEUE_ID}')",
    "httpx": f"import httpx; httpx.Client().get('{{url}}/v2/annotation-queues/{payloads.QUEUE_ID}').json()",
}
_LINE = re.compile(r"import time: +(\d+) \| +(\d+) \| +(\S+)")


def measure(effort: Effort, official: Path | None) -> Findings:
    """Measure in an environment that has the runtime dependencies alone."""
    python = environments.lean()
    modules = {"ours": (python, "arize_queues"), "httpx": (python, "httpx")}
    if official:
        modules["official"] = (official, "arize")
    imports = {name: partial(_seconds, at, f"import {module}") for name, (at, module) in modules.items()}
    imported = in_turns(imports, effort.rounds)
    with processes.prepared_server() as url:
        firsts = {name: partial(_seconds, python, code.format(url=url)) for name, code in _FIRST_CALLS.items()}
        first = in_turns(firsts, effort.rounds)
    size, note = environments.megabytes(python), _size_note(python, official)
    what = "import and first get, CPU over httpx's"
    rows = [
        _row("import, CPU over import httpx", imported, 1.5),
        _row(what, first, None),
        Row(theme=THEME, what="fresh environment", value=size, unit="MB", target=20.0, note=note),
    ]
    return Findings(rows, where(python))


def _row(what: str, taken: Samples, target: float | None) -> Row:
    note = ", ".join(f"{name} {milliseconds(taken[name])}" for name in taken.taken)
    return Row(theme=THEME, what=what, value=taken.ratio("ours", "httpx"), unit="x", target=target, note=note)


def _seconds(python: Path, code: str) -> float:
    """Return the CPU seconds that a fresh interpreter takes for some code, without its own start."""
    timed = f"import time; start = time.process_time(); {code}; print(time.process_time() - start)"
    done = subprocess.run([str(python), "-I", "-c", timed], check=True, capture_output=True, text=True)
    return float(done.stdout)


def where(python: Path, runs: int = 7) -> str:
    """Return Markdown on where the import time goes, beyond that of httpx."""
    times = {name: statistics.median(taken) for name, taken in _self_times(python, runs).items()}
    of_httpx = {match[3] for match in _LINE.finditer(_importtime(python, "httpx"))}
    added = {name: taken for name, taken in times.items() if name not in of_httpx}
    groups = {
        "the raw client": sum(taken for name, taken in added.items() if name.startswith("arize_queues_raw")),
        "the ergonomic layer": sum(
            taken for name, taken in added.items() if name.startswith("arize_queues") and "_raw" not in name
        ),
        "attrs": sum(taken for name, taken in added.items() if name.startswith("attr")),
    }
    groups["the rest of the standard library and dependencies"] = sum(added.values()) - sum(groups.values())
    lines = [f"- {name}: {taken / 1000:.1f} ms" for name, taken in groups.items()]
    worst = sorted(added.items(), key=lambda entry: -entry[1])[:SHOWN]
    table = [f"| `{name}` | {taken / 1000:.2f} |" for name, taken in worst]
    head = "Where the import spends what it takes on top of httpx (`-X importtime`, medians, with its overhead):"
    return "\n".join([head, "", *lines, "", "| module | ms, itself |", "| --- | ---: |", *table])


def _self_times(python: Path, runs: int) -> dict[str, list[int]]:
    times: dict[str, list[int]] = {}
    for _ in range(runs):
        for match in _LINE.finditer(_importtime(python, "arize_queues")):
            times.setdefault(match[3], []).append(int(match[1]))
    return times


def _importtime(python: Path, module: str) -> str:
    command = [str(python), "-I", "-X", "importtime", "-c", f"import {module}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def _size_note(ours: Path, official: Path | None) -> str:
    note = f"{environments.packages(ours)} packages"
    if official is None:
        return note
    megabytes, packages = environments.megabytes(official), environments.packages(official)
    return f"{note}; official {megabytes:.0f} MB, {packages} packages"
