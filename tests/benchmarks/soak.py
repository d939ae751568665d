"""One client shared by many threads, or many tasks: mixed calls, and what must hold of every answer.

`make soak` runs it for a minute each way; a test runs a few rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from arize_queues import ArizeClient, AsyncArizeClient, ExampleSource
from arize_queues.emulator import Emulator

THREADS = 32
TASKS = 200
RECORDS = 40


@attrs.define
class World:
    """An emulator with a queue for each worker, and what each of them got wrong."""

    emulator: Emulator
    queues: list[tuple[str, str, list[str]]]
    faults: list[str] = attrs.field(factory=list)
    calls: Counter[str] = attrs.field(factory=Counter)

    def expect(self, call: str, expected: object, actual: object) -> None:
        """Record an answer, and a fault if it does not belong to the call."""
        self.calls[call] += 1
        if expected != actual:
            self.faults.append(f"{call}: {actual!r} in place of {expected!r}")


def build(emulator: Emulator, workers: int) -> World:
    """Make a queue with records for each worker."""
    space = emulator.add_space("shared")
    config = emulator.add_annotation_config(space, "score", type="continuous", minimum_score=0, maximum_score=1e9)
    emulator.add_user("a@example.com")
    examples = [{"example_id": f"e{index}", "data": {"input": str(index)}} for index in range(RECORDS)]
    dataset = emulator.add_dataset(space, "examples", examples)
    queues: list[tuple[str, str, list[str]]] = []
    with ArizeClient(api_key=emulator.api_key, base_url=emulator.url) as client:
        for worker in range(workers):
            queue = client.annotation_queues.create(
                name=f"queue {worker}",
                space=space,
                annotation_config_ids=[config],
                annotator_emails=["a@example.com"],
                record_sources=[ExampleSource(dataset=dataset)],
            )
            page = client.annotation_queues.list_records(annotation_queue=queue.id)
            queues.append((queue.id, queue.name, [record.id for record in page]))
    return World(emulator, queues)


def work_in_thread(client: ArizeClient, world: World, worker: int, going: Callable[[], bool]) -> None:
    """Make mixed calls on the worker's own queue, one after another."""
    queue_id, name, records = world.queues[worker]
    calls, chance = client.annotation_queues, random.Random(worker)
    while going():
        record, value = chance.choice(records), chance.randrange(10**9)
        world.expect("get", name, calls.get(annotation_queue=queue_id).name)
        world.expect("get by name", queue_id, calls.get(annotation_queue=name, space="shared").id)
        annotations = [{"name": "score", "score": value}]
        done = calls.annotate_record(annotation_queue=queue_id, record_id=record, annotations=annotations)
        world.expect("annotate", (record, value), (done.id, done.annotations[0].score))
        many = calls.annotate_records(annotation_queue=queue_id, annotations=dict.fromkeys(records[:5], annotations))
        world.expect("annotate many", records[:5], [result.id for result in many.values()])
        listed = [item.id for item in calls.iter_records(annotation_queue=queue_id, page_size=15)]
        world.expect("iterate", records, listed)


async def work_in_task(client: AsyncArizeClient, world: World, worker: int, going: Callable[[], bool]) -> None:
    """Make mixed calls on the worker's own queue, one after another."""
    queue_id, name, records = world.queues[worker]
    calls, chance = client.annotation_queues, random.Random(worker)
    while going():
        record, value = chance.choice(records), chance.randrange(10**9)
        world.expect("get", name, (await calls.get(annotation_queue=queue_id)).name)
        world.expect("get by name", queue_id, (await calls.get(annotation_queue=name, space="shared")).id)
        annotations = [{"name": "score", "score": value}]
        done = await calls.annotate_record(annotation_queue=queue_id, record_id=record, annotations=annotations)
        world.expect("annotate", (record, value), (done.id, done.annotations[0].score))
        many = await calls.annotate_records(
            annotation_queue=queue_id, annotations=dict.fromkeys(records[:5], annotations)
        )
        world.expect("annotate many", records[:5], [result.id for result in many.values()])
        listed = [item.id async for item in calls.iter_records(annotation_queue=queue_id, page_size=15)]
        world.expect("iterate", records, listed)


def in_threads(world: World, going: Callable[[], Callable[[], bool]]) -> None:
    """Share one client among threads."""
    errors: list[str] = world.faults
    with ArizeClient(api_key=world.emulator.api_key, base_url=world.emulator.url) as client:

        def work(worker: int) -> None:
            try:
                work_in_thread(client, world, worker, going())
            except Exception as error:
                errors.append(repr(error))

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(len(world.queues))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def in_tasks(world: World, going: Callable[[], Callable[[], bool]]) -> None:
    """Share one client among tasks."""

    async def main() -> None:
        async with AsyncArizeClient(api_key=world.emulator.api_key, base_url=world.emulator.url) as client:
            work = [work_in_task(client, world, worker, going()) for worker in range(len(world.queues))]
            outcomes = await asyncio.gather(*work, return_exceptions=True)
            world.faults.extend(repr(outcome) for outcome in outcomes if outcome is not None)

    asyncio.run(main())


def rounds(number: int) -> Callable[[], Callable[[], bool]]:
    """Go on for a number of rounds, each worker for itself."""

    def going() -> Callable[[], bool]:
        left: Iterator[int] = iter(range(number))
        return lambda: next(left, None) is not None

    return going


def seconds(number: float) -> Callable[[], Callable[[], bool]]:
    """Go on for some seconds."""
    end = time.monotonic() + number
    return lambda: lambda: time.monotonic() < end


def open_sockets() -> int:
    """Count the sockets that this process holds open. (Linux)."""
    return sum(1 for path in Path("/proc/self/fd").iterdir() if _is_socket(path))


def _is_socket(path: Path) -> bool:
    try:
        return str(path.readlink()).startswith("socket:")
    except FileNotFoundError:  # the descriptor that the listing itself used
        return False


def main() -> None:
    """Run both ways for some seconds each, and tell what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    for way, workers in ((in_threads, THREADS), (in_tasks, TASKS)):
        before = open_sockets()
        with Emulator() as emulator:
            world = build(emulator, workers)
            way(world, seconds(options.seconds))
        leaked = open_sockets() - before
        told = ", ".join(f"{count:,} {call}" for call, count in world.calls.items())
        print(f"{way.__name__}, {workers} workers: {told}; {len(world.faults)} faults, {leaked} sockets left open")
        for fault in world.faults[:5]:
            print(f"  {fault}")


if __name__ == "__main__":
    main()
