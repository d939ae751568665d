"""The demo tells its story, works on any server, leaves nothing behind, and ends well when it is interrupted."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from arize_queues import ArizeClient
from arize_queues.emulator import Emulator
from arize_queues.emulator._pytest import arize_emulator
from scripts.demo import __main__ as demo
from scripts.demo import world

ROOT = Path(__file__).resolve().parents[3]

__all__ = ["arize_emulator"]

CONFIG = "accuracy"
ARGUMENTS = ["--live", "--space", "demo", "--config", CONFIG, "--annotator", "ana@example.com"]


@pytest.fixture
def service(arize_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve what stands for the real service; the settings of the environment lead to it."""
    arize_emulator.seed()
    monkeypatch.setenv("ARIZE_API_KEY", arize_emulator.api_key)
    monkeypatch.setenv("ARIZE_BASE_URL", arize_emulator.url)
    yield arize_emulator
    assert arize_emulator.queues() == []


@pytest.fixture
def spans(tmp_path: Path) -> list[str]:
    """Write a file of spans; give the options that name it."""
    path = tmp_path / "spans.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["context.span_id", "start_time"])
        writer.writerows([f"support-chat-span-{n:05}", f"2026-03-02T08:{n:02}:00Z"] for n in range(30))
    return ["--project", "support-chat", "--spans", str(path)]


def test_the_demo_tells_of_each_record(capsys: pytest.CaptureFixture[str]) -> None:
    """All records go in once, are read back, and each has an annotator in the table."""
    assert demo.main([]) == 0
    told = capsys.readouterr().out
    assert re.search(rf"{demo.RECORDS} submitted = {demo.RECORDS} created \+ 0 already", told)
    assert re.search(rf"{demo.RECORDS} submitted = 0 created \+ {demo.RECORDS} already", told)
    table = re.findall(r"^ +(\S+@\S+) +(\d+) +(\d+)((?: +\d+)+)$", told, re.MULTILINE)
    assert [row[0] for row in table] == list(world.ANNOTATORS)
    # Those that two people check count for both.
    assert sum(int(row[1]) for row in table) == demo.RECORDS + demo.DOUBLE_CHECKED
    assert all(sum(map(int, row[3].split())) == int(row[2]) > 0 for row in table)


def test_the_totals_of_the_demo_are_what_was_sent(
    service: Emulator, spans: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line counts the requests that the server has received."""
    assert demo.main([*ARGUMENTS, *spans]) == 0
    assert f"{len(service.requests)}  requests for" in capsys.readouterr().out.splitlines()[-1]


def test_the_demo_annotates_on_a_real_service_only_what_it_is_told_to(service: Emulator, spans: list[str]) -> None:
    """Annotations cannot be removed, so there are none without `--label`, and ten with it."""
    for extra, count in (([], 0), (["--label", f"{CONFIG}=correct"], 10)):
        service.clear_requests()
        assert demo.main([*ARGUMENTS, *spans, *extra]) == 0
        assert len([1 for request in service.requests if request.path.endswith("/annotate")]) == count


def test_the_demo_deletes_no_queue_but_its_own(service: Emulator) -> None:
    """A queue that has the name which the demo is told to use stays."""
    with ArizeClient() as client:
        theirs = client.annotation_queues.create(
            name="Triage", space="demo", annotation_config_ids=[CONFIG], annotator_emails=["ana@example.com"]
        )
        assert demo.main([*ARGUMENTS, "--dataset", "golden-questions", "--queue", "Triage"]) == 0
        assert [queue["id"] for queue in service.queues()] == [theirs.id]
        client.annotation_queues.delete(annotation_queue=theirs.id)


def test_a_demo_that_fails_says_why_and_cleans_up(
    service: Emulator, spans: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of the client's is told in a line, and the queue is gone."""
    assert demo.main([*ARGUMENTS, *spans, "--label", f"{CONFIG}=no such label"]) == 1
    assert "no such label" in capsys.readouterr().err
    assert len([1 for request in service.requests if request.method == "DELETE"]) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (ARGUMENTS[:3], "--config is missing"),
        (ARGUMENTS, "--project is missing"),
        ([*ARGUMENTS, "--project", "p", "--spans", "nowhere.csv"], "nowhere.csv"),
        ([*ARGUMENTS, "--dataset", "d", "--label", "correct"], "CONFIG=LABEL"),
    ],
)
def test_what_the_demo_cannot_make_up_is_asked_for(
    service: Emulator, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody can be asked, the demo names what is missing and sends nothing."""
    assert demo.main(arguments) == 1
    assert complaint in capsys.readouterr().err
    assert not service.requests


def test_the_demo_needs_a_key_for_the_real_service(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a key it says so, before it asks for anything."""
    assert demo.main(["--live"]) == 1
    assert "ARIZE_API_KEY" in capsys.readouterr().err


def test_an_interrupted_demo_cleans_up(spans: list[str]) -> None:
    """Ctrl-C in the middle deletes the queue, prints what was sent, and ends with no traceback."""
    with Emulator(latency=0.2) as service:
        service.seed()
        environment = {"ARIZE_API_KEY": service.api_key, "ARIZE_BASE_URL": service.url, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "scripts.demo", *ARGUMENTS, *spans],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        for line in process.stdout:
            if "Plan the add" in line:
                process.send_signal(signal.SIGINT)
                break
        told, complaints = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Traceback" not in complaints
        assert "the queue is deleted" in told
        assert service.queues() == []


def test_the_spans_of_the_demo_are_a_plausible_export() -> None:
    """A few thousand different LLM spans of three projects, over three weeks, in order of time within a session."""
    rows = [row for project in world.spans().values() for row in project]
    assert len({row["context.span_id"] for row in rows}) == len(rows) > demo.RECORDS
    assert 14 < (max(row["start_time"] for row in rows) - min(row["start_time"] for row in rows)).days <= 21
    assert len({row["attributes.input.value"] for row in rows}) > 500
    assert not [row for row in rows if "{" in row["attributes.input.value"] + row["attributes.output.value"]]
    by_session = pairwise(rows)
    assert all(
        first["start_time"] < second["start_time"]
        for first, second in by_session
        if first["attributes.session.id"] == second["attributes.session.id"]
    )
    assert world.spans() == world.spans()
