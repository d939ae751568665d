"""Compare what two schemas allow of a value: its type, form, limits and enum."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .views import View

_LOWER = ("minLength", "minItems", "minProperties", "minimum")
_UPPER = ("maxLength", "maxItems", "maxProperties", "maximum")
_SWITCHES = ("uniqueItems", "exclusiveMinimum", "exclusiveMaximum")
_RULES = ("pattern", "multipleOf")
LIMITS = (*_LOWER, *_UPPER, *_SWITCHES, *_RULES)
TEXTS = frozenset({"description", "title", "summary", "example", "examples", "externalDocs", "xml"})
_STRUCTURE = frozenset({"type", "items", "oneOf", "anyOf", "additionalProperties", "discriminator"})
_FLAGS = {
    "nullable": ("may be null", "nullable-added", "nullable-removed"),
    "deprecated": ("is deprecated", "deprecated", "undeprecated"),
    "readOnly": ("is for answers only", "read-only", "no-longer-read-only"),
    "writeOnly": ("is for requests only", "write-only", "no-longer-write-only"),
}
_VALUES = frozenset({"format", "enum", "default", *_FLAGS})
_NUMBER_FORMATS = frozenset({"float", "double", "int32", "int64"})


class Change(NamedTuple):
    """A difference of a keyword: its kind, the keyword, the rest of the sentence, and the values."""

    kind: str
    keyword: str
    what: str
    old: Any = None
    new: Any = None


def changes(old: View, new: View) -> Iterator[Change]:
    """Yield what changed in the keywords of a schema, apart from its structure."""
    yield from _format(old.get("format"), new.get("format"))
    for keyword in _FLAGS:
        yield from _flag(keyword, old, new)
    yield from _default(old, new)
    yield from _enum(old.get("enum"), new.get("enum"))
    for keyword in LIMITS:
        yield from _limit(keyword, old.get(keyword), new.get(keyword))
    yield from _others(old, new)


def respelling(value: Any) -> str:
    """Return an enum value without what a respelling changes: case, and what stands between words."""
    return re.sub(r"[\s_.-]+", "", str(value)).casefold()


def shown(value: Any) -> str:
    """Return a value as a sentence shows it."""
    return "none" if value is None else value if isinstance(value, str) else json.dumps(value)


def listed(values: Sequence[Any]) -> str:
    """Return values as a sentence lists them."""
    return ", ".join(shown(value) for value in values)


def _format(old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    if {old, new} <= _NUMBER_FORMATS | {None}:
        yield Change("text-changed", "format", f"has format {shown(new)}, was {shown(old)}", old, new)
        return
    kind = "format-added" if old is None else "format-removed" if new is None else "format-changed"
    yield Change(kind, "format", f"has format {shown(new)}, was {shown(old)}", old, new)


def _flag(keyword: str, old: View, new: View) -> Iterator[Change]:
    before, after = bool(old.get(keyword)), bool(new.get(keyword))
    if before != after:
        words, *kinds = _FLAGS[keyword]
        yield Change(kinds[before], keyword, words if after else f"no longer {words}", before, after)


def _default(old: View, new: View) -> Iterator[Change]:
    before, after = old.get("default"), new.get("default")
    if before == after:
        return
    kind = "default-added" if before is None else "default-removed" if after is None else "default-changed"
    yield Change(kind, "default", f"has default {shown(after)}, was {shown(before)}", before, after)


def _enum(old: list[Any] | None, new: list[Any] | None) -> Iterator[Change]:
    if old is None or new is None:
        if new is not None:
            yield Change("enum-introduced", "enum", f"takes only {listed(new)} now", None, new)
        if old is not None:
            yield Change("enum-dropped", "enum", f"is no longer limited to {listed(old)}", old, None)
        return
    gone = [value for value in old if value not in new]
    come = {respelling(value): value for value in new if value not in old}
    pairs = [(value, come.pop(respelling(value))) for value in gone if respelling(value) in come]
    if pairs:
        respelled = ", ".join(f"{shown(before)} -> {shown(after)}" for before, after in pairs)
        before, after = (list(side) for side in zip(*pairs, strict=True))
        yield Change("enum-respelled", "enum", f"is spelled in another way: {respelled}", before, after)
    if lost := [value for value in gone if value not in [before for before, _ in pairs]]:
        yield Change("enum-value-removed", "enum", f"has no value {listed(lost)} any more", lost, None)
    if come:
        yield Change(
            "enum-value-added", "enum", f"has a new value {listed(list(come.values()))}", None, [*come.values()]
        )


def _limit(keyword: str, old: Any, new: Any) -> Iterator[Change]:
    if keyword in _LOWER and keyword != "minimum":
        old, new = old or None, new or None  # none and zero are the same
    if keyword in _SWITCHES:
        old, new = old or None, new or None
    if old == new:
        return
    if old is None or new is None:
        kind = "limit-tightened" if old is None else "limit-loosened"
    elif keyword in _LOWER:
        kind = "limit-tightened" if new > old else "limit-loosened"
    elif keyword in _UPPER:
        kind = "limit-tightened" if new < old else "limit-loosened"
    else:
        kind = "limit-changed"
    yield Change(kind, keyword, f"has {keyword} {shown(new)}, was {shown(old)}", old, new)


def _others(old: View, new: View) -> Iterator[Change]:
    known = _STRUCTURE | _VALUES | set(LIMITS)
    for keyword in sorted(({*old.keywords} | {*new.keywords}) - known):
        before, after = old.get(keyword), new.get(keyword)
        if before == after:
            continue
        if keyword in TEXTS or keyword.startswith("x-"):
            yield Change("text-changed", keyword, f"has another {keyword}", None, None)
        else:
            yield Change(
                "keyword-changed", keyword, f"has {keyword} {shown(after)}, was {shown(before)}", before, after
            )
    values = [one.get("enum") or [] for one in (old, new)]
    if values[0] != values[1] and sorted(map(str, values[0])) == sorted(map(str, values[1])):
        yield Change("order-changed", "enum", "lists its values in another order")
