"""Describe what a new schema allows: its type, values and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .values import listed, shown
from .views import view

if TYPE_CHECKING:
    from .views import Place, View

_DEEPEST = 2
_RANGES: Final = (
    ("minLength", "maxLength", "characters"),
    ("minItems", "maxItems", "items"),
    ("minimum", "maximum", ""),
)


def form(document: dict[str, Any], place: Place, depth: int = 0) -> str:
    """Return what a value of a schema is; objects in objects are called by the names of their schemas."""
    seen = view(document, place)
    if seen.members:
        return "one of " + ", ".join(_member(document, member, depth) for member in seen.members)
    details = [detail for detail in (_kind(seen), *_limits(seen)) if detail]
    if "items" in seen.keywords:
        details.append(f"of {form(document, seen.keywords['items'], depth)}")
    if seen.properties:
        if depth < _DEEPEST and not (depth and seen.name):
            details.append("with " + "; ".join(_fields(document, seen, depth)))
        elif seen.name:
            details = [seen.name]
    return " ".join(details)


def _member(document: dict[str, Any], place: Place, depth: int) -> str:
    return view(document, place).name or form(document, place, depth + 1)


def _fields(document: dict[str, Any], seen: View, depth: int) -> list[str]:
    """Return what each field is, and which ones must be there."""
    return [
        f"{name}{'' if name in seen.required else ' (optional)'}: {form(document, place, depth + 1)}"
        for name, place in seen.properties.items()
    ]


def _kind(seen: View) -> str:
    words = {None: "anything", "array": "list"}.get(seen.type, str(seen.type))
    words += f" ({seen.get('format')})" if seen.get("format") else ""
    words = f"one of {listed(seen.get('enum'))}" if seen.get("enum") else words
    return words + " or null" * bool(seen.get("nullable"))


def _limits(seen: View) -> list[str]:
    found = [_range(seen.get(least), seen.get(most), noun) for least, most, noun in _RANGES]
    found += [f"of the pattern {shown(seen.get('pattern'))}"] * bool(seen.get("pattern"))
    return [words for words in found if words]


def _range(least: Any, most: Any, noun: str) -> str:
    if not least and most is None:
        return ""
    words = f"{least} to {most}"
    if not least or most is None:
        words = f"at least {least}" if least else f"at most {most}"
    return f"of {words} {noun}".rstrip()
