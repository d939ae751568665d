"""Print findings for a maintainer, and for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .findings import of_severity
from .rules import SEVERITIES

if TYPE_CHECKING:
    from .findings import Finding

_MANY = 4


def as_json(findings: list[Finding]) -> str:
    """Return the findings as a JSON list, one object each."""
    return json.dumps([finding.as_data() for finding in findings], indent=2, ensure_ascii=False)


def as_text(findings: list[Finding], against: str) -> str:
    """Return the findings under their severities, each with its place and whom it touches."""
    counts = ", ".join(f"{len(of_severity(findings, severity))} {severity}" for severity in SEVERITIES)
    lines = [f"against {against}: {counts if findings else 'no difference'}"]
    for severity in SEVERITIES:
        some = of_severity(findings, severity)
        if some:
            lines += ["", severity.upper()]
        for finding in some:
            lines += [f"- {finding.sentence}", f"    {_details(finding)}"]
    return "\n".join(lines)


def _details(finding: Finding) -> str:
    names = ", ".join(finding.operations[:_MANY])
    more = f" and {len(finding.operations) - _MANY} more" if len(finding.operations) > _MANY else ""
    where = f" of {names}{more}" if names else ""
    return f"{finding.kind} at {finding.path} [{finding.touches}{where}]"
