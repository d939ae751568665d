"""The processes that a measurement needs beside its own: servers, and the official client in its environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 10  # seconds for a process to end by itself
_PATHS = (ROOT / "tests", ROOT, ROOT / "generated")


@contextmanager
def prepared_server(*, records: int = 1, latency: float = 0.0) -> Iterator[str]:
    """Run the server of prepared bytes, and give its URL."""
    with _running(
        "tests.benchmarks.prepared_server", ["--records", str(records), "--latency", str(latency)]
    ) as process:
        yield f"http://127.0.0.1:{_line(process)}"


@contextmanager
def emulator(*arguments: str) -> Iterator[dict[str, Any]]:
    """Run the emulator with a world for bulk work, and give its URL and what is in it."""
    with _running("tests.benchmarks.emulator_server", arguments) as process:
        world: dict[str, Any] = json.loads(_line(process))
        yield world


class Official:
    """The official client in a process of its own; `ask` has it do something and tells what it cost."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, **order: Any) -> dict[str, Any]:
        """Have something done, and give what it cost."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(_line(self._process))
        return answer


@contextmanager
def official_client(python: Path | None, url: str) -> Iterator[Official | None]:
    """Run the official client; None where it is not installed."""
    if python is None:
        yield None
        return
    with _started([str(python), "-I", str(Path(__file__).with_name("official.py")), url]) as process:
        yield Official(process)


def environment(*more: Path) -> dict[str, str]:
    """Return the environment variables of a child that imports this package and the client from the source.

    Args:
        more: Where else to import from.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARIZE_")}
    inherited = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, [*_PATHS, *more, *inherited]))}


@contextmanager
def _running(module: str, arguments: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    with _started([sys.executable, "-m", module, *arguments]) as process:
        yield process


@contextmanager
def _started(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, env=environment(), cwd=ROOT) as process:
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()  # which ends it
            try:
                process.wait(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"a process of the measurement ended: {process.args!r}")
    return line.strip()
