"""Check that the raw client and the sync faces are what generation writes (`make check-generated`)."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .__main__ import DEFAULT_GENERATOR
from .document import DocumentError
from .faces import sources, stale_faces, target
from .package import PACKAGE, ROOT, STAMP, GenerationError, write_package

if TYPE_CHECKING:
    from collections.abc import Iterator

STAMPED_LINES = 3
LEFT_BY_PYTHON = {"__pycache__"}
LEFT_BY_TOOLS = {"build", "dist", "node_modules"}


def files(directory: Path) -> Iterator[Path]:
    """Yield all files of the package, without the caches of Python."""
    for parent, names, found in os.walk(directory):
        names[:] = sorted(set(names) - LEFT_BY_PYTHON)
        yield from (Path(parent, name) for name in sorted(found))


def files_of_project(root: Path) -> Iterator[Path]:
    """Yield the files of a project, outside the package without those of tools."""
    for parent, names, found in os.walk(root):
        within = Path(parent).is_relative_to(root / PACKAGE)
        skipped = LEFT_BY_PYTHON if within else LEFT_BY_PYTHON | LEFT_BY_TOOLS
        names[:] = sorted(n for n in names if n not in skipped and (within or not n.startswith(".")))
        yield from (Path(parent, name) for name in sorted(found))


def is_stamped(path: Path) -> bool:
    """Return True if the first lines of a file say that it is generated."""
    stamp = STAMP.encode()
    with path.open("rb") as opened:
        return any(stamp in opened.readline(1000) for _ in range(STAMPED_LINES))


def differences(package: Path, fresh: Path) -> list[str]:
    """Return a line for each file of the package that differs from a fresh generation."""
    have = {path.relative_to(package) for path in files(package)}
    want = {path.relative_to(fresh) for path in files(fresh)}
    lines = [f"{PACKAGE / name}: is missing" for name in sorted(want - have)]
    lines += [f"{PACKAGE / name}: is not generated" for name in sorted(have - want)]
    lines += [
        f"{PACKAGE / name}: is not what generation writes"
        for name in sorted(have & want)
        if (package / name).read_bytes() != (fresh / name).read_bytes()
    ]
    return lines


def stamp_problems(root: Path, fresh: Path) -> list[str]:
    """Return a line for each generated file without a stamp, and each file with one that is not generated."""
    written = {root / PACKAGE / path.relative_to(fresh) for path in files(fresh)}
    written |= {target(source) for source in sources(root)}
    lines = []
    for path in files_of_project(root):
        if not path.is_file():
            continue
        stamped = is_stamped(path)
        if path.is_relative_to(root / PACKAGE) and not stamped:
            lines.append(f"{path.relative_to(root)}: has no stamp")
        elif stamped and path not in written:
            lines.append(f"{path.relative_to(root)}: is stamped, but generation does not write it")
    return lines


def check(root: Path, fresh: Path) -> list[str]:
    """Return all problems of a project's generated files, given the package generated afresh."""
    return differences(root / PACKAGE, fresh) + stale_faces(root) + stamp_problems(root, fresh)


def main() -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generator", type=Path, default=DEFAULT_GENERATOR, help="default: %(default)s")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch, PACKAGE.name)
        try:
            write_package(fresh, arguments.generator.absolute())
        except (DocumentError, GenerationError) as error:
            print(error, file=sys.stderr)
            return 1
        problems = check(ROOT, fresh)
    if problems:
        print(*problems, "Run `make generate` and commit what it writes.", sep="\n", file=sys.stderr)
        return 1
    print(f"{PACKAGE} and the sync faces are up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
