"""The ledger: which files it accepts, what it stores, and how it stays correct."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from arize_queues import InvalidRequestError, LedgerError, PartialFailureError, ServerError
from arize_queues._bulk.ledger import Ledger, fingerprint
from arize_queues.emulator import Fault
from tests.support.bulk_world import ANA, BEN, CHI, Job, World, check_sums, done_in

BULK = ["add_records", "delete_records", "annotate_records", "assign_records"]
KINDS = ["sync", "asyncio"]


def call(job: Job, ledger: Path, kind: str = "sync", **options: Any) -> Any:
    """Make a job's call with a ledger."""
    return job.world.caller(kind)(job.method, **job.arguments(job.given), ledger=ledger, **options)


def stop_half_way(job: Job, ledger: Path, nth: int = 3) -> PartialFailureError:
    """Stop a job with a 401 at the n-th write, one request at a time, and return the error."""
    job.world.emulator.faults.add(Fault(path="*/records*", nth=nth, status=401, times=None, where=is_write))
    with pytest.raises(PartialFailureError) as caught:
        call(job, ledger, client={"max_concurrency": 1})
    job.world.emulator.faults.clear()
    job.world.emulator.clear_requests()
    return caught.value


def is_write(request: Any) -> bool:
    """Return True for a write request."""
    return bool(request.method != "GET")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", BULK)
def test_the_same_call_again_sends_what_is_left(world: World, tmp_path: Path, method: str, kind: str) -> None:
    """After a stop, the same call sends only what the ledger lacks, and its counts cover both runs."""
    job, ledger = Job.of(world, method, 5), tmp_path / "job.sqlite"
    partial = stop_half_way(job, ledger)
    assert done_in(partial.summary) == 2 * len(job.ids(job.given)) // 5
    result = call(job, ledger, kind)
    assert len(world.writes(method)) == 3
    assert job.applied() == set(job.ids(job.given))
    if method != "delete_records":
        check_sums(result.summary)
        assert done_in(result.summary) == result.summary.submitted == len(job.ids(job.given))
        assert result.summary.requests_sent == 5


@pytest.mark.parametrize("method", BULK)
def test_a_finished_job_sends_nothing_more(world: World, tmp_path: Path, method: str) -> None:
    """A call with the ledger of a finished job sends no write."""
    job, ledger = Job.of(world, method, 3), tmp_path / "job.sqlite"
    call(job, ledger)
    world.emulator.clear_requests()
    call(job, ledger)
    assert world.writes(method) == []


@pytest.mark.parametrize("method", BULK)
def test_a_ledger_holds_neither_payload_nor_key(world: World, tmp_path: Path, method: str) -> None:
    """A ledger holds record IDs, and no texts, config names, emails or API key."""
    job, ledger = Job.of(world, method, 3), tmp_path / "job.sqlite"
    stop_half_way(job, ledger)
    assert secrets_in(tmp_path, world) == []
    call(job, ledger)
    assert secrets_in(tmp_path, world) == []
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert all(name.encode() in content for name in job.ids(job.given))


def secrets_in(folder: Path, world: World) -> list[str]:
    """Return the secrets found in a folder's files; there must be none."""
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    secrets = [world.emulator.api_key, "seen in bulk", "notes", ANA, BEN, CHI]
    return [secret for secret in secrets if secret.encode() in content]


def other_file(path: Path) -> None:
    """Write a file that is not a database."""
    path.write_text("record,label\n1,correct\n" * 100)


def other_database(path: Path) -> None:
    """Write a database of another program."""
    with_database(path, "CREATE TABLE runs (id INTEGER)")


def other_database_of_the_same_tables(path: Path) -> None:
    """Write a database with a ledger's tables, but without its application ID."""
    with_database(path, "CREATE TABLE job (field TEXT PRIMARY KEY, value TEXT)", "CREATE TABLE done (key TEXT)")


def opened(path: Path, job: dict[str, str]) -> Ledger:
    """Open the ledger of a job."""
    ledger = Ledger(path)
    ledger.open(job)
    return ledger


def broken_ledger(path: Path) -> None:
    """Write a ledger and corrupt it."""
    with opened(path, {"operation": "add_records"}) as ledger:
        ledger.begin()
    content = bytearray(path.read_bytes())
    content[100:] = bytes(255 - byte for byte in content[100:])
    path.write_bytes(content)


def half_a_ledger(path: Path) -> None:
    """Write a ledger and truncate it."""
    with opened(path, {"operation": "add_records"}) as ledger:
        ledger.begin()
    path.write_bytes(path.read_bytes()[:5000])


def with_database(path: Path, *statements: str) -> None:
    """Write a database by executing these statements."""
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


@pytest.mark.parametrize(
    "write", [other_file, other_database, other_database_of_the_same_tables, broken_ledger, half_a_ledger]
)
@pytest.mark.parametrize("method", BULK)
def test_a_file_that_is_no_ledger_is_refused_and_kept(
    world: World, tmp_path: Path, method: str, write: Callable[[Path], None]
) -> None:
    """A foreign or corrupt file is named in a LedgerError before any write, and stays unchanged."""
    job, path = Job.of(world, method, 2), tmp_path / "job.sqlite"
    write(path)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="ledger") as caught:
        call(job, path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before
    assert world.writes(method) == []


@pytest.mark.parametrize("change", ["queue", "operation", "input"])
def test_a_ledger_of_another_job_is_refused(world: World, tmp_path: Path, change: str) -> None:
    """A ledger of another queue, operation or input raises a LedgerError that names the difference before any write."""
    job, ledger = Job.of(world, "delete_records", 2), tmp_path / "job.sqlite"
    stop_half_way(job, ledger, nth=1)
    others = {
        "queue": Job(world, "delete_records", world.create_queue("Other"), job.given),
        "operation": Job(world, "assign_records", job.queue, {name: [BEN] for name in job.given}),
        "input": Job(world, "delete_records", job.queue, job.given[1:]),
    }
    with pytest.raises(LedgerError, match=f"another job; .*{change}"):
        call(others[change], ledger)
    assert world.writes(others[change].method) == []
    call(job, ledger)
    assert job.applied() == set(job.given)


def test_other_annotations_of_the_same_records_are_another_job(world: World, tmp_path: Path) -> None:
    """Other annotations for the same records are another job, though the ledger does not store them."""
    job, ledger = Job.of(world, "annotate_records", 3), tmp_path / "job.sqlite"
    stop_half_way(job, ledger)
    other = Job(
        world, "annotate_records", job.queue, {**job.given, next(iter(job.given)): [{"name": "notes", "text": "no"}]}
    )
    with pytest.raises(LedgerError, match="another job; input"):
        call(other, ledger)


def test_the_same_sources_in_other_forms_are_the_same_job(world: World, tmp_path: Path) -> None:
    """Equal sources are the same job, in any order, as objects or dicts, by name or ID."""
    job, ledger = Job.of(world, "add_records", 3), tmp_path / "job.sqlite"
    stop_half_way(job, ledger)
    dicts = [
        {
            "record_type": "span",
            "project": "chat",
            "start_time": source.start_time.isoformat(),
            "end_time": source.end_time.isoformat(),
            "span_ids": list(source.span_ids),
        }
        for source in reversed(job.given)
    ]
    world.caller("sync")("add_records", annotation_queue="Triage", space="prod", record_sources=dicts, ledger=ledger)
    assert job.applied() == set(job.ids(job.given))
    assert len(world.writes("add_records")) == 1


@pytest.mark.parametrize("method", BULK)
def test_a_ledger_in_use_is_refused(world: World, tmp_path: Path, method: str) -> None:
    """A ledger in use by another job is refused, and accepted once it is released."""
    job, path = Job.of(world, method, 2), tmp_path / "job.sqlite"
    stop_half_way(job, path, nth=1)
    database = sqlite3.connect(path)
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="in use"):
        call(job, path)
    database.close()
    call(job, path)
    assert job.applied() == set(job.ids(job.given))


def test_two_ledgers_cannot_be_open_on_one_file(tmp_path: Path) -> None:
    """A ledger file cannot be opened twice, even before the first job has recorded anything."""
    path, job = tmp_path / "job.sqlite", {"operation": "add_records"}
    with opened(path, job) as first:
        first.begin()
        with pytest.raises(LedgerError, match="in use"):
            opened(path, job)
    with opened(path, job) as again:
        assert len(again) == 0


@pytest.mark.parametrize("method", BULK)
@pytest.mark.parametrize("place", ["nowhere/job.sqlite", "."])
def test_a_place_that_cannot_be_written_is_refused(world: World, tmp_path: Path, method: str, place: str) -> None:
    """A path in a missing folder, or a folder itself, raises a LedgerError before any write."""
    job = Job.of(world, method, 2)
    with pytest.raises(LedgerError, match="unable to open"):
        call(job, tmp_path / place)
    assert world.writes(method) == []


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Make writes beyond a file size fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("method", ["annotate_records", "assign_records", "add_records"])
def test_a_full_disk_stops_the_job_with_a_true_account(world: World, tmp_path: Path, method: str) -> None:
    """A full disk stops the job with exact counts, and the same call resumes it later."""
    job, ledger = Job.of(world, method, 12), tmp_path / "job.sqlite"
    with no_file_larger_than(60_000), pytest.raises(PartialFailureError, match="cannot be written") as caught:
        call(job, ledger, client={"max_concurrency": 1})
    assert set(job.ids(job.given)) - set(job.ids(caught.value.remaining)) == job.applied()
    check_sums(caught.value.summary)
    assert 0 < len(world.writes(method)) < 12
    call(job, ledger)
    assert job.applied() == set(job.ids(job.given))


@pytest.mark.parametrize("method", ["annotate_records", "add_records"])
def test_a_full_disk_at_the_start_is_a_clear_error(world: World, tmp_path: Path, method: str) -> None:
    """A ledger that cannot be created raises a LedgerError before any write."""
    job = Job.of(world, method, 2)
    with no_file_larger_than(1000), pytest.raises(LedgerError):
        call(job, tmp_path / "job.sqlite")
    assert world.writes(method) == []


def test_a_ledger_gives_its_file_back(world: World, tmp_path: Path) -> None:
    """After a call, failed or not, the ledger is a single intact file that is not locked."""
    job, ledger = Job.of(world, "annotate_records", 4), tmp_path / "job.sqlite"
    stop_half_way(job, ledger)
    assert [path.name for path in tmp_path.iterdir()] == ["job.sqlite"]
    with sqlite3.connect(ledger) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM done").fetchone() == (2,)
    database.close()
    call(job, ledger)
    assert [path.name for path in tmp_path.iterdir()] == ["job.sqlite"]


def test_an_iterator_with_a_ledger_is_read_whole_first(world: World, tmp_path: Path) -> None:
    """An iterator resumes a job from a list of the same IDs, because a ledger reads its whole input first."""
    job, ledger = Job.of(world, "delete_records", 4), tmp_path / "job.sqlite"
    stop_half_way(job, ledger)
    world.caller("sync")("delete_records", annotation_queue=job.queue, record_ids=iter(job.given), ledger=ledger)
    assert len(world.writes("delete_records")) == 2
    assert job.applied() == set(job.given)


def test_whole_datasets_are_written_down_too(world: World, tmp_path: Path) -> None:
    """A whole dataset that was added is recorded in the ledger and not sent again."""
    datasets = [world.emulator.add_dataset(world.space, f"golden {n}", [{"id": f"{n}"}] * 1) for n in range(4)]
    queue, ledger = world.create_queue(), tmp_path / "job.sqlite"
    sources = [{"record_type": "example", "dataset_id": dataset} for dataset in datasets]
    job = Job(world, "add_records", queue, sources)
    partial = stop_half_way(job, ledger)
    check_sums(partial.summary)
    result = call(job, ledger)
    assert len(world.writes("add_records")) == 2
    assert len(world.record_ids(queue)) == 4
    assert (result.summary.created, result.summary.submitted) == (4, 4)


def test_ids_that_were_left_out_are_left_out_again(world: World, tmp_path: Path) -> None:
    """Records that `keep_completed` skips are skipped and counted again in a resumed run."""
    job, ledger = Job.of(world, "assign_records", 6), tmp_path / "job.sqlite"
    first = next(iter(job.given))
    world.emulator.complete(job.queue, first, ANA)
    stop_half_way(job, ledger)
    result = call(job, ledger)
    assert list(result.left_out) == [first]
    check_sums(result.summary)
    assert (result.summary.done, result.summary.left_out) == (5, 1)


def test_a_fingerprint_tells_inputs_apart() -> None:
    """A fingerprint depends on the order of entries and on where each entry ends."""
    assert len({fingerprint(items) for items in (["ab", "c"], ["a", "bc"], ["abc"], ["c", "ab"], [])}) == 5


@pytest.mark.parametrize("method", ["annotate_records", "assign_records"])
def test_a_call_that_is_refused_lets_its_ledger_go(world: World, tmp_path: Path, method: str) -> None:
    """A failed call releases its ledger, even while the caller still holds the exception."""
    queue, ledger = world.create_queue(), tmp_path / "job.sqlite"
    world.emulator.faults.add(Fault(method="GET", status=500, times=None))
    field, value = {"annotate_records": ("annotations", [{"name": "no config", "text": "x"}])}.get(
        method, ("assignments", [BEN])
    )
    arguments = {"annotation_queue": queue, field: {"r": value}, "ledger": ledger}
    call_once = world.caller("sync")
    with pytest.raises(ServerError):
        call_once(method, client={"max_retries": 0}, **arguments)
    world.emulator.faults.clear()
    with pytest.raises(InvalidRequestError if method == "annotate_records" else PartialFailureError) as first:
        call_once(method, **arguments)
    with pytest.raises(type(first.value)):
        call_once(method, **arguments)


def test_a_call_that_is_refused_does_not_bind_the_ledger(world: World, tmp_path: Path) -> None:
    """A call that is refused for bad rows creates no ledger, so the corrected call can use the same path."""
    job, ledger = Job.of(world, "annotate_records", 2), tmp_path / "job.sqlite"
    wrong = Job(world, job.method, job.queue, {**job.given, next(iter(job.given)): [{"name": "score", "score": 99}]})
    with pytest.raises(InvalidRequestError):
        call(wrong, ledger)
    assert not ledger.exists()
    call(job, ledger)
    assert job.applied() == set(job.given)


def test_a_file_that_is_none_is_refused(world: World) -> None:
    """SQLite's `:memory:` is refused as a ledger, because no job could resume from it."""
    job = Job.of(world, "delete_records", 1)
    with pytest.raises(LedgerError, match="must be a file"):
        call(job, Path(":memory:"))
    assert world.writes("delete_records") == []


@pytest.mark.parametrize("method", ["delete_records", "annotate_records", "assign_records"])
def test_the_order_of_the_input_makes_no_other_job_of_it(world: World, tmp_path: Path, method: str) -> None:
    """The same records in another order are the same job and resume it."""
    job, ledger = Job.of(world, method, 3), tmp_path / "job.sqlite"
    stop_half_way(job, ledger)
    turned = dict(reversed(job.given.items())) if isinstance(job.given, dict) else job.given[::-1]
    call(Job(world, method, job.queue, turned), ledger)
    assert job.applied() == set(job.given)


def test_what_is_done_is_not_judged_again(world: World, tmp_path: Path) -> None:
    """A resumed run does not check finished records for conflicts, even if a person has relabelled them since."""
    job, ledger = Job.of(world, "annotate_records", 4), tmp_path / "job.sqlite"
    world.emulator.faults.add(Fault(path="*/annotate", nth=3, status=401, times=None))
    options: dict[str, Any] = {"on_conflict": "fail", "client": {"max_concurrency": 1}}
    with pytest.raises(PartialFailureError):
        call(job, ledger, **options)
    world.emulator.faults.clear()
    done = next(iter(job.given))
    relabelled = {done: [{"name": "notes", "text": "a person's own words"}]}
    world.caller("sync")("annotate_records", annotation_queue=job.queue, annotations=relabelled)
    result = call(job, ledger, **options)
    assert (result.summary.done, result.summary.submitted) == (4, 4)
    assert job.applied() == set(job.given) - {done}


def test_a_ledger_that_another_process_begins_meanwhile_is_refused(tmp_path: Path) -> None:
    """Two calls that open a missing ledger cannot both create it; the second one raises a LedgerError."""
    path = tmp_path / "job.sqlite"
    first, second = opened(path, {"operation": "annotate_records"}), opened(path, {"operation": "assign_records"})
    first.begin()
    first.close()
    with pytest.raises(LedgerError, match="another process has begun it"):
        second.begin()
