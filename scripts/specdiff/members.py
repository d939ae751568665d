"""Find out which member of a union was which: by name, by what tells members apart, by fields, by form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .values import respelling
from .views import view

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from .views import Place

    Trait = Callable[[dict[str, Any], Place], Hashable]


def paired(
    old: dict[str, Any], olds: list[Place], new: dict[str, Any], news: list[Place]
) -> tuple[list[tuple[Place, Place]], list[Place], list[Place]]:
    """Return the members that belong together, those that are gone, and those that have come."""
    pairs: list[tuple[Place, Place]] = []
    gone, come = list(olds), list(news)
    for trait in (_name, _tag, _fields, _form):
        by_trait = {trait(new, place): place for place in come}
        for place in list(gone):
            mark = trait(old, place)
            if mark and mark in by_trait:
                other = by_trait.pop(mark)
                pairs.append((place, other))
                gone.remove(place)
                come.remove(other)
    return pairs, gone, come


def _name(document: dict[str, Any], place: Place) -> Hashable:
    return view(document, place).name


def _tag(document: dict[str, Any], place: Place) -> Hashable:
    """Return the fields that can have one value only, with that value in any spelling."""
    fields = view(document, place).properties
    enums = {name: view(document, field).get("enum") for name, field in fields.items()}
    return frozenset((name, respelling(enum[0])) for name, enum in enums.items() if enum and len(enum) == 1)


def _fields(document: dict[str, Any], place: Place) -> Hashable:
    return frozenset(view(document, place).properties)


def _form(document: dict[str, Any], place: Place) -> Hashable:
    seen = view(document, place)
    return json.dumps([seen.type, seen.get("format"), seen.get("enum")]) if seen.keywords else None
