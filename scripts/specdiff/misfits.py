"""Try on a new upstream document what `make spec` and `make generate` would do with it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scripts.codegen.document import DocumentError, generator_view
from scripts.codegen.limits import faults, places
from scripts.spec.assemble import assemble
from scripts.spec.document import SpecError, cut, operations
from scripts.spec.overlay import apply, wanted_operations
from scripts.spec.scope import settled

from .findings import Ledger, Scene
from .rules import BOTH
from .values import respelling

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .findings import Finding

_EVERYWHERE = Scene("", BOTH)


def misfits(new: dict[str, Any], overlay: dict[str, Any], limits: dict[str, Any]) -> list[Finding]:
    """Return what of the overlay and of the limits does not fit a document any more, in their order."""
    new, ledger = settled(new), Ledger()
    wanted = wanted_operations(overlay)
    present = [operation for operation in wanted if operation in operations(new)]
    try:
        # Where operations have moved or are gone, what the others reach is no measure of what is still there.
        part = cut(new, present)
        _try_overlay(part if present == wanted else new, overlay, ledger)
        if present == wanted and not ledger.findings():
            _try_generation(assemble(part, overlay), limits, ledger)
    except SpecError as error:
        _add_all("not-generatable", "/paths", error.problems, ledger)
    return sorted(ledger.findings(), key=lambda finding: _rank(finding.path))


def warned(finding: Finding, overlay: dict[str, Any]) -> Finding:
    """Report changes that the overlay would hide, because it restores the enum values that it knows."""
    if finding.kind != "enum-value-removed":
        return finding
    schema = "$" + finding.path.removesuffix("/enum").replace("/", ".")
    numbers = [
        str(number)
        for number, action in enumerate(overlay["actions"], start=1)
        if action["target"] == schema and set(finding.old) & {*_values_put_back(action, finding.old)}
    ]
    if not numbers:
        return finding
    advice = f"overlay action {', '.join(numbers)} would put it back, so correct it there"
    return replace(finding, sentence=f"{finding.sentence.removesuffix('.')}; {advice}.")


def _try_overlay(document: dict[str, Any], overlay: dict[str, Any], ledger: Ledger) -> None:
    try:
        apply(document, overlay)
    except SpecError as error:
        for problem in error.problems:
            found = re.match(r"overlay action (\d+), target (.*): (.*?)$", problem)
            number, target, why = found.groups() if found else ("0", "?", problem)
            what = f"overlay action {number} no longer matches: target {target} {why}"
            ledger.add("overlay-mismatch", f"/actions/{int(number) - 1}", what, _EVERYWHERE, subject=target)


def _try_generation(spec: dict[str, Any], limits: dict[str, Any], ledger: Ledger) -> None:
    for name, problem in faults(spec, limits).items():
        place = next(iter(places(limits[name])))
        ledger.add("limit-mismatch", place, f"the limit {name} has {problem}", _EVERYWHERE, subject=name)
    try:
        generator_view(spec)
    except DocumentError as error:
        _add_all("not-generatable", "/components", [str(error)], ledger)


def _add_all(kind: str, at: str, problems: Iterable[str], ledger: Ledger) -> None:
    for index, problem in enumerate(problems):
        ledger.add(kind, f"{at}#{index}", problem, _EVERYWHERE)


def _rank(path: str) -> int:
    """Return the number that a place ends in, such as that of an action."""
    number = path.rpartition("/")[2]
    return int(number) if number.isdecimal() else 0


def _values_put_back(action: dict[str, Any], values: list[Any]) -> list[Any]:
    update = action.get("update")
    known = {respelling(value) for value in (update.get("enum") or ())} if isinstance(update, dict) else set()
    return [value for value in values if respelling(value) in known]
