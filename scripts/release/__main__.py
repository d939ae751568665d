"""Build the sdist and the wheel, and test the wheel with the source gone (`make wheel`).

The wheel is made from the sdist, as an installer does that finds no wheel. First it goes, by itself, into a fresh
environment, which must be small and work; then that environment gets the emulator and the tests' tools, and the tests
that need no source run there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"arize_queues": ROOT / "arize_queues", "arize_queues_raw": ROOT / "generated" / "arize_queues_raw"}
TOOLS = ("pytest",)
EXTRAS = "emulator,rows,progress"
TESTS = "tests/installed"  # what can differ once the source is gone
LEFT_OUT = ("__pycache__",)
LARGEST = 20_000_000


class WheelError(Exception):
    """A check of the wheel failed."""


def build(folder: Path) -> Path:
    """Build the sdist, and the wheel from it; return the wheel."""
    _run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def check_contents(wheel: Path) -> None:
    """Fail unless the wheel has exactly the files that users need."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    metadata = next(name.partition("/")[0] for name in names if name.endswith(".dist-info/METADATA"))
    wanted = {f"{package}/{file}" for package, folder in PACKAGES.items() for file in _files(folder)}
    have = {name for name in names if not name.startswith(f"{metadata}/")}
    if have != wanted:
        raise WheelError(f"the wheel lacks {sorted(wanted - have)} and should not have {sorted(have - wanted)}")
    musts = {*(f"{package}/py.typed" for package in PACKAGES), f"{metadata}/licenses/LICENSE"}
    if missing := musts - names:
        raise WheelError(f"the wheel lacks {sorted(missing)}")


def check_alone(wheel: Path, python: Path) -> None:
    """Install the wheel without extras; fail if it is too large or does not work."""
    packages = next(python.parent.parent.glob("lib/python*/site-packages"))
    before = _size(packages)
    _install(python, wheel)
    size = _size(packages) - before
    print(f"arize-queues and what it depends on: {size / 1e6:.1f} MB", flush=True)
    if size > LARGEST:
        raise WheelError(f"a fresh environment grows by {size:,} bytes; at most {LARGEST:,} are allowed")
    smoke = shutil.copy(ROOT / "scripts/release/smoke.py", python.parent.parent)
    _run(python, smoke, cwd=python.parent.parent)


def check_with_extras(wheel: Path, python: Path, folder: Path) -> None:
    """Install the wheel with extras; run the demo and the tests of an installed package."""
    _install(python, f"{wheel}[{EXTRAS}]", *TOOLS)
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns(*LEFT_OUT))
    _run(python, "-m", "scripts.demo", cwd=folder, silent=True)
    shutil.copytree(ROOT / TESTS, folder / "tests", ignore=shutil.ignore_patterns(*LEFT_OUT))
    _run(python, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "tests", cwd=folder)


def _files(folder: Path) -> list[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return [path.as_posix() for path in found if path.suffix != ".pyc"]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _install(python: Path, *what: Path | str) -> None:
    _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what)


def _run(*command: Path | str, cwd: Path | None = None, silent: bool = False) -> None:
    """Run a command without access to the source and to the caller's settings; fail if it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    output = subprocess.DEVNULL if silent else None
    subprocess.run([str(part) for part in command], check=True, cwd=cwd, env=environment, stdout=output)


def main() -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=Path, help="where to leave the sdist and the wheel, once they are tested")
    output = parser.parse_args().output
    with tempfile.TemporaryDirectory() as scratch:
        python = Path(scratch, "environment", "bin", "python")
        try:
            wheel = build(Path(scratch, "dist"))
            check_contents(wheel)
            venv.create(python.parent.parent, with_pip=True)
            check_alone(wheel, python)
            check_with_extras(wheel, python, Path(scratch, "tests"))
            if output:
                shutil.copytree(wheel.parent, output, dirs_exist_ok=True)
        except (WheelError, subprocess.CalledProcessError) as error:
            print(f"release: {error}", file=sys.stderr)
            return 1
    print("the wheel is well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
