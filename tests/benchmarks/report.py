"""The table on the terminal, and RESULTS.md with what changed since the last one."""

from __future__ import annotations

import datetime
import os
import platform
import re
from collections.abc import Iterable
from pathlib import Path

from . import environments
from .measuring import Findings, Row

RESULTS = Path(__file__).with_name("RESULTS.md")
_CELLS = re.compile(r"^\| (?P<what>[^|]+?) \| (?P<value>[^|]+?) \|", re.MULTILINE)
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def previous() -> dict[str, float]:
    """Read the measured numbers of the last RESULTS.md; none where there is none."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    found: dict[str, float] = {}
    for match in _CELLS.finditer(text):
        if number := _NUMBER.match(match["value"]):
            found[match["what"]] = float(number[0].replace(",", ""))
    return found


def terminal(rows: Iterable[Row], before: dict[str, float]) -> str:
    """Write the table for a terminal."""
    cells = [(row.what, _value(row), _target(row), row.verdict, _change(row, before), row.note) for row in rows]
    widths = [max(len(cell[column]) for cell in cells) for column in range(5)]
    lines = []
    for cell in cells:
        head = "  ".join(text.ljust(width) for text, width in zip(cell, widths, strict=False))
        lines.append(f"{head}  {cell[5]}".rstrip())
    return "\n".join(lines)


def markdown(findings: dict[str, Findings], before: dict[str, float], missing: str) -> str:
    """Write RESULTS.md."""
    lines = [
        "# Results of `make bench`",
        "",
        f"{_date()}, {machine()}.",
        "",
        ", ".join(f"{name} {version}" for name, version in environments.versions().items())
        + f"; official client: arize {environments.OFFICIAL_VERSION}{missing}.",
        "",
        "CPU is that of the client's process; servers run in processes of their own, on loopback. Ratios are medians",
        "of the rounds' ratios, with both contestants in every round. The last column compares with the RESULTS.md",
        "that this one replaced.",
        "",
    ]
    for theme, found in findings.items():
        lines += [f"## {theme.capitalize()}", "", "| what | measured | target | verdict | change |"]
        lines += ["| --- | ---: | ---: | --- | ---: |"]
        lines += [
            f"| {row.what} | {_value(row)} | {_target(row)} | {row.verdict} | {_change(row, before)} |"
            for row in found.rows
        ]
        lines += ["", *[f"- {row.what}: {row.note}" for row in found.rows if row.note], ""]
        lines += [found.more, ""] if found.more else []
    return "\n".join(lines).rstrip() + "\n"


def machine() -> str:
    """Name the processor, the cores, the system and Python; nothing that tells whose machine it is."""
    name = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists() and (match := re.search(r"^model name\s*: (.+)$", info.read_text(), re.MULTILINE)):
        name = match[1].strip()
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{name or platform.machine()}, {os.cpu_count()} cores, {system}, {python}"


def _date() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _value(row: Row) -> str:
    if row.value is None:
        return "not measured"
    return f"{row.value:,.{2 if row.value < 100 else 0}f} {row.unit}"


def _target(row: Row) -> str:
    if row.target is None:
        return ""
    return f"at {row.bound} {row.target:g} {row.unit}"


def _change(row: Row, before: dict[str, float]) -> str:
    last = before.get(row.what)
    if row.value is None or not last:
        return ""
    return f"{row.value / last - 1:+.0%}"
