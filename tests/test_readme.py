"""The README does what it says: its Python runs, and its commands exist."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from arize_queues.emulator import Emulator
from arize_queues.emulator._http.control import control_routes
from arize_queues.emulator._pytest import arize_emulator

__all__ = ["arize_emulator"]

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = (ROOT / "tests/benchmarks/RESULTS.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[tuple[int, str]]:
    """Return the code blocks of a language, each with the line before it."""
    found = re.finditer(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [(README.count("\n", 0, match.start(1)), match[1]) for match in found]


def commands() -> list[list[str]]:
    """Return the commands of the shell blocks, without the settings before them."""
    lines = [line for _, block in blocks("sh") for line in block.splitlines()]
    split = [shlex.split(line, comments=True) for line in lines]
    return [[word for word in words if "=" not in word] for words in split if words]


@pytest.fixture
def served(arize_emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Emulator:
    """Serve the ready-made world that the README tells to start, with the settings that it tells to make."""
    arize_emulator.seed()
    monkeypatch.setenv("ARIZE_API_KEY", arize_emulator.api_key)
    monkeypatch.setenv("ARIZE_BASE_URL", arize_emulator.url)
    monkeypatch.chdir(tmp_path)
    return arize_emulator


@pytest.fixture
def names(served: Emulator) -> Iterator[dict[str, Any]]:
    """Run the Python blocks one after another, on the lines that the README has them on; give their names."""
    found: dict[str, Any] = {"__name__": "readme"}
    for line, block in blocks("python"):
        exec(compile("\n" * line + block, "README.md", "exec"), found)
    yield found
    found["client"].close()


def test_the_python_of_the_readme_does_what_is_said_beside_it(
    served: Emulator, capsys: pytest.CaptureFixture[str], names: dict[str, Any]
) -> None:
    """Every Python block runs, in order, against the emulator that the README starts."""
    told = capsys.readouterr().out
    assert len(names["added"]) == len(names["rows"]) + 20
    assert re.search(r"#\s*(3 submitted = .*)", README)[1] in told  # type: ignore[index]
    assert [source.ids for source in names["left"]] == [("no-such-span",)]
    (queue,) = served.queues()
    for record in served.records(queue["id"]):
        assert [user["user"]["email"] for user in record["assigned_users"]]


@pytest.mark.parametrize(
    ("row", "result"),
    [
        ("Installed", r"(\d+) packages; official (\d+) MB, (\d+) packages"),
        ("Installed", r"fresh environment \| ([\d.]+) MB"),
        ("Annotating 2,000 records", r"annotate 2,000 .*ours ([\d.]+) s, official ([\d.]+) s"),
        ("Reading a page of 500 records", r"CPU over official: ours ([\d.]+) ms, official (\d+)"),
    ],
)
def test_the_numbers_of_the_readme_were_measured(row: str, result: str) -> None:
    """What the table says of both clients is, within a tenth, what the benchmarks gave."""
    (line,) = [line for line in README.splitlines() if line.startswith(f"| {row}")]
    told = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", line.replace(",", ""))]
    measured = re.search(result, RESULTS)
    assert measured
    assert all(min(abs(float(number) - one) for one in told) <= float(number) / 10 for number in measured.groups())


def test_the_test_of_the_readme_passes(served: Emulator, names: dict[str, Any]) -> None:
    """The test that the README shows passes with the fixture that it names."""
    shown: list[Callable[[Emulator], None]] = [value for name, value in names.items() if name.startswith("test_")]
    served.reset()
    for test in shown:
        test(served)
    assert shown


def test_the_commands_of_the_readme_exist() -> None:
    """Every command is a target of the Makefile, a module of ours, or what installs and sets."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    ran = commands()
    for words in ran:
        if words[0] == "make":
            assert words[1] in targets
        elif words[:2] == ["python", "-m"]:
            assert importlib.util.find_spec(words[2])
        else:
            assert words[0] in {"export", "pip"}
    assert {"make", "python"} <= {words[0] for words in ran}


def test_all_targets_that_the_texts_name_exist() -> None:
    """Every `make something` in the README and in CONTRIBUTING.md is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    texts = README + CONTRIBUTING
    named = set(re.findall(r"(?:`|^ *)make\s+(?:--\S+ )?([a-z-]+)", texts, re.MULTILINE))
    assert named
    assert named <= targets


def test_the_orders_to_the_emulator_are_carried_out_as_they_are_told(served: Emulator) -> None:
    """CONTRIBUTING.md has every order that the emulator takes, with a body that works as it stands."""
    told = re.findall(r"^\| `([A-Z]+) (/_emulator/\w+)` \|(?:.*?like `(\{.*?\})`)?", CONTRIBUTING, re.MULTILINE)
    routes = {(method, route.path) for route in control_routes(served) for method in (route.methods or ()) - {"HEAD"}}
    assert {(method, path) for method, path, _ in told} == routes
    headers = {"authorization": f"Bearer {served.api_key}"}
    for method, path, body in told:
        for content in {"", body} if path.endswith("seed") else {body}:
            answer = httpx.request(method, served.url + path, content=content, headers=headers, trust_env=False)
            assert answer.is_success, answer.text


def test_the_readme_names_every_call(names: dict[str, Any]) -> None:
    """The README names every call of the client."""
    assert not [name for name in dir(names["queues"]) if not name.startswith("_") and name not in README]


def test_the_readme_is_short() -> None:
    """The README has at most so many lines that a newcomer reads it at once."""
    assert len(README.splitlines()) < 150
