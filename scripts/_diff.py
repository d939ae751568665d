"""Compare two upstream documents in what concerns the client, and a document with the overlay."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from _diff_findings import Finding, Ledger, Scene
from _diff_operations import Operations
from _diff_rules import BOTH
from _diff_scope import scope, settled
from _diff_values import respelling
from _document import SpecError, cut, operations
from _overlay import apply, wanted_operations

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUMMARISED = {
    "text-changed": "descriptions, examples or other texts differ",
    "order-changed": "fields or values are listed in another order",
}


def compare(
    old: dict[str, Any],
    new: dict[str, Any],
    overlay: dict[str, Any],
    constants: Mapping[str, list[str]] | None = None,
) -> list[Finding]:
    """Return what changed from one document to another, the worst first.

    Args:
        old: The document that the client is made from.
        new: The document that it may be made from next.
        overlay: Says which operations concern the client.
        constants: The names of the client's constants by the pointers of the numbers that they come from.
    """
    old, new = settled(old), settled(new)
    ledger = Ledger()
    _hosts(old, new, ledger)
    comparison = Operations(old, new, ledger)
    comparison.compare(scope(old, overlay), scope(new, overlay, former=old))
    return [_with_constants(finding, constants or {}) for finding in _summarised(ledger.findings())]


def misfits(new: dict[str, Any], overlay: dict[str, Any]) -> list[Finding]:
    """Return what of the overlay does not fit a document any more."""
    new = settled(new)
    present = [operation for operation in wanted_operations(overlay) if operation in operations(new)]
    ledger = Ledger()
    try:
        part = cut(new, present)
    except SpecError as error:
        for index, problem in enumerate(error.problems):
            ledger.add("not-generatable", f"/paths#{index}", problem, Scene("", BOTH))
        return ledger.findings()
    try:
        apply(part, overlay)
    except SpecError as error:
        for problem in error.problems:
            found = re.match(r"overlay action (\d+), target (.*): (.*?)$", problem)
            number, target, why = found.groups() if found else ("0", "?", problem)
            what = f"overlay action {number} no longer matches: target {target} {why}"
            ledger.add("overlay-mismatch", f"/actions/{int(number) - 1}", what, Scene("", BOTH), subject=target)
    return sorted(ledger.findings(), key=lambda finding: int(finding.path.rpartition("/")[2]))


def warned(finding: Finding, overlay: dict[str, Any]) -> Finding:
    """Say where the overlay would hide a change: it puts the enum values that it knows back."""
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


def _values_put_back(action: dict[str, Any], values: list[Any]) -> list[Any]:
    update = action.get("update")
    known = {respelling(value) for value in (update.get("enum") or ())} if isinstance(update, dict) else set()
    return [value for value in values if respelling(value) in known]


def _hosts(old: dict[str, Any], new: dict[str, Any], ledger: Ledger) -> None:
    before, after = ([server["url"] for server in document.get("servers", [])] for document in (old, new))
    for kind, urls, what in (
        ("server-removed", [url for url in before if url not in after], "is gone"),
        ("server-added", [url for url in after if url not in before], "is new"),
    ):
        for url in urls:
            ledger.add(
                kind,
                f"/servers/{(after if url in after else before).index(url)}",
                f"host {url} {what}",
                Scene("", BOTH),
                subject=url,
            )
    if old.get("info") != new.get("info"):
        ledger.add("text-changed", "/info", "the document has another version or title", Scene("", BOTH))


def _summarised(findings: list[Finding]) -> list[Finding]:
    """Put the differences that mean nothing together, one finding for each kind with their count."""
    result = [finding for finding in findings if finding.kind not in _SUMMARISED]
    for kind, what in _SUMMARISED.items():
        same = [finding for finding in findings if finding.kind == kind]
        if same:
            consequence = same[0].sentence.rpartition(": ")[2]
            places = f"{len(same)} place{'s' * (len(same) > 1)}"
            paths = [finding.path for finding in same]
            ids = dict.fromkeys(name for finding in same for name in finding.operations)
            touches = same[0].touches if len({finding.touches for finding in same}) == 1 else BOTH
            sentence = f"{what} at {places}, first at {paths[0]}: {consequence}"
            result.append(
                replace(same[0], sentence=sentence, operations=tuple(ids), touches=touches, subject=places, new=paths)
            )
    return result


def _with_constants(finding: Finding, constants: Mapping[str, list[str]]) -> Finding:
    """Say of a limit whether the client follows it by itself."""
    if not finding.kind.startswith("limit-") or not (names := constants.get(finding.path)):
        return finding
    follow = f"the client's batches and pages follow on `make spec generate`, by {' and '.join(names)}"
    return replace(finding, sentence=f"{finding.sentence.removesuffix('.')}; {follow}.")
