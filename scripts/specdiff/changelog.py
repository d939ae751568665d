"""Draft the CHANGELOG entry of a comparison, in words for users of the client."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from . import lines as say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .findings import Finding

METHODS: Final[dict[str, tuple[str, ...]]] = {
    "GET /v2/annotation-queues": ("list", "iter"),
    "POST /v2/annotation-queues": ("create",),
    "GET /v2/annotation-queues/{annotation_queue_id}": ("get",),
    "PATCH /v2/annotation-queues/{annotation_queue_id}": ("update",),
    "DELETE /v2/annotation-queues/{annotation_queue_id}": ("delete",),
    "GET /v2/annotation-queues/{annotation_queue_id}/records": ("list_records", "iter_records"),
    "POST /v2/annotation-queues/{annotation_queue_id}/records": ("add_records",),
    "DELETE /v2/annotation-queues/{annotation_queue_id}/records": ("delete_records",),
    "POST /v2/annotation-queues/{annotation_queue_id}/records/{annotation_queue_record_id}/annotate": (
        "annotate_record",
        "annotate_records",
    ),
    "POST /v2/annotation-queues/{annotation_queue_id}/records/{annotation_queue_record_id}/assign": (
        "assign_record",
        "assign_records",
    ),
    "GET /v2/annotation-queues/{annotation_queue_id}/tags": ("list_tags",),
    "POST /v2/annotation-queues/{annotation_queue_id}/tags": ("add_tags",),
}
"""The public methods whose call it is, by operation; the listings that names are looked up in are nobody's."""

_SECTIONS = ("Added", "Changed", "Removed", "Fixed")


def changelog(findings: Iterable[Finding], addresses: Mapping[str, Iterable[str]]) -> str:
    """Return the entry in the form of Keep a Changelog, without empty sections.

    Args:
        findings: What changed.
        addresses: The methods and paths of each operation by its id, the former one too where it has moved.
    """
    lines: dict[str, dict[str, None]] = {section: {} for section in _SECTIONS}
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        if group := _group(finding):
            groups.setdefault(group, []).append(finding)
        elif finding.kind not in _SILENT:
            section, tell = _SINGLE.get(finding.kind, ("Changed", say.plain))
            if line := tell(finding, _methods([finding], addresses)):
                lines[section][line] = None
    for (kind, *_), members in groups.items():
        concerning = [one for one in members if _concerns(one, addresses)]
        if concerning:
            told = _GROUPED.get(str(kind)) or partial(say.media_type, methods=_methods(concerning, addresses))
            lines["Changed"][told(concerning)] = None
    blocks = [f"### {section}\n\n" + "\n".join(f"- {line}" for line in told) for section, told in lines.items() if told]
    return "\n\n".join(["## [Unreleased]", *(blocks or ["Nothing that users notice."])])


def _group(finding: Finding) -> tuple[object, ...] | None:
    """Return the key by which findings share one line; None for a finding with a line of its own."""
    if finding.kind.startswith("media-type-"):
        return (finding.kind, finding.touches, str(finding.old), str(finding.new))
    if finding.kind == "field-optional" and finding.touches == "request":
        return None
    return (finding.kind,) if finding.kind in _GROUPED else None


def _methods(findings: Iterable[Finding], addresses: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the public methods that findings touch."""
    places = (place for finding in findings for name in finding.operations for place in addresses.get(name, ()))
    return list(dict.fromkeys(method for place in places for method in METHODS.get(place, ())))


def _concerns(finding: Finding, addresses: Mapping[str, Iterable[str]]) -> bool:
    return not finding.operations or bool(_methods([finding], addresses))


_GROUPED: Final[dict[str, Callable[[list[Finding]], str]]] = {
    "enum-respelled": say.respelled,
    "field-optional": say.may_lack,
    "operation-renamed": partial(say.renamed, "operations"),
    "schema-renamed": partial(say.renamed, "models"),
}
_SINGLE: Final[dict[str, tuple[str, Callable[[Finding, list[str]], str]]]] = {
    "operation-added": ("Added", say.operation),
    "operation-removed": ("Removed", say.operation_gone),
    "operation-moved": ("Changed", say.moved),
    "field-added": ("Added", say.new_field),
    "required-field-added": ("Changed", say.needed),
    "field-required": ("Changed", say.always),
    "field-optional": ("Changed", say.optional),
    "field-removed": ("Removed", say.new_field),
    "enum-value-added": ("Added", say.values),
    "enum-value-removed": ("Removed", say.values),
    "union-member-added": ("Added", say.member),
    "union-member-removed": ("Removed", say.member),
    "status-added": ("Added", say.status),
    "success-status-removed": ("Removed", say.status),
    "error-status-removed": ("Removed", say.status),
    "parameter-added": ("Added", say.new_field),
    "parameter-removed": ("Removed", say.new_field),
    "required-parameter-added": ("Changed", say.needed),
    "parameter-required": ("Changed", say.needed),
    "parameter-optional": ("Changed", say.optional),
    "header-removed": ("Removed", say.plain),
    "nullable-added": ("Changed", say.null),
    "nullable-removed": ("Changed", say.null),
    **dict.fromkeys(("limit-tightened", "limit-loosened", "limit-changed"), ("Changed", say.limit)),
    **dict.fromkeys(("type-changed", "type-widened", "type-narrowed"), ("Changed", say.kind_of_value)),
    **dict.fromkeys(("format-added", "format-removed", "format-changed"), ("Changed", say.kind_of_value)),
    **dict.fromkeys(("default-added", "default-removed", "default-changed"), ("Changed", say.kind_of_value)),
}
_SILENT: Final = {
    *("text-changed", "order-changed", "placeholder-renamed", "undeprecated"),
    *("overlay-mismatch", "limit-mismatch", "not-generatable"),
}
