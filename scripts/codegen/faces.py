"""Generate the sync faces: `_sync.py` beside each `_async.py`, by substitutions, import sorting and the formatter."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .package import STAMP, GenerationError

SUBSTITUTIONS = (
    (r"\basync def ", "def "),
    (r"\bawait ", ""),
    (r"\bAsync(?=[A-Z])", ""),  # AsyncAnnotationQueues, AsyncGenerator, AsyncClient, AsyncIterable
    (r"\barun\b", "run"),
    (r"\baiterate\b", "iterate"),
    (r"\b(from|import) \._async\b", r"\1 ._sync"),
    (r", async:", ", sync:"),
)
_HEAD = f"# {STAMP}\n# Edit `_async.py` instead.\n"


def sources(root: Path) -> Iterator[Path]:
    """Yield the async face of each resource."""
    yield from sorted((root / "arize_queues").glob("*/_async.py"))


def target(source: Path) -> Path:
    """Return the path of the sync face."""
    return source.with_name("_sync.py")


def sync_face(source: Path, text: str) -> str:
    """Return the sync face of the text of an async one.

    Args:
        source: Its path, by which ruff finds the settings of the project.
        text: Its text.

    Raises:
        GenerationError: ruff fails.
    """
    for pattern, replacement in SUBSTITUTIONS:
        text = re.sub(pattern, replacement, text)
    path = target(source)
    text = _ruff(["check", "--fix-only", "--select=I,F401"], path, _HEAD + text)
    return _ruff(["format"], path, text)


def write_faces(root: Path) -> list[Path]:
    """Write all sync faces; return their paths."""
    written = []
    for source in sources(root):
        target(source).write_text(sync_face(source, source.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
        written.append(target(source))
    return written


def stale_faces(root: Path) -> list[str]:
    """Return a line for each sync face that is not generated from its async one."""
    return [
        f"{target(source).relative_to(root)}: is not what generation writes"
        for source in sources(root)
        if not target(source).exists()
        or target(source).read_text(encoding="utf-8") != sync_face(source, source.read_text(encoding="utf-8"))
    ]


def _ruff(arguments: list[str], path: Path, text: str) -> str:
    command = [str(Path(sys.executable).with_name("ruff")), *arguments, "--quiet", f"--stdin-filename={path}", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, cwd=path.parents[2])
    if done.returncode:
        raise GenerationError(f"ruff {arguments[0]} failed on {path}:\n{done.stderr}")
    return done.stdout
