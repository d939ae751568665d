"""`make bench`: measure every theme, each in a process of its own, print the table and write RESULTS.md."""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import subprocess
import sys
from pathlib import Path

import attrs

from . import environments, picture, processes, report
from .measuring import Effort, Findings, Point, Row

# In an environment with the runtime dependencies and orjson alone, as users have it: what else is imported makes the
# garbage collector's rounds longer.
LEAN = ("decoding", "calls", "streaming", "growth")
THEMES = ("decoding", "calls", "starting", "streaming", "planning", "bulk", "growth")
QUICK = Effort(rounds=10, scale=0.1)


def main() -> None:
    """Measure what was asked for."""
    options = _parser().parse_args()
    effort = QUICK if options.quick else Effort()
    if options.theme:
        official = None if options.no_official else environments.official(install=False)[0]
        print(json.dumps(attrs.asdict(_measure(options.theme, effort, official))))
        return
    python, missing = (None, "left out") if options.no_official else environments.official()
    if missing:
        print(f"The official client is {missing}: what compares with it is not measured.", file=sys.stderr)
    environments.prepare()
    before = report.previous()
    findings: dict[str, Findings] = {}
    for theme in options.only or THEMES:
        findings[theme] = _in_process(theme, options, python)
        print(report.terminal(findings[theme].rows, before), flush=True)
    if options.quick or options.only:
        print("RESULTS.md is not written: these are not all the measurements in full.", file=sys.stderr)
        return
    picture.draw(findings["growth"].points)
    text = report.markdown(findings, before, f" ({missing})" if missing else "")
    report.RESULTS.write_text(text, encoding="utf-8")


def _measure(theme: str, effort: Effort, official: Path | None) -> Findings:
    logging.disable(logging.WARNING)
    found: Findings = importlib.import_module(f"tests.benchmarks.{theme}").measure(effort, official)
    return found


def _in_process(theme: str, options: argparse.Namespace, python: Path | None) -> Findings:
    """Measure a theme in a fresh process, so that none leaves its traces on another."""
    flags = [f"--{name}" for name in ("quick", "no-official") if vars(options)[name.replace("-", "_")]]
    if python is None and "--no-official" not in flags:
        flags.append("--no-official")
    runner, paths = (environments.lean(), (environments.ASIDE,)) if theme in LEAN else (sys.executable, ())
    command = [str(runner), "-m", "tests.benchmarks", "--theme", theme, *flags]
    done = subprocess.run(command, env=processes.environment(*paths), check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    points = [Point(**point) for point in found["points"]]
    return Findings([Row(**row) for row in found["rows"]], found["more"], points)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the amounts; RESULTS.md stays as it is")
    parser.add_argument("--no-official", action="store_true", help="leave the official client out (416 MB, once)")
    parser.add_argument("--only", nargs="+", choices=THEMES, metavar="THEME", help=f"of {', '.join(THEMES)}")
    parser.add_argument("--theme", choices=THEMES, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
