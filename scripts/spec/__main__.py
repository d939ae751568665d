"""Cut the annotation-queue operations out of an upstream OpenAPI document and apply our overlay.

    python scripts/spec.py --upstream <file or URL>

Beside the spec it keeps the cut of upstream without our corrections, which spec-diff compares later documents with.

Exit status 0: the spec is written. 2: something is wrong with the input, one line each; nothing is written.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .assemble import assemble
from .document import SpecError, load, operations
from .overlay import load_overlay
from .rendering import render
from .scope import taken

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPENAPI = Path(__file__).resolve().parents[2] / "openapi"


def build(upstream: str, overlay: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the validated spec of an upstream document and an overlay, and the cut of upstream that it is made of."""
    corrections = load_overlay(overlay)
    source = taken(load(upstream), corrections)
    return assemble(source, corrections), source


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="spec", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--upstream", required=True, help="file or http(s) URL, JSON or YAML, OpenAPI 3.0 or 3.1")
    parser.add_argument("--overlay", default=str(_OPENAPI / "overlay.yaml"), help="default: %(default)s")
    parser.add_argument("--output", type=Path, default=_OPENAPI / "annotation-queues.yaml", help="default: %(default)s")
    options = parser.parse_args(arguments)
    try:
        spec, source = build(options.upstream, options.overlay)
        kept = json.dumps(source, indent=2, ensure_ascii=False) + "\n"
        _write({options.output.with_suffix(".upstream.json"): kept, options.output: render(spec)})
    except SpecError as error:
        for problem in error.problems:
            print(f"spec: {problem}", file=sys.stderr)
        return 2
    except (AttributeError, TypeError, ValueError, LookupError, RecursionError) as error:
        # What a document holds where OpenAPI has something else may be found only on the way through it.
        what = f"not a well-formed OpenAPI document ({type(error).__name__}: {' '.join(str(error).split())})"
        print(f"spec: {options.upstream}: {what}", file=sys.stderr)
        return 2
    schemas = spec["components"]["schemas"]
    print(f"{options.output}: {len(operations(spec))} operations, {len(schemas)} schemas")
    return 0


def _write(texts: dict[Path, str]) -> None:
    """Replace all files or none, so that no reader sees half a file."""
    drafts = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in texts}
    try:
        for path, draft in drafts.items():
            draft.write_text(texts[path], encoding="utf-8", newline="\n")
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError as error:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
        raise SpecError(f"{path}: {error.strerror}") from None


if __name__ == "__main__":
    sys.exit(main())
