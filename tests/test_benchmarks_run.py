"""The benchmarks run, on tiny inputs; how fast anything is, is not judged here."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

from tests.benchmarks import bulk, calls, decoding, growth, measuring, planning, processes, report, starting, streaming

pytestmark = pytest.mark.slow

TINY = measuring.Effort(rounds=1, scale=0.001)


@pytest.mark.parametrize("theme", [bulk, calls, decoding, growth, planning, streaming], ids=lambda theme: theme.THEME)
def test_a_theme_measures_everything_but_the_official_client(theme):
    """Without the official client every row has a number, except where it is what the number compares with."""
    found = theme.measure(TINY, None)
    assert found.rows
    unmeasured = [row.what for row in found.rows if row.value is None]
    assert all("official" in what for what in unmeasured)
    assert all(row.theme == theme.THEME for row in found.rows)


def test_the_list_of_where_the_import_goes_names_our_modules():
    """The list comes from a fresh interpreter and has modules of the package in it."""
    assert "`arize_queues" in starting.where(Path(sys.executable), runs=1)


def test_results_are_read_back_as_they_were_written(monkeypatch, tmp_path):
    """RESULTS.md can be read back, to compare the next run with."""
    monkeypatch.setattr(report, "RESULTS", tmp_path / "RESULTS.md")
    assert report.previous() == {}
    rows = [
        measuring.Row(theme="calls", what="a ratio", value=1.25, unit="x", target=1.15),
        measuring.Row(theme="calls", what="a count", value=2400.0, unit="MB"),
        measuring.Row(theme="calls", what="nothing", value=None, unit="x", target=2.0),
    ]
    text = report.markdown({"calls": measuring.Findings(rows)}, {"a ratio": 1.0}, "")
    report.RESULTS.write_text(text)
    assert report.previous() == {"a ratio": 1.25, "a count": 2400.0}
    assert "| a ratio | 1.25 x | at most 1.15 x | MISSED | +25% |" in text
    assert "| nothing | not measured | at most 2 x | not measured |  |" in text


def test_the_verdict_follows_the_target():
    """A number at its target has reached it, whether the target is the most or the least."""
    at = {"theme": "calls", "what": "it", "unit": "x", "target": 2.0}
    assert measuring.Row(value=2.0, **at).verdict == "reached"
    assert measuring.Row(value=2.1, **at).verdict == "MISSED"
    assert measuring.Row(value=2.1, bound="least", **at).verdict == "reached"
    assert measuring.Row(value=1.9, bound="least", **at).verdict == "MISSED"


def test_a_server_ends_with_the_measurement():
    """After the measurement nothing listens any more, also where it failed."""
    addresses: list[str] = []
    with pytest.raises(ZeroDivisionError):
        _measure_in_vain(addresses)
    with pytest.raises(httpx.ConnectError):
        httpx.get(addresses[0])


def _measure_in_vain(addresses: list[str]) -> None:
    with processes.prepared_server() as url:
        addresses.append(f"{url}/v2/annotation-queues/x")
        assert httpx.get(addresses[0]).status_code == 200
        raise ZeroDivisionError
