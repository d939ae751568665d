"""Compare two upstream documents in what concerns the client."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scripts.spec.scope import scope, settled

from .findings import Finding, Ledger, Scene
from .operations import Operations
from .rules import BOTH

_SUMMARISED = {
    "placeholder-renamed": "placeholders of paths have other names",
    "text-changed": "descriptions, examples or other texts differ",
    "order-changed": "fields or values are listed in another order",
}


def compare(
    old: dict[str, Any],
    new: dict[str, Any],
    overlay: dict[str, Any],
) -> list[Finding]:
    """Return the changes from one document to another, the worst first.

    Args:
        old: The document that the client is made from.
        new: The document that it may be made from next.
        overlay: Says which operations concern the client.
    """
    old, new = settled(old), settled(new)
    ledger = Ledger()
    _hosts(old, new, ledger)
    comparison = Operations(old, new, ledger)
    comparison.compare(scope(old, overlay), scope(new, overlay, former=old))
    return _summarised(ledger.findings())


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
    """Merge cosmetic differences to one finding for each kind, with their count."""
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
            old = [finding.old for finding in same if finding.old is not None] or None
            result.append(
                replace(
                    same[0],
                    sentence=sentence,
                    operations=tuple(ids),
                    touches=touches,
                    subject=places,
                    old=old,
                    new=paths,
                )
            )
    return result
