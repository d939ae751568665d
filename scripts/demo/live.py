"""The questions of the demo before it works on the real service."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from arize_queues import ExampleSource, SpanSource


class AskingError(Exception):
    """An option is missing and nobody can be asked, or an option is invalid."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `--live` knows."""
    live = parser.add_argument_group("on the real service (what is missing is asked for)")
    live.add_argument("--space", help="name or ID of the space")
    live.add_argument("--queue", help="name of the queue to make; the time is added, so that it is nobody else's")
    live.add_argument("--config", action="append", help="name or ID of an annotation config; may be repeated")
    live.add_argument("--annotator", action="append", help="e-mail address of an annotator; may be repeated")
    live.add_argument("--project", help="name or ID of the project that the spans are of")
    live.add_argument("--spans", type=Path, help="CSV file with columns context.span_id and start_time")
    live.add_argument("--dataset", help="name or ID of a dataset to add as a whole, beside or instead of spans")
    live.add_argument(
        "--label",
        metavar="CONFIG=LABEL",
        help="annotate ten of the records so, for good: annotations stay with the spans (default: annotate nothing)",
    )


def ask(options: argparse.Namespace) -> None:
    """Ask for each option that is needed and missing."""
    if not os.environ.get("ARIZE_API_KEY"):
        raise AskingError("ARIZE_API_KEY is not set: put your API key there")
    options.space = options.space or _ask("Space (name or ID)", "--space")
    options.config = options.config or _ask_several("Annotation configs (names or IDs)", "--config")
    options.annotator = options.annotator or _ask_several("Annotators (e-mail addresses)", "--annotator")
    if not options.dataset or options.project or options.spans:
        options.project = options.project or _ask("Project of the spans (name or ID)", "--project")
        options.spans = options.spans or Path(_ask("CSV file with context.span_id and start_time", "--spans"))
    if options.label and not all(options.label.partition("=")):
        raise AskingError(f"--label: {options.label!r} is not of the form CONFIG=LABEL")


def sources(options: argparse.Namespace) -> list[Any]:
    """Build the record sources of the options."""
    found: list[Any] = [ExampleSource(dataset=options.dataset)] if options.dataset else []
    return found + (SpanSource.from_rows(_rows(options.spans), project=options.project) if options.spans else [])


def _rows(path: Path) -> Sequence[Mapping[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AskingError(f"--spans: {path}: {error}") from error


def _ask(question: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise AskingError(f"{option} is missing")
    try:
        while not (answer := input(f"{question}: ").strip()):
            pass
    except EOFError as error:
        raise AskingError(f"{option} is missing") from error
    return answer


def _ask_several(question: str, option: str) -> list[str]:
    parts = _ask(f"{question}, separated by commas", option).split(",")
    return [part.strip() for part in parts if part.strip()]
