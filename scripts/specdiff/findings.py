"""Findings of a comparison, collected place by place, each reported once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from .rules import ADDITIVE, BOTH, BREAKING, REQUEST, RESPONSE, RULES, SEVERITIES


@dataclass(frozen=True)
class Finding:
    """One difference: its kind, severity, place, operations and consequence."""

    kind: str
    severity: str
    path: str
    touches: str
    operations: tuple[str, ...]
    sentence: str
    subject: str
    old: Any = None
    new: Any = None

    def as_data(self) -> dict[str, Any]:
        """Return the finding as `--json` prints it."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "path": self.path,
            "touches": self.touches,
            "operations": list(self.operations),
            "sentence": self.sentence,
            "subject": self.subject,
            "old": self.old,
            "new": self.new,
        }


@dataclass(frozen=True)
class Scene:
    """The view of a comparison: an operation and a direction; `seen` ends the walk of recursive schemas."""

    operation: str
    direction: str
    seen: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True)
class _Entry:
    what: str
    subject: str
    old: Any
    new: Any
    operations: tuple[str, ...]
    directions: frozenset[str]


class Ledger:
    """The findings so far; a difference that several operations meet is one entry."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _Entry] = {}

    def add(
        self, kind: str, path: str, what: str, scene: Scene, *, subject: str = "", old: Any = None, new: Any = None
    ) -> None:
        """Note a difference; `what` is the sentence without its consequence."""
        directions = frozenset({REQUEST, RESPONSE} if scene.direction == BOTH else {scene.direction})
        operations = (scene.operation,) if scene.operation else ()
        entry = self._entries.get((kind, path)) or _Entry(what, subject, old, new, (), frozenset())
        self._entries[kind, path] = replace(
            entry,
            operations=tuple(dict.fromkeys((*entry.operations, *operations))),
            directions=entry.directions | directions,
        )

    def findings(self) -> list[Finding]:
        """Return the findings, the worst first, then by place."""
        told = [_told(kind, path, entry) for (kind, path), entry in self._entries.items()]
        return sorted(told, key=lambda finding: (SEVERITIES.index(finding.severity), finding.path, finding.kind))


def breaks(findings: list[Finding]) -> bool:
    """Return whether any of the findings is breaking."""
    return any(finding.severity == BREAKING for finding in findings)


def of_severity(findings: list[Finding], severity: str) -> list[Finding]:
    """Return the findings of one severity, in their order."""
    return [finding for finding in findings if finding.severity == severity]


def _told(kind: str, path: str, entry: _Entry) -> Finding:
    rule = RULES[kind]
    meanings = [rule.request] * (REQUEST in entry.directions) + [rule.response] * (RESPONSE in entry.directions)
    consequences = "; ".join(dict.fromkeys(meaning.consequence for meaning in meanings if meaning.consequence))
    return Finding(
        kind=kind,
        severity=min((meaning.severity for meaning in meanings), key=SEVERITIES.index, default=ADDITIVE),
        path=path,
        touches=BOTH if len(entry.directions) > 1 else next(iter(entry.directions)),
        operations=entry.operations,
        sentence=f"{entry.what}{': ' if consequences else ''}{consequences}.",
        subject=entry.subject,
        old=entry.old,
        new=entry.new,
    )
