"""A day of a labelling team: fill a queue, label, see the progress of each annotator.

    make demo                                  on an emulator, with made-up spans; needs no account
    make demo ARGS="--live --space prod ..."   on the real service, with ARIZE_API_KEY set

On the real service it deletes nothing but the queue that it made itself.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import attrs

from arize_queues import ArizeClient, ArizeQueuesError, ExampleSource, SpanSource
from arize_queues.emulator import Emulator
from arize_queues.types import AnnotationQueueRecord

from . import live as _live
from . import world
from .views import Meter, indented, print_progress, print_some, tell

RECORDS = 2400
LABELLED = 600
DOUBLE_CHECKED = 40


@attrs.frozen(kw_only=True)
class Job:
    """The work of the demo, and its place.

    Attributes:
        connection: The arguments of the client.
        space: The space's name or ID.
        queue: The name of the queue to make.
        configs: Names or IDs of annotation configs.
        annotators: Who labels.
        sources: What is to be labelled.
        labelled: How many records to annotate.
        label: What to say about a record.
        complete: Marks a record as done by an annotator, which people do in Arize's pages; None: let them.
    """

    connection: dict[str, Any]
    space: str
    queue: str
    configs: Sequence[str]
    annotators: Sequence[str]
    sources: Sequence[Any]
    labelled: int
    label: Callable[[AnnotationQueueRecord], list[dict[str, Any]]]
    complete: Callable[[str, str, str], None] | None = None


@contextmanager
def emulated() -> Iterator[Job]:
    """Set up the job on an emulator: 2,400 records from three projects and a dataset."""
    os.environ.setdefault("DISABLE_PRERELEASE_WARNING", "true")
    rows = world.spans()
    chosen = world.least_certain(rows, RECORDS - len(world.EXAMPLE_IDS))
    with Emulator() as emulator:
        world.fill(emulator, rows)
        told = ", ".join(f"{len(spans):,} spans of {project}" for project, spans in rows.items())
        print(f"On an emulator at {emulator.url} with {told}.")
        yield Job(
            connection={"api_key": emulator.api_key, "base_url": emulator.url},
            space=world.SPACE,
            queue="Answer quality, March",
            configs=["verdict", "note"],
            annotators=world.ANNOTATORS,
            sources=[
                *(source for project in chosen for source in SpanSource.from_rows(chosen[project], project=project)),
                ExampleSource(dataset=world.DATASET, example_ids=world.EXAMPLE_IDS),
            ],
            labelled=LABELLED,
            label=world.judged,
            complete=emulator.complete,
        )


@contextmanager
def live(options: argparse.Namespace) -> Iterator[Job]:
    """Set up the job on the real service, from the options and the answers of the user."""
    _live.ask(options)
    config, _, label = (options.label or "").partition("=")
    yield Job(
        connection={},
        space=options.space,
        queue=f"{options.queue or 'arize-queues demo'} {datetime.now().astimezone():%Y-%m-%d %H:%M:%S}",
        configs=options.config,
        annotators=options.annotator,
        sources=_live.sources(options),
        labelled=10 if options.label else 0,
        label=lambda record: [{"name": config, "label": label}],
    )


def day(job: Job, meter: Meter) -> None:
    """Do the work of the day, and always delete the queue."""
    with ArizeClient(**job.connection, on_response=meter.on_response) as client:
        queues = client.annotation_queues
        with meter.step(f"Make the queue {job.queue!r} in space {job.space!r}"):
            queue = queues.create(
                name=job.queue,
                space=job.space,
                annotation_config_ids=job.configs,
                annotator_emails=job.annotators,
                instructions="Judge the answer, not the question.",
                assignment_method="random",
            )
            print(f"   {queue.id}, for {', '.join(job.annotators)}")
        try:
            fill(job, client, meter)
            label(job, client, meter, queue.id)
        finally:
            with meter.step("Clean up"):
                queues.delete(annotation_queue=queue.id)
                print("   the queue is deleted")


def fill(job: Job, client: ArizeClient, meter: Meter) -> None:
    """Plan the add, add the records, and add them again."""
    target: dict[str, Any] = {"annotation_queue": job.queue, "space": job.space, "record_sources": job.sources}
    with meter.step("Plan the add: how many requests, and what in each"):
        print(indented(client.annotation_queues.plan_records(**target)))
    with meter.step("Add the records") as step:
        summary = client.annotation_queues.add_records(**target, progress=sys.stderr.isatty() or tell).summary
        step.records = summary.submitted
        print(f"   {summary}")
    with meter.step("Add them again, as a job does that was restarted: nothing is added twice") as step:
        summary = client.annotation_queues.add_records(**target).summary
        step.records = summary.submitted
        print(f"   {summary}")


def label(job: Job, client: ArizeClient, meter: Meter, queue: str) -> None:
    """Read the records, assign some to two people, annotate some, and show the progress of each."""
    queues = client.annotation_queues
    with meter.step("Read them back") as step:
        records = list(queues.iter_records(annotation_queue=queue))
        step.records = len(records)
        print_some(records)
    with meter.step("Assign some to two people each, to see whether they agree") as step:
        pairs = itertools.cycle(itertools.combinations(job.annotators, min(2, len(job.annotators))))
        assigned = queues.assign_records(
            annotation_queue=queue,
            assignments={record.id: pair for record, pair in zip(records[:DOUBLE_CHECKED], pairs, strict=False)},
        )
        step.records = len(assigned)
        print(f"   {assigned.summary}")
    if job.labelled:
        with meter.step("Annotate some") as step:
            annotations = {record.id: job.label(record) for record in records[: job.labelled]}
            annotated = queues.annotate_records(annotation_queue=queue, annotations=annotations)
            step.records = len(annotated)
            print(f"   {annotated.summary}")
    if job.complete:
        _finish(job.complete, queue, client, job.labelled)
    with meter.step("Who has done what") as step:
        step.records = print_progress(queues.iter_records(annotation_queue=queue))


def _finish(complete: Callable[[str, str, str], None], queue: str, client: ArizeClient, count: int) -> None:
    """Mark records as completed for the annotators, some of whom are behind."""
    for at, record in enumerate(itertools.islice(client.annotation_queues.iter_records(annotation_queue=queue), count)):
        for user in record.assigned_users:
            if (at + len(user.user.email)) % 5:
                complete(queue, record.id, user.user.email)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--live", action="store_true", help="work on the real service instead of an emulator")
    _live.add_options(parser)
    options = parser.parse_args(arguments)
    meter = Meter()
    try:
        with live(options) if options.live else emulated() as job:
            day(job, meter)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    except (ArizeQueuesError, _live.AskingError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    finally:
        if meter.answers:
            meter.print_totals()
    return 0


if __name__ == "__main__":
    sys.exit(main())
