"""Report what changed in an upstream OpenAPI document since the one that the checked-in spec was made from.

    python -m scripts.specdiff --upstream <file or URL> [--against <spec or document>] [--json | --changelog]

Only operations that concern the client are compared: those that openapi/overlay.yaml takes or watches, and others on
queues. Every finding is breaking, additive or cosmetic, for those who send or those who read or both.

Exit status 0: nothing breaks. 1: something does. 2: something is wrong with the input, one line each.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.spec.document import SpecError, load, load_data
from scripts.spec.overlay import load_overlay
from scripts.spec.scope import addresses

from .changelog import changelog
from .compare import compare
from .findings import breaks
from .limits import constants, with_constants
from .misfits import misfits, warned
from .report import as_json, as_text
from .rules import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .findings import Finding

_OPENAPI = Path(__file__).resolve().parents[2] / "openapi"


def findings(upstream: str, against: str, overlay: str) -> tuple[list[Finding], dict[str, list[str]]]:
    """Return the changes from a spec or another document to upstream, the worst first, and the places of operations.

    A spec carries our corrections, which upstream knows nothing of. So what stands for it is the cut of upstream that
    it was made from, kept beside it, and each correction is tried on the new upstream by itself.
    """
    corrections = load_overlay(overlay)
    spec = Path(against)
    source = spec.with_suffix(".upstream.json")
    new = load(upstream)
    if not source.exists():
        if spec.resolve() == _OPENAPI / "annotation-queues.yaml":
            raise SpecError(f"{source}: not there; `make spec` writes it with the spec")
        old = load(against)
        found = compare(old, new, corrections)
        return found, _places(old, new, found)
    old = load(str(source))
    limits = load_data(str(_OPENAPI / "limits.yaml"))
    names = constants(limits, load(against), corrections, new)
    hindrances = misfits(new, corrections, limits)
    found = [with_constants(one, names, blocked=bool(hindrances)) for one in compare(old, new, corrections)]
    found = [*(warned(finding, corrections) for finding in found), *hindrances]
    return sorted(found, key=lambda one: SEVERITIES.index(one.severity)), _places(old, new, found)


def _places(old: dict[str, Any], new: dict[str, Any], found: list[Finding]) -> dict[str, list[str]]:
    """Return the present and former place of each operation by its ID, even if the ID has changed."""
    places = addresses(old, new)
    for finding in found:
        if finding.kind in {"operation-moved", "placeholder-renamed"}:
            for name in finding.operations:
                places.setdefault(name, []).extend(finding.old if isinstance(finding.old, list) else [finding.old])
    return places


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        found, places = findings(options.upstream, options.against, options.overlay)
    except SpecError as error:
        return _refuse(*error.problems)
    except (AttributeError, TypeError, ValueError, LookupError, RecursionError) as error:
        # What a document holds where OpenAPI has something else is found only on the way through it.
        return _refuse(f"not well-formed OpenAPI documents ({type(error).__name__}: {' '.join(str(error).split())})")
    if options.json:
        print(as_json(found))
    elif options.changelog:
        print(changelog(found, places))
    else:
        print(as_text(found, options.against))
    return int(breaks(found))


def _refuse(*problems: str) -> int:
    for problem in problems:
        print(f"spec-diff: {problem}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spec-diff", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--upstream", required=True, help="file or http(s) URL, JSON or YAML, OpenAPI 3.0 or 3.1")
    parser.add_argument(
        "--against", default=str(_OPENAPI / "annotation-queues.yaml"), help="a spec or upstream document; %(default)s"
    )
    parser.add_argument("--overlay", default=str(_OPENAPI / "overlay.yaml"), help="default: %(default)s")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print a list for machines")
    form.add_argument("--changelog", action="store_true", help="print the entry for CHANGELOG.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
