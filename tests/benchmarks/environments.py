"""Two cached environments: ours with the runtime dependencies alone, and the official client's."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from .processes import ROOT

OFFICIAL_VERSION = "8.61.0"
_HOME = ROOT / ".venv-bench"
ASIDE = _HOME / "aside"  # to be put on the path where orjson is wanted
_SIZE_APART = frozenset({"pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth"})


def prepare() -> None:
    """Make the environment with the package as it is now and what it needs; orjson, an extra, lies aside."""
    python = _made(_HOME)
    with tempfile.TemporaryDirectory() as place:
        _pip(python, "wheel", "--no-deps", "--wheel-dir", place, str(ROOT))
        wheel = next(Path(place).glob("*.whl"))
        _pip(python, "install", "--upgrade", str(wheel))
        _pip(python, "install", "--force-reinstall", "--no-deps", str(wheel))
    if not ASIDE.exists():
        _pip(python, "install", "--target", str(ASIDE), "orjson")


def lean() -> Path:
    """Return the Python of the environment with the runtime dependencies alone."""
    return _python(_HOME)


def official(*, install: bool = True) -> tuple[Path | None, str]:
    """Return the Python with the official client, or None and the reason. It takes 416 MB, once."""
    home = ROOT / ".venv-bench-arize"
    ready = home / f".ready-{OFFICIAL_VERSION}"
    if not ready.exists():
        if not install:
            return None, "not installed"
        try:
            _pip(_made(home), "install", f"arize=={OFFICIAL_VERSION}")
        except (OSError, subprocess.CalledProcessError) as error:
            shutil.rmtree(home, ignore_errors=True)
            return None, f"could not be installed ({type(error).__name__})"
        ready.touch()
    return _python(home), ""


def megabytes(python: Path) -> float:
    """Return the size of an environment, less that of a new one."""
    parts = _installed(python)
    files = [file for part in parts for file in ([part] if part.is_file() else part.rglob("*")) if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


def packages(python: Path) -> int:
    """Count what is installed in an environment, likewise."""
    return sum(part.suffix == ".dist-info" for part in _installed(python))


def _installed(python: Path) -> list[Path]:
    place = next((python.parents[1] / "lib").glob("python*")) / "site-packages"
    return [part for part in place.iterdir() if part.name.partition("-")[0] not in _SIZE_APART]


def versions() -> dict[str, str]:
    """Return the versions of the packages that the numbers depend on."""
    names = ("arize-queues", "httpx", "httpcore", "h11", "attrs", "orjson")
    return {name: importlib.metadata.version(name) for name in names}


def _made(home: Path) -> Path:
    if not _python(home).exists():
        venv.create(home, with_pip=True)
    return _python(home)


def _python(home: Path) -> Path:
    return home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, capture_output=True)
