"""Look at how an operation is authenticated, with the names of the schemes followed to what they stand for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .values import TEXTS
from .views import Place, follow

if TYPE_CHECKING:
    from collections.abc import Mapping


def schemes(document: dict[str, Any], operation: Place) -> list[list[str]]:
    """Return the ways to authenticate, any of which will do, each with all that it takes; in an order of their own."""
    ways = operation.node.get("security", document.get("security", []))
    return sorted(sorted(_scheme(document, name, scopes) for name, scopes in way.items()) for way in ways)


def _scheme(document: dict[str, Any], name: str, scopes: list[str]) -> str:
    known: Mapping[str, Any] = document.get("components", {}).get("securitySchemes", {})
    place = follow(document, Place(known.get(name, {"unknown": name}), ""))
    rules = {key: value for key, value in place.node.items() if key not in TEXTS and not key.startswith("x-")}
    return json.dumps([rules, sorted(scopes or [])], sort_keys=True)
