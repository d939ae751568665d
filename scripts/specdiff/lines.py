"""Word findings for users of the client: the lines of the CHANGELOG entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .values import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .findings import Finding

ERRORS: Final = {
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "403": "PermissionDeniedError",
    "404": "NotFoundError",
    "409": "ConflictError",
    "422": "UnprocessableEntityError",
    "429": "RateLimitError",
}
_BOUNDS: Final = {
    "maxItems": ("at most {}", "item"),
    "minItems": ("at least {}", "item"),
    "maxProperties": ("at most {}", "key"),
    "minProperties": ("at least {}", "key"),
    "maxLength": ("at most {}", "character"),
    "minLength": ("at least {}", "character"),
    "maximum": ("at most {}", ""),
    "minimum": ("at least {}", ""),
    "pattern": ("text that fits `{}`", ""),
    "multipleOf": ("a multiple of {}", ""),
}
_SWITCHES: Final = {
    "uniqueItems": ("no item may be there twice", "an item may be there twice"),
    "exclusiveMinimum": ("the least value itself is not allowed", "the least value itself is allowed"),
    "exclusiveMaximum": ("the greatest value itself is not allowed", "the greatest value itself is allowed"),
}


def code(names: Iterable[Any]) -> str:
    """Return names as a line shows them."""
    return ", ".join(f"`{name}`" for name in names)


def operation(finding: Finding, methods: list[str]) -> str:
    """Word a new operation."""
    if methods:
        return f"{code(methods)} (`{finding.subject}`)."
    return f"The API has `{finding.subject}` (`{finding.new}`); the client offers it through `client.raw` at most."


def operation_gone(finding: Finding, methods: list[str]) -> str:
    """Word a removed operation."""
    return f"{code(methods) or 'Nothing public'}: the API has no `{finding.subject}` any more."


def moved(finding: Finding, methods: list[str]) -> str:
    """Word an operation whose path or method changed."""
    calls = f"call `{finding.new}`, which was `{finding.old}`; earlier versions of the client fail"
    return f"{code(methods)} {calls if len(methods) > 1 else calls.replace('call', 'calls', 1)}." if methods else ""


def new_field(finding: Finding, methods: list[str]) -> str:
    """Word a field that was added or removed."""
    return f"{_field(finding, methods, full=False)}{_origin(finding, methods)}." if methods else ""


def needed(finding: Finding, methods: list[str]) -> str:
    """Word an input that became required."""
    return f"{_field(finding, methods)} must be given now." if methods else ""


def always(finding: Finding, methods: list[str]) -> str:
    """Word fields that became required in requests, or always present in answers."""
    if not methods:
        return ""
    if finding.touches == "request":
        return f"{_fields(finding, finding.new, methods)} must be given now."
    return f"{_fields(finding, finding.new, methods)} {'is' if len(finding.new) == 1 else 'are'} always there now."


def optional(finding: Finding, methods: list[str]) -> str:
    """Word an input that became optional."""
    names = finding.old if isinstance(finding.old, list) else None
    return f"{_fields(finding, names, methods) if names else _field(finding, methods)} may be left out." * bool(methods)


def limit(finding: Finding, methods: list[str]) -> str:
    """Word a changed limit."""
    keyword = finding.path.rpartition("/")[2]
    if keyword in _SWITCHES:
        told = _SWITCHES[keyword][not finding.new] + " now"
    else:
        now, was = (_bound(keyword, value) for value in (finding.new, finding.old))
        told = f"{now or 'no limit'}, was {was or 'without limit'}"
    return f"{_field(finding, methods)}: {told}." if methods else ""


def status(finding: Finding, methods: list[str]) -> str:
    """Word a status that was added or removed."""
    value = str(finding.new or finding.old)
    error = ERRORS.get(value)
    if not methods:
        return ""
    verb = "may raise" if finding.new else "is no longer said to raise"
    return f"{code(methods)} {verb} `{error}` ({value})." if error else f"{code(methods)}: status {value}."


def values(finding: Finding, methods: list[str]) -> str:
    """Word enum values that were added or removed."""
    return f"Value {code(finding.new or finding.old or ())} of `{finding.subject}`{_where(methods)}." * bool(methods)


def member(finding: Finding, methods: list[str]) -> str:
    """Word a member of a union that was added or removed."""
    name = finding.new or finding.old
    return f"`{name}` as what {code(methods)} {'take' if finding.touches == 'request' else 'give'}." if methods else ""


def kind_of_value(finding: Finding, methods: list[str]) -> str:
    """Word a changed type, format or default."""
    what = finding.kind.partition("-")[0]
    words = {"type": "is of type {}", "format": "has the form {}", "default": "left out means {}"}[what]
    now, was = (
        "anything" if value is None and what != "default" else "nothing" if value is None else f"`{value}`"
        for value in (finding.new, finding.old)
    )
    return f"{_field(finding, methods)} {words.format(now)} now, was {was}." if methods else ""


def null(finding: Finding, methods: list[str]) -> str:
    """Word null that became allowed or refused."""
    may = "may be" if finding.kind == "nullable-added" else "is never"
    if finding.touches == "request":
        may = "takes" if finding.kind == "nullable-added" else "no longer takes"
    return f"{_field(finding, methods)} {may} `None`." if methods else ""


def plain(finding: Finding, methods: list[str]) -> str:
    """Word any other finding as for maintainers, without its consequence."""
    words = finding.sentence.rpartition(": ")[0] or finding.sentence
    sentence = (words[0].upper() + words[1:]).removesuffix(".")
    return f"{sentence}{_where(methods)}." if methods or not finding.operations else ""


def media_type(findings: list[Finding], methods: list[str]) -> str:
    """Word media types; the same change of several statuses and operations is one line."""
    one = findings[0]
    what = "requests" if one.touches == "request" else "answers"
    now, was = listed(one.new or ()), listed(one.old or ())
    if one.kind == "media-type-added":
        return f"{code(methods)}: {what} may be {now} as well."
    if one.kind == "media-type-removed":
        return f"{code(methods)}: {what} are no longer {was}."
    return f"{code(methods)}: {what} are {now}, no longer {was}."


def respelled(findings: list[Finding]) -> str:
    """Word respelled enums."""
    names = code(finding.subject for finding in findings)
    return f"The API spells these in another way; values are given and read as before: {names}."


def may_lack(findings: list[Finding]) -> str:
    """Word fields that answers may lack from now on."""
    fields = "; ".join(f"`{finding.subject}` ({listed(finding.old)})" for finding in findings)
    return f"The API no longer promises these fields: {fields}."


def renamed(what: str, findings: list[Finding]) -> str:
    """Word renamed generated names."""
    pairs = ", ".join(f"`{finding.old}` → `{finding.new}`" for finding in findings)
    return f"`client.raw`: {what} have other names: {pairs}."


def _bound(keyword: str, value: Any) -> str | None:
    if value is None:
        return None
    words, noun = _BOUNDS.get(keyword, (f"{keyword} {{}}", ""))
    return words.format(value) + (f" {noun}{'s' * (value != 1)}" if noun else "")


def _field(finding: Finding, methods: list[str], *, full: bool = True) -> str:
    """Name a field as users meet it: an argument of a method, or an attribute of a model of some methods."""
    model, _, name = finding.subject.partition(".")
    if finding.subject.startswith("parameter "):
        model, name = "Request", finding.subject.split()[1]
    if model.endswith("Request") and name:
        return code(f"{method}({name}=)" for method in methods)
    return f"`{finding.subject}`{_where(methods) if full else ''}"


def _fields(finding: Finding, names: list[str], methods: list[str]) -> str:
    """Name some fields of a model as users meet them."""
    if finding.subject.endswith("Request"):
        return code(f"{method}({name}=)" for name in names for method in methods)
    return code(f"{finding.subject}.{name}" for name in names) + _where(methods)


def _where(methods: list[str]) -> str:
    return f" ({code(methods)})" if methods else ""


def _origin(finding: Finding, methods: list[str]) -> str:
    if finding.touches == "request":
        is_argument = finding.subject.partition(".")[0].endswith("Request") or finding.subject.startswith("parameter ")
        return "" if is_argument else f", taken by {code(methods)}"
    return f", in what {code(methods)} {'returns' if len(methods) == 1 else 'return'}"
