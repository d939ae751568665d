"""The official clients, each in an environment of its own, behind an adapter that speaks JSON lines."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, cast

import attrs

from .cases import PARITY, ROOT

ADAPTERS = PARITY / "adapters"
_READY = ".parity-ready"
_STARTS_WITHIN = 120.0


class UnavailableError(Exception):
    """A client cannot be installed or started; the text says why, in one line."""


@attrs.frozen
class Client:
    """An official client.

    Attributes:
        package: Its name in its registry.
        version: The version that is tried.
        revision: The revision of the API that it speaks.
        language: "python" or "javascript".
        unread: The fields of answers that it never reads; they are not held against it case by case.
    """

    package: str
    version: str
    revision: str
    language: str
    unread: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the client with its version."""
        return f"{self.package} {self.version}"

    @property
    def folder(self) -> Path:
        """Return the path of its environment, which the pattern `.venv*/` keeps out of git."""
        return ROOT / (f".venv-parity-{self.version}" if self.language == "python" else ".venv-parity-js")

    def install(self) -> None:
        """Install the client, unless it is installed.

        Raises:
            UnavailableError: The registry, or the language's own tool, is not there.
        """
        stamp = self.folder / _READY
        if stamp.exists() and stamp.read_text() == self.name:
            return
        for command in self._installation():
            _call(command)
        stamp.write_text(self.name)

    def _installation(self) -> list[list[str]]:
        if self.language == "python":
            pip = [str(self.folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            return [[sys.executable, "-m", "venv", str(self.folder)], [*pip, f"{self.package}=={self.version}"]]
        npm = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--ignore-scripts"]
        self.folder.mkdir(exist_ok=True)
        return [[*npm, "--prefix", str(self.folder), f"{self.package}@{self.version}"]]

    def start(self) -> Adapter:
        """Start the adapter.

        Raises:
            UnavailableError: It does not start.
        """
        if self.language == "python":
            command = [str(self.folder / "bin/python"), "-I", str(ADAPTERS / "python_arize.py")]
        else:
            command = [_tool("node"), str(ADAPTERS / "ax_client.mjs")]
        return Adapter(command, self.folder)


CLIENTS = (
    Client("arize", "8.28.3", "2026-05", "python"),
    Client("arize", "8.61.0", "2026-10", "python"),
    Client(
        "@arizeai/ax-client",
        "1.28.0",
        "2026-10",
        "javascript",
        unread=("granularity", "trace_annotations", "session_annotations"),
    ),
)


class Adapter:
    """A running adapter; it makes one call at a time, and keeps its client between calls."""

    def __init__(self, command: list[str], folder: Path) -> None:
        """Start the adapter, and wait until it reports its version."""
        environment = {key: value for key, value in os.environ.items() if not key.upper().startswith("ARIZE_")}
        environment |= {"NO_PROXY": "*", "no_proxy": "*"}
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        said = self._read(_STARTS_WITHIN)
        if said is None:
            self.close()
            raise UnavailableError("its adapter does not start")
        self.version: str = said["version"]
        self.runtime: str = said["runtime"]

    def ask(self, command: dict[str, Any], within: float) -> dict[str, Any] | None:
        """Make a call, and return its outcome, or None after the timeout."""
        stdin = cast("IO[bytes]", self._process.stdin)
        stdin.write(json.dumps(command).encode() + b"\n")
        stdin.flush()
        return self._read(within)

    def close(self) -> None:
        """End the adapter."""
        self._process.kill()
        self._process.communicate()

    def _read(self, within: float) -> dict[str, Any] | None:
        stdout = cast("IO[bytes]", self._process.stdout)
        ready, _, _ = select.select([stdout], [], [], within)
        line = stdout.readline() if ready else b""
        said: dict[str, Any] | None = json.loads(line) if line else None
        return said


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise UnavailableError(f"there is no {name} here")
    return found


def _call(command: list[str]) -> None:
    command = [_tool(command[0]), *command[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        words = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise UnavailableError(f"{Path(command[0]).name} fails: {words[-1] if words else done.returncode}")
