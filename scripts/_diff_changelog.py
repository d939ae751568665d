"""Draft the CHANGELOG entry for a comparison, in the words of those who use the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from _diff_values import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _diff_findings import Finding

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

ERRORS: Final = {
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "403": "PermissionDeniedError",
    "404": "NotFoundError",
    "409": "ConflictError",
    "422": "UnprocessableEntityError",
    "429": "RateLimitError",
}
_LIMITS: Final = {
    "maxItems": "at most {} items",
    "minItems": "at least {} items",
    "maxLength": "a length of at most {}",
    "minLength": "a length of at least {}",
    "maximum": "at most {}",
    "minimum": "at least {}",
}
_SECTIONS = ("Added", "Changed", "Removed", "Fixed")


def changelog(findings: Iterable[Finding], addresses: Mapping[str, str]) -> str:
    """Return the entry in the form of Keep a Changelog; sections without a line are left out.

    Args:
        findings: What changed.
        addresses: The method and path of each operation by its id.
    """
    lines: dict[str, dict[str, None]] = {section: {} for section in _SECTIONS}
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.kind in _GROUPED:
            groups.setdefault(finding.kind, []).append(finding)
        elif finding.kind not in _SILENT:
            section, tell = _SINGLE.get(finding.kind, ("Changed", _plain))
            if line := tell(finding, _methods(finding, addresses)):
                lines[section][line] = None
    for kind, members in groups.items():
        concerning = [one for one in members if _concerns(one, addresses)]
        if concerning:
            lines["Changed"][_GROUPED[kind](concerning)] = None
    blocks = [f"### {section}\n\n" + "\n".join(f"- {line}" for line in told) for section, told in lines.items() if told]
    return "\n\n".join(["## [Unreleased]", *(blocks or ["Nothing that users notice."])])


def _methods(finding: Finding, addresses: Mapping[str, str]) -> list[str]:
    """Return the public methods that a finding touches."""
    found = (METHODS.get(addresses.get(name, ""), ()) for name in finding.operations)
    return list(dict.fromkeys(method for methods in found for method in methods))


def _concerns(finding: Finding, addresses: Mapping[str, str]) -> bool:
    return not finding.operations or bool(_methods(finding, addresses))


def _code(names: Iterable[Any]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _field(finding: Finding, methods: list[str], *, full: bool = True) -> str:
    """Name a field as users meet it: an argument of a method, or an attribute of a model of some methods."""
    model, _, name = finding.subject.partition(".")
    if model.endswith("Request") and name:
        return _code(f"{method}({name}=)" for method in methods)
    return f"`{finding.subject}`{_where(methods) if full else ''}"


def _where(methods: list[str]) -> str:
    return f" ({_code(methods)})" if methods else ""


def _operation(finding: Finding, methods: list[str]) -> str:
    if methods:
        return f"{_code(methods)} (`{finding.subject}`)."
    return f"The API has `{finding.subject}` (`{finding.new}`); the client offers it through `client.raw` at most."


def _operation_gone(finding: Finding, methods: list[str]) -> str:
    return f"{_code(methods) or 'Nothing public'}: the API has no `{finding.subject}` any more."


def _new_field(finding: Finding, methods: list[str]) -> str:
    return f"{_field(finding, methods, full=False)}{_origin(finding, methods)}." if methods else ""


def _origin(finding: Finding, methods: list[str]) -> str:
    if finding.touches == "request":
        return "" if finding.subject.partition(".")[0].endswith("Request") else f", taken by {_code(methods)}"
    return f", in what {_code(methods)} {'returns' if len(methods) == 1 else 'return'}"


def _needed(finding: Finding, methods: list[str]) -> str:
    return f"{_field(finding, methods)} must be given now." if methods else ""


def _limit(finding: Finding, methods: list[str]) -> str:
    keyword = finding.path.rpartition("/")[2]
    words = _LIMITS.get(keyword, f"{keyword} {{}}")
    now, was = (value if value is None else words.format(value) for value in (finding.new, finding.old))
    return f"{_field(finding, methods)}: {now or 'no limit'}, was {was or 'without limit'}." if methods else ""


def _status(finding: Finding, methods: list[str]) -> str:
    status = str(finding.new or finding.old)
    error = ERRORS.get(status)
    if not methods:
        return ""
    verb = "may raise" if finding.new else "is no longer said to raise"
    return f"{_code(methods)} {verb} `{error}` ({status})." if error else f"{_code(methods)}: status {status}."


def _values(finding: Finding, methods: list[str]) -> str:
    values = _code(finding.new or finding.old or ())
    return f"Value {values} of `{finding.subject}`{_where(methods)}." if methods else ""


def _member(finding: Finding, methods: list[str]) -> str:
    name = finding.new or finding.old
    return f"`{name}` as what {_code(methods)} {'take' if finding.touches == 'request' else 'give'}." if methods else ""


def _plain(finding: Finding, methods: list[str]) -> str:
    sentence = finding.sentence[0].upper() + finding.sentence[1:]
    return f"{sentence.removesuffix('.')}{_where(methods)}." if methods or not finding.operations else ""


def _null(finding: Finding, methods: list[str]) -> str:
    may = "may be" if finding.kind == "nullable-added" else "is never"
    if finding.touches == "request":
        may = "takes" if finding.kind == "nullable-added" else "no longer takes"
    return f"{_field(finding, methods)} {may} `None`." if methods else ""


def _respelled(findings: list[Finding]) -> str:
    names = _code(finding.subject for finding in findings)
    return f"The API spells these in another way; values are given and read as before: {names}."


def _may_lack(findings: list[Finding]) -> str:
    fields = "; ".join(f"`{finding.subject}` ({listed(finding.old)})" for finding in findings)
    return f"The API no longer promises these fields: {fields}."


def _renamed(what: str) -> Callable[[list[Finding]], str]:
    def tell(findings: list[Finding]) -> str:
        pairs = ", ".join(f"`{finding.old}` → `{finding.new}`" for finding in findings)
        return f"`client.raw`: {what} have other names: {pairs}."

    return tell


_GROUPED: Final[dict[str, Callable[[list[Finding]], str]]] = {
    "enum-respelled": _respelled,
    "field-optional": _may_lack,
    "operation-renamed": _renamed("operations"),
    "schema-renamed": _renamed("models"),
}
_SINGLE: Final[dict[str, tuple[str, Callable[[Finding, list[str]], str]]]] = {
    "operation-added": ("Added", _operation),
    "operation-removed": ("Removed", _operation_gone),
    "field-added": ("Added", _new_field),
    "required-field-added": ("Changed", _needed),
    "field-required": ("Changed", _plain),
    "field-removed": ("Removed", _new_field),
    "enum-value-added": ("Added", _values),
    "enum-value-removed": ("Removed", _values),
    "union-member-added": ("Added", _member),
    "union-member-removed": ("Removed", _member),
    "status-added": ("Added", _status),
    "success-status-removed": ("Removed", _status),
    "error-status-removed": ("Removed", _status),
    "parameter-added": ("Added", _plain),
    "parameter-removed": ("Removed", _plain),
    "header-removed": ("Removed", _plain),
    "media-type-removed": ("Removed", _plain),
    "nullable-added": ("Changed", _null),
    "nullable-removed": ("Changed", _null),
    "limit-tightened": ("Changed", _limit),
    "limit-loosened": ("Changed", _limit),
    "limit-changed": ("Changed", _limit),
}
_SILENT: Final = {
    *("text-changed", "order-changed", "undeprecated"),
    *("overlay-mismatch", "limit-mismatch", "not-generatable"),
}
