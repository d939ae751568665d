"""Generate the raw client from openapi/annotation-queues.yaml, and the sync faces (`make generate`)."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from .document import DocumentError
from .faces import write_faces
from .package import PACKAGE, ROOT, GenerationError, write_package

DEFAULT_GENERATOR = ROOT / ".venv-generator/bin/openapi-python-client"


def generate(root: Path, generator: Path) -> None:
    """Replace the generated package as a whole, or leave it as it is if anything fails."""
    package = root / PACKAGE
    package.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=package.parent, prefix=".new-") as scratch:
        fresh = Path(scratch, package.name)
        write_package(fresh, generator, root)
        if package.exists():
            package.rename(Path(scratch, "old"))
        shutil.move(fresh, package)


def main() -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generator", type=Path, default=DEFAULT_GENERATOR, help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        generate(ROOT, arguments.generator.absolute())
        faces = write_faces(ROOT)
    except (DocumentError, GenerationError) as error:
        print(error, file=sys.stderr)
        return 1
    print("wrote", PACKAGE, *(path.relative_to(ROOT) for path in faces))
    return 0


if __name__ == "__main__":
    sys.exit(main())
