"""What type checkers know of the public API: good uses pass, and each marked mistake is found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
USES = ROOT / "tests" / "typing" / "api.py"
MISTAKES = ROOT / "tests" / "typing" / "mistakes.py"
CHECKERS = {
    "mypy": ["mypy", "--strict", "--no-error-summary", "--hide-error-context"],
    "basedpyright": ["basedpyright", "--level", "error"],
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_good_uses_pass_and_each_mistake_is_found(checker):
    """In strict mode, good uses pass, and each mistake is reported where it is."""
    command = [sys.executable, "-m", *CHECKERS[checker], str(USES), str(MISTAKES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    lines = MISTAKES.read_text().splitlines()
    marked = {number for number, line in enumerate(lines, 1) if "# mistake" in line}
    found = re.findall(r"(\w+\.py):(\d+)(?::\d+)?(?: -)?:? error", done.stdout)
    assert [place for place in found if place[0] != MISTAKES.name] == [], done.stdout
    assert {int(number) for _, number in found} == marked, done.stdout + done.stderr
